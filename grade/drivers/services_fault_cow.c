/*
 * services_fault_cow: tests of copies on write: who shares a page, who gets it, and
 * what becomes of chains of shadows.  grade/tests/test_fault.py says what is
 * expected.
 */
#include "services_fault.h"

#include <sys/systm.h>
#include <sys/vmmeter.h>

#define	AT		0x10000000U	/* where tests map things */

#define	SPACES		6		/* so chains become up to five deep */
#define	PAGES		40
#define	WORDS		3		/* of each page */
#define	WRITES		150

static uint32_t	model[SPACES][PAGES][WORDS];
static struct vmspace *spaces[SPACES];

/* The running process sees this address space. */
static void
see(struct vmspace *vm)
{
	curproc->p_vmspace = vm;
	pmap_activate(curthread);
}

static vm_offset_t
word_at(int page, int word)
{
	return (AT + page * PAGE_SIZE + word * (PAGE_SIZE / WORDS & ~3));
}

static int
differences(int space)
{
	int page, word, count = 0;
	uint32_t value;

	see(spaces[space]);
	for (page = 0; page < PAGES; page++)
		for (word = 0; word < WORDS; word++)
			count += copyin((void *)word_at(page, word), &value, 4) != 0 ||
			    value != model[space][page][word];
	return (count);
}

static int
chain_length(vm_map_t map, vm_offset_t va)
{
	vm_map_entry_t entry;
	vm_object_t object;
	int length = 0;

	if (!vm_map_lookup_entry(map, va, &entry))
		return (-1);
	for (object = entry->object.vm_object; object != NULL;
	    object = object->backing_object)
		length++;
	return (length);
}

static void
write_at_random(int space, uint32_t value)
{
	int page = services_draw(PAGES), word = services_draw(WORDS);

	see(spaces[space]);
	model[space][page][word] = value;
	if (copyout(&value, (void *)word_at(page, word), 4) != 0)
		printf("@cow error=1\n");
}

/*
 * A process forks again and again, and all of its children write, where chance
 * wants it: none sees what another has written since.
 */
static void
fork_and_write(void)
{
	struct vmspace *mine = curproc->p_vmspace;
	int i, made = 1, deepest = 0, wrong = 0;
	uint32_t cow = cnt.v_cow_faults;

	memset(model, 0, sizeof(model));
	spaces[0] = vmspace_alloc(PAGE_SIZE, VM_MAXUSER_ADDRESS);
	see(spaces[0]);
	map_at(AT, NULL, PAGES * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	for (i = 0; i < WRITES; i++) {
		if (i % (WRITES / SPACES) == 0 && i > 0 && made < SPACES) {
			spaces[made] = vmspace_fork(spaces[made - 1]);
			memcpy(model[made], model[made - 1], sizeof(model[0]));
			made++;
		}
		write_at_random(services_draw(made), i + 1);
		wrong += differences(services_draw(made));
		deepest = MAX(deepest, chain_length(own_map(), AT));
	}
	for (i = 0; i < made; i++)
		wrong += differences(i);
	printf("@cow spaces=%d deepest=%d wrong=%d faults=%u\n", i, deepest, wrong,
	    cnt.v_cow_faults - cow);
	while (i-- > 0) {
		wrong = i > 0 ? differences(services_draw(i)) : 0;
		see(mine);
		vmspace_free(spaces[i]);
		printf("@cow_left space=%d wrong=%d\n", i, wrong);
	}
}

/* A second time, when zones and the like have the pages that they keep. */
SERVICE_TEST(fault_cow)
{
	uint32_t free_before;

	fork_and_write();
	free_before = cnt.v_free_count;
	fork_and_write();
	printf("@cow_end lost=%d\n", (int)(free_before - cnt.v_free_count));
}

/* A shadow whose backing object nobody else has: pages move instead of being copied. */
SERVICE_TEST(fault_move)
{
	vm_object_t backing = vm_object_allocate(OBJT_DEFAULT, 3), object = backing;
	vm_ooffset_t offset = 0;
	vm_paddr_t frames[3];
	uint32_t optim, cow = cnt.v_cow_faults;
	int i;

	services_user_begin();
	services_user_load();
	for (i = 0; i < 3; i++)
		frames[i] = VM_PAGE_TO_PHYS(filled_page(backing, i, 100 + i));
	vm_object_reference(backing);
	vm_object_shadow(&object, &offset, 3);
	map_at(AT, object, 3 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	optim = cnt.v_cow_optim;
	cow = cnt.v_cow_faults;

	/* Somebody has it: a copy.  Nobody has: the page itself. */
	printf("@move what=shared signo=%d", user_put(AT, 1));
	printf(" same=%d moved=%u copied=%u\n", frame_at(AT) == frames[0],
	    cnt.v_cow_optim - optim, cnt.v_cow_faults - cow);
	backing->ref_count--;
	printf("@move what=read value=%u", user_get(AT + PAGE_SIZE));
	printf(" same=%d moved=%u copied=%u\n", frame_at(AT + PAGE_SIZE) == frames[1],
	    cnt.v_cow_optim - optim, cnt.v_cow_faults - cow);
	fault_mark("move", AT + PAGE_SIZE);
	printf("@move what=alone signo=%d", user_put(AT + PAGE_SIZE + 4, 2));
	printf(" same=%d moved=%u copied=%u value=%u resident=%d\n",
	    frame_at(AT + PAGE_SIZE) == frames[1], cnt.v_cow_optim - optim,
	    cnt.v_cow_faults - cow, user_get(AT + PAGE_SIZE),
	    backing->resident_page_count);
	fault_mark("move", AT + PAGE_SIZE);
	services_user_end();
}

/* When all pages of a shadow are its own nothing shows through: the chain is cut. */
SERVICE_TEST(fault_full)
{
	vm_object_t backing = vm_object_allocate(OBJT_DEFAULT, 2), object = backing;
	vm_ooffset_t offset = 0;
	int i;

	services_user_begin();
	services_user_load();
	for (i = 0; i < 2; i++)
		(void)filled_page(backing, i, 50 + i);
	vm_object_reference(backing);
	vm_object_shadow(&object, &offset, 2);
	map_at(AT, object, 2 * PAGE_SIZE, VM_PROT_RW, VM_PROT_ALL, 0);
	for (i = 0; i < 2; i++) {
		(void)user_put(AT + i * PAGE_SIZE, i);
		printf("@full pages=%d length=%d refs=%d\n", i + 1,
		    chain_length(own_map(), AT), backing->ref_count);
	}
	services_user_end();
	vm_object_deallocate(backing);
}
