/*
 * ELF files that are being linked into the kernel: what link_elf_obj.c, which
 * links, and link_elf_check.c, which looks first, know of each other.
 */
#ifndef _SYS_LINK_ELF_H_
#define	_SYS_LINK_ELF_H_

#include <sys/linker_file.h>

/*
 * A relocatable object.  Its sections are where the loader has put them, in
 * one piece of memory; their headers are our own copy, with addresses of ours.
 */
struct elf_file {
	struct linker_file lf;		/* the linker's part, first */
	Elf32_Shdr	*shdr;		/* sh_addr 0: not in memory */
	uint32_t	shnum;
	const char	*shstrtab;	/* their names */
	Elf32_Sym	*syms;		/* st_value: in the section; linked: an address */
	struct symtab	symtab;
	char		*common;	/* the room for SHN_COMMON, or NULL */
};

/*
 * Take the loader's headers of the file that is `size' bytes at `address', and
 * check all that is in it.  Returns 0, or after a message ENOEXEC; then
 * ef->shdr is to be freed nevertheless.
 */
int	elf_check_object(struct elf_file *ef, char *mod);

/* The machine's part (i386/elf_machdep.c): is it a relocation that can be done? */
int	elf_reloc_is_known(uint32_t type);
/* Do it to the word at `where', for a symbol of that value. */
void	elf_reloc(char *where, uint32_t type, uint32_t symbol);

#endif /* !_SYS_LINK_ELF_H_ */
