/*
 * The rest of the kernel, for its devices on this computer: what they call
 * goes to functions of the test's, what they print to a buffer.
 */
#include <i386/cpufunc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t	host_eflags;
uint8_t		(*host_in)(uint16_t port);
void		(*host_out)(uint16_t port, uint8_t data);
void		(*host_enabled)(void);
void		(*host_entered)(const char *why);
char		host_text[4096];
static size_t	host_length;
static jmp_buf	before_reboot;

uint32_t cnt[64];		/* room for a struct vmmeter */
int	hz = 100, tick = 10000, boothowto, bootverbose, kdb_active;

/* The thread that is interrupted: the first words of <sys/proc.h>'s, and what its pcb and process take at most. */
unsigned char	host_pcb[512] __attribute__((aligned(16)));
unsigned char	host_proc[512];		/* each byte is p_nice */
static struct {
	void	*td_proc, *td_pcb;
} host_thread = { host_proc, host_pcb };
void	*curthread = &host_thread, *idlethread;

void
sched_clock(void *td)
{
	(void)td;
}

uint8_t
inb(uint16_t port)
{
	return (host_in(port));
}

void
outb(uint16_t port, uint8_t data)
{
	host_out(port, data);
}

void
enable_intr(void)
{
	host_eflags |= HOST_PSL_I;
	if (host_enabled != NULL)
		host_enabled();
}

static void
append(const char *fmt, va_list ap)
{
	int n = vsnprintf(host_text + host_length,
	    sizeof(host_text) - host_length, fmt, ap);

	host_length += n;
	if (host_length >= sizeof(host_text))
		abort();
}

int
host_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(fmt, ap);
	va_end(ap);
	return (0);
}

void
host_log(int level, const char *fmt, ...)
{
	va_list ap;

	host_printf("<%d>", level);
	va_start(ap, fmt);
	append(fmt, ap);
	va_end(ap);
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

/* The first words of <sys/kernel.h>'s. */
struct sysinit {
	unsigned	subsystem, order;
	void		(*func)(const void *udata);
	const void	*udata;
};
extern struct sysinit *__start_set_sysinit_set[], *__stop_set_sysinit_set[];

/* Run the SYSINITs of the sources that are here, as the linker met them. */
void
host_sysinits(void)
{
	struct sysinit **sipp;

	for (sipp = __start_set_sysinit_set; sipp < __stop_set_sysinit_set; sipp++)
		(*sipp)->func((*sipp)->udata);
}

/* The callouts are tested in a program of their own. */
void
callout_tick(void)
{
}

void
kdb_enter(const char *why)
{
	host_entered(why);
}

void
kern_reboot(int howto)
{
	(void)howto;
	host_entered("reboot");
	longjmp(before_reboot, 1);
}

int	kbd_checkc(void);

/* kbd_checkc(), out of which a key may reboot: then -1. */
int
host_checkc(void)
{
	return (setjmp(before_reboot) != 0 ? -1 : kbd_checkc());
}
