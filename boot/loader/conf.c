/*
 * conf.c: the devices, file systems and consoles that this loader has.  To
 * add one, write it and name it here.
 */
#include "bootstrap.h"

struct devsw *devsw[] = {
	&biosdisk,
	NULL
};

struct fs_ops *file_system[] = {
	&ufs_fsops,
	NULL
};

struct console *consoles[] = {
	&vidconsole,
	&comconsole,
	NULL
};
