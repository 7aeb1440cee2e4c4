/*
 * The kernel debugger as a program of the host, around a machine of one block
 * of memory.  test_ddb_host.py builds it under the sanitizers and runs it:
 *
 *	ddb_host commands MEMORY BASE [SYMBOLS]
 *		each line of the input is a command; behind what it prints
 *		comes a line `.'; a line `@ADDR' disassembles there and prints
 *		first where the next instruction is
 *	ddb_host edit	the input is keys; each line that comes of them, in <>
 *	ddb_host fuzz SYMBOLS SEED COUNT	symbols, damaged, looked for
 *
 * MEMORY and SYMBOLS are files, the latter as the loader leaves them.  The
 * kernel's names that the host has too are given another by the build; what is
 * declared below with an asm name is the host's.
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <sys/msgbuf.h>
#include <sys/symtab.h>
#include <sys/systm.h>

int	host_printf(const char *fmt, ...) __asm__("printf");
int	putchar(int c);
int	getchar(void);
char	*host_fgets(char *s, int n, void *stream) __asm__("fgets");
void	*host_fopen(const char *path, const char *mode) __asm__("fopen");
size_t	fread(void *p, size_t size, size_t n, void *stream);
void	*malloc(size_t size);
void	free(void *p);
void	exit(int status) __dead2;
extern void	*stdin;

struct msgbuf	*msgbufp;
int		kdb_active = 1;
struct trapframe *kdb_frame;
int		db_cmd_loop_done;

static char	*memory;
static uint32_t	memory_base;
static size_t	memory_size;
static uint32_t	eip;
static void	*here[5];

/* ---------------------------------------------------------------- the machine */

void
cnputc(int c)
{
	putchar(c);
}

int
cncheckc(void)
{
	return (-1);
}

int
cngetc(void)
{
	int c = getchar();

	return (c == '\r' ? '\n' : c);
}

static int
is_memory(db_addr_t addr, size_t size)
{
	return (addr >= memory_base && addr - memory_base < memory_size &&
	    size <= memory_size - (addr - memory_base));
}

int
db_read_bytes(db_addr_t addr, size_t size, void *data)
{
	if (!is_memory(addr, size))
		return (-1);
	memcpy(data, memory + (addr - memory_base), size);
	return (0);
}

int
db_write_bytes(db_addr_t addr, size_t size, const void *data)
{
	if (!is_memory(addr, size))
		return (-1);
	memcpy(memory + (addr - memory_base), data, size);
	return (0);
}

static void
reg_eip(const struct db_variable *vp __unused, db_expr_t *value,
    enum db_var_op op)
{
	if (op == DB_VAR_GET)
		*value = eip;
	else
		eip = *value;
}

const struct db_variable db_regs[] = {
	{ "eip", NULL, reg_eip, 0 },
	{ NULL, NULL, NULL, 0 }
};

void
db_error(const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		va_start(ap, fmt);
		kvprintf(fmt, db_putchar, NULL, db_radix, ap);
		va_end(ap);
	}
	__builtin_longjmp(here, 1);
}

int
printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(fmt, db_putchar, NULL, db_radix, ap);
	va_end(ap);
	return (0);
}

void
panic(const char *fmt, ...)
{
	host_printf("panic: %s\n", fmt);
	exit(0);
}

void
cpu_reset(void)
{
	host_printf("reset\n");
	exit(0);
}

int
db_in_command(void)
{
	return (1);
}

int
db_is_own_way(db_addr_t addr __unused)
{
	return (0);
}

void
db_show_hwatches(void)
{
}

/* What needs a machine that runs. */
#define	NO_COMMAND(name)						\
void									\
name(db_expr_t addr __unused, int have_addr __unused,			\
    db_expr_t count __unused, const char *modif __unused)		\
{									\
	db_printf("%s\n", #name);					\
}
NO_COMMAND(db_stack_trace_cmd)
NO_COMMAND(db_show_regs_cmd)
NO_COMMAND(db_hwatchpoint_cmd)
NO_COMMAND(db_deletehwatch_cmd)
NO_COMMAND(db_show_idt_cmd)
NO_COMMAND(db_show_gdt_cmd)
NO_COMMAND(db_show_callouts_cmd)
NO_COMMAND(db_show_malloc_cmd)
NO_COMMAND(db_show_uma_cmd)
NO_COMMAND(db_show_page_cmd)
NO_COMMAND(db_show_map_cmd)
NO_COMMAND(db_show_object_cmd)
NO_COMMAND(db_show_pmap_cmd)
NO_COMMAND(db_show_vmspace_cmd)
NO_COMMAND(db_show_modules_cmd)
NO_COMMAND(db_show_disks_cmd)
NO_COMMAND(db_show_threads_cmd)
NO_COMMAND(db_ps_cmd)
NO_COMMAND(db_single_step_cmd)
NO_COMMAND(db_continue_cmd)
NO_COMMAND(db_trace_until_call_cmd)
NO_COMMAND(db_trace_until_matching_cmd)

/* ---------------------------------------------------------------- commands */

/* A file's bytes, in a block that ends where they do. */
static char *
read_file(const char *path, size_t *size)
{
	enum { MOST = 4 << 20 };
	char *all = malloc(MOST), *exact;

	*size = fread(all, 1, MOST, host_fopen(path, "r"));
	exact = malloc(*size);
	memcpy(exact, all, *size);
	free(all);
	return (exact);
}

static void
do_line(const char *line)
{
	db_addr_t addr, next;

	if (*line != '@') {
		db_command_line(line);
		return;
	}
	addr = strtoul(line + 1, NULL, 16);
	next = db_disasm(addr, 0);
	host_printf("%x\n", next);
}

__attribute__((noinline)) static void
try_line(const char *line)
{
	if (__builtin_setjmp(here) == 0)
		do_line(line);
}

static int
commands(char **argv)
{
	char line[1024], *symbols;
	size_t size;

	memory = read_file(argv[0], &memory_size);
	memory_base = strtoul(argv[1], NULL, 16);
	if (argv[2] != NULL) {
		symbols = read_file(argv[2], &size);
		symtab_init(symbols, symbols + size);
	}
	db_lines_per_page = 0;
	while (host_fgets(line, sizeof(line), stdin) != NULL) {
		line[strlen(line) - 1] = '\0';
		try_line(line);
		host_printf(".\n");
	}
	return (0);
}

static int
edit(void)
{
	char line[DB_MAXLINE + 1];

	while (db_readline(line, sizeof(line)) >= 0)
		host_printf("<%s>\n", line);
	return (0);
}

static uint32_t
draw(void)
{
	static uint32_t state = 1;

	state = state * 1103515245 + 12345;
	return (state >> 8);
}

/* Damage a copy here and there, above all in its first words. */
static int
fuzz(char **argv)
{
	size_t size, at;
	char *symbols = read_file(argv[0], &size), *copy;
	uint32_t count = strtoul(argv[2], NULL, 10), offset, n, shorter;
	uint32_t seed = strtoul(argv[1], NULL, 10);
	db_addr_t value;

	for (n = 0; n < seed; n++)
		(void)draw();
	for (; count > 0; count--) {
		shorter = draw() % 4 == 0 ? draw() % size : size;
		copy = malloc(shorter);
		memcpy(copy, symbols, shorter);
		for (n = draw() % 6; n > 0 && shorter > 0; n--) {
			at = draw() % (draw() % 2 ? MIN(shorter, 8) : shorter);
			copy[at] = draw();
		}
		symtab_init(copy, copy + shorter);
		for (n = 0; n < 8; n++)
			(void)db_search_symbol(0xc0100000 + draw() % 0x10000,
			    n % 2 ? DB_STGY_ANY : DB_STGY_PROC, &offset);
		(void)db_value_of_name("no such name", &value);
		free(copy);
	}
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "commands") == 0)
		return (commands(argv + 2));
	if (argc > 1 && strcmp(argv[1], "edit") == 0)
		return (edit());
	if (argc > 1 && strcmp(argv[1], "fuzz") == 0)
		return (fuzz(argv + 2));
	return (2);
}
