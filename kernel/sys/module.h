/*
 * Modules: parts of a kernel that are told when they begin and when they have
 * to end.  A file of the linker's (<sys/linker_file.h>) may declare any number
 * of them, most declare one.
 *
 *	static int
 *	hello_event(module_t mod, int what, void *arg)
 *	{
 *		switch (what) {
 *		case MOD_LOAD: ...
 *
 *	static moduledata_t hello_data = { "hello", hello_event, NULL };
 *	DECLARE_MODULE(hello, hello_data, SI_SUB_PSEUDO, SI_ORDER_ANY);
 *
 * The handler returns 0 or an errno value.  FreeBSD's MODULE_VERSION and
 * MODULE_DEPEND are not there: who uses a symbol of another file depends on it.
 *
 * [sys/module.h, kern/kern_module.c]
 */
#ifndef _SYS_MODULE_H_
#define	_SYS_MODULE_H_

#include <sys/kernel.h>

struct linker_file;

/* The first is MOD_LOAD; the others come only to those that have agreed to it. */
enum modeventtype {
	MOD_LOAD,		/* begin; an error: it is not there then */
	MOD_UNLOAD,		/* end; an error: it stays */
	MOD_SHUTDOWN		/* the machine stops; nobody looks at the answer */
};

typedef struct module	*module_t;
typedef int	(*modeventhand_t)(module_t mod, int what, void *arg);

/* What a file says of a module. */
typedef struct moduledata {
	const char	*name;
	modeventhand_t	evhand;		/* NULL: it has nothing to do */
	void		*priv;		/* for evhand */
} moduledata_t;

/* A module that is registered. */
struct module {
	TAILQ_ENTRY(module) link;	/* all of them, in the order they came */
	TAILQ_ENTRY(module) flink;	/* those of its file */
	struct linker_file *file;
	int		id;
	int		loaded;		/* it has had MOD_LOAD, and agreed */
	const moduledata_t *data;
};

/* MOD_LOAD is sent at this place of the boot. */
#define	DECLARE_MODULE(name, data, sub, order)				\
	DATA_SET(moduledata_set, data);					\
	SYSINIT(name##module, sub, order, module_register_init, &data)

/*
 * Make a module of `file' known.  Returns 0, or after a message EEXIST if
 * there is one of this name, EINVAL if it has none.
 */
int	module_register(const moduledata_t *data, struct linker_file *file);
/*
 * SYSINIT's function: send MOD_LOAD.  One that refuses gets MOD_UNLOAD, to
 * clean up, and is forgotten.
 */
void	module_register_init(const void *data);
module_t	module_lookupbyname(const char *name);
/* End it, if it has begun.  Returns 0, or why it refuses. */
int	module_unload(module_t mod);
/* Forget it. */
void	module_release(module_t mod);

#endif /* !_SYS_MODULE_H_ */
