/*
 * devicename.c: the names of devices, read and written.
 *
 *	disk0s1a:	partition 'a' of slice 1 of the first disk
 *	disk0s1:	slice 1 as a whole
 *	disk0a:		partition 'a' of the disk's FreeBSD slice, whichever it is
 *	disk0:		the disk as a whole
 *
 * Disks are numbered as the BIOS finds them, from 0.  A path without a colon
 * is on the device that `currdev' names.
 */
#include "bootstrap.h"

/*
 * The kind of device that `name' begins with, or NULL.
 */
static struct devsw *
device_kind(const char *name)
{
	int i;

	for (i = 0; devsw[i] != NULL; i++)
		if (strncmp(name, devsw[i]->dv_name,
		    strlen(devsw[i]->dv_name)) == 0)
			return (devsw[i]);
	return (NULL);
}

/*
 * Take a small decimal number at *p and move *p behind it; -1 for none.
 */
static int
small_number(const char **p)
{
	int n = 0;

	if (!isdigit(**p))
		return (-1);
	for (; isdigit(**p); (*p)++)
		if ((n = n * 10 + **p - '0') > 255)
			return (-1);
	return (n);
}

/*
 * Read a name up to its colon into `dev'.  *path is what follows.  0 or an
 * errno value.
 */
static int
device_parse(struct devdesc *dev, const char *name, const char **path)
{
	const char *p;

	memset(dev, 0, sizeof(*dev));
	dev->d_partition = -1;
	if ((dev->d_dev = device_kind(name)) == NULL)
		return (ENODEV);
	dev->d_type = dev->d_dev->dv_type;
	p = name + strlen(dev->d_dev->dv_name);
	if ((dev->d_unit = small_number(&p)) < 0)
		return (EUNIT);
	if (*p == 's' && isdigit(p[1])) {
		p++;
		if ((dev->d_slice = small_number(&p)) < 1)
			return (ESLICE);
	}
	if (isalpha(*p)) {
		if (*p < 'a' || *p > 'h')
			return (EPART);
		dev->d_partition = *p++ - 'a';
	}
	if (*p != ':' && *p != '\0')
		return (EINVAL);
	*path = *p == ':' ? p + 1 : p;
	return (0);
}

int
i386_getdev(struct devdesc **dev, const char *devspec, const char **path)
{
	struct devdesc parsed;
	const char *rest = NULL, *current = NULL;
	int error;

	if (devspec == NULL || strchr(devspec, ':') == NULL ||
	    devspec[0] == '/') {
		if ((current = getenv("currdev")) == NULL)
			return (ENXIO);
		rest = devspec != NULL ? devspec : "";
	}
	error = device_parse(&parsed, current != NULL ? current : devspec,
	    current != NULL ? &current : &rest);
	if (error != 0)
		return (error);
	if (path != NULL)
		*path = rest;
	if (dev == NULL)
		return (0);
	if ((*dev = malloc(sizeof(parsed))) == NULL)
		return (ENOMEM);
	**dev = parsed;
	return (0);
}

char *
i386_fmtdev(const struct devdesc *dev)
{
	static char name[32];
	int n;

	n = snprintf(name, sizeof(name), "%s%d", dev->d_dev->dv_name,
	    dev->d_unit);
	if (dev->d_slice > 0)
		n += snprintf(name + n, sizeof(name) - n, "s%d", dev->d_slice);
	if (dev->d_partition >= 0)
		n += snprintf(name + n, sizeof(name) - n, "%c",
		    'a' + dev->d_partition);
	strlcat(name, ":", sizeof(name));
	return (name);
}

/*
 * The hook of `currdev'.  Who names a device anew may have changed the disk
 * in it: the cache forgets what it knows.
 */
int
i386_setcurrdev(struct env_var *ev, int flags, const void *value)
{
	struct devdesc dev;
	const char *rest;
	int error;

	(void)ev, (void)flags;
	if (value == NULL)
		return (EINVAL);
	bcache_flush();
	error = device_parse(&dev, value, &rest);
	return (error != 0 ? error : *rest != '\0' ? EINVAL : 0);
}
