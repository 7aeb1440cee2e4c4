/*
 * A kernel for boot2's tests: it says on COM1 how it was started, and what is
 * in memory, in lines of hexadecimal words, and switches the machine off.
 *
 *	@args	the seven words on the stack: return address, howto, bootdev,
 *		0, 0, 0, bootinfo
 *	@info	the words of the bootinfo
 *	@name	bi_kernelname
 *	@sums	of .text and .data, and of .bss: sums of bytes
 *	@syms	the sizes before the two tables, and the sums of their bytes
 */
#include <stdint.h>
#include <sys/bootinfo.h>

#define	COM1		0x3f8
#define	LSR		(COM1 + 5)
#define	LSR_CAN_SEND	0x20

/* Not all of one page, and with something in each part. */
static volatile uint8_t filled[5000] = { 1, 2, 3, [4999] = 4 };
static volatile uint8_t empty[7000];

extern const uint8_t image_start[], image_filled[], image_end[];

static inline void
outb(uint16_t port, uint8_t byte)
{
	__asm__ volatile ("outb %0, %1" : : "a" (byte), "Nd" (port));
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t byte;

	__asm__ volatile ("inb %1, %0" : "=a" (byte) : "Nd" (port));
	return (byte);
}

static void
put(char c)
{
	while (!(inb(LSR) & LSR_CAN_SEND))
		;
	outb(COM1, c);
}

static void
say(const char *s)
{
	while (*s != '\0')
		put(*s++);
}

static void
say_word(uint32_t word)
{
	int shift;

	put(' ');
	for (shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[word >> shift & 15]);
}

static uint32_t
sum(const uint8_t *from, const uint8_t *to)
{
	uint32_t total;

	for (total = 0; from < to; from++)
		total += *from;
	return (total);
}

static void
say_table(const uint8_t **at)
{
	uint32_t size;

	size = *(const uint32_t *)*at;
	*at += sizeof(size);
	say_word(size);
	say_word(sum(*at, *at + size));
	*at += size;
}

void	kernel(const uint32_t *args);

void
kernel(const uint32_t *args)
{
	const struct bootinfo *info;
	const uint8_t *table;
	const char *off;
	int i;

	outb(COM1 + 3, 0x83);		/* 115200 8N1 */
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3);
	say("\r\n@args");
	for (i = 0; i < 7; i++)
		say_word(args[i]);
	info = (const struct bootinfo *)args[6];
	say("\r\n@info");
	for (i = 0; i < (int)sizeof(*info) / 4; i++)
		say_word(((const uint32_t *)info)[i]);
	say("\r\n@name ");
	say((const char *)info->bi_kernelname);
	say("\r\n@sums");
	say_word(sum(image_start, image_filled));
	say_word(sum((const uint8_t *)empty, (const uint8_t *)empty + sizeof(empty)));
	if (info->bi_symtab != info->bi_esymtab) {
		say("\r\n@syms");
		table = (const uint8_t *)info->bi_symtab;
		say_table(&table);
		say_table(&table);
		say_word(info->bi_esymtab - (uint32_t)table);
	}
	say("\r\n@end\r\n");
	filled[0] = 0;
	/* Off: Bochs listens here, and QEMU with its isa-debug-exit does too. */
	for (off = "Shutdown"; *off != '\0'; off++)
		outb(0x8900, *off);
	for (;;)
		__asm__ volatile ("cli; hlt");
}

__asm__ (
	".section .start, \"ax\"\n"
	".globl start\n"
	"start:\n"
	"	mov %esp, %eax\n"
	"	push %eax\n"
	"	call kernel\n"
	".previous\n"
);
