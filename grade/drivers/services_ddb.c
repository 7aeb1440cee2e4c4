/*
 * services_ddb: processes whose memory the debugger is to show, and stops in them.
 * grade/tests/test_ddb_vm.py says what is expected of the first; the handouts tell
 * what both do after they have stopped (`make show').
 */
#include "services_fault.h"
#include "services_mapper.h"

#include <sys/fcntl.h>
#include <sys/kdb.h>
#include <sys/mman.h>
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

/* A file of three pages is mapped, and read; and mapped again, when it has pages. */
SERVICE_TEST(ddb_mmap)
{
	vm_offset_t first = 0, second = 0;
	struct memfile file;
	int fd;

	memfile_create(&file, VREG, 3 * PAGE_SIZE, 0);
	mapper_begin();
	fd = mapper_open(file.vnode, FREAD | FWRITE);
	kdb_enter("a file is to be mapped");
	(void)mapper_mmap(&first, 3 * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	(void)mapper_read(first);
	kdb_enter("it was mapped, and read");
	(void)mapper_mmap(&second, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE, fd, PAGE_SIZE);
	kdb_enter("it was mapped once more");
	mapper_end();
	memfile_destroy(&file);
}
