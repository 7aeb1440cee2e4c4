/*
 * elf_machdep: relocations of the 80386.
 *
 * Each names a word of code or data, and a symbol.  What the word held before
 * is the addend:
 *
 *	R_386_32	S + A		an address
 *	R_386_PC32	S + A - P	how far from here: what CALL and JMP hold
 *	R_386_PLT32	the same	for a function that may be in another file
 *
 * [ELF] "Relocation", [i386/i386/elf_machdep.c]
 */
#include <sys/link_elf.h>

#include <sys/systm.h>

int
elf_reloc_is_known(uint32_t type)
{
	return (type == R_386_NONE || type == R_386_32 || type == R_386_PC32 ||
	    type == R_386_PLT32);
}

void
elf_reloc(char *where, uint32_t type, uint32_t symbol)
{
	uint32_t word;

	memcpy(&word, where, sizeof(word));
	switch (type) {
	case R_386_32:
		word += symbol;
		break;
	case R_386_PC32:
	case R_386_PLT32:
		word += symbol - (uint32_t)(uintptr_t)where;
		break;
	}
	memcpy(where, &word, sizeof(word));
}
