/*
 * Lists and sets under a program of operations, for a model in Python:
 *
 *	queue slist|list|stailq|tailq OPS
 *
 * OPS are three characters each: what to do, and one or two elements, letters
 * a to z.  h: insert at the head, t: at the tail, a: the first one behind the
 * second, b: before it, r: remove, f: remove the first, c: concatenate a list
 * of the first one and the second, s: remove all from the first on that are
 * greater, by X_FOREACH_SAFE.  After each the list is printed, forward; of a
 * TAILQ also backward; of a STAILQ also the last.
 *
 *	bitset OPS
 *
 * OPS are two characters each: + - ? and a member 0 to 69 as a character from
 * '0' on; 0 1 (all, none), & | ~ = with the other set, x: exchange the sets.
 * After each the set is printed: count, lowest, empty, overlap, subset, differs.
 */
#include "grade/tests/kern_host.h"

#include <sys/bitset.h>
#include <sys/queue.h>

struct element {
	char		name;
	SLIST_ENTRY(element) s;
	LIST_ENTRY(element) l;
	STAILQ_ENTRY(element) st;
	TAILQ_ENTRY(element) t;
};

SLIST_HEAD(slist, element);
LIST_HEAD(list, element);
STAILQ_HEAD(stailq, element);
TAILQ_HEAD(tailq, element);

static struct element elements[26];

/* Print a list by its X_FOREACH. */
#define	PRINT(foreach, ...) do {					\
	struct element *__e;						\
									\
	foreach(__e, __VA_ARGS__)					\
		host_printf("%c", __e->name);				\
} while (0)

static void
slist_do(struct slist *head, int op, struct element *x, struct element *y)
{
	struct element *e, *next;

	switch (op) {
	case 'h':
		SLIST_INSERT_HEAD(head, x, s);
		break;
	case 'a':
		SLIST_INSERT_AFTER(y, x, s);
		break;
	case 'r':
		SLIST_REMOVE(head, x, element, s);
		break;
	case 'f':
		SLIST_REMOVE_HEAD(head, s);
		break;
	case 's':
		SLIST_FOREACH_SAFE(e, head, s, next)
			if (e > x)
				SLIST_REMOVE(head, e, element, s);
	}
	PRINT(SLIST_FOREACH, head, s);
}

static void
list_do(struct list *head, int op, struct element *x, struct element *y)
{
	struct element *e, *next;

	switch (op) {
	case 'h':
		LIST_INSERT_HEAD(head, x, l);
		break;
	case 'a':
		LIST_INSERT_AFTER(y, x, l);
		break;
	case 'b':
		LIST_INSERT_BEFORE(y, x, l);
		break;
	case 'r':
		LIST_REMOVE(x, l);
		break;
	case 's':
		LIST_FOREACH_SAFE(e, head, l, next)
			if (e > x)
				LIST_REMOVE(e, l);
	}
	PRINT(LIST_FOREACH, head, l);
}

static void
stailq_do(struct stailq *head, int op, struct element *x, struct element *y)
{
	struct stailq other = STAILQ_HEAD_INITIALIZER(other);
	struct element *e, *next;

	switch (op) {
	case 'h':
		STAILQ_INSERT_HEAD(head, x, st);
		break;
	case 't':
		STAILQ_INSERT_TAIL(head, x, st);
		break;
	case 'a':
		STAILQ_INSERT_AFTER(head, y, x, st);
		break;
	case 'r':
		STAILQ_REMOVE(head, x, element, st);
		break;
	case 'f':
		STAILQ_REMOVE_HEAD(head, st);
		break;
	case 'c':
		STAILQ_CONCAT(head, &other);
		STAILQ_INSERT_TAIL(&other, x, st);
		STAILQ_INSERT_TAIL(&other, y, st);
		STAILQ_CONCAT(head, &other);
		KASSERT(STAILQ_EMPTY(&other), ("not empty"));
		break;
	case 's':
		STAILQ_FOREACH_SAFE(e, head, st, next)
			if (e > x)
				STAILQ_REMOVE(head, e, element, st);
	}
	PRINT(STAILQ_FOREACH, head, st);
	e = STAILQ_LAST(head, element, st);
	host_printf("/%c", e != NULL ? e->name : '-');
}

static void
tailq_do(struct tailq *head, int op, struct element *x, struct element *y)
{
	struct tailq other = TAILQ_HEAD_INITIALIZER(other);
	struct element *e, *next;

	switch (op) {
	case 'h':
		TAILQ_INSERT_HEAD(head, x, t);
		break;
	case 't':
		TAILQ_INSERT_TAIL(head, x, t);
		break;
	case 'a':
		TAILQ_INSERT_AFTER(head, y, x, t);
		break;
	case 'b':
		TAILQ_INSERT_BEFORE(y, x, t);
		break;
	case 'r':
		TAILQ_REMOVE(head, x, t);
		break;
	case 'f':
		TAILQ_REMOVE(head, TAILQ_FIRST(head), t);
		break;
	case 'c':
		TAILQ_CONCAT(head, &other, t);
		TAILQ_INSERT_TAIL(&other, x, t);
		TAILQ_INSERT_TAIL(&other, y, t);
		TAILQ_CONCAT(head, &other, t);
		KASSERT(TAILQ_EMPTY(&other), ("not empty"));
		break;
	case 's':
		TAILQ_FOREACH_REVERSE_SAFE(e, head, tailq, t, next)
			if (e > x)
				TAILQ_REMOVE(head, e, t);
	}
	PRINT(TAILQ_FOREACH, head, t);
	host_printf("/");
	PRINT(TAILQ_FOREACH_REVERSE, head, tailq, t);
}

int
queues(char **argv)
{
	struct slist sl = SLIST_HEAD_INITIALIZER(sl);
	struct list l;
	struct stailq st;
	struct tailq t;
	const char *op;

	SLIST_INIT(&sl);
	LIST_INIT(&l);
	STAILQ_INIT(&st);
	TAILQ_INIT(&t);
	for (unsigned int i = 0; i < nitems(elements); i++)
		elements[i].name = 'a' + i;
	for (op = argv[2]; *op != '\0'; op += 3) {
		struct element *x = &elements[op[1] - 'a'], *y = &elements[op[2] - 'a'];

		if (argv[1][0] == 'l')
			list_do(&l, *op, x, y);
		else if (argv[1][0] == 't')
			tailq_do(&t, *op, x, y);
		else if (argv[1][1] == 'l')
			slist_do(&sl, *op, x, y);
		else
			stailq_do(&st, *op, x, y);
		host_printf("\n");
	}
	return (0);
}

#define	SIZE	70
BITSET_DEFINE(numbers, SIZE);

static void
bitset_do(struct numbers *set, struct numbers *other, int op, int n)
{
	struct numbers spare;

	switch (op) {
	case '+':
		BIT_SET(SIZE, n, set);
		break;
	case '-':
		BIT_CLR(SIZE, n, set);
		break;
	case '?':
		host_printf("%d ", BIT_ISSET(SIZE, n, set));
		break;
	case '0':
		BIT_ZERO(SIZE, set);
		break;
	case '1':
		BIT_FILL(SIZE, set);
		break;
	case '&':
		BIT_AND(SIZE, set, other);
		break;
	case '|':
		BIT_OR(SIZE, set, other);
		break;
	case '~':
		BIT_NAND(SIZE, set, other);
		break;
	case '=':
		BIT_COPY(SIZE, other, set);
		break;
	case 'x':
		BIT_COPY(SIZE, set, &spare);
		BIT_COPY(SIZE, other, set);
		BIT_COPY(SIZE, &spare, other);
	}
}

int
bitsets(char **argv)
{
	struct numbers set, other;

	BIT_ZERO(SIZE, &set);
	BIT_ZERO(SIZE, &other);
	for (const char *op = argv[1]; *op != '\0'; op += 2) {
		bitset_do(&set, &other, op[0], op[1] - '0');
		host_printf("%d %d %d %d %d %d\n", BIT_COUNT(SIZE, &set), BIT_FFS(SIZE, &set),
		    BIT_EMPTY(SIZE, &set), BIT_OVERLAP(SIZE, &set, &other),
		    BIT_SUBSET(SIZE, &set, &other), BIT_CMP(SIZE, &set, &other));
	}
	return (0);
}
