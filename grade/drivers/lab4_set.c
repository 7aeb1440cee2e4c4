/*
 * lab4_set: SYSINITs of the whole kernel that lab 4's checks boot.  What they
 * are is written into the kernel's file by the check, which draws it: keys,
 * functions and udata, who stands in the kernel's own set and in which order,
 * and the sets that functions add while the kernel starts (lab4.c).
 *
 * Nothing of this is in .bss, which has no place in a file.
 */
#include <sys/kernel.h>

#define	ENTRIES		256
#define	LINKED		160		/* so many stand in the set */
#define	FUNCTIONS	6

/* A set is an array without gaps: nothing in it is aligned to more than a pointer. */
#define	__in_file(section_name)	__attribute__((section(section_name), used, aligned(4)))

struct sysinit	lab4_entries[ENTRIES] __in_file(".data");
struct sysinit	*lab4_linked[LINKED] __in_file("set_sysinit_set");
struct sysinit	*lab4_late[ENTRIES] __in_file(".data");
uint8_t		lab4_code[FUNCTIONS][12] __in_file(".data");

void	lab4_end(const void *udata) __attribute__((noreturn));

/* What the last of them runs: whatever comes after is of no interest. */
void
lab4_end(const void *udata __unused)
{
	for (;;)
		__asm__ volatile("");
}
