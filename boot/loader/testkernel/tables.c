/*
 * struct bootinfo, and the environment that it leads to.
 */
#include "testkernel.h"

#define	MAX_ENVIRONMENT	65536
#define	MAX_PATH	1024

void
report_bootinfo(const struct bootinfo *bi)
{
	const uint32_t *geom = bi->bi_bios_geom;

	report("bootinfo version=%u size=%u bios_dev=0x%b memsizes_valid=%u "
	    "basemem=%u extmem=%u", bi->bi_version, bi->bi_size,
	    bi->bi_bios_dev, bi->bi_memsizes_valid, bi->bi_basemem,
	    bi->bi_extmem);
	report("bootinfo nfs_diskless=0x%x symtab=0x%x esymtab=0x%x "
	    "kernend=0x%x envp=0x%x modulep=0x%x", bi->bi_nfs_diskless,
	    bi->bi_symtab, bi->bi_esymtab, bi->bi_kernend, bi->bi_envp,
	    bi->bi_modulep);
	if (bi->bi_kernelname != 0)
		report("kernelname %q", PHYS_TO_VIRT(bi->bi_kernelname),
		    MAX_PATH);
	report("geometries %u 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x",
	    bi->bi_n_bios_used, geom[0], geom[1], geom[2], geom[3], geom[4],
	    geom[5], geom[6], geom[7]);
}

/*
 * Report each name=value; the list ends with an empty one.
 */
void
report_environment(uint32_t envp)
{
	const char *start = PHYS_TO_VIRT(envp), *s;

	if (envp == 0) {
		report("environment absent");
		return;
	}
	for (s = start; *s != '\0'; s++) {
		report("env %q", s, MAX_ENVIRONMENT);
		while (*s != '\0')
			s++;
		if (s - start > MAX_ENVIRONMENT) {
			report("environment endless");
			return;
		}
	}
	report("environment %u bytes", s + 1 - start);
}

/*
 * Return the value of a variable, or NULL.
 */
const char *
environment_value(uint32_t envp, const char *name)
{
	const char *s, *n;

	if (envp == 0)
		return (NULL);
	for (s = PHYS_TO_VIRT(envp); *s != '\0'; s++) {
		for (n = name; *n != '\0' && *s == *n; n++)
			s++;
		if (*n == '\0' && *s == '=')
			return (s + 1);
		while (*s != '\0')
			s++;
	}
	return (NULL);
}
