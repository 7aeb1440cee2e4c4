/*
 * lab_stub: says which exercise is missing, and stops.
 */
#include <sys/lab_stub.h>

#include <i386/cpufunc.h>

#define	COM1_DATA	0x3f8
#define	COM1_LCR	0x3fb
#define	COM1_LSR	0x3fd
#define	LCR_8N1		0x03
#define	LSR_ROOM	0x20

static void
wait_for_room(void)
{
	while ((inb(COM1_LSR) & LSR_ROOM) == 0)
		;
}

static void
send(char c)
{
	wait_for_room();
	outb(COM1_DATA, c);
}

void
lab_stub(const char *text)
{
	outb(COM1_LCR, LCR_8N1);
	while (*text != '\0')
		send(*text++);
	send('\r');
	wait_for_room();
	/* The last character, and stay: as boot/lab_stub.h ends, for the grader. */
	__asm__ volatile("movl %0, %%edx; outb %%al, %%dx; jmp 1f; 1: jmp 1b"
	    : : "i" (COM1_DATA), "a" ('\n') : "edx");
	__builtin_unreachable();
}
