/* Weak stand-ins for what other parts bring; this file goes when they have. */
#include <vm/vm_page.h>
#include <vm/vm_object.h>
#include <vm/vm_pageout.h>
#include <vm/pmap.h>
#define W __attribute__((weak))
W struct proc *pageproc;
W int vm_pages_needed, vm_pageout_pages_needed, vm_pageout_deficit;
W void pagedaemon_wakeup(void) { }
W void pmap_remove_all(vm_page_t m __unused) { }
W int pmap_is_modified(vm_page_t m __unused) { return (0); }
W void pmap_clear_modify(vm_page_t m __unused) { }
W void pmap_clear_reference(vm_page_t m __unused) { }
W void pmap_zero_page_area(vm_page_t m __unused, int o __unused, int s __unused) { }
W void pmap_page_protect(vm_page_t m __unused, vm_prot_t p __unused) { }
W void vm_object_set_writeable_dirty(vm_object_t o __unused) { }
