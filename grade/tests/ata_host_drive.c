/*
 * ata_host_drive.c: a model of two channels of ATA drives, as their registers
 * show them, with all the faults that the driver is to survive.
 *
 * It checks the driver, too: a command to a drive that is busy, or data that
 * nobody is ready for, ends the test.
 */
#include "grade/tests/ata_host.h"

#include <dev/ata/ata-all.h>
#include <sys/diskmbr.h>
#include <sys/systm.h>
#include <i386/cpufunc.h>

struct drive drives[2][2];
int fault_percent, fault_count, reset_percent;

static int selected[2];			/* unit, by channel */
static int in_reset[2];
static int interrupts[2];		/* steps have raised it */

static int
channel_of(uint16_t port)
{
	return ((port & 0x80) != 0 ? 0 : 1);		/* 1F0, 3F6; 170, 376 */
}

static int
reg_of(uint16_t port)
{
	return (port - (channel_of(port) == 0 ? 0x1f0 : 0x170));
}

int
drive_is_bad(const struct drive *d, uint32_t first, uint32_t count)
{
	int i;

	for (i = 0; i < BAD_SECTORS; i++)
		if (d->bad[i] >= first && d->bad[i] - first < count)
			return (1);
	return (0);
}

/* ---------------------------------------------------------------- commands */

static int
is_write(int command)
{
	return (command == ATA_WRITE || command == ATA_WRITE48 ||
	    command == ATA_WRITE_MUL || command == ATA_WRITE_MUL48);
}

static int
is_multi(int command)
{
	return (command == ATA_READ_MUL || command == ATA_READ_MUL48 ||
	    command == ATA_WRITE_MUL || command == ATA_WRITE_MUL48);
}

static int
is_48(int command)
{
	return (command == ATA_READ48 || command == ATA_WRITE48 ||
	    command == ATA_READ_MUL48 || command == ATA_WRITE_MUL48);
}

static int
is_transfer(int command)
{
	return (is_write(command) || is_multi(command) ||
	    command == ATA_READ || command == ATA_READ48);
}

static void
end_with_error(struct drive *d, int error)
{
	d->status = ATA_S_READY | ATA_S_DSC | ATA_S_ERROR;
	d->error = error;
	d->command = 0;
}

/* Where a transfer begins, by the registers; DRIVE_SECTORS if nowhere. */
static uint32_t
place(const struct drive *d)
{
	const uint8_t *r = d->regs, *b = d->before;
	uint64_t lba;

	if (is_48(d->command))
		lba = (uint64_t)b[ATA_CYL_MSB] << 40 | (uint64_t)b[ATA_CYL_LSB] << 32 |
		    (uint64_t)b[ATA_SECTOR] << 24 | r[ATA_CYL_MSB] << 16 |
		    r[ATA_CYL_LSB] << 8 | r[ATA_SECTOR];
	else if (r[ATA_DRIVE] & ATA_D_LBA)
		lba = (r[ATA_DRIVE] & 0x0f) << 24 | r[ATA_CYL_MSB] << 16 |
		    r[ATA_CYL_LSB] << 8 | r[ATA_SECTOR];
	else if (r[ATA_SECTOR] == 0 || r[ATA_SECTOR] > 10)
		lba = DRIVE_SECTORS;
	else
		lba = ((r[ATA_CYL_MSB] << 8 | r[ATA_CYL_LSB]) * 4 +
		    (r[ATA_DRIVE] & 0x0f)) * 10 + r[ATA_SECTOR] - 1;
	return (lba < DRIVE_SECTORS ? lba : DRIVE_SECTORS);
}

static uint32_t
count_of(const struct drive *d)
{
	uint32_t count = d->regs[ATA_COUNT];

	if (!is_48(d->command))
		return (count != 0 ? count : 256);
	count |= d->before[ATA_COUNT] << 8;
	return (count != 0 ? count : 65536);
}

/* The next block of a transfer, or its end. */
static void
next_block(struct drive *d)
{
	uint32_t most = is_multi(d->command) ? d->multi : 1;

	/* What was wrong with a block that came is told behind it. */
	if (is_write(d->command) && d->offset != UINT32_MAX &&
	    drive_is_bad(d, d->at - d->block, d->block)) {
		end_with_error(d, 0x40);
		return;
	}
	if (d->left == 0) {
		d->status = ATA_S_READY | ATA_S_DSC;
		d->command = 0;
		return;
	}
	d->block = d->left < most ? d->left : most;
	if (!is_write(d->command) && drive_is_bad(d, d->at, d->block)) {
		end_with_error(d, 0x40);
		return;
	}
	d->status = ATA_S_READY | ATA_S_DSC | ATA_S_DRQ;
	d->offset = 0;
}

static void
identify(struct drive *d)
{
	uint16_t words[256];

	memset(words, 0, sizeof(words));
	words[ATA_P_CYLINDERS] = DRIVE_SECTORS / 40;
	words[ATA_P_HEADS] = 4;
	words[ATA_P_SECTORS] = 10;
	words[ATA_P_MULTI] = 0x8000 | d->multi_max;
	if (d->lba) {
		words[ATA_P_CAPABILITIES] = ATA_CAP_LBA;
		words[ATA_P_LBA_SIZE] = DRIVE_SECTORS;
	}
	words[ATA_P_COMMANDS] = ATA_CMD_VALID | ATA_CMD_FLUSH;
	if (d->lba48) {
		words[ATA_P_COMMANDS] |= ATA_CMD_LBA48;
		words[ATA_P_LBA48_SIZE] = DRIVE_SECTORS;
	}
	memcpy(d->content[DRIVE_SECTORS], words, sizeof(words));
	d->at = DRIVE_SECTORS;
	d->left = d->block = 1;
	d->offset = 0;
	d->status = ATA_S_READY | ATA_S_DSC | ATA_S_DRQ;
}

/* The drive has had time: do what the command says, up to a block. */
static void
work(struct drive *d)
{
	int command = d->command;

	if (is_transfer(command)) {
		next_block(d);
	} else if (command == ATA_ATA_IDENTIFY) {
		identify(d);
	} else if (command == ATA_SET_MULTI && d->multi_max > 1 &&
	    d->regs[ATA_COUNT] <= d->multi_max) {
		d->multi = d->regs[ATA_COUNT];
		d->status = ATA_S_READY | ATA_S_DSC;
		d->command = 0;
	} else if (command == ATA_FLUSHCACHE || command == ATA_FLUSHCACHE48 ||
	    command == ATA_INIT_PARAMS) {
		d->status = ATA_S_READY | ATA_S_DSC;
		d->command = 0;
	} else
		end_with_error(d, 0x04);
}

/* A command is written: check what it asks, and draw what will go wrong. */
static void
begin(struct drive *d, int command)
{
	d->command = command;
	d->status = ATA_S_BUSY;
	d->delay = draw(3);
	d->fault = FAULT_NONE;
	if (draw(100) < (uint32_t)fault_percent) {
		d->fault = 1 + draw(FAULTS - 1);
		if (d->fault == FAULT_GONE && draw(10) != 0)
			d->fault = FAULT_ERROR;
		d->fault_in = draw(4);
	}
	if (!is_transfer(command))
		return;
	d->at = place(d);
	d->left = count_of(d);
	if ((is_multi(command) && d->multi == 0) ||
	    (is_48(command) && !d->lba48) || d->left > DRIVE_SECTORS - d->at)
		fail("command %#x, which this drive cannot do: at %u, %u", command,
		    d->at, d->left);
	/* The first block of a write is asked for without an interrupt. */
	if (is_write(command))
		d->fault_in++;
}

/* The driver has moved the last word of a block. */
static void
block_done(struct drive *d)
{
	d->at += d->block;
	d->left -= d->block;
	d->status = ATA_S_BUSY;
	d->delay = draw(3);
	if (is_write(d->command))
		return;
	if (d->left == 0) {
		d->status = ATA_S_READY | ATA_S_DSC;
		d->command = 0;
	}
}

/* Something goes wrong here.  Returns 1 if an interrupt tells of it. */
static int
go_wrong(struct drive *d)
{
	enum fault fault = d->fault;

	d->fault = FAULT_NONE;
	fault_count++;
	switch (fault) {
	case FAULT_ERROR:
		end_with_error(d, 1 << draw(8));
		return (1);
	case FAULT_HANG:
		d->delay = -1;
		return (0);
	case FAULT_LATE:
		d->delay = 450 + draw(150);
		return (0);
	case FAULT_LOST:
		work(d);
		return (0);
	case FAULT_NODRQ:
		/* But of a block that it could not write it would have told. */
		if (is_write(d->command) ? d->offset != UINT32_MAX :
		    !is_transfer(d->command)) {
			work(d);
			return (1);
		}
		d->status = ATA_S_READY | ATA_S_DSC;
		d->command = 0;
		return (1);
	default:
		d->present = 0;
		return (draw(2));
	}
}

/* Time passes for a drive.  Returns 1 if it interrupts. */
static int
step(struct drive *d)
{
	int first;

	if (!d->present || !(d->status & ATA_S_BUSY) || d->delay < 0 ||
	    d->delay-- > 0)
		return (0);
	if (d->command == 0) {
		/* A reset is over. */
		d->status = ATA_S_READY | ATA_S_DSC;
		return (0);
	}
	if (d->fault != FAULT_NONE && d->fault_in-- == 0)
		return (go_wrong(d));
	first = is_write(d->command) && d->offset == UINT32_MAX;
	work(d);
	return (!first || !(d->status & ATA_S_DRQ));
}

int
drive_step(int channel)
{
	int came = step(&drives[channel][0]) | step(&drives[channel][1]);

	interrupts[channel] |= came;
	came = interrupts[channel];
	interrupts[channel] = 0;
	return (came);
}

/* ---------------------------------------------------------------- registers */

static void
reset(struct drive *d)
{
	memset(d->regs, 0, sizeof(d->regs));
	d->regs[ATA_COUNT] = d->regs[ATA_SECTOR] = 1;
	d->multi = 0;
	d->command = 0;
	d->error = 1;
	d->status = ATA_S_BUSY;
	d->delay = draw(20);
	if (draw(100) < (uint32_t)reset_percent) {
		fault_count++;
		d->delay = draw(2) ? -1 : 4000;
	}
}

/* Who answers at a channel, or NULL. */
static struct drive *
answering(int channel)
{
	struct drive *d = &drives[channel][selected[channel]];

	return (d->present ? d : NULL);
}

uint8_t
inb(uint16_t port)
{
	int channel = channel_of(port), reg = reg_of(port);
	struct drive *d = answering(channel);

	if (d == NULL) {
		/* A master answers for a slave that is not there. */
		if (selected[channel] == 1 && drives[channel][0].present &&
		    reg != ATA_STATUS && reg != ATA_ALTSTAT)
			return (drives[channel][0].regs[reg]);
		return (selected[channel] == 1 && drives[channel][0].present ?
		    0 : 0x7f);
	}
	if (reg == ATA_ALTSTAT)
		return (d->status);
	if (reg == ATA_STATUS) {
		interrupts[channel] = 0;
		return (d->status);
	}
	if (d->status & ATA_S_BUSY)
		return (d->status);
	return (reg == ATA_ERROR ? d->error : d->regs[reg]);
}

void
outb(uint16_t port, uint8_t data)
{
	int channel = channel_of(port), reg = reg_of(port), unit;
	struct drive *d;

	if (reg == ATA_CONTROL) {
		if (in_reset[channel] && !(data & ATA_C_RESET)) {
			reset(&drives[channel][0]);
			reset(&drives[channel][1]);
		}
		in_reset[channel] = (data & ATA_C_RESET) != 0;
		return;
	}
	if (reg == ATA_DRIVE)
		selected[channel] = (data & ATA_D_SLAVE) != 0;
	d = answering(channel);
	if (reg != ATA_DRIVE && registers_checked && d != NULL &&
	    (d->status & ATA_S_BUSY))
		fail("register %d is written while the drive is busy", reg);
	if (reg == ATA_COMMAND) {
		interrupts[channel] = 0;
		if (d != NULL) {
			d->offset = UINT32_MAX;
			begin(d, data);
		}
		return;
	}
	for (unit = 0; unit < 2; unit++) {
		d = &drives[channel][unit];
		if (d->status & ATA_S_BUSY)
			continue;
		d->before[reg] = d->regs[reg];
		d->regs[reg] = data;
	}
}

/* The words that the driver moves: as many as the drive is ready for. */
static uint8_t *
data_words(uint16_t port, uint32_t count, int write)
{
	struct drive *d = answering(channel_of(port));
	uint8_t *data;

	if (d == NULL || !(d->status & ATA_S_DRQ) || d->command == 0 ||
	    is_write(d->command) != write)
		fail("%u words of data that nobody waits for", count);
	if (d->offset + count * 2 > d->block * 512)
		fail("%u words: more than there are", count);
	data = d->content[d->at] + d->offset;
	d->offset += count * 2;
	return (data);
}

void
insw(uint16_t port, void *addr, uint32_t count)
{
	struct drive *d = answering(channel_of(port));

	memcpy(addr, data_words(port, count, 0), count * 2);
	if (d->offset == d->block * 512)
		block_done(d);
}

void
outsw(uint16_t port, const void *addr, uint32_t count)
{
	struct drive *d = answering(channel_of(port));

	memcpy(data_words(port, count, 1), addr, count * 2);
	if (d->offset == d->block * 512)
		block_done(d);
}

/* Two channels, drawn, with at least one disk. */
void
drives_draw(void)
{
	struct drive *d;
	uint32_t i;

	memset(selected, 0, sizeof(selected));
	memset(in_reset, 0, sizeof(in_reset));
	memset(interrupts, 0, sizeof(interrupts));
	for (d = &drives[0][0]; d <= &drives[1][1]; d++) {
		memset(d, 0, offsetof(struct drive, content));
		d->status = ATA_S_READY | ATA_S_DSC;
		d->present = d == &drives[0][0] || draw(2);
		d->lba = draw(4) != 0;
		d->lba48 = d->lba && draw(2);
		d->multi_max = draw(3) == 0 ? 0 : 2u << draw(5);
		for (i = 0; i < BAD_SECTORS; i++)
			d->bad[i] = 100 + draw(DRIVE_SECTORS - 200);
		for (i = 0; i < sizeof(d->content) / 4; i++)
			((uint32_t *)d->content)[i] = draw(UINT32_MAX);
		memset(d->content[0] + DOSMAGICOFFSET, 0, 2);
	}
}
