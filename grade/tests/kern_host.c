/*
 * kernel/kern and kernel/libkern as a program of the host, around a machine of
 * stubs.  test_kern_host.py builds it under the sanitizers and runs it:
 *
 *	kern_host printf SEED COUNT	drawn formats, by us and by the host
 *	kern_host numbers SEED COUNT	the same of strtol() and its like
 *	kern_host strings SEED COUNT	the same of memory and string functions
 *	kern_host divide SEED COUNT	the same of 64-bit divisions
 *	kern_host b VALUE NAMES | D WIDTH SEPARATOR BYTES | r|z|n RADIX VALUE
 *	kern_host queue KIND OPS, bitset OPS	see kern_host_sets.c
 *	kern_host events OPS		see kern_host_events.c
 *	kern_host hooks KINDS		see kern_host_hooks.c
 *	kern_host env BLOCK NAME...	what is found in an environment
 *	kern_host tunables BLOCK	what it makes of four TUNABLE_s
 *	kern_host param BLOCK PAGES	what init_param1 and 2 make of it
 *	kern_host metadata BLOCK	what is found in the loader's records
 *	kern_host fuzz BLOCK SEED COUNT	the same, with the records damaged
 *	kern_host msgbuf FILE SIZE TEXT...	the text in FILE, added to
 *	kern_host console HOWTO BLOCK VGA SIO KEYS	cninit(), and then
 *	kern_host panic HOWTO BLOCK KEYS HOW	the last words
 *
 * NAMES, BLOCK and the like are in hex.  The kernel's names that the host has
 * too are given another by the build, here as well; what is declared below
 * with an asm name is the host's.
 */
#include "grade/tests/kern_host.h"

#include <sys/cons.h>
#include <sys/eventhandler.h>
#include <sys/kdb.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/malloc.h>
#include <sys/msgbuf.h>
#include <sys/preload.h>
#include <sys/reboot.h>

extern void	*fopen(const char *path, const char *mode);
extern size_t	fread(void *p, size_t size, size_t n, void *stream);
extern size_t	fwrite(const void *p, size_t size, size_t n, void *stream);
extern int	fclose(void *stream);

/* ---------------------------------------------------------------- the machine */

void		(*host_asleep)(void);

void *
malloc(unsigned long size, struct malloc_type *type __unused, int flags)
{
	void *p = host_malloc(size);

	if (host_asleep != NULL)
		host_asleep();
	return (flags & M_ZERO ? memset(p, 0, size) : p);
}

void
free(void *addr, struct malloc_type *type __unused)
{
	host_free(addr);
}

void
malloc_init(const void *type __unused)
{
}

void
malloc_uninit(const void *type __unused)
{
}

int		boothowto, cold = 1, debugger_on_panic, kdb_active;
volatile int	time_uptime = 2 * 86400 + 3 * 3600 + 4 * 60 + 5;

static const char *keys = "";		/* what will be typed */
static int	delayed;		/* microseconds */
static char	sio_text[256];		/* what the serial line was sent */
static unsigned int sio_length;
static const char *how = "";		/* what goes wrong, after the first panic */

int		host_level;

int
splhigh(void)
{
	int level = host_level;

	host_level = 1;
	return (level);
}

void
splx(int level)
{
	host_level = level;
}

void
DELAY(int microseconds)
{
	delayed += microseconds;
}

void
cpu_reset(void)
{
	host_printf("[reset after %d ms]\n", delayed / 1000);
	exit(0);
}

void
cpu_poweroff(void)
{
}

void
cpu_halt(void)
{
	host_printf("[halt]\n");
	exit(0);
}

void
kdb_enter(const char *why)
{
	host_printf("[debugger: %s]\n", why);
	if (how[0] == 'd')
		panic("in the %s", "debugger");
}

static void
stub_probe(struct consdev *cn)
{
	if (cn->cn_pri != CN_DEAD)
		host_printf("[probe %s]\n", cn->cn_name);
}

static void
stub_init(struct consdev *cn)
{
	host_printf("[init %s]\n", cn->cn_name);
}

static void
vga_putc(struct consdev *cn __unused, int c)
{
	if (how[0] == 'p' && panicstr != NULL)
		panic("in the console");
	host_printf("%c", c);
}

static void
sio_putc(struct consdev *cn __unused, int c)
{
	if (c != '\r' && sio_length < sizeof(sio_text) - 1)
		sio_text[sio_length++] = c;
}

/* A blank among the keys is a moment in which none is pressed. */
static int
stub_checkc(struct consdev *cn __unused)
{
	int c = *keys;

	if (c == '\0')
		return (-1);
	keys++;
	return (c == ' ' ? -1 : c == '~' ? '\r' : c);
}

struct consdev vga_consdev = { "vga", stub_probe, stub_init, vga_putc,
    stub_checkc, CN_INTERNAL };
struct consdev sio_consdev = { "sio0", stub_probe, stub_init, sio_putc,
    stub_checkc, CN_NORMAL };

/* ---------------------------------------------------------------- what the tests share */

static uint32_t state = 1;

void
seed(const char *text)
{
	state = strtoul(text, NULL, 0) * 2654435761U | 1;
}

unsigned int
draw(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (state % below);
}

/* A block of just that many bytes, that the sanitizer see what is read behind. */
char *
unhex(const char *hex, size_t *size)
{
	char *block;
	size_t i;

	*size = strlen(hex) / 2;
	block = host_malloc(*size);
	for (i = 0; i < *size; i++) {
		char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		block[i] = strtoul(byte, NULL, 16);
	}
	return (block);
}

/* A string from hex. */
static char *
unhex_string(const char *hex)
{
	size_t size;
	char *block = unhex(hex, &size), *s = host_malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		s[i] = block[i];
	s[size] = '\0';
	host_free(block);
	return (s);
}

static void
start_environment(const char *hex)
{
	size_t size;
	char *block = unhex(hex, &size);

	(void)init_static_kenv(size > 0 ? block : NULL, block + size);
}

/* ---------------------------------------------------------------- formats */

static void
print_with(int radix, const char *fmt, ...)
{
	char text[5000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvprintf(fmt, NULL, text, radix, ap);
	va_end(ap);
	text[n] = '\0';
	host_printf("%s\n", text);
}

static int
formats(char **argv)
{
	const char *kind = argv[0];
	size_t size;

	if (kind[0] == 'b')
		print_with(10, "%b", (unsigned int)strtoul(argv[1], NULL, 0),
		    unhex_string(argv[2]));
	else if (kind[0] == 'D')
		print_with(10, "%*D", (int)strtol(argv[1], NULL, 0),
		    unhex(argv[3], &size), unhex_string(argv[2]));
	else
		print_with(strtol(argv[1], NULL, 0), argv[2],
		    (int)strtol(argv[3], NULL, 0));
	return (0);
}

/* ---------------------------------------------------------------- environment */

static int tunable_int = 1;
static unsigned long tunable_ulong = 2;
static uint64_t tunable_quad = 3;
static char tunable_text[6] = "four";
TUNABLE_INT("test.int", &tunable_int);
TUNABLE_ULONG("test.ulong", &tunable_ulong);
TUNABLE_QUAD("test.quad", &tunable_quad);
TUNABLE_STR("test.text", tunable_text, sizeof(tunable_text));

static int
tunables(char **argv)
{
	struct sysinit *const *sip;

	start_environment(argv[1]);
	cninit();
	SET_FOREACH(sip, sysinit_set)
		if ((*sip)->subsystem == SI_SUB_TUNABLES)
			(*sip)->func((*sip)->udata);
	host_printf("%d %lu %llu %s\n", tunable_int, tunable_ulong,
	    (unsigned long long)tunable_quad, tunable_text);
	return (0);
}

static int
environment(char **argv)
{
	const char *s;
	uint64_t quad;
	unsigned long word;
	char text[8];
	int n;

	start_environment(argv[1]);
	cninit();
	for (s = kenv_next(NULL); s != NULL; s = kenv_next(s))
		host_printf("have %s\n", s);
	for (argv += 2; *argv != NULL; argv++) {
		if ((s = getenv(*argv)) == NULL)
			s = "[none]";
		host_printf("%s=%s", *argv, s);
		if (getenv_string(*argv, text, sizeof(text)))
			host_printf(" string %s", text);
		if (getenv_int(*argv, &n))
			host_printf(" int %d", n);
		if (getenv_ulong(*argv, &word))
			host_printf(" ulong %lu", word);
		if (getenv_quad(*argv, &quad))
			host_printf(" quad %llu", (unsigned long long)quad);
		host_printf("\n");
	}
	return (0);
}

static int
parameters(char **argv)
{
	start_environment(argv[1]);
	cninit();
	init_param1();
	init_param2(strtoul(argv[2], NULL, 0));
	host_printf("hz %d tick %d maxusers %d maxproc %d maxprocperuid %d maxfiles %d "
	    "maxfilesperproc %d ncallout %d nbuf %d\n", hz, tick, maxusers, maxproc,
	    maxprocperuid, maxfiles, maxfilesperproc, ncallout, nbuf);
	return (0);
}

/* ---------------------------------------------------------------- metadata */

/* Find all there is in the records; `say' it, too. */
static void
walk(char *block, size_t size, int say)
{
	static const int infos[] = { MODINFO_NAME, MODINFO_TYPE, MODINFO_ADDR,
	    MODINFO_SIZE, MODINFO_ARGS, MODINFO_METADATA | MODINFOMD_SSYM,
	    MODINFO_METADATA | MODINFOMD_ENVP, MODINFO_METADATA | MODINFOMD_SMAP };
	char *mod, *data;
	unsigned int i, sum = 0;
	size_t n;

	preload_metadata = block;
	(void)preload_check(block + size);
	preload_bootstrap_relocate(KERNBASE);
	for (mod = preload_search_next_name(NULL); mod != NULL;
	    mod = preload_search_next_name(mod)) {
		for (i = 0; i < nitems(infos); i++) {
			data = preload_search_info(mod, infos[i]);
			n = preload_search_info_size(mod, infos[i]);
			if (say && data != NULL)
				host_printf("%x:%x ", infos[i], (unsigned int)n);
			while (n-- > 0)
				sum += data[n];
			if (say && data != NULL && infos[i] == MODINFO_ADDR)
				host_printf("at %x ", *(uint32_t *)(void *)data);
		}
		if (say)
			host_printf("%s\n", preload_search_info(mod, MODINFO_NAME));
	}
	mod = preload_search_by_type("elf kernel");
	data = preload_search_by_name("/boot/modules/linux.ko");
	if (say)
		host_printf("kernel %d module %d sum %d\n", mod != NULL, data != NULL,
		    sum != 1);
}

static int
metadata(char **argv)
{
	size_t size;
	char *block = unhex(argv[1], &size);

	cninit();
	walk(block, size, 1);
	return (0);
}

/* Sizes, types and bytes changed; the end moved. */
static int
fuzz(char **argv)
{
	size_t size, less;
	char *block;
	int n;

	seed(argv[2]);
	cninit();
	for (n = strtol(argv[3], NULL, 0); n > 0; n--) {
		block = unhex(argv[1], &size);
		for (unsigned int i = draw(4); i > 0; i--)
			((uint32_t *)(void *)block)[draw(size / 4)] =
			    draw(2) ? draw(64) : draw(2) ? draw(0xffffffff) : 0xffffffff - draw(9);
		for (unsigned int i = draw(3); i > 0; i--)
			block[draw(size)] = draw(256);
		less = draw(3) == 0 ? draw(size) : size;
		block = host_realloc(block, less);
		walk(block, less, 0);
		host_free(block);
	}
	return (0);
}

/* ---------------------------------------------------------------- message buffer, console, panic */

/* One boot: print the first text, begin the buffer, log the others. */
static int
message_buffer(char **argv)
{
	const char *path = argv[1];
	size_t size = strtoul(argv[2], NULL, 0);
	char *memory = host_malloc(size);
	void *file;

	file = fopen(path, "r");
	(void)fread(memory, 1, size, file);
	fclose(file);
	printf("%s", argv[3]);
	msgbufinit(memory, size);
	for (argv += 4; *argv != NULL; argv++)
		log(6, "%s", *argv);
	for (uint32_t i = msgbufp->msg_bufr; i != msgbufp->msg_bufx;
	    i = (i + 1) % msgbufp->msg_size)
		host_printf("%c", msgbufp->msg_ptr[i]);
	file = fopen(path, "w");
	(void)fwrite(memory, 1, size, file);
	fclose(file);
	host_free(memory);
	return (0);
}

static int
console(char **argv)
{
	int c;

	boothowto = strtoul(argv[1], NULL, 0);
	start_environment(argv[2]);
	vga_consdev.cn_pri = argv[3][0] == '1' ? CN_INTERNAL : CN_DEAD;
	sio_consdev.cn_pri = argv[4][0] == '1' ? CN_NORMAL : CN_DEAD;
	keys = argv[5];
	printf("early ");
	cninit();
	printf("late\n");
	while (*keys != '\0')
		if ((c = cncheckc()) != -1)
			host_printf("[key %d]", c);
		else
			host_printf("[none]");
	host_printf("\n[sio0 has %s]\n", sio_text);
	return (0);
}

static void
final(void *arg __unused, int howto __unused)
{
	printf("[final]\n");
}

static int
panics(char **argv)
{
	boothowto = strtoul(argv[1], NULL, 0);
	start_environment(argv[2]);
	keys = argv[3];
	how = argv[4];
	debugger_on_panic = how[0] == 'd' || how[0] == 'D';
	cold = how[0] == 'c';
	init_param1();
	if (how[0] == 'f') {
		start_event_handlers();
		EVENTHANDLER_REGISTER(shutdown_final, final, NULL, SHUTDOWN_PRI_DEFAULT);
	}
	if (how[0] == 'H')
		cninit();
	if (how[0] == 'h' || how[0] == 'H')
		kern_reboot(RB_HALT);
	panic("%s at %d%%", "nothing", 99);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		int		(*run)(char **argv);
	} commands[] = {
		{ "printf", draw_formats }, { "numbers", draw_numbers },
		{ "strings", draw_strings }, { "divide", draw_divisions },
		{ "b", formats }, { "D", formats }, { "n", formats },
		{ "queue", queues }, { "bitset", bitsets }, { "events", events },
		{ "hooks", config_hooks },
		{ "env", environment }, { "tunables", tunables },
		{ "param", parameters },
		{ "metadata", metadata }, { "fuzz", fuzz },
		{ "msgbuf", message_buffer }, { "console", console },
		{ "panic", panics },
	};

	for (unsigned int i = 0; argc > 1 && i < nitems(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return (commands[i].run(argv + 1));
	return (2);
}
