/*
 * splay_bsd: a splay tree of ranges by the SPLAY_ macros of BSD's <sys/tree.h>
 * (libbsd-dev), for the model of lab 5's to be compared with.
 *
 * Reads lines, with numbers in decimal, and prints the tree after each one, in
 * preorder: `start-end', or `.' for what is empty.
 *
 *	s address	splay
 *	r start		SPLAY_REMOVE() of the range that begins there
 *	l start end p	link behind the range that begins at p: the macros have
 *			nothing like that; they splay p, and we split behind it
 *	f start end	link before all
 */
#include <bsd/sys/tree.h>
#include <stdio.h>
#include <stdlib.h>

struct range {
	SPLAY_ENTRY(range) link;
	unsigned long	start, end;
};

SPLAY_HEAD(ranges, range);

/* An address, as a range of length 0, is equal to the range that it is in. */
static int
compare(const struct range *a, const struct range *b)
{
	if (a->start == b->start)
		return (0);
	if (a->start == a->end)
		return (a->start < b->start ? -1 : a->start >= b->end);
	return (a->start < b->start ? -1 : 1);
}

SPLAY_PROTOTYPE(ranges, range, link, compare)
SPLAY_GENERATE(ranges, range, link, compare)

static void
print(const struct range *r)
{
	if (r == NULL) {
		printf(" .");
		return;
	}
	printf(" %lu-%lu", r->start, r->end);
	print(SPLAY_LEFT(r, link));
	print(SPLAY_RIGHT(r, link));
}

static struct range *
new_range(unsigned long start, unsigned long end)
{
	struct range *r = calloc(1, sizeof(*r));

	if (r == NULL)
		exit(1);
	r->start = start;
	r->end = end;
	return (r);
}

int
main(void)
{
	struct ranges head = SPLAY_INITIALIZER(&head);
	struct range *r, key;
	unsigned long a, b, c;
	char line[100], operation;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%c %lu %lu %lu", &operation, &a, &b, &c) < 2)
			return (2);
		key.start = key.end = operation == 'l' ? c : a;
		if (operation == 's' || operation == 'l')
			ranges_SPLAY(&head, &key);
		switch (operation) {
		case 's':
			break;
		case 'r':
			if (SPLAY_REMOVE(ranges, &head, &key) == NULL)
				return (3);
			break;
		case 'l':
			r = new_range(a, b);
			SPLAY_LEFT(r, link) = SPLAY_ROOT(&head);
			SPLAY_RIGHT(r, link) = SPLAY_RIGHT(SPLAY_ROOT(&head), link);
			SPLAY_RIGHT(SPLAY_ROOT(&head), link) = NULL;
			SPLAY_ROOT(&head) = r;
			break;
		case 'f':
			r = new_range(a, b);
			SPLAY_RIGHT(r, link) = SPLAY_ROOT(&head);
			SPLAY_ROOT(&head) = r;
			break;
		default:
			return (2);
		}
		print(SPLAY_ROOT(&head));
		printf("\n");
	}
	return (0);
}
