/*
 * Run queues: who could run, by priority.
 *
 *	rq_status	rq_queues
 *	bit 0		[0]	priorities 0 .. 3
 *	bit 1		[1]	priorities 4 .. 7	-> thread -> thread
 *	...
 *	bit 63		[63]	priorities 252 .. 255
 *
 * A bit is set where the queue is not empty, so that the first one is found
 * without looking at them all.  Each is served in the order of arrival.
 *
 * Everything here is done at splhigh().
 *
 * [sys/runq.h, kern/kern_switch.c]
 */
#ifndef _SYS_RUNQ_H_
#define	_SYS_RUNQ_H_

#include <sys/proc.h>

#define	RQ_NQS		64		/* queues */
#define	RQ_PPQ		4		/* priorities in each */
#define	RQB_BPW		32		/* bits in a word of the status */
#define	RQB_LEN		(RQ_NQS / RQB_BPW)

TAILQ_HEAD(rqhead, thread);

struct runq {
	uint32_t	rq_status[RQB_LEN];
	struct rqhead	rq_queues[RQ_NQS];
};

void	runq_init(struct runq *rq);
/* At the end of the queue of its td_priority. */
void	runq_add(struct runq *rq, struct thread *td);
void	runq_remove(struct runq *rq, struct thread *td);
/* Is there any? */
int	runq_check(const struct runq *rq);

/*
 * Take the first one of the first queue off it; NULL: all are empty.  Its bit
 * is the lowest that is set: `bits & (bits - 1)' is without it.
 */
static inline struct thread *
runq_take(struct runq *rq)
{
	struct rqhead *rqh;
	struct thread *td;
	uint32_t bits;
	int word;

	for (word = 0; word < RQB_LEN; word++) {
		bits = rq->rq_status[word];
		if (bits == 0)
			continue;
		rqh = &rq->rq_queues[word * RQB_BPW + __builtin_ctz(bits)];
		td = TAILQ_FIRST(rqh);
		TAILQ_REMOVE(rqh, td, td_runq);
		if (TAILQ_EMPTY(rqh))
			rq->rq_status[word] = bits & (bits - 1);
		return (td);
	}
	return (NULL);
}

#endif /* !_SYS_RUNQ_H_ */
