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

#include <sys/queue.h>
#include <stdint.h>

struct thread;

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
/* The first of the first queue, which stays there; or NULL. */
struct thread *runq_choose(const struct runq *rq);
/* Is there any? */
int	runq_check(const struct runq *rq);

#endif /* !_SYS_RUNQ_H_ */
