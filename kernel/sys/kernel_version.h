/*
 * Who we are.
 */
#ifndef _SYS_KERNEL_VERSION_H_
#define	_SYS_KERNEL_VERSION_H_

static const char copyright[] = "Copyright (c) 2026 The proc0 authors.\n";
static const char version[] = "proc0 0.4 (GENERIC), after FreeBSD/i386 4.x\n";

#endif /* !_SYS_KERNEL_VERSION_H_ */
