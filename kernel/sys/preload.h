/*
 * What the loader has left in memory, by the records of sys/linker.h.
 *
 * [sys/linker.h, kern/subr_module.c]
 */
#ifndef _SYS_PRELOAD_H_
#define	_SYS_PRELOAD_H_

#include <sys/param.h>

/*
 * The first record, or NULL if there are none.  Nothing is found in them until
 * preload_check() has.
 */
extern char	*preload_metadata;

/* The end of what the loader has left, by preload_check(). */
extern const char *preload_end;

/*
 * The first record of the file of this name, or of the first file of this
 * type, or NULL.
 */
char	*preload_search_by_name(const char *name);
char	*preload_search_by_type(const char *type);
/* The first record of the file behind `base' (NULL: the first file). */
char	*preload_search_next_name(char *base);
/* The data of the record `info' (MODINFO_ | MODINFOMD_) of a file, or NULL. */
char	*preload_search_info(char *mod, int info);
/* Its size; 0 if it is not there. */
size_t	preload_search_info_size(char *mod, int info);
/*
 * Add `offset' to the addresses of files and symbols in the records: they were
 * physical.  Those of the environment and of the kernel's end stay so.
 */
void	preload_bootstrap_relocate(uint32_t offset);
/*
 * Do the records end before `end', each within the rest, strings with a NUL,
 * and words of the size of one?  Returns 0, or -1 after a message: then
 * preload_metadata is NULL, for none of them can be trusted.
 */
int	preload_check(const char *end);

#endif /* !_SYS_PRELOAD_H_ */
