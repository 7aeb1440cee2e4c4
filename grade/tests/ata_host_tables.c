/*
 * ata_host_tables.c: disks full of tables and labels, of which most lie.
 * Whatever they say, all devices lie on the disk.
 */
#include "grade/tests/ata_host.h"

#include <sys/disk.h>
#include <sys/disklabel.h>
#include <sys/diskmbr.h>
#include <sys/errno.h>
#include <sys/systm.h>

/* A number that somebody could have written there, or any. */
static uint32_t
odd_number(void)
{
	switch (draw(5)) {
	case 0:
		return (draw(4));
	case 1:
		return (DRIVE_SECTORS - 2 + draw(5));
	case 2:
		return (UINT32_MAX - draw(DRIVE_SECTORS));
	default:
		return (draw(DRIVE_SECTORS));
	}
}

static void
draw_table(uint8_t *sector)
{
	static const uint8_t types[] = { 0, 5, 0x0f, 5, 0xa5, 0xa5, 0x83, 0xff };
	struct dos_partition table[NDOSPART];
	int i;

	for (i = 0; i < NDOSPART; i++) {
		memset(&table[i], draw(256), sizeof(table[i]));
		table[i].dp_typ = types[draw(nitems(types))];
		table[i].dp_start = odd_number();
		table[i].dp_size = odd_number();
	}
	memcpy(sector + DOSPARTOFF, table, sizeof(table));
	sector[DOSMAGICOFFSET] = 0x55;
	sector[DOSMAGICOFFSET + 1] = draw(30) == 0 ? 0 : 0xaa;
}

static void
draw_label(uint8_t *sector)
{
	union { struct disklabel label; uint16_t words[138]; } u;
	size_t i, words;
	uint16_t sum = 0;

	memset(&u, 0, sizeof(u));
	u.label.d_magic = u.label.d_magic2 = DISKMAGIC;
	u.label.d_secsize = draw(10) == 0 ? draw(4096) : 512;
	u.label.d_npartitions = draw(6) == 0 ? draw(65536) : 1 + draw(8);
	for (i = 0; i < MAXPARTITIONS; i++) {
		u.label.d_partitions[i].p_size = odd_number();
		u.label.d_partitions[i].p_offset = odd_number();
	}
	words = 74 + MIN(u.label.d_npartitions, 8) * 8;
	for (i = 0; i < words; i++)
		sum ^= u.words[i];
	u.label.d_checksum = draw(6) == 0 ? draw(65536) : sum;
	memcpy(sector, &u.label, sizeof(u.label));
}

/* All devices lie on the disk, and can be read at both ends. */
static void
check_devices(struct disk *dp)
{
	static uint8_t data[512];
	struct cdev *dev;
	uint64_t first, last;

	TAILQ_FOREACH(dev, &cdev_list, si_list) {
		struct bio bio = { .bio_cmd = BIO_READ, .bio_dev = dev,
		    .bio_bcount = UINT32_MAX / 512 * 512, .bio_data = data };

		if (dscheck(dp, &bio) != 0 || bio.bio_length == 0)
			fail("%s has no first sector", dev->si_name);
		first = bio.bio_pblkno;
		last = first + bio.bio_length / 512 - 1;
		if (last >= DRIVE_SECTORS)
			fail("%s ends beyond the disk", dev->si_name);
		bio.bio_offset = bio.bio_length;
		if (dscheck(dp, &bio) != 0 || bio.bio_length != 0)
			fail("%s does not end", dev->si_name);
		bio.bio_offset += 512;
		if (dscheck(dp, &bio) != EINVAL)
			fail("%s goes on behind its end", dev->si_name);
	}
}

void
tables(void)
{
	struct drive *d = &drives[0][0];
	uint32_t i;

	fault_percent = draw(4) == 0 ? 2 : 0;
	reset_percent = 0;
	drives_draw();
	drives[0][1].present = drives[1][0].present = drives[1][1].present = 0;
	for (i = 0; i < DRIVE_SECTORS; i++)
		if (draw(2))
			draw_table(d->content[i]);
		else
			draw_label(d->content[i]);
	draw_table(d->content[0]);
	if (draw(2))
		draw_label(d->content[1]);
	start();
	if (!TAILQ_EMPTY(&disk_list))
		check_devices(TAILQ_FIRST(&disk_list));
	stop();
}
