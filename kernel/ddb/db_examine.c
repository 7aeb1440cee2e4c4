/*
 * db_examine.c: memory and values, shown; values, sought.
 *
 *	x/format addr[,count]		print/format value
 *	search/size addr value [mask][,count]
 *
 * Letters of a format: size b h l g (1, 2, 4, 8 bytes), and what it is: a
 * address, r signed number in $radix, x hex, z signed hex, d decimal, u
 * unsigned, o octal, c character, s string, i instruction, I the same with its
 * bytes.  Without one it is as it was the last time.
 *
 * [ddb/db_examine.c]
 */
#include <ddb/ddb.h>

#include <sys/cons.h>
#include <sys/ctype.h>
#include <sys/systm.h>

#define	CTRL(c)		((c) & 0x1f)
#define	FORMATS		"arxzduocsiI"
#define	SIZES		"bhlg"
#define	STRING_MAX	1024

static char	db_examine_format = 'x';
static int	db_examine_size = 4;

int
db_modif_size(const char *modif, int otherwise)
{
	for (; *modif != '\0'; modif++)
		switch (*modif) {
		case 'b':
			return (1);
		case 'h':
			return (2);
		case 'l':
			return (4);
		case 'g':
			return (8);
		}
	return (otherwise);
}

void
db_check_modif(const char *modif, const char *letters)
{
	for (; *modif != '\0'; modif++)
		if (strchr(letters, *modif) == NULL)
			db_error("Bad modifier\n");
}

/* The letter of FORMATS in `modif'; `otherwise' if none. */
static char
modif_format(const char *modif, char otherwise)
{
	for (; *modif != '\0'; modif++)
		if (strchr(FORMATS, *modif) != NULL)
			otherwise = *modif;
	return (otherwise);
}

/* A character, as \ooo if it has no other face. */
static void
print_char(int c)
{
	if (isprint(c))
		db_printf("%c", c);
	else
		db_printf("\\%03o", c & 0xff);
}

/* Is a format's number a signed one? */
static int
is_signed(char format)
{
	return (format == 'r' || format == 'z' || format == 'd');
}

/*
 * Print by a letter of FORMATS, padded to `width'.  Signed ones are sign-extended
 * already.
 */
static void
print_number(char format, uint64_t value, int width)
{
	const char *fmt;

	switch (format) {
	case 'a':
		db_printsym(value, DB_STGY_ANY);
		return;
	case 'c':
		print_char(value & 0xff);
		return;
	case 'r':
		fmt = "%-+*llr";
		break;
	case 'z':
		fmt = "%-*llz";
		break;
	case 'd':
		fmt = "%-*lld";
		break;
	case 'u':
		fmt = "%-*llu";
		break;
	case 'o':
		fmt = "%-#*llo";
		break;
	default:
		fmt = "%-*llx";
		break;
	}
	db_printf(fmt, width, value);
}

/*
 * Print the string at `addr', as far as it is of sense; returns where the next
 * one, or the rest, is.
 */
static db_addr_t
print_string(db_addr_t addr)
{
	db_addr_t most = addr + STRING_MAX;
	int c = 0;

	while (addr != most && (c = db_get_value(addr++, 1, 0)) != '\0')
		print_char(c);
	db_printf(c != '\0' ? "...\n" : "\n");
	return (addr);
}

/* Show one thing at `addr', and its address where a line begins. */
static db_addr_t
examine_one(db_addr_t addr, char format, int size)
{
	const int width = size * 4;
	uint64_t value;

	if (db_print_position() == 0) {
		db_printsym(addr, DB_STGY_ANY);
		db_printf(":\t");
	}
	switch (format) {
	case 's':
		return (print_string(addr));
	case 'i':
	case 'I':
		return (db_disasm(addr, format == 'I'));
	}
	value = db_get_quad(addr, size, is_signed(format));
	print_number(format, value, width);
	if (format == 'a')
		db_printf("\n");
	else
		db_end_line(width);
	return (addr + size);
}

/* x/format addr[,count] */
void
db_examine_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count,
    const char *modif)
{
	db_check_modif(modif, FORMATS SIZES);
	db_examine_format = modif_format(modif, db_examine_format);
	db_examine_size = db_modif_size(modif,
	    db_examine_format == 'c' ? 1 : *modif != '\0' ? 4 : db_examine_size);
	for (count = count == -1 ? 1 : count; count > 0; count--) {
		db_prev = addr;
		db_next = addr = examine_one(addr, db_examine_format,
		    db_examine_size);
	}
	if (db_print_position() != 0)
		db_printf("\n");
}

/* print/format value */
void
db_print_cmd(db_expr_t addr, int have_addr __unused, db_expr_t count __unused,
    const char *modif)
{
	char format;

	db_check_modif(modif, "arxzduoc" SIZES);
	format = modif_format(modif, 'x');
	if (is_signed(format))
		print_number(format, (uint64_t)(int64_t)addr, 0);
	else
		print_number(format, (uint32_t)addr, 0);
	db_printf("\n");
}

void
db_print_loc_and_inst(db_addr_t loc)
{
	db_printsym(loc, DB_STGY_PROC);
	db_printf(":\t");
	db_prev = loc;
	db_next = db_disasm(loc, 0);
}

/* ---------------------------------------------------------------- search */

/*
 * Look for `value' in the bits of `mask', in at most `count' numbers (0: in
 * all).  A ^C ends it.
 */
static void
search(db_addr_t addr, int size, db_expr_t value, db_expr_t mask,
    uint32_t count)
{
	uint32_t n;

	for (n = 1;; n++, addr += size) {
		db_prev = addr;
		db_next = addr + size;
		if (((db_get_value(addr, size, 0) ^ value) & mask) == 0)
			break;
		if (n == count || db_next < addr)
			db_error("Not found\n");
		if (n % 65536 == 0 && cncheckc() == CTRL('c'))
			db_error("Stopped at %#r\n", addr);
	}
	db_printsym(addr, DB_STGY_ANY);
	db_printf(":\t%#r\n", db_get_value(addr, size, 0));
}

/* search/size addr value [mask][,count]; an empty line goes on behind it. */
void
db_search_cmd(db_expr_t addr, int have_addr, db_expr_t count,
    const char *modif)
{
	static db_expr_t value, mask;
	int size;

	db_check_modif(modif, "bhl");
	size = db_modif_size(modif, 4);
	if (db_expression(&addr)) {
		if (!db_expression(&value))
			db_error("Value missing\n");
		if (!db_expression(&mask))
			mask = -1;
		if (db_token_is(tCOMMA) && !db_expression(&count))
			db_error("Count missing\n");
		db_expect_eol();
		db_last_addr = addr;
	} else if (!have_addr)
		db_error("Address missing\n");
	if (size < 4)
		mask &= (1 << size * 8) - 1;
	search(addr, size, value, mask, count == -1 ? 0 : count);
}
