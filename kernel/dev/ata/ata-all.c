/*
 * ata-all.c: find the channels and the drives.
 *
 * Two steps.  When devices are attached, ata_attach() looks whether anything
 * answers at the ports where a PC's channels are, and sets up the interrupts.
 * The rest takes a drive's time, so a configuration hook does it, which may
 * sleep: reset the drives, ask each of them what it is, hand the disks on.
 *
 * A drive that does not say what it is, or that has no driver, is told and
 * left alone.
 *
 * [ATA-6] 8.15, [dev/ata/ata-all.c, dev/ata/ata-isa.c]
 */
#include <dev/ata/ata-all.h>

#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/systm.h>
#include <i386/intr.h>

#define	ATA_IDENTIFY_SECONDS 5

struct ata_channel ata_channels[ATA_CHANNELS] = {
	{ .name = "ata0", .port = 0x1f0, .irq = 14 },
	{ .name = "ata1", .port = 0x170, .irq = 15 },
};

/* What a command is called in messages. */
const char *
ata_cmd2str(int command)
{
	switch (command) {
	case ATA_READ:			return ("READ");
	case ATA_READ48:		return ("READ48");
	case ATA_READ_MUL:		return ("READ_MUL");
	case ATA_READ_MUL48:		return ("READ_MUL48");
	case ATA_WRITE:			return ("WRITE");
	case ATA_WRITE48:		return ("WRITE48");
	case ATA_WRITE_MUL:		return ("WRITE_MUL");
	case ATA_WRITE_MUL48:		return ("WRITE_MUL48");
	case ATA_FLUSHCACHE:		return ("FLUSHCACHE");
	case ATA_FLUSHCACHE48:		return ("FLUSHCACHE48");
	case ATA_SET_MULTI:		return ("SET_MULTI");
	case ATA_INIT_PARAMS:		return ("INIT_PARAMS");
	case ATA_ATA_IDENTIFY:		return ("ATA_IDENTIFY");
	case ATA_ATAPI_IDENTIFY:	return ("ATAPI_IDENTIFY");
	default:			return ("unknown CMD");
	}
}

/* Where a drive is at its channel. */
const char *
ata_position(const struct ata_device *atadev)
{
	return (atadev->unit == 0 ? "master" : "slave");
}

/* Ask a drive for its parameters.  Returns the request's result.  Sleeps. */
static int
ata_identify(struct ata_device *atadev)
{
	struct ata_request request = {
		.device = atadev,
		.command = atadev->kind == ATA_ATAPI ?
		    ATA_ATAPI_IDENTIFY : ATA_ATA_IDENTIFY,
		.flags = ATA_R_READ,
		.data = (uint8_t *)atadev->param,
		.bytecount = sizeof(atadev->param),
		.transfersize = sizeof(atadev->param),
		.timeout = ATA_IDENTIFY_SECONDS,
	};
	int error = ata_wait_request(&request);

	if (error == EIO)
		printf("%s-%s: FAILURE - %s status=%b error=%b\n",
		    atadev->channel->name, ata_position(atadev),
		    ata_cmd2str(request.command), request.status, ATA_S_BITS,
		    request.error, ATA_E_BITS);
	else if (error != 0)
		printf("%s-%s: FAILURE - %s timed out\n",
		    atadev->channel->name, ata_position(atadev),
		    ata_cmd2str(request.command));
	return (error);
}

/* A drive has answered the reset: find out what it is, and attach it. */
static void
ata_attach_device(struct ata_device *atadev)
{
	char model[ATA_MODEL_SIZE];

	if (ata_identify(atadev) != 0) {
		atadev->kind = ATA_NONE;
		return;
	}
	if (atadev->kind == ATA_DISK) {
		ad_attach(atadev);
		return;
	}
	ata_model(atadev, model);
	printf("%s-%s: <%s> ATAPI (no driver attached)\n",
	    atadev->channel->name, ata_position(atadev), model);
}

/* The clocks run: reset the channels, and attach what answers. */
static void
ata_config(void *hook)
{
	struct ata_channel *ch;
	int i;

	for (ch = ata_channels; ch < ata_channels + ATA_CHANNELS; ch++)
		if (ch->device[0].kind == ATA_UNKNOWN)
			ata_reset(ch);
	for (ch = ata_channels; ch < ata_channels + ATA_CHANNELS; ch++) {
		ata_wait_reset(ch);
		for (i = 0; i < ATA_DEVICES; i++)
			if (ch->device[i].kind != ATA_NONE)
				ata_attach_device(&ch->device[i]);
	}
	config_intrhook_disestablish(hook);
}

/* Look for a drive at a channel.  Returns 1 if it is used from now on, or 0. */
static int
ata_attach_channel(struct ata_channel *ch)
{
	int i;

	for (i = 0; i < ATA_DEVICES; i++) {
		ch->device[i].channel = ch;
		ch->device[i].unit = i;
	}
	TAILQ_INIT(&ch->queue);
	callout_init(&ch->callout, 0);
	if (!ata_present(ch) || intr_create(ch->name, ch->irq, IPL_BIO,
	    ata_interrupt, ch) != 0)
		return (0);
	for (i = 0; i < ATA_DEVICES; i++)
		ch->device[i].kind = ATA_UNKNOWN;
	printf("%s at port 0x%x-0x%x,0x%x irq %d on isa0\n", ch->name, ch->port,
	    ch->port + 7, ch->port + ATA_CONTROL, ch->irq);
	return (1);
}

/* Attach the channels that there are.  Nobody may sleep yet. */
void
ata_attach(void)
{
	static struct intr_config_hook hook = {
		.ich_func = ata_config,
		.ich_arg = &hook,
		.ich_name = "ata",
	};
	int i, found = 0;

	for (i = 0; i < ATA_CHANNELS; i++)
		found |= ata_attach_channel(&ata_channels[i]);
	if (found)
		config_intrhook_establish(&hook);
}
