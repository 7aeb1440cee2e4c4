/*
 * subr_diskmbr.c: the slices, out of the partition tables.
 *
 * Sector 0 has room for four.  One of them may be extended: a chain of tables
 * inside it, of which each holds one slice and the way to the next table.
 *
 *	sector 0	base			base + 3000
 *	+----------+	+----------------+	+----------------+
 *	| s1       |	| s5: + 63	 |	| s6: + 63	 |
 *	| s2: base | -> | next: + 3000	 | ---> | 0		 |
 *	+----------+	+----------------+	+----------------+
 *
 * A slice's place in the chain counts from its own table, the next table's
 * from `base'.  Tables may be old, foreign or broken: what does not lie on the
 * disk is cut or left out, and said; so is a chain that comes back to itself.
 *
 * [kern/subr_diskmbr.c]
 */
#include <sys/disk.h>

#include <sys/errno.h>
#include <sys/systm.h>

#define	EXTENDED_SLICE	(BASE_SLICE + NDOSPART)	/* s5 */

static int
is_extended(int type)
{
	return (type == DOSPTYP_EXT || type == DOSPTYP_EXTLBA);
}

/*
 * Read the table in a sector.  Returns 0, an errno that was told, or ENOENT
 * for a sector that holds none.
 */
static int
table_read(struct disk *dp, uint64_t sector, struct dos_partition *table)
{
	char name[DSNAME_SIZE];
	uint8_t data[DEV_BSIZE];
	int error;

	error = disk_read(dp, sector, data, sizeof(data));
	if (error != 0) {
		printf("%s: reading %s partition table: error reading fsbn "
		    "%llu\n", dsname(dp, WHOLE_DISK_SLICE, -1, name),
		    sector == DOSBBSECTOR ? "primary" : "extended",
		    (unsigned long long)sector);
		return (error);
	}
	if ((data[DOSMAGICOFFSET] | data[DOSMAGICOFFSET + 1] << 8) != DOSMAGIC)
		return (ENOENT);
	memcpy(table, data + DOSPARTOFF, NDOSPART * sizeof(*table));
	return (0);
}

/* Say which of the slices before it `slice' shares sectors with. */
static void
tell_overlaps(struct disk *dp, int slice)
{
	const struct diskslice *ds = &dp->d_slice->dss_slices[slice], *other;
	char name[DSNAME_SIZE], other_name[DSNAME_SIZE];
	int i;

	for (i = BASE_SLICE; i < slice; i++) {
		other = &dp->d_slice->dss_slices[i];
		/* Those of the chain lie in the extended one. */
		if (slice >= EXTENDED_SLICE && is_extended(other->ds_type))
			continue;
		if (ds->ds_offset < other->ds_offset + other->ds_size &&
		    other->ds_offset < ds->ds_offset + ds->ds_size)
			printf("%s: slice overlaps %s\n",
			    dsname(dp, slice, -1, name),
			    dsname(dp, i, -1, other_name));
	}
}

/*
 * Note a slice that a table has, `start' being where it is on the disk: as
 * much of it as there is.
 */
static void
slice_add(struct disk *dp, int slice, const struct dos_partition *entry,
    uint64_t start)
{
	struct diskslices *ssp = dp->d_slice;
	struct diskslice *ds = &ssp->dss_slices[slice];
	uint64_t disk_size = ssp->dss_slices[WHOLE_DISK_SLICE].ds_size;
	char name[DSNAME_SIZE];

	ssp->dss_nslices = MAX(ssp->dss_nslices, slice + 1);
	if (start >= disk_size) {
		printf("%s: slice starts beyond end of the disk: rejecting it\n",
		    dsname(dp, slice, -1, name));
		return;
	}
	ds->ds_type = entry->dp_typ;
	ds->ds_offset = start;
	ds->ds_size = entry->dp_size;
	if (ds->ds_size > disk_size - start) {
		ds->ds_size = disk_size - start;
		printf("%s: slice extends beyond end of disk: "
		    "truncating from %u to %llu sectors\n",
		    dsname(dp, slice, -1, name), entry->dp_size,
		    (unsigned long long)ds->ds_size);
	}
	tell_overlaps(dp, slice);
}

/* ---------------------------------------------------------------- the chain */

struct chain {
	uint64_t	base;		/* where the extended slice begins */
	int		slice;		/* the next number to give */
	int		count;		/* tables so far, and where they are */
	uint64_t	visited[MAX_SLICES];
};

/* What is wrong with going on to the table at `at'; NULL: nothing. */
static const char *
chain_wrong(const struct disk *dp, const struct chain *c, uint64_t at)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->visited[i] == at)
			return ("comes back to itself");
	if (c->count == MAX_SLICES || c->slice == MAX_SLICES)
		return ("is too long");
	if (at >= dp->d_slice->dss_slices[WHOLE_DISK_SLICE].ds_size)
		return ("leaves the disk");
	return (NULL);
}

/*
 * Add the slices of the chain's table at `at'.  Returns where the next one is,
 * from the base; 0 if this is the last.
 */
static uint32_t
chain_table(struct disk *dp, struct chain *c, uint64_t at,
    const struct dos_partition *table)
{
	const struct dos_partition *entry;
	uint32_t next = 0;

	c->visited[c->count++] = at;
	for (entry = table; entry < table + NDOSPART; entry++) {
		if (is_extended(entry->dp_typ)) {
			if (next == 0)
				next = entry->dp_start;
		} else if (entry->dp_typ != 0 && entry->dp_size != 0 &&
		    c->slice < MAX_SLICES)
			slice_add(dp, c->slice++, entry, at + entry->dp_start);
	}
	return (next);
}

/* Go through the chain of an extended slice. */
static void
chain_read(struct disk *dp, struct chain *c)
{
	struct dos_partition table[NDOSPART];
	char name[DSNAME_SIZE];
	uint64_t at = c->base;
	const char *wrong;
	uint32_t next;
	int error;

	do {
		wrong = chain_wrong(dp, c, at);
		error = wrong != NULL ? 0 : table_read(dp, at, table);
		if (error == ENOENT)
			wrong = "leads to no table";
		if (wrong != NULL)
			printf("%s: the chain of extended slices %s at sector "
			    "%llu\n", dsname(dp, WHOLE_DISK_SLICE, -1, name),
			    wrong, (unsigned long long)at);
		if (wrong != NULL || error != 0)
			return;
		next = chain_table(dp, c, at, table);
		at = c->base + next;
	} while (next != 0);
}

/* ---------------------------------------------------------------- sector 0 */

/*
 * Is this the table that a boot block carries which stands in sector 0 itself?
 * It claims sector 0 for BSD, and a size that means nothing.
 */
static int
is_dedicated(const struct dos_partition *table)
{
	int i, found = 0;

	for (i = 0; i < NDOSPART; i++) {
		if (table[i].dp_typ == DOSPTYP_386BSD && table[i].dp_start == 0)
			found = 1;
		else if (table[i].dp_typ != 0)
			return (0);
	}
	return (found);
}

/*
 * The whole disk is BSD's: its label, if there is one, is in the disk's second
 * sector.
 */
static void
compatibility_slice(struct disk *dp)
{
	struct diskslice *ds = dp->d_slice->dss_slices;

	ds[COMPATIBILITY_SLICE].ds_size = ds[WHOLE_DISK_SLICE].ds_size;
	ds[COMPATIBILITY_SLICE].ds_type = DOSPTYP_386BSD;
}

void
mbrinit(struct disk *dp)
{
	struct dos_partition table[NDOSPART];
	struct chain chain = { .slice = EXTENDED_SLICE };
	int i, error;

	error = table_read(dp, DOSBBSECTOR, table);
	if (error == ENOENT || (error == 0 && is_dedicated(table)))
		compatibility_slice(dp);
	if (error != 0 || is_dedicated(table))
		return;
	for (i = 0; i < NDOSPART; i++)
		if (table[i].dp_typ != 0 && table[i].dp_size != 0)
			slice_add(dp, BASE_SLICE + i, &table[i],
			    table[i].dp_start);
	for (i = 0; i < NDOSPART; i++) {
		if (!is_extended(dp->d_slice->dss_slices[BASE_SLICE + i].ds_type))
			continue;
		chain.base = table[i].dp_start;
		chain_read(dp, &chain);
	}
}
