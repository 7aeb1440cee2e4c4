/*
 * hello: the smallest module.
 *
 * It says hello at a place of its own in the boot, as often as the loader's
 * variable hello.times says, and is told when it begins and when it has to end.
 *
 *	OK load hello
 *	OK set hello.times=3
 *	OK boot
 *
 * or, in /boot/loader.conf, hello_load="YES".
 */
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/systm.h>

static int times = 1;
TUNABLE_INT("hello.times", &times);

static void
hello_say(const void *text)
{
	int i;

	for (i = 0; i < times; i++)
		printf("hello: %s\n", (const char *)text);
}
SYSINIT(hello, SI_SUB_PSEUDO, SI_ORDER_FIRST, hello_say, "from a module");

static int
hello_event(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		printf("hello: loaded\n");
		break;
	case MOD_UNLOAD:
		printf("hello: unloaded\n");
		break;
	}
	return (0);
}

static moduledata_t hello_data = { "hello", hello_event, NULL };
DECLARE_MODULE(hello, hello_data, SI_SUB_PSEUDO, SI_ORDER_SECOND);
