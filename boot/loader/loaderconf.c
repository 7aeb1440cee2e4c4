/*
 * loaderconf.c: /boot/loader.conf and its kin.
 *
 *	line	= [ name "=" value ] [ "#" comment ]
 *	name	= letters, digits, _ . -, beginning with a letter or _
 *	value	= '"' anything '"', with \" and \\ in it, or a word
 *
 * with blanks anywhere between.  Each line sets a variable.  Some are for us:
 *
 *	loader_conf_files	more such files, to be read after this one
 *	verbose_loading		"YES": say which file is being read
 *	<name>_load		"YES": load a module when the kernel is loaded;
 *				"NO" or anything else: do not
 *	<name>_name		its file, where that is not <name>
 *	<name>_type		load it as data of that type, as `load -t' does
 *	<name>_flags		its arguments
 *	<name>_before, _after	commands to run before and after
 *	<name>_error		a command to run when it could not be loaded
 *
 * A line with something wrong in it is reported by file and line, and the
 * next one is read.  Modules are loaded in the order of their first lines.
 */
#include "loader.h"

#define	DEFAULTS	"/boot/defaults/loader.conf"
#define	DEFAULT_FILES	"/boot/loader.conf /boot/loader.conf.local"
#define	MAX_FILES	16

/* A module that a <name>_load line named. */
struct conf_module {
	struct conf_module *next;
	char		name[];
};

static struct conf_module *modules;

/* Files that were read, so that none is read twice. */
static char	*files[MAX_FILES];
static int	nfiles;

/* The file being read has set loader_conf_files. */
static int	files_named;

static int
is_yes(const char *value)
{
	return (value != NULL && strcasecmp(value, "YES") == 0);
}

static char *
skip_blanks(char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return (p);
}

static int
is_name(int c)
{
	return (isalnum(c) || c == '_' || c == '.' || c == '-');
}

/*
 * Take a value with its quotes off from p, in place.  Returns what follows
 * it, or NULL when the closing quote is missing.
 */
static char *
take_value(char *p, char **value)
{
	char *out;

	if (*p != '"') {
		*value = p;
		while (*p != '\0' && !isspace(*p) && *p != '#' && *p != '"')
			p++;
		return (p);
	}
	*value = out = ++p;
	while (*p != '"') {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == '\0')
			return (NULL);
		*out++ = *p++;
	}
	*out = '\0';
	return (p + 1);
}

/*
 * Take a line of loader.conf apart, in place.  Returns NULL, with *name and
 * *value set, or *name NULL for an empty line; or what is wrong with it.
 */
const char *
loader_conf_line(char *line, char **name, char **value)
{
	char *end, *p, *rest;

	*name = NULL;
	p = skip_blanks(line);
	if (*p == '\0' || *p == '#')
		return (NULL);
	if (!isalpha(*p) && *p != '_')
		return ("a name is missing");
	for (end = p; is_name(*end); end++)
		;
	rest = skip_blanks(end);
	if (*rest != '=')
		return ("an = is missing");
	rest = skip_blanks(rest + 1);
	if (*rest == '\0' || *rest == '#')
		return ("a value is missing");
	*end = '\0';
	if ((rest = take_value(rest, value)) == NULL)
		return ("a \" is missing");
	end = rest;
	rest = skip_blanks(rest);
	if (*rest != '\0' && *rest != '#')
		return ("something follows the value");
	if (end > *value && end[-1] != '"')
		*end = '\0';
	*name = p;
	return (NULL);
}

/* Remember the module of a <name>_load line. */
static void
note_module(const char *variable)
{
	struct conf_module **mp;
	size_t len;

	len = strlen(variable);
	if (len <= 5 || strcmp(variable + len - 5, "_load") != 0)
		return;
	len -= 5;
	for (mp = &modules; *mp != NULL; mp = &(*mp)->next)
		if (strncmp((*mp)->name, variable, len) == 0 && (*mp)->name[len] == '\0')
			return;
	if ((*mp = malloc(sizeof(**mp) + len + 1)) == NULL)
		return;
	(*mp)->next = NULL;
	memcpy((*mp)->name, variable, len);
	(*mp)->name[len] = '\0';
}

/* Obey one line.  Returns what is wrong with it, or NULL. */
static const char *
conf_obey(char *line)
{
	const char *error;
	char *name, *value;

	if ((error = loader_conf_line(line, &name, &value)) != NULL || name == NULL)
		return (error);
	if (setenv(name, value, 1) != 0)
		return (strerror(errno));
	if (strcmp(name, "loader_conf_files") == 0)
		files_named = 1;
	note_module(name);
	return (NULL);
}

/* Read a file, unless that was done; one that is not there is passed over. */
static void
conf_read_file(const char *path)
{
	const char *error;
	char line[LINE_SIZE];
	int fd, i, len, number;

	for (i = 0; i < nfiles; i++)
		if (strcmp(files[i], path) == 0)
			return;
	if (nfiles == MAX_FILES || (files[nfiles] = strdup(path)) == NULL) {
		printf("%s: too many files\n", path);
		return;
	}
	nfiles++;
	if ((fd = open(path, O_RDONLY)) < 0) {
		if (errno != ENOENT)
			printf("%s: %s\n", path, strerror(errno));
		return;
	}
	if (is_yes(getenv("verbose_loading")))
		printf("Loading %s\n", path);
	for (number = 1; (len = fgetstr(line, sizeof(line), fd)) >= 0; number++) {
		error = len >= (int)sizeof(line) ? "line too long" : conf_obey(line);
		if (error != NULL)
			printf("%s:%d: %s\n", path, number, error);
	}
	if (errno != 0)
		printf("%s:%d: %s\n", path, number, strerror(errno));
	close(fd);
}

/* Read the files of a list, and those that they name in their turn. */
static void
conf_read_list(const char *list)
{
	char *copy, *path, *rest;

	if ((rest = copy = strdup(list)) == NULL)
		return;
	while ((path = strsep(&rest, " \t")) != NULL) {
		if (*path == '\0')
			continue;
		conf_read_file(path);
		if (files_named) {
			files_named = 0;
			conf_read_list(getenv("loader_conf_files"));
		}
	}
	free(copy);
}

/* Read /boot/defaults/loader.conf and the files that loader_conf_files names. */
void
loader_conf_read(void)
{
	struct stat sb;

	if (stat(DEFAULTS, &sb) == 0)
		printf("Loading %s\n", DEFAULTS);
	setenv("loader_conf_files", DEFAULT_FILES, 0);
	conf_read_list(DEFAULTS);
	if (nfiles == 1)
		conf_read_list(getenv("loader_conf_files"));
}

/* ---------------------------------------------------------------- modules */

/* The variable <name><suffix>; NULL where it is not set, or empty. */
static const char *
module_option(const char *name, const char *suffix)
{
	const char *value;
	char variable[2 * LINE_SIZE];

	snprintf(variable, sizeof(variable), "%s%s", name, suffix);
	value = getenv(variable);
	return (value != NULL && *value != '\0' ? value : NULL);
}

static void
module_command(const char *name, const char *suffix)
{
	const char *command;

	if ((command = module_option(name, suffix)) != NULL)
		interp_line(command);
}

static void
module_load(const char *name)
{
	const char *file, *type;
	char *flags;
	int error;

	module_command(name, "_before");
	if ((file = module_option(name, "_name")) == NULL)
		file = name;
	flags = (char *)(uintptr_t)module_option(name, "_flags");
	if ((type = module_option(name, "_type")) != NULL)
		error = file_loadraw(file, type);
	else
		error = mod_loadkld(file, flags != NULL, &flags);
	if (error == 0) {
		module_command(name, "_after");
		return;
	}
	printf("can't load module '%s': %s\n", name, command_errbuf);
	module_command(name, "_error");
}

/* Load what the <name>_load="YES" lines ask for, unless the user has said NO. */
void
loader_conf_modules(void)
{
	const struct conf_module *mp;

	for (mp = modules; mp != NULL; mp = mp->next)
		if (is_yes(module_option(mp->name, "_load")))
			module_load(mp->name);
}
