/*
 * Memory by system calls: mmap(2) and its kin, as programs know them.
 *
 * [sys/mman.h]
 */
#ifndef _SYS_MMAN_H_
#define	_SYS_MMAN_H_

/* What may be done with the memory: the bits are the VM's VM_PROT_ ones. */
#define	PROT_NONE	0x00
#define	PROT_READ	0x01
#define	PROT_WRITE	0x02
#define	PROT_EXEC	0x04

/* mmap()'s flags: who sees what is written, */
#define	MAP_SHARED	0x0001		/* all who map it, and the file */
#define	MAP_PRIVATE	0x0002		/* who writes it */
/* where, */
#define	MAP_FIXED	0x0010		/* at this address, whatever is there */
#define	MAP_EXCL	0x00004000	/* unless something is there */
#define	MAP_ALIGNED(n)	((n) << MAP_ALIGNMENT_SHIFT)	/* to 2^n bytes */
#define	MAP_ALIGNMENT_SHIFT 24
#define	MAP_ALIGNMENT_MASK MAP_ALIGNED(0xff)
#define	MAP_ALIGNED_SUPER MAP_ALIGNED(1)	/* to what a large page would need */
/* what, */
#define	MAP_FILE	0x0000		/* what `fd' is */
#define	MAP_ANON	0x1000		/* zeros */
#define	MAP_STACK	0x0400		/* zeros, and it grows downwards */
#define	MAP_GUARD	0x00002000	/* nothing, and nothing may come there */
/* and how. */
#define	MAP_RENAME	0x0020		/* SunOS': these three mean nothing, */
#define	MAP_NORESERVE	0x0040
#define	MAP_HASSEMAPHORE 0x0200
#define	MAP_RESERVED0080 0x0080		/* nor do these, which once did */
#define	MAP_RESERVED0100 0x0100
#define	MAP_NOSYNC	0x0800		/* it need not reach the file soon */
#define	MAP_NOCORE	0x00020000	/* not in a core file */
#define	MAP_PREFAULT_READ 0x00040000	/* map at once what is in memory */

#define	MAP_FAILED	((void *)-1)

/* msync() */
#define	MS_SYNC		0x0000		/* wait until it is written */
#define	MS_ASYNC	0x0001		/* start it */
#define	MS_INVALIDATE	0x0002		/* forget what is in memory */

/* madvise() */
#define	MADV_NORMAL	0
#define	MADV_RANDOM	1		/* no page is read ahead */
#define	MADV_SEQUENTIAL	2		/* many are, and the last ones let go */
#define	MADV_WILLNEED	3		/* map what is in memory */
#define	MADV_DONTNEED	4		/* not soon */
#define	MADV_FREE	5		/* what is there may be lost */
#define	MADV_NOSYNC	6		/* as MAP_NOSYNC */
#define	MADV_AUTOSYNC	7
#define	MADV_NOCORE	8		/* as MAP_NOCORE */
#define	MADV_CORE	9
#define	MADV_PROTECT	10		/* the process is not killed for want of memory */

/* mincore(): a byte a page. */
#define	MINCORE_INCORE		0x01	/* is in memory */
#define	MINCORE_REFERENCED	0x02	/* has been used by this process, */
#define	MINCORE_MODIFIED	0x04	/* and written */
#define	MINCORE_REFERENCED_OTHER 0x08	/* by anybody */
#define	MINCORE_MODIFIED_OTHER	0x10
#define	MINCORE_SUPER		0x20	/* is part of a large page: never here */

/* minherit(): what a child gets; the VM's VM_INHERIT_ values. */
#define	INHERIT_SHARE	0
#define	INHERIT_COPY	1
#define	INHERIT_NONE	2
#define	INHERIT_ZERO	3

/* mlockall() */
#define	MCL_CURRENT	0x0001		/* what there is */
#define	MCL_FUTURE	0x0002		/* what will be */

#endif /* !_SYS_MMAN_H_ */
