/*
 * Lists whose links stand in the elements themselves.
 *
 *	SLIST	one link; remove needs a walk		  head -> a -> b -> 0
 *	LIST	remove anything at once			  head <-> a <-> b -> 0
 *	STAILQ	one link, and the head knows the end
 *	TAILQ	both: remove at once, go backwards
 *
 * A back link is not the address of the element before, but of the pointer
 * that leads here: the head's or the element's before, it makes no difference.
 * So no operation asks whether an element is the first one.
 *
 *	   head           a               b
 *	+-------+     +--------+     +--------+
 *	| first-+---->| next --+---->| next --+--> NULL
 *	| last -+--+  | prev   |  +->| prev   |      a.prev == &head.first
 *	+-------+  |  +--------+  |  +--------+      b.prev == &a.next
 *	           +--------------+  head.last == &b.next
 *
 * The X_FOREACH loops do not bear that their element is removed; the
 * X_FOREACH_SAFE ones do.
 *
 * [sys/queue.h]
 */
#ifndef _SYS_QUEUE_H_
#define	_SYS_QUEUE_H_

#include <stddef.h>

/* ---------------------------------------------------------------- SLIST */

#define	SLIST_HEAD(name, type)						\
struct name {								\
	struct type	*slh_first;					\
}
#define	SLIST_HEAD_INITIALIZER(head) { NULL }
#define	SLIST_ENTRY(type)						\
struct {								\
	struct type	*sle_next;					\
}

#define	SLIST_FIRST(head)	((head)->slh_first)
#define	SLIST_EMPTY(head)	(SLIST_FIRST(head) == NULL)
#define	SLIST_NEXT(elm, field)	((elm)->field.sle_next)
#define	SLIST_INIT(head)	((void)(SLIST_FIRST(head) = NULL))

#define	SLIST_FOREACH(var, head, field)					\
	for ((var) = SLIST_FIRST(head); (var) != NULL;			\
	    (var) = SLIST_NEXT(var, field))
#define	SLIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = SLIST_FIRST(head); (var) != NULL &&		\
	    ((tvar) = SLIST_NEXT(var, field), 1); (var) = (tvar))

#define	SLIST_INSERT_HEAD(head, elm, field) do {			\
	SLIST_NEXT(elm, field) = SLIST_FIRST(head);			\
	SLIST_FIRST(head) = (elm);					\
} while (0)
#define	SLIST_INSERT_AFTER(slistelm, elm, field) do {			\
	SLIST_NEXT(elm, field) = SLIST_NEXT(slistelm, field);		\
	SLIST_NEXT(slistelm, field) = (elm);				\
} while (0)
#define	SLIST_REMOVE_HEAD(head, field)					\
	((void)(SLIST_FIRST(head) = SLIST_NEXT(SLIST_FIRST(head), field)))
/* `elm' must be in the list. */
#define	SLIST_REMOVE(head, elm, type, field) do {			\
	struct type **__link = &SLIST_FIRST(head);			\
									\
	while (*__link != (elm))					\
		__link = &SLIST_NEXT(*__link, field);			\
	*__link = SLIST_NEXT(elm, field);				\
} while (0)

/* ---------------------------------------------------------------- LIST */

#define	LIST_HEAD(name, type)						\
struct name {								\
	struct type	*lh_first;					\
}
#define	LIST_HEAD_INITIALIZER(head) { NULL }
#define	LIST_ENTRY(type)						\
struct {								\
	struct type	*le_next;					\
	struct type	**le_prev;	/* what leads here */		\
}

#define	LIST_FIRST(head)	((head)->lh_first)
#define	LIST_EMPTY(head)	(LIST_FIRST(head) == NULL)
#define	LIST_NEXT(elm, field)	((elm)->field.le_next)
#define	LIST_INIT(head)		((void)(LIST_FIRST(head) = NULL))

#define	LIST_FOREACH(var, head, field)					\
	for ((var) = LIST_FIRST(head); (var) != NULL;			\
	    (var) = LIST_NEXT(var, field))
#define	LIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = LIST_FIRST(head); (var) != NULL &&			\
	    ((tvar) = LIST_NEXT(var, field), 1); (var) = (tvar))

/* Put `elm' where the pointer at `link' leads. */
#define	__LIST_INSERT(link, elm, field) do {				\
	(elm)->field.le_prev = (link);					\
	LIST_NEXT(elm, field) = *(elm)->field.le_prev;			\
	if (LIST_NEXT(elm, field) != NULL)				\
		LIST_NEXT(elm, field)->field.le_prev =			\
		    &LIST_NEXT(elm, field);				\
	*(elm)->field.le_prev = (elm);					\
} while (0)
#define	LIST_INSERT_HEAD(head, elm, field)				\
	__LIST_INSERT(&LIST_FIRST(head), elm, field)
#define	LIST_INSERT_AFTER(listelm, elm, field)				\
	__LIST_INSERT(&LIST_NEXT(listelm, field), elm, field)
#define	LIST_INSERT_BEFORE(listelm, elm, field)				\
	__LIST_INSERT((listelm)->field.le_prev, elm, field)
#define	LIST_REMOVE(elm, field) do {					\
	if (LIST_NEXT(elm, field) != NULL)				\
		LIST_NEXT(elm, field)->field.le_prev =			\
		    (elm)->field.le_prev;				\
	*(elm)->field.le_prev = LIST_NEXT(elm, field);			\
} while (0)

/* ---------------------------------------------------------------- STAILQ */

#define	STAILQ_HEAD(name, type)						\
struct name {								\
	struct type	*stqh_first;					\
	struct type	**stqh_last;	/* the pointer that ends it */	\
}
#define	STAILQ_HEAD_INITIALIZER(head) { NULL, &(head).stqh_first }
#define	STAILQ_ENTRY(type)						\
struct {								\
	struct type	*stqe_next;					\
}

#define	STAILQ_FIRST(head)	((head)->stqh_first)
#define	STAILQ_EMPTY(head)	(STAILQ_FIRST(head) == NULL)
#define	STAILQ_NEXT(elm, field)	((elm)->field.stqe_next)
#define	STAILQ_INIT(head) do {						\
	STAILQ_FIRST(head) = NULL;					\
	(head)->stqh_last = &STAILQ_FIRST(head);			\
} while (0)
#define	STAILQ_LAST(head, type, field)					\
	(STAILQ_EMPTY(head) ? NULL : (struct type *)(void *)		\
	    ((char *)(head)->stqh_last - offsetof(struct type, field)))

#define	STAILQ_FOREACH(var, head, field)				\
	for ((var) = STAILQ_FIRST(head); (var) != NULL;			\
	    (var) = STAILQ_NEXT(var, field))
#define	STAILQ_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = STAILQ_FIRST(head); (var) != NULL &&		\
	    ((tvar) = STAILQ_NEXT(var, field), 1); (var) = (tvar))

#define	__STAILQ_INSERT(head, link, elm, field) do {			\
	STAILQ_NEXT(elm, field) = *(link);				\
	if (STAILQ_NEXT(elm, field) == NULL)				\
		(head)->stqh_last = &STAILQ_NEXT(elm, field);		\
	*(link) = (elm);						\
} while (0)
#define	STAILQ_INSERT_HEAD(head, elm, field)				\
	__STAILQ_INSERT(head, &STAILQ_FIRST(head), elm, field)
#define	STAILQ_INSERT_AFTER(head, tqelm, elm, field)			\
	__STAILQ_INSERT(head, &STAILQ_NEXT(tqelm, field), elm, field)
#define	STAILQ_INSERT_TAIL(head, elm, field) do {			\
	STAILQ_NEXT(elm, field) = NULL;					\
	*(head)->stqh_last = (elm);					\
	(head)->stqh_last = &STAILQ_NEXT(elm, field);			\
} while (0)

#define	__STAILQ_UNLINK(head, link, field) do {				\
	*(link) = STAILQ_NEXT(*(link), field);				\
	if (*(link) == NULL)						\
		(head)->stqh_last = (link);				\
} while (0)
#define	STAILQ_REMOVE_HEAD(head, field)					\
	__STAILQ_UNLINK(head, &STAILQ_FIRST(head), field)
/* `elm' must be in the list. */
#define	STAILQ_REMOVE(head, elm, type, field) do {			\
	struct type **__link = &STAILQ_FIRST(head);			\
									\
	while (*__link != (elm))					\
		__link = &STAILQ_NEXT(*__link, field);			\
	__STAILQ_UNLINK(head, __link, field);				\
} while (0)
/* All of `head2' behind `head1'; head2 is empty then. */
#define	STAILQ_CONCAT(head1, head2) do {				\
	if (!STAILQ_EMPTY(head2)) {					\
		*(head1)->stqh_last = STAILQ_FIRST(head2);		\
		(head1)->stqh_last = (head2)->stqh_last;		\
		STAILQ_INIT(head2);					\
	}								\
} while (0)

/* ---------------------------------------------------------------- TAILQ */

#define	TAILQ_HEAD(name, type)						\
struct name {								\
	struct type	*tqh_first;					\
	struct type	**tqh_last;	/* the pointer that ends it */	\
}
#define	TAILQ_HEAD_INITIALIZER(head) { NULL, &(head).tqh_first }
#define	TAILQ_ENTRY(type)						\
struct {								\
	struct type	*tqe_next;					\
	struct type	**tqe_prev;	/* what leads here */		\
}

#define	TAILQ_FIRST(head)	((head)->tqh_first)
#define	TAILQ_EMPTY(head)	(TAILQ_FIRST(head) == NULL)
#define	TAILQ_NEXT(elm, field)	((elm)->field.tqe_next)
#define	TAILQ_INIT(head) do {						\
	TAILQ_FIRST(head) = NULL;					\
	(head)->tqh_last = &TAILQ_FIRST(head);				\
} while (0)

/*
 * Whose pointer is `link'?  The back link stands behind it, in an element as
 * in a head; and what that leads to is the answer, or NULL for the head.
 */
#define	__TAILQ_OWNER(link)						\
	(**(__typeof__(link) *)(void *)((link) + 1))
#define	TAILQ_LAST(head, headname)	__TAILQ_OWNER((head)->tqh_last)
#define	TAILQ_PREV(elm, headname, field) __TAILQ_OWNER((elm)->field.tqe_prev)

#define	TAILQ_FOREACH(var, head, field)					\
	for ((var) = TAILQ_FIRST(head); (var) != NULL;			\
	    (var) = TAILQ_NEXT(var, field))
#define	TAILQ_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = TAILQ_FIRST(head); (var) != NULL &&		\
	    ((tvar) = TAILQ_NEXT(var, field), 1); (var) = (tvar))
#define	TAILQ_FOREACH_REVERSE(var, head, headname, field)		\
	for ((var) = TAILQ_LAST(head, headname); (var) != NULL;		\
	    (var) = TAILQ_PREV(var, headname, field))
#define	TAILQ_FOREACH_REVERSE_SAFE(var, head, headname, field, tvar)	\
	for ((var) = TAILQ_LAST(head, headname); (var) != NULL &&	\
	    ((tvar) = TAILQ_PREV(var, headname, field), 1); (var) = (tvar))

#define	__TAILQ_INSERT(link, last, elm, field) do {			\
	(elm)->field.tqe_prev = (link);					\
	TAILQ_NEXT(elm, field) = *(elm)->field.tqe_prev;		\
	*(last) = &TAILQ_NEXT(elm, field);				\
	*(elm)->field.tqe_prev = (elm);					\
} while (0)
/* The back link that is to lead to what follows `next', or to the end. */
#define	__TAILQ_BACK(head, next, field)					\
	((next) != NULL ? &(next)->field.tqe_prev : &(head)->tqh_last)
#define	TAILQ_INSERT_HEAD(head, elm, field)				\
	__TAILQ_INSERT(&TAILQ_FIRST(head),				\
	    __TAILQ_BACK(head, TAILQ_NEXT(elm, field), field), elm, field)
#define	TAILQ_INSERT_AFTER(head, listelm, elm, field)			\
	__TAILQ_INSERT(&TAILQ_NEXT(listelm, field),			\
	    __TAILQ_BACK(head, TAILQ_NEXT(elm, field), field), elm, field)
#define	TAILQ_INSERT_BEFORE(listelm, elm, field)			\
	__TAILQ_INSERT((listelm)->field.tqe_prev,			\
	    &(listelm)->field.tqe_prev, elm, field)
#define	TAILQ_INSERT_TAIL(head, elm, field) do {			\
	TAILQ_NEXT(elm, field) = NULL;					\
	(elm)->field.tqe_prev = (head)->tqh_last;			\
	*(head)->tqh_last = (elm);					\
	(head)->tqh_last = &TAILQ_NEXT(elm, field);			\
} while (0)
#define	TAILQ_REMOVE(head, elm, field) do {				\
	*__TAILQ_BACK(head, TAILQ_NEXT(elm, field), field) =		\
	    (elm)->field.tqe_prev;					\
	*(elm)->field.tqe_prev = TAILQ_NEXT(elm, field);		\
} while (0)
/* All of `head2' behind `head1'; head2 is empty then. */
#define	TAILQ_CONCAT(head1, head2, field) do {				\
	if (!TAILQ_EMPTY(head2)) {					\
		*(head1)->tqh_last = TAILQ_FIRST(head2);		\
		TAILQ_FIRST(head2)->field.tqe_prev = (head1)->tqh_last;	\
		(head1)->tqh_last = (head2)->tqh_last;			\
		TAILQ_INIT(head2);					\
	}								\
} while (0)

#endif /* !_SYS_QUEUE_H_ */
