/*
 * lab4: functions that a SYSINIT can run, for lab 4's checks.
 *
 * What is run is code that the check has drawn: it loads a number that is its
 * own into EAX and jumps to lab4_called(), which keeps the number, the udata
 * and what the lists look like at that moment.  For some udata the check has
 * planned more: that entry then brings others, which join what is pending.
 *
 * Besides, things that a check puts in the place of a student's function by
 * writing a jump over its first bytes, so that an exercise can be judged while
 * the one that it calls is missing.
 *
 * Used in two kernels: in the small one, by a script; and in the whole one,
 * whose file the check has written its entries into (lab4_set.c).
 */
#include <sys/kernel.h>
#include <sys/systm.h>

#define	RECORDS		1024
#define	PLANS		64

/* A call of a function. */
struct lab4_record {
	uint32_t	number;		/* whose */
	const void	*udata;
	struct sysinit	*first;		/* of what is pending */
	struct sysinit	**last;		/* the end of what is done */
};

/* What the function of this udata adds. */
struct lab4_plan {
	const void	*udata;
	struct sysinit	*sip, *after;	/* link this one, at the head or after that */
	struct sysinit	**set, **set_end;	/* or sysinit_add() */
};

/* An insertion that lab4_insert() was asked for. */
struct lab4_inserted {
	struct sysinitlist *list;
	struct sysinit	*sip;
};

struct lab4_record lab4_records[RECORDS];
uint32_t	lab4_used;			/* of them */
struct lab4_plan lab4_plans[PLANS] __attribute__((section(".data")));
struct sysinitlist *lab4_list = &sysinit_list;
struct sysinitlist *lab4_done_list = &sysinit_done_list;
uint32_t	lab4_prints;			/* say what is called */
struct lab4_inserted lab4_inserted[RECORDS];
uint32_t	lab4_insertions;		/* of them */

void	lab4_called(uint32_t number, const void *udata) __attribute__((regparm(1)));
void	lab4_insert(struct sysinitlist *list, struct sysinit *sip);
void	lab4_mklist(struct sysinitlist *list, struct sysinit **set,
	    struct sysinit **set_end);
int	lab4_announce(const struct sysinit *sip);

/* Bring what this call was to bring. */
static void
carry_out(const struct lab4_plan *plan)
{
	struct sysinit *refused;

	if (plan->after != NULL)
		STAILQ_INSERT_AFTER(lab4_list, plan->after, plan->sip, next);
	else if (plan->sip != NULL)
		STAILQ_INSERT_HEAD(lab4_list, plan->sip, next);
	else if ((refused = sysinit_add(plan->set, plan->set_end)) != NULL)
		panic("lab4: sysinit_add() has refused %p", refused);
}

/* The number comes in EAX, udata as any function's that a SYSINIT runs. */
__attribute__((regparm(1))) void
lab4_called(uint32_t number, const void *udata)
{
	unsigned int i;

	if (lab4_used == RECORDS)
		panic("lab4: functions are called without an end");
	lab4_records[lab4_used++] = (struct lab4_record){
		.number = number,
		.udata = udata,
		.first = STAILQ_FIRST(lab4_list),
		.last = lab4_done_list->stqh_last,
	};
	if (lab4_prints)
		printf("(%x) ", number);
	for (i = 0; i < PLANS && lab4_plans[i].udata != NULL; i++)
		if (lab4_plans[i].udata == udata)
			carry_out(&lab4_plans[i]);
}

/* ---------------------------------------------------------------- in a student's place */

static uint64_t
key(const struct sysinit *sip)
{
	return ((uint64_t)sip->subsystem << 32 | sip->order);
}

/* A list's entries by their keys, equals as they stand.  By way of an array. */
static void
sort(struct sysinitlist *list)
{
	static struct sysinit *sorted[RECORDS];
	struct sysinit *sip;
	unsigned int count, i;

	count = 0;
	STAILQ_FOREACH(sip, list, next) {
		if (count == RECORDS)
			panic("lab4: a list has no end");
		for (i = count++; i > 0 && key(sorted[i - 1]) > key(sip); i--)
			sorted[i] = sorted[i - 1];
		sorted[i] = sip;
	}
	STAILQ_INIT(list);
	for (i = 0; i < count; i++)
		STAILQ_INSERT_TAIL(list, sorted[i], next);
}

/* sysinit_insert(); keeps who asks for what. */
void
lab4_insert(struct sysinitlist *list, struct sysinit *sip)
{
	if (lab4_insertions == RECORDS)
		panic("lab4: entries are inserted without an end");
	lab4_inserted[lab4_insertions++] = (struct lab4_inserted){ list, sip };
	STAILQ_INSERT_TAIL(list, sip, next);
	sort(list);
}

/* sysinit_mklist(), for a set whose entries are linked already. */
void
lab4_mklist(struct sysinitlist *list, struct sysinit **set, struct sysinit **set_end)
{
	if (set == set_end)
		return;
	*list->stqh_last = *set;
	list->stqh_last = &set_end[-1]->next.stqe_next;
	*list->stqh_last = NULL;
	sort(list);
}

/* sysinit_announce(): says its entry's order, and returns 1 for an odd one. */
int
lab4_announce(const struct sysinit *sip)
{
	printf("<%x> ", sip->order);
	return (sip->order & 1);
}
