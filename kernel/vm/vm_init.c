/*
 * vm_init: virtual memory comes up.
 *
 * [vm/vm_init.c]
 */
#include <sys/kernel.h>

#include <vm/pmap.h>
#include <vm/uma.h>
#include <vm/vm_kern.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pager.h>

/* Pages first: the page array takes the first of the addresses, kernel_map the rest. */
static void
vm_mem_init(const void *dummy __unused)
{
	vm_page_startup();
	uma_startup();
	vm_object_init();
	vm_map_startup();
	kmem_init(VM_MAX_KERNEL_ADDRESS);
	pmap_init();
	vm_pager_init();
}
SYSINIT(vm_mem, SI_SUB_VM, SI_ORDER_FIRST, vm_mem_init, NULL);
