/*
 * elf_exec.c: the last step: into the kernel.
 *
 * BTX makes the machine as the kernel wants it: ring 0, flat segments, paging
 * and interrupts off.  The kernel finds on its stack, from a return address
 * up: howto, boot device, three zeroes, bootinfo, module records, the first
 * free page.
 */
#include "loader.h"

#include <sys/elf32.h>
#include <sys/linker.h>

#define	ENTRY_MASK	0x00ffffff	/* of an entry point: its physical address */

/* l_exec of ELF kernels. */
static int
elf32_exec(struct preloaded_file *fp)
{
	struct kernel_start start;
	struct file_metadata *md;
	const Elf32_Ehdr *eh;
	int error;

	if ((md = file_findmetadata(fp, MODINFOMD_ELFHDR)) == NULL)
		return (EFTYPE);
	eh = (const Elf32_Ehdr *)md->md_data;
	if ((error = bi_load(fp, &start)) != 0)
		return (error);
	__exec(eh->e_entry & ENTRY_MASK, start.howto, start.bootdev, 0, 0, 0, start.bootinfo,
	    start.modulep, start.kernend);
}

const struct file_format i386_elf = { elf32_loadfile, elf32_exec };
