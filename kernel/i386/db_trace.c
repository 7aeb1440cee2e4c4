/*
 * db_trace: who called whom.
 *
 * Each function has saved its caller's frame pointer where its own points to,
 * below the return address:
 *
 *	EBP -> caller's EBP | return address | arguments ...
 *
 * until an entry of exception.S comes, below whose frame another code was at
 * work, or a thread's beginning, where EBP was 0.  How many arguments there
 * were, the instruction behind the call tells, which takes them off the stack;
 * where it does not, five are shown.
 *
 * [i386/i386/db_trace.c]
 */
#include <ddb/ddb.h>

#include <sys/proc.h>
#include <sys/systm.h>
#include <i386/frame.h>
#include <i386/md_var.h>
#include <i386/pcb.h>

#define	TRACE_MAX	1024		/* callers */
#define	PROLOGUE_MAX	64		/* bytes until a function has its frame */
#define	ARGS_SHOWN	5
#define	ARGS_MAX	16

/* Where the trace is. */
struct position {
	db_addr_t	pc;
	db_addr_t	fp;
	db_addr_t	ret;		/* where its return address is */
	db_addr_t	caller_fp;
};

enum entry { ENTRY_NONE, ENTRY_TRAP, ENTRY_SYSCALL, ENTRY_INTERRUPT };

/* The long at `addr'; a bad address is an error. */
static uint32_t
word_at(db_addr_t addr)
{
	return (db_get_value(addr, 4, 0));
}

/* The same, and 0 where the address is bad: a trace ends there. */
static uint32_t
word_or_0(db_addr_t addr)
{
	uint32_t word;

	return (db_read_bytes(addr, 4, &word) == 0 ? word : 0);
}

/*
 * How many arguments the call before `pc' had: from `add $n, %esp' or a pop
 * behind it.  -1: nobody knows.
 */
static int
db_numargs(db_addr_t pc)
{
	uint8_t inst[6];

	if (db_read_bytes(pc, sizeof(inst), inst) != 0)
		return (-1);
	if (inst[0] == 0x59)				/* pop %ecx */
		return (1);
	if (inst[0] == 0x83 && inst[1] == 0xc4)		/* add $n, %esp */
		return (inst[2] / 4);
	if (inst[0] == 0x81 && inst[1] == 0xc4)
		return ((inst[2] | inst[3] << 8) / 4);
	return (-1);
}

/* name(arg, ...) at symbol+offset */
static void
db_print_stack_entry(const char *name, int narg, db_addr_t args, db_addr_t pc)
{
	uint32_t value;
	int i, n = narg < 0 ? ARGS_SHOWN : MIN(narg, ARGS_MAX);

	db_printf("%s(", name);
	for (i = 0; i < n; i++) {
		if (db_read_bytes(args + 4 * i, 4, &value) != 0)
			break;
		db_printf("%s%#r", i > 0 ? "," : "", value);
	}
	db_printf("%s) at ", narg < 0 || narg > n ? ",..." : "");
	db_printsym(pc, DB_STGY_PROC);
	db_printf("\n");
}

/* Is the return address one of exception.S', behind a call of C? */
static enum entry
db_entry_kind(db_addr_t ret)
{
	static const struct { const char *name; enum entry kind; } entries[] = {
		{ "calltrap", ENTRY_TRAP },
		{ "doreti", ENTRY_TRAP },
		{ "Xint0x80_syscall", ENTRY_SYSCALL },
		{ "Xlcall_syscall", ENTRY_SYSCALL },
		{ "interrupt", ENTRY_INTERRUPT },
	};
	const char *name;
	uint32_t offset;
	unsigned i;

	name = db_search_symbol(ret, DB_STGY_PROC, &offset);
	for (i = 0; name != NULL && i < nitems(entries); i++)
		if (strcmp(name, entries[i].name) == 0)
			return (entries[i].kind);
	return (ENTRY_NONE);
}

/*
 * Has the function at `pc' a frame of its own yet?  -1 if so, else how far
 * above ESP its return address is.  A function makes its frame by push %ebp,
 * mov %esp, %ebp, not always at once, and has undone it before ret.
 */
static int
db_frameless(db_addr_t pc)
{
	uint8_t code[PROLOGUE_MAX + 2];
	uint32_t offset, i;

	if (db_read_bytes(pc, 1, code) == 0 &&
	    (code[0] == 0xc3 || code[0] == 0xc2))
		return (0);
	if (db_search_symbol(pc, DB_STGY_PROC, &offset) == NULL ||
	    offset > PROLOGUE_MAX ||
	    db_read_bytes(pc - offset, sizeof(code), code) != 0)
		return (-1);
	for (i = 0; i < offset && code[i] != 0x55; i++)
		;
	if (i == offset)
		return (0);
	for (; i <= PROLOGUE_MAX; i++)
		if (code[i] == 0x89 && code[i + 1] == 0xe5)
			return (i >= offset ? 4 : -1);
	return (-1);
}

/* Could a call have left this address: is there one before it? */
static int
is_return_address(db_addr_t ret)
{
	uint8_t before[7];

	return (ret >= (db_addr_t)btext && ret < (db_addr_t)etext &&
	    db_read_bytes(ret - 7, sizeof(before), before) == 0 &&
	    (before[2] == 0xe8 || before[5] == 0xff || before[4] == 0xff ||
	    before[1] == 0xff || before[0] == 0xff));
}

/*
 * Where a code that was interrupted will return to: by EBP, unless that is
 * still, or again, its caller's.
 */
static void
db_find_return(struct position *at, db_addr_t esp)
{
	int above = db_frameless(at->pc);

	if (above >= 0 && is_return_address(word_or_0(esp + above))) {
		at->ret = esp + above;
		at->caller_fp = at->fp;
	} else {
		at->ret = at->fp + 4;
		at->caller_fp = word_or_0(at->fp);
	}
}

/*
 * Go through a frame of exception.S, which starts at `addr'.  Returns 0 if
 * there is nothing more to see: the user's was the code before.
 */
static int
db_through_frame(enum entry kind, db_addr_t addr, struct position *at)
{
	struct trapframe tf;
	db_addr_t esp;

	if (db_read_bytes(addr, offsetof(struct trapframe, tf_esp), &tf) != 0)
		db_error("--- no frame at %#r ---\n", addr);
	esp = addr + offsetof(struct trapframe, tf_esp);
	if (TRAPF_USERMODE(&tf))
		esp = word_at(esp);
	if (kind == ENTRY_SYSCALL)
		db_printf("--- syscall (%u, FreeBSD ELF32, ?)", tf.tf_eax);
	else if (kind == ENTRY_INTERRUPT)
		db_printf("--- interrupt");
	else
		db_printf("--- trap %#r", tf.tf_trapno);
	db_printf(", eip = %#r, esp = %#r, ebp = %#r ---\n", tf.tf_eip, esp,
	    tf.tf_ebp);
	if (TRAPF_USERMODE(&tf))
		return (0);
	at->pc = tf.tf_eip;
	at->fp = tf.tf_ebp;
	db_find_return(at, esp);
	return (1);
}

/* The double fault's task was started by the CPU, out of common_tss. */
static int
db_through_task(struct position *at)
{
	db_printf("--- trap %#r, eip = %#r, esp = %#r, ebp = %#r ---\n",
	    0x17, common_tss.tss_eip, common_tss.tss_esp, common_tss.tss_ebp);
	at->pc = common_tss.tss_eip;
	at->fp = common_tss.tss_ebp;
	db_find_return(at, common_tss.tss_esp);
	return (1);
}

/*
 * One more caller.  Returns 0 at the end: of the frames, of what is a frame,
 * or of the kernel.
 */
static int
db_next_frame(struct position *at)
{
	db_addr_t ret, caller_fp = at->caller_fp;
	uint32_t offset = 0;
	const char *name;
	enum entry kind;

	ret = word_or_0(at->ret);
	name = db_search_symbol(at->pc, DB_STGY_PROC, &offset);
	if (name == NULL)
		name = "?";
	kind = db_entry_kind(ret);
	db_print_stack_entry(name, kind != ENTRY_NONE ? 1 : db_numargs(ret),
	    at->ret + 4, at->pc);
	if (kind == ENTRY_INTERRUPT)	/* behind the pointer and the IRQ */
		return (db_through_frame(kind, at->ret + 12, at));
	if (kind != ENTRY_NONE)		/* behind the pointer */
		return (db_through_frame(kind, at->ret + 8, at));
	if (strcmp(name, "dblfault_handler") == 0)
		return (db_through_task(at));
	if (caller_fp == 0 || caller_fp <= at->ret - 4 || caller_fp % 4 != 0)
		return (0);
	at->pc = ret;
	at->fp = caller_fp;
	at->ret = caller_fp + 4;
	at->caller_fp = word_or_0(caller_fp);
	return (1);
}

/* Print `count' callers, if there are as many. */
static void
db_backtrace(struct position *at, int count)
{
	while (count-- > 0 && db_next_frame(at))
		;
}

/* From where the kernel has stopped. */
static void
db_at_stop(struct position *at)
{
	db_addr_t esp;

	at->pc = kdb_frame->tf_eip;
	at->fp = kdb_frame->tf_ebp;
	esp = (db_addr_t)&kdb_frame->tf_esp;
	if (TRAPF_USERMODE(kdb_frame))
		esp = kdb_frame->tf_esp;
	db_find_return(at, esp);
}

/* From where the caller of the function with this frame will go on. */
static void
db_at_frame(struct position *at, db_addr_t fp)
{
	at->pc = word_at(fp + 4);
	at->fp = word_at(fp);
	at->ret = at->fp + 4;
	at->caller_fp = word_or_0(at->fp);
}

/* From where a thread that does not run will come back from cpu_switch(). */
static void
db_at_switch(struct position *at, const struct pcb *pcb)
{
	at->pc = pcb->pcb_eip;
	at->fp = pcb->pcb_ebp;
	at->ret = at->fp + 4;
	at->caller_fp = word_or_0(at->fp);
}

/* trace [frame | pid][,count]: frames are the kernel's addresses. */
void
db_stack_trace_cmd(db_expr_t addr, int have_addr, db_expr_t count,
    const char *modif)
{
	const struct thread *td;
	struct position at;

	db_check_modif(modif, "");
	td = have_addr && (db_addr_t)addr < KERNBASE ? db_lookup_thread(addr) :
	    curthread;
	if (td != curthread)
		db_at_switch(&at, td->td_pcb);
	else if (have_addr && (db_addr_t)addr >= KERNBASE)
		db_at_frame(&at, addr);
	else
		db_at_stop(&at);
	db_backtrace(&at, count == -1 ? TRACE_MAX : count);
}

/* For db_try(): the callers of the function with this frame. */
static void
trace_from(void *fp)
{
	struct position at;

	db_at_frame(&at, (db_addr_t)fp);
	db_backtrace(&at, TRACE_MAX);
}

void
db_trace_self(void)
{
	(void)db_try(trace_from, __builtin_frame_address(0));
}
