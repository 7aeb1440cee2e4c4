/* What stands in for kernel/i386/spl.h: a test's own splvm() and splx(). */
#ifndef _I386_SPL_H_
#define	_I386_SPL_H_

#include <sys/systm.h>

#define	splvm_here()	splvm()
#define	splx_here(s)	splx(s)

#endif /* !_I386_SPL_H_ */
