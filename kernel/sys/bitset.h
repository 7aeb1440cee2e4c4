/*
 * Sets of small numbers: an array of words, a bit a member.
 *
 *	BITSET_DEFINE(irqset, 16);	defines struct irqset
 *	struct irqset pending;
 *	BIT_ZERO(16, &pending);
 *	BIT_SET(16, irq, &pending);
 *
 * `s', the first argument of each, is the size that the set was defined with;
 * members are 0 to s - 1, and the bits behind the last one stay 0.
 *
 * [sys/bitset.h, sys/_bitset.h]
 */
#ifndef _SYS_BITSET_H_
#define	_SYS_BITSET_H_

#define	_BITSET_BITS	(sizeof(long) * 8)
#define	__bitset_words(s) (((s) + (_BITSET_BITS - 1)) / _BITSET_BITS)
#define	__bitset_word(n) ((n) / _BITSET_BITS)
#define	__bitset_mask(n) (1UL << (n) % _BITSET_BITS)

#define	BITSET_DEFINE(t, s)						\
struct t {								\
	unsigned long	__bits[__bitset_words(s)];			\
}

#define	BIT_SET(s, n, p) ((p)->__bits[__bitset_word(n)] |= __bitset_mask(n))
#define	BIT_CLR(s, n, p) ((p)->__bits[__bitset_word(n)] &= ~__bitset_mask(n))
#define	BIT_ISSET(s, n, p)						\
	(((p)->__bits[__bitset_word(n)] & __bitset_mask(n)) != 0)

#define	__bitset_each(s, i) for (unsigned int i = 0; i < __bitset_words(s); i++)

/* No member, or all. */
#define	BIT_ZERO(s, p) do {						\
	__bitset_each(s, __i)						\
		(p)->__bits[__i] = 0;					\
} while (0)

#define	BIT_FILL(s, p) do {						\
	__bitset_each(s, __i)						\
		(p)->__bits[__i] = ~0UL;				\
	if ((s) % _BITSET_BITS != 0)					\
		(p)->__bits[__bitset_words(s) - 1] =			\
		    __bitset_mask(s) - 1;				\
} while (0)

/* *d = *f; *d = those in both; those in either; those of *d not in *f. */
#define	__bitset_op(s, d, op, f) do {					\
	__bitset_each(s, __i)						\
		(d)->__bits[__i] op (f)->__bits[__i];			\
} while (0)
#define	BIT_COPY(s, f, t)	__bitset_op(s, t, =, f)
#define	BIT_AND(s, d, f)	__bitset_op(s, d, &=, f)
#define	BIT_OR(s, d, f)		__bitset_op(s, d, |=, f)
#define	BIT_NAND(s, d, f)	__bitset_op(s, d, &= ~, f)

/* Is no word of them such that ...? */
#define	__bitset_none(s, i, test) (__extension__ ({			\
	int __none = 1;							\
	__bitset_each(s, i)						\
		if (test)						\
			__none = 0;					\
	__none;								\
}))
#define	BIT_EMPTY(s, p)	__bitset_none(s, __i, (p)->__bits[__i] != 0)
/* Nonzero if they differ. */
#define	BIT_CMP(s, p, c)						\
	(!__bitset_none(s, __i, (p)->__bits[__i] != (c)->__bits[__i]))
/* Have they a member in common?  Are all of *c in *p? */
#define	BIT_OVERLAP(s, p, c)						\
	(!__bitset_none(s, __i, ((p)->__bits[__i] & (c)->__bits[__i]) != 0))
#define	BIT_SUBSET(s, p, c)						\
	__bitset_none(s, __i, ((c)->__bits[__i] & ~(p)->__bits[__i]) != 0)

/* The lowest member plus 1; 0 if there is none. */
#define	BIT_FFS(s, p) (__extension__ ({					\
	int __bit = 0;							\
	__bitset_each(s, __i)						\
		if (__bit == 0 && (p)->__bits[__i] != 0)		\
			__bit = __i * _BITSET_BITS + 1 +		\
			    __builtin_ctzl((p)->__bits[__i]);		\
	__bit;								\
}))

/* How many members.  Each step takes the lowest bit of a word away. */
#define	BIT_COUNT(s, p) (__extension__ ({				\
	int __count = 0;						\
	__bitset_each(s, __i)						\
		for (unsigned long __w = (p)->__bits[__i]; __w != 0;	\
		    __w &= __w - 1)					\
			__count++;					\
	__count;							\
}))

#endif /* !_SYS_BITSET_H_ */
