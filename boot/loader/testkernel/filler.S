/*
 * 588 KB that make a kernel as long as FreeBSD's were: the benchmark loads a
 * test kernel with them in it.  No two words are alike, so that a block that
 * was read twice, or not at all, changes the sum.
 */
	.set	FILLER_WORDS, 588 * 1024 / 4
	.set	STEP, 0x9e3779b1	/* odd: the words repeat after 2^32 */

	.section .filler, "aw", @progbits
	.set	word, 0
	.rept	FILLER_WORDS
	.set	word, (word + STEP) & 0xffffffff
	.long	word
	.endr

	.section .note.GNU-stack, "", @progbits
