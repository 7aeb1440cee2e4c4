/*
 * kern_switch: the run queues.
 *
 * sys/runq.h draws them, and has runq_take(), which each switch goes through.
 * All take the same few instructions however many threads there are.
 *
 * [kern/kern_switch.c]
 */
#include <sys/runq.h>

#include <sys/systm.h>

void
runq_init(struct runq *rq)
{
	int i;

	memset(rq->rq_status, 0, sizeof(rq->rq_status));
	for (i = 0; i < RQ_NQS; i++)
		TAILQ_INIT(&rq->rq_queues[i]);
}

void
runq_add(struct runq *rq, struct thread *td)
{
	unsigned index = td->td_priority / RQ_PPQ;

	td->td_rqindex = index;
	rq->rq_status[index / RQB_BPW] |= 1u << index % RQB_BPW;
	TAILQ_INSERT_TAIL(&rq->rq_queues[index], td, td_runq);
}

/* By td_rqindex: its priority may be another one by now. */
void
runq_remove(struct runq *rq, struct thread *td)
{
	unsigned index = td->td_rqindex;

	TAILQ_REMOVE(&rq->rq_queues[index], td, td_runq);
	if (TAILQ_EMPTY(&rq->rq_queues[index]))
		rq->rq_status[index / RQB_BPW] &= ~(1u << index % RQB_BPW);
}

int
runq_check(const struct runq *rq)
{
	int word;

	for (word = 0; word < RQB_LEN; word++)
		if (rq->rq_status[word] != 0)
			return (1);
	return (0);
}
