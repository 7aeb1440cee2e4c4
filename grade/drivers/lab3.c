/*
 * lab3: what the scripts of lab 3's checks can do besides those of script.c:
 * leave for code that traps, in user mode or in the kernel's, and see what the
 * kernel makes of it.
 *
 *	MAP address, page, flags	map page 0, 1 ... of lab3_pages, with
 *					PG_ flags, at an address of the user's;
 *					all in the same 4 MB
 *	ONFAULT address			set curpcb's onfault
 *	USER FRAME			leave for user mode with this trap frame
 *	KERNEL below, eip, REGISTERS	jump to the kernel's code, on thread0's
 *					stack, so many bytes below its top;
 *					EDI ESI EBP - EBX EDX ECX EAX
 *
 * USER and KERNEL end when the kernel calls something of the machine-
 * independent part, or of the debugger, which all stand here; or when code
 * jumps to lab3_returned.  That is added to the results: struct event.
 */
#include "script.h"

#include <sys/kdb.h>
#include <sys/proc.h>
#include <sys/signalvar.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>
#include <i386/md_var.h>
#include <i386/pcb.h>

#define	PAGES		4
#define	FRAME_WORDS	(sizeof(struct trapframe) / 4)

enum op { OP_MAP = OP_OTHERS, OP_ONFAULT, OP_USER, OP_KERNEL };
enum event_kind { EVENT_SIGNAL, EVENT_SYSCALL, EVENT_AST, EVENT_DEBUGGER, EVENT_RETURNED };

struct event {
	uint32_t	kind;
	uint32_t	a, b;			/* signal and code; trap's number */
	uint32_t	printed;		/* characters, since it began */
	uint32_t	top;			/* of thread0's stack */
	uint32_t	below;			/* so far the frame is */
	uint32_t	frame[FRAME_WORDS];
};

/* lab3_switch.S */
void	lab3_leave(uint32_t esp, const uint32_t *frame, uint32_t eip);
void	lab3_back(void) __dead2;

void	lab3_event_returned(const uint32_t *registers);

char		lab3_pages[PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint32_t	user_table[NPTEPG] __attribute__((aligned(PAGE_SIZE)));
static uint32_t	printed_before;

static uint32_t
stack_top(void)
{
	return ((uint32_t)curpcb - 16);
}

/* Something has come back from what the script has started. */
static void __dead2
event(enum event_kind kind, uint32_t a, uint32_t b, const void *frame)
{
	struct event e = { .kind = kind, .a = a, .b = b };

	e.printed = script_printed() - printed_before;
	e.top = stack_top();
	if (frame != NULL) {
		e.below = stack_top() - (uint32_t)frame;
		memcpy(e.frame, frame, MIN(sizeof(e.frame),
		    (uint32_t)curpcb - (uint32_t)frame));
	}
	script_result(&e, sizeof(e) / 4);
	lab3_back();
}

void
trapsignal(struct thread *td __unused, struct trapframe *tf, int sig, int code)
{
	event(EVENT_SIGNAL, sig, code, tf);
}

void
syscall(struct trapframe *tf)
{
	event(EVENT_SYSCALL, 0, 0, tf);
}

void
ast(struct trapframe *tf)
{
	event(EVENT_AST, 0, 0, tf);
}

int
kdb_trap(int type, int code, struct trapframe *tf)
{
	event(EVENT_DEBUGGER, type, code, tf);
}

void
lab3_event_returned(const uint32_t *registers)
{
	event(EVENT_RETURNED, 0, 0, registers);
}

static void
map(uint32_t va, uint32_t page, uint32_t flags)
{
	user_table[va >> PAGE_SHIFT & (NPTEPG - 1)] =
	    ((uint32_t)lab3_pages[page] - KERNBASE) | flags;
	PTD[va >> PDRSHIFT] = ((uint32_t)user_table - KERNBASE) |
	    PG_V | PG_RW | PG_U;
	load_cr3(rcr3());
}

static void
leave(uint32_t esp, const uint32_t *frame, uint32_t eip)
{
	printed_before = script_printed();
	lab3_leave(esp, frame, eip);
}

const uint32_t *
script_other(const uint32_t *w)
{
	switch (*w) {
	case OP_MAP:
		map(w[1], w[2], w[3]);
		return (w + 4);
	case OP_ONFAULT:
		curpcb->pcb_onfault = (void *)w[1];
		return (w + 2);
	case OP_USER:
		leave(stack_top(), w + 1, 0);
		return (w + 1 + FRAME_WORDS);
	case OP_KERNEL:
		leave(stack_top() - w[1], w + 3, w[2]);
		return (w + 11);
	default:
		script_done();
	}
}
