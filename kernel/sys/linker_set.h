/*
 * Linker sets: arrays whose elements are written down all over the kernel.
 *
 * DATA_SET(sysinit_set, x) puts a pointer to x into the section
 * "set_sysinit_set".  The linker lays the sections of that name of all objects
 * one behind the other, in the order of its command line, and sets two symbols
 * about them:
 *
 *	__start_set_sysinit_set -> +-----------+
 *	                           | &x        |  from one object
 *	                           | &y        |
 *	                           | &z        |  from another
 *	__stop_set_sysinit_set  -> +-----------+
 *
 * Nobody keeps a list, and nobody can forget to enter something in it.  A
 * module brings sections of the same names, which kern/link_elf_obj.c finds.
 *
 * [sys/linker_set.h]
 */
#ifndef _SYS_LINKER_SET_H_
#define	_SYS_LINKER_SET_H_

/* Enter `sym', data or a function, in a set. */
#define	DATA_SET(set, sym)						\
	static const void *const __set_##set##_sym_##sym		\
	    __attribute__((section("set_" #set), used)) = &(sym)

/* Declare a set of pointers to `type', which may be empty. */
#define	SET_DECLARE(set, type)						\
	extern type *__start_set_##set[] __attribute__((weak));		\
	extern type *__stop_set_##set[] __attribute__((weak))

#define	SET_BEGIN(set)	(__start_set_##set)
#define	SET_LIMIT(set)	(__stop_set_##set)
#define	SET_COUNT(set)	(SET_LIMIT(set) - SET_BEGIN(set))

/* `pvar', a pointer to a pointer, goes over the set. */
#define	SET_FOREACH(pvar, set)						\
	for ((pvar) = SET_BEGIN(set); (pvar) < SET_LIMIT(set); (pvar)++)

#endif /* !_SYS_LINKER_SET_H_ */
