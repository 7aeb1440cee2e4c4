/*
 * SYSINIT: what is done at the start, and in what order.
 *
 * A subsystem does not ask to be called by main(): it says, beside its own
 * code, which function, with which argument, and when.
 *
 *	SYSINIT(kmem, SI_SUB_KMEM, SI_ORDER_FIRST, kmeminit, NULL);
 *
 * All of those are a linker set, which mi_startup() sorts and goes through
 * (kern/subr_sysinit.c).  A module that the loader has left brings more, which
 * join what is still to be done while the subsystem KLD runs.
 *
 * The price is that nobody can see who calls what.  So here it is:
 *
 *	subsystem	order	function		file
 *	TUNABLES	MIDDLE	tunable_init		kern/kern_environment.c (each TUNABLE_INT)
 *	COPYRIGHT	FIRST	print_caddr_t		kern/init_main.c
 *	COPYRIGHT	THIRD	print_caddr_t		kern/init_main.c
 *	VM		FIRST	vm_mem_init		vm/vm_init.c
 *	KMEM		FIRST	kmeminit		kern/kern_malloc.c
 *	KMEM		SECOND	malloc_init		kern/kern_malloc.c (each MALLOC_DEFINE)
 *	EVENTHANDLER	FIRST	eventhandler_init	kern/subr_eventhandler.c
 *	KLD		FIRST	linker_init		kern/kern_linker.c
 *	KLD		FIRST	module_init		kern/kern_module.c
 *	KLD		SECOND	link_elf_init		kern/link_elf.c
 *	KLD		SECOND	link_elf_obj_init	kern/link_elf_obj.c
 *	KLD		MIDDLE	linker_preload		kern/kern_linker.c
 *	KLD		ANY	linker_init_kernel_modules kern/kern_linker.c
 *	CPU		FIRST	cpu_startup		i386/startup.c
 *	CPU		ANY	callwheel_init		kern/kern_timeout.c
 *	INTRINSIC	FIRST	proc0_init		kern/init_main.c
 *	RUN_QUEUE	FIRST	sched_setup		kern/sched_4bsd.c
 *	SCHED_IDLE	FIRST	idle_setup		kern/kern_idle.c
 *	SOFTINTR	FIRST	start_softintr		kern/kern_timeout.c
 *	CONFIGURE	FIRST	configure_first		i386/autoconf.c
 *	CONFIGURE	THIRD	configure		i386/autoconf.c
 *	CONFIGURE	ANY	configure_final		i386/autoconf.c
 *	CLOCKS		FIRST	initclocks		kern/kern_clock.c
 *	CLOCKS		SECOND	inittimecounter		kern/kern_tc.c
 *	KICK_SCHEDULER	FIRST	synch_setup		kern/kern_synch.c
 *	INT_CONFIG_HOOKS FIRST	run_interrupt_driven_config_hooks kern/subr_autoconf.c
 *	SWAP		FIRST	swap_configure		vm/swap_dev.c
 *	KTHREAD_INIT	FIRST	kproc_start		kern/init_main.c
 *	KTHREAD_PAGE	FIRST	vm_pageout_init		vm/vm_pageout.c
 *	KTHREAD_PAGE	SECOND	kproc_start		vm/vm_pageout.c
 *	KTHREAD_VM	ANY	pagezero_start		vm/vm_zeroidle.c
 *	RUN_SCHEDULER	FIRST	kproc_start		kern/sched_4bsd.c
 *	RUN_SCHEDULER	ANY	scheduler		vm/vm_glue.c
 *
 * `boot -v' prints each as it is run.  Of equals the one that the linker met
 * first comes first.  A row that ends in (each MACRO) stands for all that the
 * macro makes.  The handouts make a page of the table, and a test compares it
 * with the kernel.
 *
 * [sys/kernel.h, kern/init_main.c]
 */
#ifndef _SYS_KERNEL_H_
#define	_SYS_KERNEL_H_

#include <sys/kenv.h>
#include <sys/linker_set.h>
#include <sys/param.h>
#include <sys/queue.h>

/*
 * The first key: subsystems in the order that they come up in.  [6.2]  Few are
 * ours so far; the rest are FreeBSD's places, and what comes up in them there.
 */
enum sysinit_sub_id {
	SI_SUB_DUMMY		= 0x0000000,	/* never run */
	SI_SUB_DONE		= 0x0000001,	/* FreeBSD's mark for what has run */
	SI_SUB_TUNABLES		= 0x0700000,	/* variables from the loader's environment */
	SI_SUB_CONSOLE		= 0x0800000,	/* the console (init386 has done it) */
	SI_SUB_COPYRIGHT	= 0x0800001,	/* the first that prints */
	SI_SUB_SETTINGS		= 0x0880000,	/* what the machine is set to */
	SI_SUB_MTX_POOL_STATIC	= 0x0900000,	/* locks that need no memory */
	SI_SUB_LOCKMGR		= 0x0980000,	/* locks that are slept on */
	SI_SUB_VM		= 0x1000000,	/* pages, address spaces */
	SI_SUB_KMEM		= 0x1800000,	/* malloc() */
	SI_SUB_KVM_RSRC		= 0x1a00000,	/* map entries kept in reserve */
	SI_SUB_WITNESS		= 0x1a80000,	/* the order of locks is watched */
	SI_SUB_MTX_POOL_DYNAMIC	= 0x1ac0000,	/* locks that need memory */
	SI_SUB_LOCK		= 0x1b00000,	/* each part's own locks */
	SI_SUB_EVENTHANDLER	= 0x1c00000,	/* who wants to be called */
	SI_SUB_KLD		= 0x2000000,	/* modules join here */
	SI_SUB_CPU		= 0x2100000,	/* the machine says what it is */
	SI_SUB_MAC		= 0x2180000,	/* mandatory access control */
	SI_SUB_MAC_POLICY	= 0x21c0000,	/* its policies */
	SI_SUB_MAC_LATE		= 0x21d0000,	/* what it needs more */
	SI_SUB_INTRINSIC	= 0x2200000,	/* process 0 */
	SI_SUB_VM_CONF		= 0x2300000,	/* limits, late parts of VM */
	SI_SUB_RUN_QUEUE	= 0x2400000,	/* the scheduler's tables */
	SI_SUB_KTRACE		= 0x2480000,	/* records of system calls */
	SI_SUB_AUDIT		= 0x24c0000,	/* records of deeds */
	SI_SUB_CREATE_INIT	= 0x2500000,	/* process 1 is made, and waits */
	SI_SUB_SCHED_IDLE	= 0x2600000,	/* who runs when nobody does */
	SI_SUB_MBUF		= 0x2700000,	/* the network's buffers */
	SI_SUB_INTR		= 0x2800000,	/* interrupts have threads */
	SI_SUB_SOFTINTR		= 0x2800001,	/* software interrupts */
	SI_SUB_ACL		= 0x2900000,	/* access lists */
	SI_SUB_DEVFS		= 0x2f00000,	/* the file system of devices */
	SI_SUB_INIT_IF		= 0x3000000,	/* network interfaces may attach */
	SI_SUB_NETGRAPH		= 0x3010000,	/* the network as a graph */
	SI_SUB_DRIVERS		= 0x3100000,	/* drivers make themselves known */
	SI_SUB_CONFIGURE	= 0x3800000,	/* devices are found */
	SI_SUB_VFS		= 0x4000000,	/* files: vnodes, names */
	SI_SUB_CLOCKS		= 0x4800000,	/* time begins */
	SI_SUB_CLIST		= 0x5800000,	/* terminals' queues */
	SI_SUB_SYSV_SHM		= 0x6400000,	/* shared memory, as in System V */
	SI_SUB_SYSV_SEM		= 0x6800000,	/* its semaphores */
	SI_SUB_SYSV_MSG		= 0x6c00000,	/* its messages */
	SI_SUB_P1003_1B		= 0x6e00000,	/* POSIX' real time */
	SI_SUB_PSEUDO		= 0x7000000,	/* devices without a device */
	SI_SUB_EXEC		= 0x7400000,	/* formats of programs */
	SI_SUB_PROTO_BEGIN	= 0x8000000,	/* the network begins */
	SI_SUB_PROTO_IF		= 0x8400000,	/* protocols meet interfaces */
	SI_SUB_PROTO_DOMAIN	= 0x8800000,	/* families of protocols */
	SI_SUB_PROTO_IFATTACHDOMAIN = 0x8800001,/* interfaces meet families */
	SI_SUB_PROTO_END	= 0x8ffffff,	/* the network is there */
	SI_SUB_KPROF		= 0x9000000,	/* profiling of the kernel */
	SI_SUB_KICK_SCHEDULER	= 0xa000000,	/* load averages begin */
	SI_SUB_INT_CONFIG_HOOKS	= 0xa800000,	/* devices that need interrupts */
	SI_SUB_ROOT_CONF	= 0xb000000,	/* which disk is root? */
	SI_SUB_DUMP_CONF	= 0xb200000,	/* where a dump would go */
	SI_SUB_RAID		= 0xb380000,	/* disks made of disks */
	SI_SUB_MOUNT_ROOT	= 0xb400000,	/* the root file system */
	SI_SUB_SWAP		= 0xc000000,	/* where pages go */
	SI_SUB_INTRINSIC_POST	= 0xd000000,	/* process 0, when time is known */
	SI_SUB_SYSCALLS		= 0xd800000,	/* modules' system calls */
	SI_SUB_KTHREAD_INIT	= 0xe000000,	/* process 1 may run */
	SI_SUB_KTHREAD_PAGE	= 0xe400000,	/* the page daemon */
	SI_SUB_KTHREAD_VM	= 0xe800000,	/* its helpers */
	SI_SUB_KTHREAD_BUF	= 0xea00000,	/* the buffers' daemon */
	SI_SUB_KTHREAD_UPDATE	= 0xec00000,	/* the syncer */
	SI_SUB_KTHREAD_IDLE	= 0xee00000,	/* daemons for idle time */
	SI_SUB_SMP		= 0xf000000,	/* the other CPUs are let go */
	SI_SUB_RUN_SCHEDULER	= 0xfffffff	/* the last */
};

/* The second: within a subsystem. */
enum sysinit_elem_order {
	SI_ORDER_FIRST		= 0x0000000,
	SI_ORDER_SECOND		= 0x0000001,
	SI_ORDER_THIRD		= 0x0000002,
	SI_ORDER_MIDDLE		= 0x1000000,
	SI_ORDER_ANY		= 0xfffffff
};

typedef void	sysinit_cfunc_t(const void *udata);

struct sysinit {
	enum sysinit_sub_id	subsystem;	/* when: the first key */
	enum sysinit_elem_order	order;		/* and the second */
	sysinit_cfunc_t		*func;		/* what */
	const void		*udata;		/* with what */
	STAILQ_ENTRY(sysinit)	next;		/* in the list that it is in */
};

STAILQ_HEAD(sysinitlist, sysinit);

/* A set's element: one for constant data, and one for any. */
#define	__SYSINIT(set, uniquifier, subsystem, order, func, ident)	\
	static struct sysinit uniquifier##_##set = {			\
		(subsystem), (enum sysinit_elem_order)(order),		\
		(func), (ident), { NULL }				\
	};								\
	DATA_SET(set##_set, uniquifier##_##set)
#define	C_SYSINIT(uniquifier, subsystem, order, func, ident)		\
	__SYSINIT(sysinit, uniquifier, subsystem, order, func, ident)
#define	SYSINIT(uniquifier, subsystem, order, func, ident)		\
	C_SYSINIT(uniquifier, subsystem, order,				\
	    (sysinit_cfunc_t *)(void (*)(void))(func), (const void *)(ident))

/* What is undone when a module goes, in the reverse order. */
#define	C_SYSUNINIT(uniquifier, subsystem, order, func, ident)		\
	__SYSINIT(sysuninit, uniquifier, subsystem, order, func, ident)
#define	SYSUNINIT(uniquifier, subsystem, order, func, ident)		\
	C_SYSUNINIT(uniquifier, subsystem, order,			\
	    (sysinit_cfunc_t *)(void (*)(void))(func), (const void *)(ident))

SET_DECLARE(sysinit_set, struct sysinit);

/* ---------------------------------------------------------------- the engine */

extern struct sysinitlist sysinit_list;		/* what is still to be done */
extern struct sysinitlist sysinit_done_list;	/* what was taken from it, in that order */
extern int verbose_sysinit;			/* print what is run: -v, debug.verbose_sysinit */

/*
 * Their contracts stand in kern/subr_sysinit.c.  Each is called as it stands
 * there, and never becomes a part of its caller: one can stop in it, or put
 * another in its place.
 */
#define	__own_code	__attribute__((noipa))
void	sysinit_insert(struct sysinitlist *list, struct sysinit *sip) __own_code;
void	sysinit_mklist(struct sysinitlist *list, struct sysinit **set,
	    struct sysinit **set_end) __own_code;
void	sysinit_run(struct sysinitlist *list, struct sysinitlist *done) __own_code;
struct sysinit *sysinit_add(struct sysinit **set, struct sysinit **set_end) __own_code;
void	sysuninit_run(struct sysinit **set, struct sysinit **set_end) __own_code;
int	sysinit_announce(const struct sysinit *sip) __own_code;

void	mi_startup(void);

/* ---------------------------------------------------------------- tunables */

/*
 * A variable that is set from the loader's environment before anything runs:
 *
 *	static int quantum = 10;
 *	TUNABLE_INT("kern.quantum", &quantum);
 *
 * A value that makes no sense is told, and the variable is left alone.
 */
enum tunable_type { TUNABLE_TYPE_INT, TUNABLE_TYPE_ULONG, TUNABLE_TYPE_QUAD, TUNABLE_TYPE_STR };

struct tunable {
	const char	*path;
	enum tunable_type type;
	void		*var;
	size_t		size;		/* of a string's room */
};

void	tunable_init(const void *tunable);

#define	__TUNABLE_NAME(line)	__TUNABLE_NAME2(line)
#define	__TUNABLE_NAME2(line)	__tunable_##line
#define	__TUNABLE(path, type, var, size, name)				\
	static const struct tunable name = { (path), (type), (var), (size) };	\
	__TUNABLE_SYSINIT(name)
#define	__TUNABLE_SYSINIT(name)						\
	C_SYSINIT(name, SI_SUB_TUNABLES, SI_ORDER_MIDDLE, tunable_init, &name)

#define	TUNABLE_INT(path, var)						\
	__TUNABLE(path, TUNABLE_TYPE_INT, var, sizeof(int), __TUNABLE_NAME(__LINE__))
#define	TUNABLE_ULONG(path, var)					\
	__TUNABLE(path, TUNABLE_TYPE_ULONG, var, sizeof(unsigned long), __TUNABLE_NAME(__LINE__))
#define	TUNABLE_QUAD(path, var)						\
	__TUNABLE(path, TUNABLE_TYPE_QUAD, var, sizeof(uint64_t), __TUNABLE_NAME(__LINE__))
#define	TUNABLE_STR(path, var, size)					\
	__TUNABLE(path, TUNABLE_TYPE_STR, var, size, __TUNABLE_NAME(__LINE__))

/* ---------------------------------------------------------------- configuration hooks */

/*
 * A device that can only be looked at by interrupts registers a hook while it
 * is attached; it is called at INT_CONFIG_HOOKS, and calls
 * config_intrhook_disestablish() when it has finished.  The boot waits, but
 * not for ever.  (kern/subr_autoconf.c)
 */
struct intr_config_hook {
	TAILQ_ENTRY(intr_config_hook) ich_links;
	void		(*ich_func)(void *arg);
	void		*ich_arg;
	const char	*ich_name;	/* for who waits too long */
};

int	config_intrhook_establish(struct intr_config_hook *hook);
void	config_intrhook_disestablish(struct intr_config_hook *hook);

#endif /* !_SYS_KERNEL_H_ */
