/*
 * What the parts of ata_host share: the drives of the model, and the machine
 * around the driver.
 */
#ifndef _ATA_HOST_H_
#define	_ATA_HOST_H_

#include <stddef.h>
#include <stdint.h>

#define	DRIVE_SECTORS	2000
#define	BAD_SECTORS	3

/* What a drive does wrong with a command: at one of its blocks. */
enum fault {
	FAULT_NONE,
	FAULT_ERROR,			/* says so */
	FAULT_HANG,			/* is busy until it is reset */
	FAULT_LOST,			/* forgets the interrupt */
	FAULT_NODRQ,			/* interrupts without DRQ */
	FAULT_LATE,			/* comes when it has been given up */
	FAULT_GONE,			/* is there no more */
	FAULTS
};

struct drive {
	int		present;
	int		lba, lba48;
	uint32_t	multi_max;
	uint32_t	bad[BAD_SECTORS];	/* cannot be read or written */
	uint8_t		content[DRIVE_SECTORS + 1][512]; /* the last: what it says of itself */

	uint32_t	multi;		/* as it was told; 0: not told */
	uint8_t		status, error;
	uint8_t		regs[8];	/* as they were written last */
	uint8_t		before[8];	/* and before that */
	int		command;	/* at work on, or 0 */
	uint32_t	at, left;	/* sectors */
	uint32_t	block;		/* of them in this block */
	uint32_t	offset;		/* bytes of it that are transferred */
	int		delay;		/* steps until it goes on; -1: never */
	enum fault	fault;
	int		fault_in;	/* blocks */
};

extern struct drive drives[2][2];	/* by channel and unit */
extern int	fault_percent;		/* of commands */
extern int	fault_count;		/* that there were */
extern int	reset_percent;		/* of resets that a drive does not survive */

/* ata_host_drive.c: time passes for a channel.  Returns 1 if it interrupts. */
int	drive_step(int channel);
void	drives_draw(void);
int	drive_is_bad(const struct drive *d, uint32_t first, uint32_t count);

/* ata_host.c */
uint32_t draw(uint32_t below);
void	fail(const char *what, ...) __attribute__((noreturn));
extern int	registers_checked;	/* the driver is past its first look */

#endif /* !_ATA_HOST_H_ */
