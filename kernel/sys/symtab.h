/*
 * Symbol tables: the kernel's own, and one for each module.  The debugger
 * finds names and addresses in them, and the linker what modules need.
 *
 * [kern/link_elf.c]
 */
#ifndef _SYS_SYMTAB_H_
#define	_SYS_SYMTAB_H_

#include <sys/elf32.h>
#include <sys/param.h>
#include <sys/queue.h>

struct symtab {
	const Elf32_Sym	*syms;		/* st_value: an address */
	uint32_t	nsyms;
	const char	*strings;	/* each st_name leads to a string in it */
	STAILQ_ENTRY(symtab) link;	/* in symtabs */
};

STAILQ_HEAD(symtablist, symtab);

extern struct symtab kernel_symtab;
extern struct symtablist symtabs;	/* the kernel's is the first */

/*
 * Take the loader's symbols of the kernel, from `start' to `end', NULL for
 * none; or else those that are built in.  A table that lies is told and not
 * used.
 */
void	symtab_init(const char *start, const char *end);
/*
 * Do `strsize' bytes of strings end, and does each symbol's name begin in
 * them?  What is wrong, or NULL.
 */
const char *symtab_check(const Elf32_Sym *syms, uint32_t nsyms,
	    const char *strings, uint32_t strsize);
/* Does the symbol have a value that other files may use? */
int	symtab_is_exported(const Elf32_Sym *sym);
/* The exported symbol of this name, or NULL. */
const Elf32_Sym *symtab_lookup(const struct symtab *table, const char *name);

#endif /* !_SYS_SYMTAB_H_ */
