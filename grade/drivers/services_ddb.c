/*
 * services_ddb: a process whose memory the debugger is to show, and stops in it.
 * grade/tests/test_ddb_vm.py says what is expected.
 */
#include "services_fault.h"

#include <sys/kdb.h>
#include <sys/systm.h>

#define	AT	0x10000000U

SERVICE_TEST(ddb_vm)
{
	vm_object_t object = vm_object_allocate(OBJT_DEFAULT, 4);
	struct vmspace *child;

	vm_object_reference(object);		/* so that a write makes a shadow */
	services_user_begin();
	services_user_load();
	map_at(AT, object, ptoa(4), VM_PROT_RW, VM_PROT_ALL, MAP_COPY_ON_WRITE);
	map_at(AT + ptoa(8), NULL, ptoa(2), VM_PROT_READ, VM_PROT_RW, 0);
	(void)user_get(AT);
	(void)user_put(AT + ptoa(2), 1);
	(void)user_get(AT + ptoa(8));
	child = vmspace_fork(curproc->p_vmspace);
	printf("@ddb_vm vm=%p child=%p page=%p free=%p\n", (void *)curproc->p_vmspace,
	    (void *)child, (void *)PHYS_TO_VM_PAGE(frame_at(AT + ptoa(2))),
	    (void *)vm_page_array);
	kdb_enter("memory is to be shown");
	(void)user_put(AT, 1);			/* of the object behind, and the child's too */
	kdb_enter("a page was written");
	vmspace_free(child);
	services_user_end();
	vm_object_deallocate(object);
}
