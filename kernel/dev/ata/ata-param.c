/*
 * ata-param.c: what a drive says of itself, in the 256 words that it answers
 * an IDENTIFY with.
 *
 * Words, and claims: a disk that says what cannot be has no sectors.
 *
 * [ATA-6] 8.15, [sys/ata.h]
 */
#include <dev/ata/ata-all.h>

#define	ATA_P_CYLINDERS	1		/* words */
#define	ATA_P_HEADS	3
#define	ATA_P_SECTORS	6
#define	ATA_P_REVISION	23		/* a text */
#define	ATA_P_MODEL	27		/* a text */
#define	ATA_P_MULTI	47		/* low byte: most sectors an interrupt */
#define	ATA_P_CAPABILITIES 49
#define	ATA_P_PIO	51		/* high byte: the mode, up to 2 */
#define	ATA_P_VALID	53
#define	ATA_P_LBA_SIZE	60		/* 2 words */
#define	ATA_P_ADVANCED_PIO 64
#define	ATA_P_COMMANDS	83
#define	ATA_P_LBA48_SIZE 100		/* 4 words, of which 3 can be used */

#define	CAPABILITY_LBA	0x0200		/* bits of ATA_P_CAPABILITIES */
#define	VALID_ADVANCED	0x0002		/* of ATA_P_VALID: ATA_P_ADVANCED_PIO is */
#define	ADVANCED_PIO3	0x0001		/* of ATA_P_ADVANCED_PIO */
#define	ADVANCED_PIO4	0x0002
#define	COMMAND_LBA48	0x0400		/* of ATA_P_COMMANDS */
#define	COMMAND_FLUSH	0x1000
#define	COMMAND_VALID	0x4000		/* the word is, if these two bits are so */
#define	COMMAND_VALID_MASK 0xc000

#define	HEADS_MAX	16		/* by the registers */
#define	SECTORS_MAX	255
#define	MULTI_MAX	128		/* a power of two */

/*
 * A text: two characters in a word, the first one high.  The blanks around it
 * are left out, and what cannot be printed becomes a `?'.  `text' has room for
 * `size' - 1 of them and a NUL.
 */
static void
ata_string(const uint16_t *param, char *text, int size)
{
	int c, i, used = 0;

	for (i = 0; i < size - 1; i++) {
		c = param[i / 2] >> (i % 2 == 0 ? 8 : 0) & 0xff;
		if (c == '\0')
			c = ' ';
		else if (c < ' ' || c > '~')
			c = '?';
		if (c != ' ' || used != 0)
			text[used++] = c;
	}
	while (used > 0 && text[used - 1] == ' ')
		used--;
	text[used] = '\0';
}

/* What its maker calls it. */
void
ata_model(const struct ata_device *atadev, char model[ATA_MODEL_SIZE])
{
	ata_string(atadev->param + ATA_P_MODEL, model, ATA_MODEL_SIZE);
}

/* And which one of those it is. */
void
ata_revision(const struct ata_device *atadev, char revision[ATA_REVISION_SIZE])
{
	ata_string(atadev->param + ATA_P_REVISION, revision, ATA_REVISION_SIZE);
}

/* How many sectors there are; 0 if that makes no sense. */
static uint64_t
ata_size(const uint16_t *param, const struct ata_ability *can)
{
	uint64_t size;

	if (can->lba48) {
		size = param[ATA_P_LBA48_SIZE] |
		    (uint64_t)param[ATA_P_LBA48_SIZE + 1] << 16 |
		    (uint64_t)param[ATA_P_LBA48_SIZE + 2] << 32;
		if (size != 0)
			return (size);
	}
	if (can->lba) {
		size = param[ATA_P_LBA_SIZE] |
		    (uint32_t)param[ATA_P_LBA_SIZE + 1] << 16;
		return (MIN(size, ATA_LBA28_SECTORS));
	}
	if (can->heads > HEADS_MAX || can->sectors > SECTORS_MAX)
		return (0);
	return (can->cylinders * can->heads * can->sectors);
}

/* Its PIO mode. */
static int
ata_piomode(const uint16_t *param)
{
	if (param[ATA_P_VALID] & VALID_ADVANCED) {
		if (param[ATA_P_ADVANCED_PIO] & ADVANCED_PIO4)
			return (4);
		if (param[ATA_P_ADVANCED_PIO] & ADVANCED_PIO3)
			return (3);
	}
	return (MIN(param[ATA_P_PIO] >> 8, 2));
}

/* What a disk can do. */
void
ata_abilities(const struct ata_device *atadev, struct ata_ability *can)
{
	const uint16_t *param = atadev->param;
	uint32_t commands = param[ATA_P_COMMANDS];

	if ((commands & COMMAND_VALID_MASK) != COMMAND_VALID)
		commands = 0;
	can->lba = (param[ATA_P_CAPABILITIES] & CAPABILITY_LBA) != 0;
	can->lba48 = can->lba && (commands & COMMAND_LBA48) != 0;
	can->flush = (commands & COMMAND_FLUSH) != 0;
	can->piomode = ata_piomode(param);
	can->cylinders = param[ATA_P_CYLINDERS];
	can->heads = param[ATA_P_HEADS];
	can->sectors = param[ATA_P_SECTORS];
	can->multi = MULTI_MAX;
	while (can->multi > MAX(param[ATA_P_MULTI] & 0xffu, 1u))
		can->multi /= 2;
	can->size = ata_size(param, can);
}
