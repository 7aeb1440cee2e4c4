/*
 * ata-lowlevel.c: what the registers of a channel are told, and what they say.
 *
 * One command, as it goes (PIO):
 *
 *	select the drive; LBA, count; command
 *	  read:		BSY ... interrupt: DRQ, take a block; BSY ... interrupt: DRQ, ...
 *	  write:	BSY ... DRQ, give a block; BSY ... interrupt: DRQ, give the next;
 *			... interrupt: the last one is written
 *	  neither:	BSY ... interrupt
 *
 * An interrupt without DRQ where a block is due, or with ERROR, ends it early.
 * The two drives share their registers: both hear what is written, and the one
 * that is selected answers.  Where no drive is, the lines float high, or a
 * master answers zeros for its slave.
 *
 * [ATA-6] 9, [dev/ata/ata-lowlevel.c]
 */
#include <dev/ata/ata-all.h>

#include <sys/errno.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>

#define	ATA_FLOATING	0x7f		/* lines that float high, but for bit 7 */
#define	ATA_READY_POLLS	1000		/* of the status, before a command */
#define	ATA_DRQ_POLLS	5000		/* of 10 microseconds, at a write's start */

static int
ata_inb(const struct ata_channel *ch, int reg)
{
	return (inb(ch->port + reg));
}

static void
ata_outb(const struct ata_channel *ch, int reg, int value)
{
	outb(ch->port + reg, value);
}

/*
 * Give the selected drive the 400 ns that it may need until its status is
 * true: as long as it takes to read it four times.
 */
static void
ata_settle(const struct ata_channel *ch)
{
	int i;

	for (i = 0; i < 4; i++)
		(void)ata_inb(ch, ATA_ALTSTAT);
}

/* Select a drive; `bits' are the low ones of ATA_DRIVE. */
static void
ata_select(const struct ata_device *atadev, int bits)
{
	ata_outb(atadev->channel, ATA_DRIVE,
	    ATA_D_IBM | (atadev->unit != 0 ? ATA_D_SLAVE : 0) | bits);
	ata_settle(atadev->channel);
}

/* Is there no drive behind this status? */
static int
ata_is_floating(int status)
{
	return ((status & ATA_FLOATING) == ATA_FLOATING);
}

/* Is the selected drive at work?  Not if there is none. */
int
ata_busy(const struct ata_channel *ch)
{
	int status = ata_inb(ch, ATA_ALTSTAT);

	return (!ata_is_floating(status) && (status & ATA_S_BUSY) != 0);
}

/* ---------------------------------------------------------------- who is there */

/* Do the registers keep what is written into them, or are they busy? */
static int
ata_keeps(const struct ata_device *atadev)
{
	const struct ata_channel *ch = atadev->channel;

	ata_select(atadev, 0);
	if (ata_is_floating(ata_inb(ch, ATA_ALTSTAT)))
		return (0);
	ata_outb(ch, ATA_COUNT, 0x55);
	ata_outb(ch, ATA_SECTOR, 0xaa);
	return (ata_busy(ch) || (ata_inb(ch, ATA_COUNT) == 0x55 &&
	    ata_inb(ch, ATA_SECTOR) == 0xaa));
}

/* Is there a drive at this channel, working or not? */
int
ata_present(const struct ata_channel *ch)
{
	return (ata_keeps(&ch->device[0]) || ata_keeps(&ch->device[1]));
}

/* Pull the line that resets both drives, for a tick at least; or let it go. */
void
ata_reset_line(const struct ata_channel *ch, int pull)
{
	ata_outb(ch, ATA_CONTROL, pull ? ATA_C_RESET : 0);
}

/* After a reset: is one of the drives that matter still busy? */
int
ata_reset_busy(const struct ata_channel *ch)
{
	int unit, busy = 0;

	for (unit = 0; unit < ATA_DEVICES; unit++) {
		if (ch->device[unit].kind == ATA_NONE)
			continue;
		ata_select(&ch->device[unit], 0);
		busy |= ata_busy(ch);
	}
	return (busy);
}

/* After a reset: what is this drive, by what it has left in its registers? */
enum ata_kind
ata_signature(const struct ata_device *atadev)
{
	const struct ata_channel *ch = atadev->channel;
	int status, cylinder;

	ata_select(atadev, 0);
	status = ata_inb(ch, ATA_ALTSTAT);
	if (ata_is_floating(status) || (status & ATA_S_BUSY) != 0 ||
	    ata_inb(ch, ATA_COUNT) != 1 || ata_inb(ch, ATA_SECTOR) != 1)
		return (ATA_NONE);
	cylinder = ata_inb(ch, ATA_CYL_MSB) << 8 | ata_inb(ch, ATA_CYL_LSB);
	if (cylinder == 0xeb14)
		return (ATA_ATAPI);
	return (cylinder == 0 && status != 0 ? ATA_DISK : ATA_NONE);
}

/* ---------------------------------------------------------------- a command */

/* Poll until the selected drive is not busy.  Returns its status. */
static int
ata_wait(const struct ata_channel *ch, int polls, int microseconds)
{
	int status;

	while (((status = ata_inb(ch, ATA_ALTSTAT)) & ATA_S_BUSY) && --polls > 0)
		DELAY(microseconds);
	return (status);
}

/* Write the place and the count into the registers. */
static void
ata_set_address(const struct ata_request *request)
{
	const struct ata_channel *ch = request->device->channel;
	uint64_t lba = request->lba;

	/* Each register keeps the value before the last one, too. */
	if (request->flags & ATA_R_48BIT) {
		ata_outb(ch, ATA_COUNT, request->count >> 8);
		ata_outb(ch, ATA_SECTOR, lba >> 24);
		ata_outb(ch, ATA_CYL_LSB, lba >> 32);
		ata_outb(ch, ATA_CYL_MSB, lba >> 40);
	}
	ata_outb(ch, ATA_COUNT, request->count);
	ata_outb(ch, ATA_SECTOR, lba);
	ata_outb(ch, ATA_CYL_LSB, lba >> 8);
	ata_outb(ch, ATA_CYL_MSB, lba >> 16);
}

/* Transfer the next block; how many bytes it is, is left in currentsize. */
static void
ata_transfer(struct ata_request *request)
{
	uint16_t port = request->device->channel->port + ATA_DATA;
	uint8_t *data = request->data + request->donecount;
	uint32_t size = request->bytecount - request->donecount;

	if (size > request->transfersize)
		size = request->transfersize;
	request->currentsize = size;
	if (request->flags & ATA_R_READ)
		insw(port, data, size / 2);
	else
		outsw(port, data, size / 2);
}

/*
 * Give a drive its command; an interrupt will follow.  Returns 0, or EIO if it
 * does not take it.
 */
int
ata_begin_transaction(struct ata_request *request)
{
	const struct ata_channel *ch = request->device->channel;
	int bits = 0, status;

	request->donecount = request->currentsize = 0;
	request->result = 0;
	if (request->flags & (ATA_R_LBA | ATA_R_48BIT))
		bits = ATA_D_LBA;
	if (!(request->flags & ATA_R_48BIT))
		bits |= request->lba >> 24 & 0x0f;
	ata_select(request->device, bits);
	status = ata_wait(ch, ATA_READY_POLLS, 1);
	if (ata_is_floating(status) || (status & ATA_S_BUSY) != 0)
		return (EIO);
	/* Without a command ATAPI is not ready, but a disk is, if it is there. */
	if (request->device->kind == ATA_DISK && !(status & ATA_S_READY))
		return (EIO);
	ata_set_address(request);
	ata_outb(ch, ATA_COMMAND, request->command);
	if (!(request->flags & ATA_R_WRITE))
		return (0);

	ata_settle(ch);
	status = ata_wait(ch, ATA_DRQ_POLLS, 10);
	if (status & ATA_S_BUSY)
		return (EIO);
	/* Without DRQ it is an error, of which the interrupt will tell. */
	if (status & ATA_S_DRQ)
		ata_transfer(request);
	return (0);
}

/*
 * A drive has interrupted and is not busy: transfer what it is ready for.
 * Returns ATA_OP_FINISHED if that was the end, and request->result is set.
 */
enum ata_op
ata_end_transaction(struct ata_request *request)
{
	const struct ata_channel *ch = request->device->channel;

	request->status = ata_inb(ch, ATA_STATUS);
	if (request->status & (ATA_S_ERROR | ATA_S_DWF))
		goto failed;
	if (request->flags & ATA_R_WRITE)
		request->donecount += request->currentsize;
	if (request->donecount == request->bytecount)
		return (ATA_OP_FINISHED);
	if (!(request->status & ATA_S_DRQ))
		goto failed;
	ata_transfer(request);
	if (request->flags & ATA_R_WRITE)
		return (ATA_OP_CONTINUES);
	request->donecount += request->currentsize;
	return (request->donecount == request->bytecount ?
	    ATA_OP_FINISHED : ATA_OP_CONTINUES);
failed:
	request->error = ata_inb(ch, ATA_ERROR);
	request->result = EIO;
	return (ATA_OP_FINISHED);
}
