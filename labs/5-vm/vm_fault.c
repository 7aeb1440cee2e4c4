/*
 * vm_fault: a page is touched that the page tables do not have, or not for
 * this.  Find it, or make it, and map it.
 *
 * An entry of the map leads to an object, and that, if it is a shadow, to what
 * is behind it.  The first object that has the page has the right one:
 *
 *	entry ---> first_object	     object
 *		  +---+---+---+	    +---+---+---+---+
 *		  |   | ? |   | --> |   | A | m | B | --> ... --> no more: zeros
 *		  +---+---+---+	    +---+---+---+---+
 *			|		  |
 *		     first_m		  m, at pindex + backing_object_offset
 *
 * The story of a fault.  The map says which page of which object is meant, and
 * for what it may be used (vm_fault_lookup).  The walk goes down the chain, and
 * at each object asks: is the page in memory (vm_fault_resident)?  Has the pager
 * got it (vm_fault_fetch)?  Where the chain ends the page is zeros
 * (vm_fault_zero_fill).  A page that was found behind the first object is shared
 * with others: who writes gets a copy of it in the first object, and who reads
 * may map it, but to read only (vm_fault_copy_on_write).
 *
 * While the map is locked to look at, nothing of this can go away.  To read from
 * a disk the lock is given up, since it takes long, and the objects are held
 * instead; afterwards the map may say something else (vm_fault_relock_map).  Pages
 * are held by making them busy.  The walk leaves an empty busy page in the first
 * object, first_m: whoever else wants that page sleeps.  What sleeps for another
 * fault's page, or for memory, holds nothing, and begins anew.
 *
 * Called by trap_pfault() for what user and kernel touch, and to wire.
 *
 * [vm/vm_fault.c]
 */
#include <vm/vm_fault.h>

#include <sys/lab_stub.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>

/*
 * 5.6. What does the map say?  Ask vm_map_lookup() for an access of
 * fs->asked_type at fs->vaddr, of fs->asked_map: fs->map, entry, first_object,
 * first_pindex, prot and wired become what it says, and fs->type what the page
 * will be used for: asked_type, or where it is wired all of prot, because it is
 * not to fault ever again.
 *
 *	KERN_SUCCESS		the map is locked.  An entry with MAP_ENTRY_NOFAULT
 *				is the kernel's mistake: panic, "vm_fault: fault
 *				on nofault entry, addr: %lx"
 *	KERN_INVALID_ADDRESS	maybe it is a stack's: whatever vm_fault_grow() says
 *	KERN_PROTECTION_FAILURE	with VM_FAULT_USER_WIRE among fs->flags ask
 *				vm_fault_lookup_wire(): its KERN_SUCCESS is as good
 *				as vm_map_lookup()'s, anything else it says is
 *				returned; without the flag this is returned
 *
 * and so is any other code.  A stack grows only if vm_map_lookup() itself says
 * KERN_INVALID_ADDRESS, never if vm_fault_lookup_wire() does.
 */
int
vm_fault_lookup(struct faultstate *fs)
{
/* LAB 5.6: your code goes here, in place of the stub. */
(void)fs; lab_stub("LAB 5.6: vm_fault_lookup");
}

/*
 * 5.7. Is page fs->pindex of fs->object in memory?  fs->m becomes that page
 * (vm_page_lookup), or NULL.
 *
 *	it is not there			FAULT_ABSENT
 *	it is busy (PG_BUSY) or being	vm_fault_wait_busy(), then FAULT_RETRY
 *	written out (m->busy)
 *	it is in the cache, PQ_CACHE,	vm_page_activate() it, vm_fault_wait_memory(),
 *	and vm_page_count_severe(): it	then FAULT_RETRY
 *	counts as free memory, which is
 *	about to run out
 *	it is there			make it ours: out of the cache, if it is there
 *					(vm_pageq_remove), and busy (vm_page_busy).
 *					Then KERN_SUCCESS if all of it is valid
 *					(VM_PAGE_BITS_ALL), or if it is the kernel's
 *					own (kernel_object, kmem_object); else
 *					FAULT_ABSENT
 *
 * A handler of interrupts may end a page's transfer at any time: from the look
 * at the page to the mark on it all is done at splvm.
 */
int
vm_fault_resident(struct faultstate *fs)
{
/* LAB 5.7: your code goes here, in place of the stub. */
(void)fs; lab_stub("LAB 5.7: vm_fault_resident");
}

/*
 * 5.8. The chain has ended, and nobody has the page: it is zeros.  Go back to the
 * first object (vm_fault_back_to_first(), after which fs->m is its page), fill the
 * page (pmap_zero_page) and say that it is valid, all of it.  A page with PG_ZERO
 * is full of zeros already.
 *
 * cnt.v_zfod counts all of these, cnt.v_ozfod those that had been zero; fs->made
 * is set.
 */
void
vm_fault_zero_fill(struct faultstate *fs)
{
/* LAB 5.8: your code goes here, in place of the stub. */
(void)fs; lab_stub("LAB 5.8: vm_fault_zero_fill");
}

/*
 * Is the first object the only one that will ever see fs->object's page?  Then it
 * can have the page itself.
 */
static int
may_move_page(const struct faultstate *fs)
{
	const struct vm_object *object = fs->object;

	return (object->ref_count == 1 && object->shadow_count == 1 &&
	    object->handle == NULL &&
	    (object->type == OBJT_DEFAULT || object->type == OBJT_SWAP) &&
	    fs->first_object->backing_object == object);
}

/*
 * 5.9. fs->m was found in an object behind the first: others may see it, too.
 *
 * A fault that does not write (fs->type without VM_PROT_WRITE) may map it, but to
 * read only: fs->prot loses VM_PROT_WRITE, and that is all.
 *
 * One that writes gets a page of the first object's:
 *
 *	may_move_page()		free (vm_page_free) first_m; m takes its place
 *				(vm_page_rename), and is made busy again, for on
 *				its way it was not; first_m is m.  cnt.v_cow_optim
 *	else			first_m becomes a copy (pmap_copy_page), valid, all
 *				of it; m is for others again (vm_fault_put_page).
 *				fs->made and fs->copied are set
 *
 * Then it is back to the first object (vm_fault_back_to_first).  cnt.v_cow_faults
 * counts both.
 */
void
vm_fault_copy_on_write(struct faultstate *fs)
{
/* LAB 5.9: your code goes here, in place of the stub. */
(void)fs; (void)may_move_page; lab_stub("LAB 5.9: vm_fault_copy_on_write");
}

/*
 * Down the chain, to the object that has the page: fs->m of fs->object; where
 * none has, zeros of first_object's.
 */
static inline int
vm_fault_walk(struct faultstate *fs)
{
	int rv;

	fs->object = fs->first_object;
	fs->pindex = fs->first_pindex;
	do {
		if (fs->object->flags & OBJ_DEAD) {
			vm_fault_let_go(fs);
			return (KERN_PROTECTION_FAILURE);
		}
		rv = vm_fault_resident(fs);
		if (rv == FAULT_ABSENT)
			rv = vm_fault_fetch(fs);
		if (rv != FAULT_ABSENT)
			return (rv);
	} while (vm_fault_next(fs));
	vm_fault_zero_fill(fs);
	return (KERN_SUCCESS);
}

/*
 * Before a page is copied: where others share the first object, they may have
 * mapped the page behind it; they are to see the copy.
 */
static inline void
vm_fault_hide_original(struct faultstate *fs)
{
	if (!(fs->type & VM_PROT_WRITE) || (fs->first_object->flags & OBJ_ONEMAPPING))
		return;
	vm_page_unmap(fs->m);
	vm_pageq_remove(fs->m);		/* if that was what had wired it */
}

/* Once, from the map to the mapping. */
static inline int
vm_fault_try(struct faultstate *fs)
{
	int rv;

	rv = vm_fault_lookup(fs);
	if (rv != KERN_SUCCESS)
		return (rv);
	fs->locked = 1;
	fs->held = fs->made = fs->copied = 0;
	rv = vm_fault_walk(fs);
	if (rv != KERN_SUCCESS)
		return (rv);
	if (fs->object != fs->first_object) {
		vm_fault_hide_original(fs);
		vm_fault_copy_on_write(fs);
		/* It stays when what it is a copy of goes, written or not. */
		if (fs->copied)
			vm_page_dirty(fs->m);
	}
	if (!fs->locked) {
		rv = vm_fault_relock_map(fs);
		if (rv != KERN_SUCCESS)
			return (rv);
	}
	vm_fault_enter(fs);
	return (KERN_SUCCESS);
}

int
vm_fault(vm_map_t map, vm_offset_t vaddr, vm_prot_t fault_type, int fault_flags)
{
	struct faultstate fs;
	int rv;

	cnt.v_vm_faults++;
	fs.asked_map = map;
	fs.vaddr = vaddr;
	fs.asked_type = fault_type;
	fs.flags = fault_flags;
	fs.grown = 0;
	do
		rv = vm_fault_try(&fs);
	while (__builtin_expect(rv == FAULT_RETRY, 0));
	return (rv);
}
