/*
 * init386: from locore's last step to a kernel that can print, be
 * interrupted, and explain its own crashes.
 *
 * The order is FreeBSD 4's, but that the 8259s and the timer come before the
 * console, whose devices are waited for by DELAY(); each step may use what came
 * before and nothing else.
 *
 * [i386/i386/machdep.c]
 */
#include <i386/md_var.h>

#include <sys/cons.h>
#include <sys/kdb.h>
#include <sys/kenv.h>
#include <sys/linker.h>
#include <sys/msgbuf.h>
#include <sys/preload.h>
#include <sys/proc.h>
#include <sys/reboot.h>
#include <sys/systm.h>
#include <i386/clock.h>
#include <i386/cpufunc.h>
#include <i386/intr.h>
#include <i386/pcb.h>
#include <i386/segments.h>
#include <vm/pmap.h>

int cold = 1;
int bootverbose;

/* proc0's thread runs on the stack that locore made; its pcb is at the top. */
static void
thread0_init(void)
{
	thread0.td_kstack = proc0kstack;
	thread0.td_pcb = (struct pcb *)(proc0kstack +
	    KSTACK_PAGES * PAGE_SIZE - sizeof(struct pcb));
}

/* Is this the physical address of something behind the kernel? */
static int
is_loaded(uint32_t pa)
{
	return (pa >= (uint32_t)end - KERNBASE && pa < KERNend);
}

/*
 * Take over what the loader has left: records and environment.  Their
 * addresses are physical.  Returns 0, or -1 if there are no records: a kernel
 * that boot2 has started.
 */
static int
preload_init(void)
{
	const char *limit;
	int failed;

	limit = (const char *)KERNend + KERNBASE;
	failed = -1;
	if (!is_loaded(bootinfo.bi_envp))
		bootinfo.bi_envp = 0;
	if (is_loaded(bootinfo.bi_modulep)) {
		preload_metadata = (char *)bootinfo.bi_modulep + KERNBASE;
		failed = preload_check(limit);
		if (failed == 0)
			preload_bootstrap_relocate(KERNBASE);
	}
	init_static_kenv(bootinfo.bi_envp == 0 ? NULL :
	    (char *)bootinfo.bi_envp + KERNBASE, limit);
	return (failed);
}

/* The symbols, where the loader has left some. */
static void
ksym_init(void)
{
	if (bootinfo.bi_esymtab > bootinfo.bi_symtab &&
	    is_loaded(bootinfo.bi_symtab - KERNBASE) &&
	    is_loaded(bootinfo.bi_esymtab - 1 - KERNBASE)) {
		ksym_start = (char *)bootinfo.bi_symtab;
		ksym_end = (char *)bootinfo.bi_esymtab;
	}
}

/*
 * The message buffer takes the last pages of memory, where the next boot finds
 * them again.
 */
static void
msgbuf_init(void)
{
	uint32_t *end;
	uint32_t size;
	int i;

	size = round_page(MSGBUF_SIZE);
	for (i = 0; phys_avail[i + 2] != 0 || phys_avail[i + 3] != 0; i += 2)
		;
	end = &phys_avail[i + 1];
	if (*end - phys_avail[i] <= size) {
		printf("msgbuf: no room in the last %u bytes of memory\n",
		    *end - phys_avail[i]);
		return;
	}
	*end -= size;
	msgbufinit(pmap_mapdev(*end, size), size);
}

void
init386(uint32_t first)
{
	int no_metadata;

	thread0_init();
	no_metadata = preload_init();
	init_param1();
	gdt_build();
	ldt_build();
	idt_build();
	atpic_startup();
	i8254_init();
	cninit();
	if (no_metadata)
		printf("WARNING: loader(8) metadata is missing!\n");
	ksym_init();
	kdb_init();
	if (boothowto & RB_KDB)
		kdb_enter("Boot flags requested debugger");
	finishidentcpu();
	initializecpu();
	tss_build((uint32_t)thread0.td_pcb - 16);
	pmap_bootstrap();
	getmemsize(first);
	init_param2(physmem);
	msgbuf_init();
	syscall_gates_build();
	curpcb->pcb_flags = 0;
	curpcb->pcb_cr3 = IdlePTD;
}
