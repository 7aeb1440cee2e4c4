/*
 * What a trap or an interrupt leaves on the kernel's stack.
 *
 * [i386/include/frame.h]
 */
#ifndef _I386_FRAME_H_
#define	_I386_FRAME_H_

#include <stddef.h>
#include <stdint.h>

/* A trap, or a system call.  From low addresses to high ones. */
struct trapframe {
	/* exception.S pushes these */
	uint32_t	tf_fs;
	uint32_t	tf_es;
	uint32_t	tf_ds;
	uint32_t	tf_edi;
	uint32_t	tf_esi;
	uint32_t	tf_ebp;
	uint32_t	tf_isp;		/* ESP as PUSHA saw it */
	uint32_t	tf_ebx;
	uint32_t	tf_edx;
	uint32_t	tf_ecx;
	uint32_t	tf_eax;
	uint32_t	tf_trapno;	/* T_ */
	/* the CPU, or a zero in its place */
	uint32_t	tf_err;
	/* the CPU */
	uint32_t	tf_eip;
	uint32_t	tf_cs;
	uint32_t	tf_eflags;
	/* the CPU, from user mode only */
	uint32_t	tf_esp;
	uint32_t	tf_ss;
};

/* A trap out of vm86 mode has four more. */
struct trapframe_vm86 {
	struct trapframe tf;
	uint32_t	tf_vm86_es;
	uint32_t	tf_vm86_ds;
	uint32_t	tf_vm86_fs;
	uint32_t	tf_vm86_gs;
};

/* An interrupt: the same, behind the interrupt's number. */
struct intrframe {
	uint32_t	if_vec;		/* IRQ */
	struct trapframe if_tf;
};

_Static_assert(offsetof(struct trapframe, tf_trapno) == 44, "tf_trapno is at 44");
_Static_assert(offsetof(struct trapframe, tf_eip) == 52, "tf_eip is at 52");
_Static_assert(sizeof(struct trapframe) == 72, "a frame from user mode is 72 bytes");

/* Did the frame come from user mode?  (A frame from the kernel has no tf_esp.) */
#define	TRAPF_USERMODE(tf)						\
	(((tf)->tf_cs & 3) == 3 || ((tf)->tf_eflags & 0x20000) != 0)

#endif /* !_I386_FRAME_H_ */
