/*
 * load_elf.h: an ELF file that is being loaded, as load_elf.c (kernels and
 * shared objects) and load_elf_obj.c (relocatable objects) both see it.
 */
#ifndef _LOAD_ELF_H_
#define	_LOAD_ELF_H_

#include "loader.h"

#include <sys/elf32.h>
#include <sys/linker.h>

#define	ELF_NAME	"elf32"		/* begins each message */

struct elf_file {
	int		fd;
	uint64_t	size;		/* of the file */
	Elf32_Ehdr	*ehdr;		/* in the first page */
	char		*firstpage;
	size_t		firstlen;	/* bytes in it */
	Elf32_Phdr	*phdr;		/* in the first page, too */
	Elf32_Shdr	*shdr;		/* from malloc(); NULL: none */
	int		kernel;		/* or else a module */
	uint32_t	lowest;		/* no byte may be loaded below */
	uint32_t	offset;		/* from p_vaddr to physical addresses */
	uint32_t	first, last;	/* where it is in memory */
};

/*
 * Open the file and look at its ELF header.  0, EFTYPE for a file that is no
 * ELF file for this processor, or another errno value.  elf_close() is due in
 * any case.
 */
int	elf_open(struct elf_file *ef, const char *path);
void	elf_close(struct elf_file *ef);

/* Print why the file is not loaded; returns ENOEXEC. */
int	elf_refuse(const char *function, const char *why);

/* Whether `size' bytes at `offset' lie within the file. */
int	elf_within(const struct elf_file *ef, uint32_t offset, uint32_t size);

/* Read the section headers into ef->shdr: 0, or -1 where there are none to be had. */
int	elf_read_sections(struct elf_file *ef);

/* Read exactly `size' bytes at `offset' of the file to physical `dest': 0 or an errno value. */
int	elf_pread(const struct elf_file *ef, uint32_t dest, uint32_t size, uint32_t offset);

#endif /* !_LOAD_ELF_H_ */
