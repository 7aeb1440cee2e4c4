/*
 * The test kernel: started as FreeBSD's kernel is, it reports on COM1 and on
 * the screen all that the loader handed over, and switches the machine off.
 * It stands in for the kernel until there is one, and stays as the test of
 * whatever loads kernels: boot2, our loader, GRUB's kfreebsd.
 *
 * Every line begins with "testkernel: ", then a word that names its kind;
 * boot/image/testkernel.py reads them back.  What the loader did not hand
 * over is reported as absent, never guessed.
 *
 * Where the environment has testkernel.hold=SECONDS, the machine stays on so
 * long, or until a key, for a person at the screen.
 */
#include "testkernel.h"

int	main(void);

int
main(void)
{
	const struct bootinfo *bi = NULL;
	uint32_t envp = 0, modulep = 0;

	console_init();
	report("begin");
	report_machine();
	report_image();
	if (saved.words.bootinfo != 0) {
		bi = PHYS_TO_VIRT(saved.words.bootinfo);
		report_bootinfo(bi);
		envp = bi->bi_envp;
		modulep = bi->bi_modulep;
		report_symbols("bootinfo", bi->bi_symtab, bi->bi_esymtab);
	}
	report_environment(envp);
	report_records(modulep);
	report("end");
	console_drain();
	hold(environment_value(envp, "testkernel.hold"));
	power_off();
	return (0);
}
