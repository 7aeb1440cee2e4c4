/*
 * The ATA controller of a PC: two channels, each with a master and a slave.
 *
 *	ata-all		finds channels and drives, and asks them what they are
 *	ata-param	reads the answer
 *	ata-queue	which request a channel works on; interrupts, time-outs
 *	ata-lowlevel	the registers: a command, its data, its result; the reset
 *	ata-disk	makes requests of what is wanted from a disk
 *
 * A request is a command for a drive, with what is transferred.  It ends by a
 * call of its `callback', at splbio(), whatever becomes of the drive.
 *
 * [dev/ata/ata-all.h]
 */
#ifndef _DEV_ATA_ATA_ALL_H_
#define	_DEV_ATA_ATA_ALL_H_

#include <sys/callout.h>
#include <sys/param.h>
#include <sys/queue.h>

/* ---------------------------------------------------------------- registers */

#define	ATA_DATA	0		/* from a channel's port on; 16 bits */
#define	ATA_ERROR	1		/* read */
#define	ATA_COUNT	2		/* sectors */
#define	ATA_SECTOR	3		/* LBA 0 to 7 */
#define	ATA_CYL_LSB	4		/* LBA 8 to 15 */
#define	ATA_CYL_MSB	5		/* LBA 16 to 23 */
#define	ATA_DRIVE	6		/* which, and LBA 24 to 27 or the head */
#define	ATA_STATUS	7		/* read: this ends an interrupt */
#define	ATA_COMMAND	7		/* write */
#define	ATA_ALTSTAT	0x206		/* read: this does not */
#define	ATA_CONTROL	0x206		/* write */

#define	ATA_D_IBM	0xa0		/* ATA_DRIVE: always set */
#define	ATA_D_LBA	0x40		/* an LBA, not a cylinder and a head */
#define	ATA_D_SLAVE	0x10

#define	ATA_S_BUSY	0x80		/* ATA_STATUS; all else is void meanwhile */
#define	ATA_S_READY	0x40
#define	ATA_S_DWF	0x20		/* the drive is at fault */
#define	ATA_S_DSC	0x10
#define	ATA_S_DRQ	0x08		/* data wanted or there */
#define	ATA_S_ERROR	0x01
#define	ATA_S_BITS	"\20\10BUSY\7READY\6DMA_READY\5DSC\4DRQ" \
			"\3CORRECTABLE\2INDEX\1ERROR"
#define	ATA_E_BITS	"\20\10ICRC\7UNCORRECTABLE\6MEDIA_CHANGED\5NID_NOT_FOUND" \
			"\4MEDIA_CHANGE_REQEST\3ABORTED\2NO_MEDIA\1ILLEGAL_LENGTH"

#define	ATA_C_RESET	0x04		/* ATA_CONTROL: both drives */

/* Commands.  Those that end in 48 take LBAs of 48 bits. */
#define	ATA_READ	0x20
#define	ATA_READ48	0x24
#define	ATA_READ_MUL48	0x29
#define	ATA_WRITE	0x30
#define	ATA_WRITE48	0x34
#define	ATA_WRITE_MUL48	0x39
#define	ATA_INIT_PARAMS	0x91		/* set the geometry */
#define	ATA_ATAPI_IDENTIFY 0xa1
#define	ATA_READ_MUL	0xc4
#define	ATA_WRITE_MUL	0xc5
#define	ATA_SET_MULTI	0xc6		/* sectors an interrupt of the _MUL ones */
#define	ATA_FLUSHCACHE	0xe7
#define	ATA_FLUSHCACHE48 0xea
#define	ATA_ATA_IDENTIFY 0xec

/* ---------------------------------------------------------------- channels, drives, requests */

#define	ATA_CHANNELS	2
#define	ATA_DEVICES	2		/* master, slave */
#define	ATA_PARAM_WORDS	256		/* what a drive says of itself */

/* A drive that is ATA_NONE once is so for ever. */
enum ata_kind { ATA_NONE, ATA_UNKNOWN, ATA_DISK, ATA_ATAPI };

struct ata_channel;

struct ata_device {
	struct ata_channel *channel;
	int		unit;		/* 0: master, 1: slave */
	enum ata_kind	kind;		/* by its signature, after a reset */
	int		resets;		/* how often it forgot what it was told */
	uint16_t	param[ATA_PARAM_WORDS];
};

struct ata_request {
	struct ata_device *device;
	uint8_t		command;	/* ATA_READ ... */
	int		flags;		/* ATA_R_ */
	uint64_t	lba;
	uint32_t	count;		/* sectors, or the register's value */
	uint8_t		*data;
	uint32_t	bytecount;	/* of data, to be transferred */
	uint32_t	transfersize;	/* bytes an interrupt */
	int		timeout;	/* seconds without an interrupt */
	void		(*callback)(struct ata_request *request);
	void		*driver;	/* the caller's own */

	/* What came of it. */
	uint32_t	donecount;	/* bytes that were transferred */
	uint32_t	currentsize;	/* bytes on their way to the drive */
	uint8_t		status, error;	/* the registers, with EIO */
	int		result;		/* 0, EIO, ETIMEDOUT; not even begun: ENXIO,
					   no drive, or EAGAIN, it was reset */
	int		resets;		/* the device's, when it was queued */
	TAILQ_ENTRY(ata_request) chain;
};

#define	ATA_R_READ	0x01		/* data comes */
#define	ATA_R_WRITE	0x02		/* data goes */
#define	ATA_R_LBA	0x04		/* `lba' is an LBA of 28 bits */
#define	ATA_R_48BIT	0x08		/* of 48; else of it is what goes where: */
#define	ATA_CHS(cylinder, head, sector)	\
	((uint32_t)(head) << 24 | (cylinder) << 8 | (sector))

enum ata_state {
	ATA_IDLE,
	ATA_ACTIVE,			/* `running' is */
	ATA_RESET_PULLED,		/* both drives are held in reset */
	ATA_RESET_WAIT			/* and now they are waited for */
};

struct ata_channel {
	const char	*name;
	uint16_t	port;
	int		irq;
	struct ata_device device[ATA_DEVICES];
	TAILQ_HEAD(, ata_request) queue;
	struct ata_request *running;	/* NULL while it is idle */
	enum ata_state	state;
	struct callout	callout;	/* of `running', or of a reset's step */
	uint32_t	last_done;	/* when it was last looked at */
	int		reset_end;	/* `ticks' when it is given up */
};

extern struct ata_channel ata_channels[ATA_CHANNELS];

/* ---------------------------------------------------------------- ata-all */

void	ata_attach(void);
const char *ata_cmd2str(int command);
const char *ata_position(const struct ata_device *atadev);

/* ---------------------------------------------------------------- ata-param */

#define	ATA_MODEL_SIZE	(40 + 1)	/* texts, with their NUL */
#define	ATA_REVISION_SIZE (8 + 1)
#define	ATA_LBA28_SECTORS ((1u << 28) - 1) /* fffffffh is no address of 28 bits */

struct ata_ability {
	uint64_t	size;		/* sectors; 0: it is of no use */
	int		lba, lba48;	/* addresses of 28, of 48 bits */
	int		flush;		/* has a cache that can be flushed */
	int		piomode;
	uint32_t	cylinders, heads, sectors;	/* the geometry */
	uint32_t	multi;		/* sectors an interrupt, a power of two */
};

void	ata_abilities(const struct ata_device *atadev, struct ata_ability *can);
void	ata_model(const struct ata_device *atadev, char model[ATA_MODEL_SIZE]);
void	ata_revision(const struct ata_device *atadev,
	    char revision[ATA_REVISION_SIZE]);

/* ---------------------------------------------------------------- ata-queue */

void	ata_queue_request(struct ata_request *request);
void	ata_interrupt(void *channel);
void	ata_reset(struct ata_channel *ch);
void	ata_wait_reset(struct ata_channel *ch);
int	ata_wait_request(struct ata_request *request);

/* ---------------------------------------------------------------- ata-lowlevel */

enum ata_op { ATA_OP_CONTINUES, ATA_OP_FINISHED };

int	ata_present(const struct ata_channel *ch);
int	ata_busy(const struct ata_channel *ch);
int	ata_begin_transaction(struct ata_request *request);
enum ata_op ata_end_transaction(struct ata_request *request);
void	ata_reset_line(const struct ata_channel *ch, int pull);
int	ata_reset_busy(const struct ata_channel *ch);
enum ata_kind ata_signature(const struct ata_device *atadev);

/* ---------------------------------------------------------------- ata-disk */

void	ad_attach(struct ata_device *atadev);

#endif /* !_DEV_ATA_ATA_ALL_H_ */
