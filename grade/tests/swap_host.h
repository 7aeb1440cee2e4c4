/*
 * What the two halves of swap_host.c's program know of each other: what is done
 * and must hold, there, and the rest of the kernel, swap_host_kernel.c.
 */
#ifndef _TESTS_SWAP_HOST_H_
#define	_TESTS_SWAP_HOST_H_

#include <vm/vm_object.h>
#include <vm/vm_page.h>

#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
void	exit(int status) __dead2;

#define	OBJECTS		5
#define	PAGES		160		/* of an object */
#define	MAX_SLOTS	1024
#define	DISKS		2

#define	CHECK(exp) do {							\
	if (!(exp)) {							\
		host_printf("%s, line %d, step %u: %s\n", __FILE__,	\
		    __LINE__, step, #exp);				\
		exit(1);						\
	}								\
} while (0)

struct host_page {
	struct vm_page	page;		/* first */
	unsigned	contents;
};

extern unsigned	step;			/* of what is done */
unsigned draw_below(unsigned below);

/* swap_host_kernel.c */
struct bio;
extern struct vm_object objects[OBJECTS];
extern int	level;			/* the interrupts' */
extern int	npending, failing;	/* transfers under way; do some fail? */
extern int	blocks, block_limit;	/* that are had, and can be */
extern unsigned	errors, full, waited;	/* how often that was said, or done */
extern struct thread process_thread, daemon_thread;

vm_page_t page_make(vm_object_t object, vm_pindex_t pindex);
void	host_strategy(struct bio *bp);
void	complete(int n);		/* transfer number n ends */

#endif /* !_TESTS_SWAP_HOST_H_ */
