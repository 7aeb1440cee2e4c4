/*
 * biosmem.c: how much memory there is, from the BIOS.
 *
 * Base memory is what INT 12h says.  Of the memory above 1 MB only the piece
 * that begins there counts, up to its first hole: the kernel is loaded into
 * it.  INT 15h AX=E820h gives a map; where the BIOS has none, AX=E801h gives
 * two sizes, and AH=88h one.  What lies above 3 GB is cut off: there the
 * BIOS puts devices.
 *
 * [RBIL] INT 12h, INT 15h AH=88h, AX=E801h, AX=E820h
 */
#include "bootstrap.h"

#define	SMAP_SIG	0x534d4150	/* "SMAP" */
#define	MEMTOP_MAX	0xc0000000U
#define	MB		0x100000U

uint32_t	bios_basemem, bios_extmem, memtop, memtop_copyin;
struct bios_smap smap[SMAP_MAX];
int		smaplen;

/*
 * Call an interrupt with EAX; the other registers are the caller's.  1 when
 * carry is clear.
 */
static int
bios_ok(int interrupt, uint32_t eax)
{
	v86.ctl = V86_FLAGS;
	v86.addr = interrupt;
	v86.eax = eax;
	v86int();
	return (!V86_CY(v86.efl));
}

/*
 * Read the map into `smap'.  EBX is the BIOS' place in it: 0 before the
 * first entry and after the last.
 */
static void
smap_read(void)
{
	static struct bios_smap entry;

	v86.ebx = 0;
	smaplen = 0;
	do {
		v86.ecx = sizeof(entry);
		v86.edx = SMAP_SIG;
		v86.es = VTOPSEG(&entry);
		v86.edi = VTOPOFF(&entry);
		if (!bios_ok(0x15, 0xe820) || v86.eax != SMAP_SIG)
			break;
		if (entry.length != 0)
			smap[smaplen++] = entry;
	} while (v86.ebx != 0 && smaplen < SMAP_MAX);
}

/*
 * Where the memory from 1 MB on ends, by the map: 1 MB where there is none.
 * Entries come in any order, may touch, and may overlap one that is not
 * memory.
 */
static uint64_t
smap_top(void)
{
	uint64_t top = MB, before;
	int i;

	do {
		before = top;
		for (i = 0; i < smaplen; i++)
			if (smap[i].type == SMAP_TYPE_MEMORY &&
			    smap[i].base <= top &&
			    smap[i].base + smap[i].length > top)
				top = smap[i].base + smap[i].length;
	} while (top != before);
	for (i = 0; i < smaplen; i++)
		if (smap[i].type != SMAP_TYPE_MEMORY &&
		    smap[i].base + smap[i].length > MB && smap[i].base < top)
			top = max(smap[i].base, (uint64_t)MB);
	return (top);
}

/*
 * The same by the older calls: AX or CX = KB up to 16 MB, BX or DX = 64 KB
 * pieces above, which count where the first part is whole; or AX = KB.
 */
static uint64_t
sizes_top(void)
{
	uint32_t low, high;

	v86.ebx = v86.ecx = v86.edx = 0;
	if (bios_ok(0x15, 0xe801)) {
		low = (v86.ecx ? v86.ecx : v86.eax) & 0xffff;
		high = (v86.ecx ? v86.edx : v86.ebx) & 0xffff;
		if (low == 15 * 1024)
			return (16 * (uint64_t)MB + ((uint64_t)high << 16));
		if (low != 0)
			return (MB + low * 1024);
	}
	if (bios_ok(0x15, 0x8800))
		return (MB + (v86.eax & 0xffff) * 1024);
	return (MB);
}

void
bios_getmem(void)
{
	uint64_t top;

	(void)bios_ok(0x12, 0);
	bios_basemem = (v86.eax & 0xffff) * 1024;
	smap_read();
	top = smap_top();
	if (top == MB)
		top = sizes_top();
	memtop = min(top, (uint64_t)MEMTOP_MAX);
	memtop_copyin = memtop;
	bios_extmem = memtop - MB;
}
