/*
 * vnode_pager_io: pages come from a file and go to it by VOP_READ() and
 * VOP_WRITE(), for a file system that has nothing better.
 *
 *	pages, wherever they are		in a window of the kernel's
 *	   m[0]  m[1]  m[2]   -- pmap_qenter --> | m[0] | m[1] | m[2] |
 *						      VOP_READ(), at once
 *
 * There are a few windows of VNODE_PAGER_MAXPAGES pages.  Who finds none sleeps.
 * Writing has its own: the page daemon writes to make pages free, and somebody
 * who reads, and has a window, may be waiting for just those.
 *
 * v_lock is not taken: IO_VMIO says so (sys/vnode.h tells why).
 *
 * [vm/vnode_pager.c]
 */
#include <vm/vnode_pager.h>

#include <sys/errno.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <sys/vmmeter.h>
#include <sys/vnode_if.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pager.h>

#define	WINDOWS_READ	4
#define	WINDOWS_WRITE	2

struct windows {
	vm_offset_t	free[WINDOWS_READ];	/* addresses of those not in use */
	int		count;		/* of them */
};

static struct windows windows[2];	/* by enum uio_rw */

void
vnode_pager_init(void)
{
	vm_offset_t va;
	int i;

	va = kmem_alloc_nofault(kernel_map,
	    ptoa((WINDOWS_READ + WINDOWS_WRITE) * VNODE_PAGER_MAXPAGES));
	KASSERT(va != 0, ("vnode_pager_init: no addresses"));
	for (i = 0; i < WINDOWS_READ + WINDOWS_WRITE; i++) {
		struct windows *w = &windows[i < WINDOWS_READ ? UIO_READ : UIO_WRITE];

		w->free[w->count++] = va;
		va += ptoa(VNODE_PAGER_MAXPAGES);
	}
}

static vm_offset_t
window_get(struct windows *w)
{
	while (w->count == 0)
		(void)tsleep(w, PVM, "vnpwin", 0);
	return (w->free[--w->count]);
}

static void
window_put(struct windows *w, vm_offset_t va)
{
	w->free[w->count++] = va;
	wakeup_one(w);
}

/*
 * Transfer `bytes' bytes between pages, neighbours of the object, and the file.
 * Returns how many were, which is less where an error or the file's end came
 * first; *error gets an errno or 0.  What is read is followed by zeros, up to the
 * end of its last page.  Sleeps.
 */
static size_t
transfer(struct vnode *vp, enum uio_rw rw, vm_page_t *m, size_t bytes,
    int ioflag, int *error)
{
	vm_offset_t va = window_get(&windows[rw]);
	int count = howmany(bytes, PAGE_SIZE);
	struct iovec iov = { (void *)va, bytes };
	struct uio uio = {
		.uio_iov = &iov, .uio_iovcnt = 1,
		.uio_offset = IDX_TO_OFF(m[0]->pindex), .uio_resid = bytes,
		.uio_segflg = UIO_SYSSPACE, .uio_rw = rw, .uio_td = curthread
	};

	pmap_qenter(va, m, count);
	if (rw == UIO_READ) {
		*error = VOP_READ(vp, &uio, ioflag | IO_VMIO, NOCRED);
		bzero(iov.iov_base, va + ptoa(count) - (vm_offset_t)iov.iov_base);
	} else
		*error = VOP_WRITE(vp, &uio, ioflag | IO_VMIO, NOCRED);
	pmap_qremove(va, count);
	window_put(&windows[rw], va);
	return (bytes - uio.uio_resid);
}

/* How many bytes of `count' pages, of which `m' is the first, the file has. */
static size_t
bytes_in_file(vm_page_t m, int count)
{
	vm_ooffset_t left = m->object->un_pager.vnp.vnp_size -
	    IDX_TO_OFF(m->pindex);

	return (left <= 0 ? 0 : MIN(left, (vm_ooffset_t)ptoa(count)));
}

/* A page that nobody has asked for: it was brought along, or there is none. */
static void
neighbour_done(vm_page_t m, int brought)
{
	if (!brought) {
		vm_page_free(m);
		return;
	}
	vm_page_set_validclean(m, 0, PAGE_SIZE);
	if (m->flags & PG_WANTED)
		vm_page_activate(m);
	else
		vm_page_deactivate(m);
	vm_page_wakeup(m);
}

/*
 * A file that becomes shorter while it is read gives less than was expected, and
 * the rest is zeros: vnode_pager_setsize() waits for these pages, to free them.
 */
int
vnode_pager_generic_getpages(struct vnode *vp, vm_page_t *m, int bytecount,
    int reqpage)
{
	int count = bytecount / PAGE_SIZE, in_file, error = 0, i, rv;
	size_t bytes = bytes_in_file(m[0], count);

	KASSERT(count <= VNODE_PAGER_MAXPAGES,
	    ("vnode_pager_generic_getpages: %d pages", count));
	in_file = howmany(bytes, PAGE_SIZE);
	cnt.v_vnodein++;
	cnt.v_vnodepgsin += in_file;
	if (reqpage < in_file)
		(void)transfer(vp, UIO_READ, m, bytes, 0, &error);
	rv = reqpage >= in_file ? VM_PAGER_BAD :
	    error != 0 ? VM_PAGER_ERROR : VM_PAGER_OK;
	for (i = 0; i < count; i++)
		if (i != reqpage)
			neighbour_done(m[i], rv == VM_PAGER_OK && i < in_file);
	if (rv == VM_PAGER_OK)
		vm_page_set_validclean(m[reqpage], 0, PAGE_SIZE);
	return (rv);
}

/*
 * A page that has been written whole, as far as the file goes, is clean.  Behind
 * the file's end there is nowhere to write to: VM_PAGER_BAD.
 */
int
vnode_pager_generic_putpages(struct vnode *vp, vm_page_t *m, int bytecount,
    int sync, int *rtvals)
{
	int count = bytecount / PAGE_SIZE, error, i;
	size_t bytes = bytes_in_file(m[0], count), done = 0;

	KASSERT(count <= VNODE_PAGER_MAXPAGES,
	    ("vnode_pager_generic_putpages: %d pages", count));
	cnt.v_vnodeout++;
	cnt.v_vnodepgsout += count;
	if (bytes > 0)
		done = transfer(vp, UIO_WRITE, m, bytes,
		    sync & VM_PAGER_PUT_SYNC ? IO_SYNC : 0, &error);
	for (i = 0; i < count; i++) {
		if (ptoa(i) >= bytes)
			rtvals[i] = VM_PAGER_BAD;
		else if (MIN(ptoa(i + 1), bytes) > done)
			rtvals[i] = VM_PAGER_ERROR;
		else {
			rtvals[i] = VM_PAGER_OK;
			vm_page_undirty(m[i]);
		}
	}
	return (rtvals[0]);
}
