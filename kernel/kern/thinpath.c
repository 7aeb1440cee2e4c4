/* Stand-ins until kmem and malloc are here. */
#include <sys/malloc.h>
#include <sys/systm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_page.h>

static char pool[65536] __attribute__((aligned(16)));
static char stacks[16][3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static size_t used; static unsigned nstacks; static struct vm_page page;
#define W __attribute__((weak))
W vm_map_t kernel_map;
W void malloc_init(const void *t __unused) { }
W void malloc_uninit(const void *t __unused) { }
W void *malloc(unsigned long size, struct malloc_type *t __unused, int f __unused)
{ used += roundup(size, 16); return (pool + used - roundup(size, 16)); }
W void free(void *p __unused, struct malloc_type *t __unused) { }
W vm_offset_t kmem_alloc_nofault(vm_map_t map __unused, vm_size_t size __unused)
{ return ((vm_offset_t)stacks[nstacks++]); }
W void kmem_free(vm_map_t map __unused, vm_offset_t a __unused, vm_size_t size __unused) { }
W vm_page_t vm_page_alloc(vm_object_t o __unused, vm_pindex_t i __unused, int r __unused) { return (&page); }
W void pmap_qenter(vm_offset_t va __unused, vm_page_t *m __unused, int c __unused) { }
