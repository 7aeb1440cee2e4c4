/*
 * BTX' system calls, for a client in C.
 */
	.set	INT_SYS, 0x30
	.set	SYS_EXIT, 0
	.set	SYS_EXEC, 1

	.text
	.globl	__exit, __exec

/*
 * void __exit(int status): reboots.  BTX has no use for the status.
 */
__exit:
	mov	$SYS_EXIT, %eax
	int	$INT_SYS

/*
 * void __exec(uint32_t target, ...): calls the program at linear address
 * `target' with a flat machine in ring 0 and the further arguments on its
 * stack.  BTX takes all that from the stack as it is here.
 */
__exec:
	mov	$SYS_EXEC, %eax
	int	$INT_SYS
