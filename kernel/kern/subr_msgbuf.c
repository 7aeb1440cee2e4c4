/*
 * subr_msgbuf.c: the message buffer, and what was printed before it was there.
 *
 * The buffer is a ring.  Its structure stands behind its text, at the end of
 * memory that a warm boot leaves alone:
 *
 *	ptr                                            ptr + size
 *	+--------------------------------------+---------------+
 *	| text:    ..new| free |old ..         | struct msgbuf |
 *	+--------------------------------------+---------------+
 *	            bufx ^      ^ bufr
 *
 * One character of it stays free, so that bufx == bufr is "nothing unread".
 *
 * Before that, and as long as there is no console, characters go into a small
 * array.  msgbufinit() and cninit() each take the array's whole text, whichever
 * comes first.
 */
#include <sys/systm.h>
#include <sys/msgbuf.h>

#define	EARLY_MAX	4096

struct msgbuf *msgbufp;

static char		early_text[EARLY_MAX];
static unsigned int	early_length;
static unsigned int	early_lost;	/* characters that had no room */
static int		early_shown;	/* the console has it */

static void
ring_put(struct msgbuf *mbp, int c)
{
	mbp->msg_ptr[mbp->msg_bufx] = c;
	mbp->msg_bufx = (mbp->msg_bufx + 1) % mbp->msg_size;
	if (mbp->msg_bufx == mbp->msg_bufr)
		mbp->msg_bufr = (mbp->msg_bufr + 1) % mbp->msg_size;
}

static void
early_put(int c)
{
	if (early_length < EARLY_MAX)
		early_text[early_length++] = c;
	else
		early_lost++;
}

/* Give `put' the early text, and say what is missing. */
static void
early_give(void (*put)(int c))
{
	char note[48], *p;
	unsigned int i;

	for (i = 0; i < early_length; i++)
		put(early_text[i]);
	if (early_lost == 0)
		return;
	snprintf(note, sizeof(note), "\n[%u characters lost]\n", early_lost);
	for (p = note; *p != '\0'; p++)
		put(*p);
}

void
msgbuf_addchar(int c)
{
	if (msgbufp != NULL)
		ring_put(msgbufp, c);
	if (msgbufp == NULL || !early_shown)
		early_put(c);
}

void
msgbuf_show_early(void (*put)(int c))
{
	early_give(put);
	early_shown = 1;
}

static void
put_into_msgbuf(int c)
{
	ring_put(msgbufp, c);
}

/* Is this the buffer of the boot before, of the same size, and whole? */
static int
msgbuf_sound(const struct msgbuf *mbp, uint32_t size)
{
	return (mbp->msg_magic == MSG_MAGIC && mbp->msg_size == size &&
	    mbp->msg_bufx < size && mbp->msg_bufr < size);
}

void
msgbufinit(void *ptr, size_t size)
{
	struct msgbuf *mbp;
	uint32_t text;

	KASSERT((uintptr_t)ptr % _Alignof(struct msgbuf) == 0 &&
	    size % _Alignof(struct msgbuf) == 0 && size > 2 * sizeof(*mbp),
	    ("msgbufinit: %u bytes at %p", (unsigned int)size, ptr));
	text = size - sizeof(*mbp);
	mbp = (struct msgbuf *)(void *)((char *)ptr + text);
	if (!msgbuf_sound(mbp, text)) {
		mbp->msg_magic = MSG_MAGIC;
		mbp->msg_size = text;
		mbp->msg_bufx = mbp->msg_bufr = 0;
	}
	mbp->msg_ptr = ptr;
	msgbufp = mbp;
	early_give(put_into_msgbuf);
}
