/*
 * Whether we are in memory what we are in the file: a sum over .text and
 * .data, which nothing has written to, and a look at .bss, which the loader
 * is to have cleared.
 */
#include "testkernel.h"

/* By testkernel.ld. */
extern const uint8_t stext[], etext[], sdata[], edata[], sbss[], end[];

/* So that there is a .bss worth looking at; nothing writes to it. */
uint32_t untouched[4096];

/* And a .data, likewise. */
uint32_t unchanged = 0x70726f63;

static uint32_t
checksum_add(uint32_t sum, const uint8_t *data, uint32_t size)
{
	while (size-- > 0)
		sum = (sum << 5 | sum >> 27) + *data++;
	return (sum);
}

/*
 * The sum that the probe takes, too: rotate left by 5, add the next byte.
 */
uint32_t
checksum(const void *data, uint32_t size)
{
	return (checksum_add(0, data, size));
}

void
report_image(void)
{
	uint32_t sum;
	const uint8_t *p;

	sum = checksum(stext, etext - stext);
	sum = checksum_add(sum, sdata, edata - sdata);
	report("image text=0x%x-0x%x data=0x%x-0x%x sum=0x%x", stext, etext,
	    sdata, edata, sum);
	for (p = sbss; p < end && *p == 0; p++)
		;
	if (p == end)
		report("bss 0x%x-0x%x zero", sbss, end);
	else
		report("bss 0x%x-0x%x dirty at 0x%x", sbss, end, p);
}
