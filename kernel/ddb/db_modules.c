/*
 * db_modules.c: which files the kernel is made of, and the modules in them.
 *
 * [kern/kern_linker.c]
 */
#include <ddb/ddb.h>

#include <sys/linker_file.h>
#include <sys/module.h>

static int
show_file(struct linker_file *file, void *context __unused)
{
	module_t mod;

	db_printf("%2d %4d 0x%08x %8x %s\n", file->id, file->refs,
	    (unsigned)file->address, (unsigned)file->size, file->filename);
	TAILQ_FOREACH(mod, &file->modules, flink)
		db_printf("\t%d %s\n", mod->id, mod->data->name);
	return (0);
}

/* show modules */
void
db_show_modules_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	db_printf("Id Refs Address        Size Name\n");
	linker_file_foreach(show_file, NULL);
}
