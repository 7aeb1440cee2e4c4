/*
 * kern_module.c: modules, and what they are told.
 *
 * A module is made known when its file is linked; MOD_LOAD follows at the
 * place of the boot that it has chosen (DECLARE_MODULE()), MOD_UNLOAD when its
 * file goes, MOD_SHUTDOWN when the machine does.
 *
 * [kern/kern_module.c]
 */
#include <sys/module.h>

#include <sys/errno.h>
#include <sys/eventhandler.h>
#include <sys/linker_file.h>
#include <sys/malloc.h>
#include <sys/systm.h>

MALLOC_DEFINE(M_MODULE, "module", "module data structures");

TAILQ_HEAD(module_list, module);

static struct module_list modules;
static int last_module_id;

/* Send an event: what the handler returns. */
static int
module_event(module_t mod, enum modeventtype what)
{
	if (mod->data->evhand == NULL)
		return (0);
	return (mod->data->evhand(mod, what, mod->data->priv));
}

/* Those that came last are told first. */
static void
module_shutdown(void *arg __unused, int howto __unused)
{
	module_t mod;

	TAILQ_FOREACH_REVERSE(mod, &modules, module_list, link)
		if (mod->loaded)
			module_event(mod, MOD_SHUTDOWN);
}

static void
module_init(const void *dummy __unused)
{
	TAILQ_INIT(&modules);
	EVENTHANDLER_REGISTER(shutdown_final, module_shutdown, NULL,
	    SHUTDOWN_PRI_DEFAULT);
}
SYSINIT(module, SI_SUB_KLD, SI_ORDER_FIRST, module_init, NULL);

module_t
module_lookupbyname(const char *name)
{
	module_t mod;

	TAILQ_FOREACH(mod, &modules, link)
		if (strcmp(mod->data->name, name) == 0)
			return (mod);
	return (NULL);
}

int
module_register(const moduledata_t *data, struct linker_file *file)
{
	module_t mod;

	if (!linker_file_holds_string(file, data->name)) {
		printf("%s: the module at %p has no name\n", file->filename, data);
		return (EINVAL);
	}
	if (module_lookupbyname(data->name) != NULL) {
		printf("module_register: module %s already exists!\n", data->name);
		return (EEXIST);
	}
	mod = malloc(sizeof(*mod), M_MODULE, M_WAITOK);
	mod->file = file;
	mod->id = ++last_module_id;
	mod->loaded = 0;
	mod->data = data;
	TAILQ_INSERT_TAIL(&modules, mod, link);
	TAILQ_INSERT_TAIL(&file->modules, mod, flink);
	return (0);
}

int
module_unload(module_t mod)
{
	int error;

	if (!mod->loaded)
		return (0);
	error = module_event(mod, MOD_UNLOAD);
	if (error == 0)
		mod->loaded = 0;
	return (error);
}

void
module_release(module_t mod)
{
	TAILQ_REMOVE(&modules, mod, link);
	TAILQ_REMOVE(&mod->file->modules, mod, flink);
	free(mod, M_MODULE);
}

void
module_register_init(const void *arg)
{
	const moduledata_t *data = arg;
	module_t mod = module_lookupbyname(data->name);
	int error;

	if (mod == NULL)
		panic("module named %s not found", data->name);
	error = module_event(mod, MOD_LOAD);
	if (error == 0) {
		mod->loaded = 1;
		return;
	}
	module_event(mod, MOD_UNLOAD);
	module_release(mod);
	printf("module_register_init: MOD_LOAD (%s, %p, %p) error %d\n",
	    data->name, data->evhand, data->priv, error);
}
