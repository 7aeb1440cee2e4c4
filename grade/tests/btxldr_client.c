/*
 * A BTX client for test_btxldr.py: says by the BIOS what it was given, then
 * `!' on COM1, and waits.
 */
#include "btx/btxv86.h"

static volatile char cleared[0x1800];	/* bss */
static char greeting[] = "client: ";		/* data, not text */

static void
print_char(char c)
{
	v86.ctl = 0;
	v86.addr = 0x10;
	v86.eax = 0x0e00 | (unsigned char)c;
	v86.ebx = 7;
	v86int();
}

static void
print(const char *text)
{
	while (*text != '\0')
		print_char(*text++);
}

static void
print_word(uint32_t word)
{
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		print_char("0123456789abcdef"[word >> shift & 15]);
	print_char(' ');
}

int
main(void)
{
	const uint32_t *bootinfo = PTOV(__args[5]);
	unsigned int i;

	print(greeting);
	print_word(__base);
	print_word(__args[0]);
	print_word(__args[1]);
	print_word(bootinfo[0]);
	for (i = 0; i < sizeof(cleared); i++)
		if (cleared[i] != 0)
			print("dirty ");
	__asm__ volatile("out %%al, %%dx" : : "a" ('!'), "d" (0x3f8));
	for (;;)
		continue;
}
