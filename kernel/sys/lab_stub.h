/*
 * lab_stub("LAB 3.1: ssdtosd"): what stands in the kernel where an exercise
 * is still to be written.  It says the text on COM1, by port, and stays
 * there: it works before the console does.
 */
#ifndef _SYS_LAB_STUB_H_
#define	_SYS_LAB_STUB_H_

void	lab_stub(const char *text) __attribute__((noreturn));

#endif /* !_SYS_LAB_STUB_H_ */
