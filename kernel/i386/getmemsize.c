/*
 * getmemsize: which memory there is.
 *
 * The BIOS was asked by the loader.  Its answers, best first: the list of
 * ranges of INT 15h AX=E820 (a metadata record); the sizes in bootinfo, which
 * are those of E801 or AH=88h; what the RTC's memory says.
 *
 * The result is phys_avail[]: pairs of first and last-plus-one address of what
 * may be used, in order, without the first page, the kernel, and what was
 * loaded behind it.
 *
 * [i386/i386/machdep.c]
 */
#include <i386/md_var.h>

#include <sys/kenv.h>
#include <sys/linker.h>
#include <sys/preload.h>
#include <sys/reboot.h>
#include <sys/systm.h>
#include <i386/clock.h>

/* A range, as the BIOS tells it. */
struct bios_smap {
	uint64_t	base;
	uint64_t	length;
	uint32_t	type;
} __attribute__((packed));
#define	SMAP_TYPE_MEMORY	1

/* A usable range, in whole pages: from the first to before the last. */
struct range {
	uint32_t	first;
	uint32_t	last;
};
#define	MAX_RANGES	(PHYS_AVAIL_MAX - 1)	/* the kernel cuts one in two */

#define	BASEMEM_MAX	640			/* KB */
#define	ONE_MB		0x100000
#define	LAST_PAGE	0xfffff			/* of 4 GB */

/* The RTC's memory, where the BIOS has left sizes in KB. */
#define	RTC_BASELO	0x15
#define	RTC_BASEHI	0x16
#define	RTC_EXTLO	0x17
#define	RTC_EXTHI	0x18

uint32_t phys_avail[PHYS_AVAIL_MAX * 2 + 2];
uint32_t physmem;			/* pages */
uint32_t Maxmem;

static struct range ranges[MAX_RANGES];
static int nranges;

/*
 * Add a range, in its place by address.  What overlaps one that is there is
 * merged with it.  Memory above 4 GB is none of ours.
 */
static void
add_range(uint64_t base, uint64_t length)
{
	uint64_t end;
	uint32_t first, last;
	int i, j;

	end = base + length;
	if (end < base || base >> PAGE_SHIFT > LAST_PAGE)
		return;
	if (end > (uint64_t)LAST_PAGE << PAGE_SHIFT)
		end = (uint64_t)LAST_PAGE << PAGE_SHIFT;
	first = (base + PAGE_MASK) >> PAGE_SHIFT;
	last = end >> PAGE_SHIFT;
	if (first >= last)
		return;

	for (i = 0; i < nranges && ranges[i].last < first; i++)
		;
	for (j = i; j < nranges && ranges[j].first <= last; j++) {
		if (ranges[j].first < last && ranges[j].last > first)
			printf("SMAP: %#x-%#x overlaps %#x-%#x\n", ptoa(first),
			    ptoa(last) - 1, ptoa(ranges[j].first),
			    ptoa(ranges[j].last) - 1);
		first = MIN(first, ranges[j].first);
		last = MAX(last, ranges[j].last);
	}
	if (j == i && nranges == MAX_RANGES) {
		printf("SMAP: too many ranges, %#x-%#x is not used\n",
		    ptoa(first), ptoa(last) - 1);
		return;
	}
	/* Ranges i to j - 1 become one. */
	memmove(&ranges[i + 1], &ranges[j], (nranges - j) * sizeof(ranges[0]));
	nranges += 1 - (j - i);
	ranges[i].first = first;
	ranges[i].last = last;
}

/* Take the list of E820.  Returns 0, or -1 if there is none, or no memory in it. */
static int
ranges_of_smap(void)
{
	const struct bios_smap *smap;
	char *kmdp;
	size_t count, i;

	kmdp = preload_search_by_type("elf kernel");
	if (kmdp == NULL)
		return (-1);
	smap = (const void *)preload_search_info(kmdp,
	    MODINFO_METADATA | MODINFOMD_SMAP);
	if (smap == NULL)
		return (-1);
	count = preload_search_info_size(kmdp, MODINFO_METADATA | MODINFOMD_SMAP) /
	    sizeof(*smap);
	for (i = 0; i < count; i++) {
		if (boothowto & RB_VERBOSE)
			printf("SMAP type=%02x base=%016llx len=%016llx\n",
			    smap[i].type, (unsigned long long)smap[i].base,
			    (unsigned long long)smap[i].length);
		if (smap[i].type == SMAP_TYPE_MEMORY)
			add_range(smap[i].base, smap[i].length);
	}
	return (nranges == 0 ? -1 : 0);
}

/* Take two sizes: of what is below 640 KB, and above 1 MB. */
static void
ranges_of_sizes(void)
{
	uint32_t basemem, extmem;

	if (bootinfo.bi_memsizes_valid) {
		basemem = bootinfo.bi_basemem;
		extmem = bootinfo.bi_extmem;
	} else {
		basemem = rtcin(RTC_BASELO) | rtcin(RTC_BASEHI) << 8;
		extmem = rtcin(RTC_EXTLO) | rtcin(RTC_EXTHI) << 8;
	}
	if (basemem > BASEMEM_MAX) {
		printf("Preposterous BIOS basemem of %uK, truncating to 640K\n",
		    basemem);
		basemem = BASEMEM_MAX;
	}
	add_range(0, (uint64_t)basemem << 10);
	add_range(ONE_MB, (uint64_t)extmem << 10);
}

/* Use no more than hw.physmem says. */
static void
limit_ranges(void)
{
	uint64_t limit;
	uint32_t last;

	if (!TUNABLE_QUAD_FETCH("hw.physmem", &limit))
		return;
	last = MIN(limit >> PAGE_SHIFT, LAST_PAGE);
	while (nranges > 0 && ranges[nranges - 1].first >= last)
		nranges--;
	if (nranges == 0)
		panic("hw.physmem: %llu bytes are not enough",
		    (unsigned long long)limit);
	if (ranges[nranges - 1].last > last)
		ranges[nranges - 1].last = last;
	printf("Physical memory use set to %ldK\n",
	    (long)(ranges[nranges - 1].last << (PAGE_SHIFT - 10)));
}

void
getmemsize(uint32_t first)
{
	uint32_t end, start;
	int i, n;

	if (ranges_of_smap() != 0)
		ranges_of_sizes();
	limit_ranges();

	n = 0;
	for (i = 0; i < nranges; i++) {
		start = ptoa(MAX(ranges[i].first, 1));
		end = ptoa(ranges[i].last);
		physmem += ranges[i].last - ranges[i].first;
		Maxmem = ranges[i].last;
		/* Not the kernel, nor what is behind it. */
		if (start < first && end > KERNLOAD) {
			if (start < KERNLOAD) {
				phys_avail[n++] = start;
				phys_avail[n++] = KERNLOAD;
			}
			start = first;
		}
		if (start < end) {
			phys_avail[n++] = start;
			phys_avail[n++] = end;
		}
	}
	if (n == 0 || phys_avail[n - 1] <= first)
		panic("no memory behind the kernel, which ends at %#x", first);
}
