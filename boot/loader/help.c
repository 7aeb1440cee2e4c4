/*
 * help.c: the help command.  Its texts are in /boot/loader.help, on the
 * device that the loader came from:
 *
 *	# Ttopic [Ssubtopic] Ddescription
 *	help
 *	text
 *	here
 *	#
 *
 * A topic's subtopics follow it at once.
 */
#include "loader.h"

#define	HELP_FILE	"/boot/loader.help"
#define	SUMMARY_COLUMN	30	/* where descriptions stand in an index */

/* The line that begins an entry; the strings lie in `line'. */
struct help_entry {
	char	line[LINE_SIZE];
	char	*topic;
	char	*subtopic;	/* NULL: the topic's own text */
	char	*description;	/* NULL: none */
};

/* Take an entry's first line apart; 0 when `line' does not hold one. */
static int
help_parse(struct help_entry *he)
{
	char *p, **field;

	he->topic = he->subtopic = he->description = NULL;
	if (he->line[0] != '#' || he->line[1] != ' ')
		return (0);
	p = he->line + 2;
	while (p != NULL && *p != '\0' && he->description == NULL) {
		field = *p == 'T' ? &he->topic : *p == 'S' ? &he->subtopic :
		    *p == 'D' ? &he->description : NULL;
		if (field != NULL && *field == NULL)
			*field = p + 1;
		if (he->description == NULL)
			strsep(&p, " ");
	}
	return (he->topic != NULL);
}

/* Go to the next entry: 0 at the end of the file. */
static int
help_next(int fd, struct help_entry *he)
{
	while (fgetstr(he->line, sizeof(he->line), fd) >= 0)
		if (help_parse(he))
			return (1);
	return (0);
}

/* Print an entry's line of the index; 1 when the user has had enough. */
static int
help_summary(const struct help_entry *he)
{
	char name[LINE_SIZE];

	snprintf(name, sizeof(name), "%s%s%s", he->topic, he->subtopic != NULL ? " " : "",
	    he->subtopic != NULL ? he->subtopic : "");
	if (he->description == NULL)
		return (pager_printf("    %s\n", name));
	return (pager_printf("    %-*s %s\n", SUMMARY_COLUMN - 1, name, he->description));
}

/* Print the text of the entry that was just read. */
static int
help_text(int fd)
{
	char text[LINE_SIZE];

	while (fgetstr(text, sizeof(text), fd) >= 0 && text[0] != '#')
		if (pager_printf("%s\n", text))
			return (1);
	return (0);
}

/*
 * Print what the file says of a topic: its text, or of the topic alone also
 * the list of its subtopics; "index" lists all.  0 when it is not there.
 */
static int
help_show(int fd, const char *topic, const char *subtopic)
{
	struct help_entry he;
	int enough, found, index;

	index = strcmp(topic, "index") == 0;
	found = index;
	enough = 0;
	while (!enough && help_next(fd, &he)) {
		if (index)
			enough = help_summary(&he);
		else if (strcmp(topic, he.topic) != 0) {
			if (found)
				break;		/* all of a topic stands together */
		} else if (subtopic == NULL && he.subtopic != NULL) {
			found = 1;
			enough = help_summary(&he);
		} else if (subtopic == NULL || (he.subtopic != NULL &&
		    strcmp(subtopic, he.subtopic) == 0)) {
			found = 1;
			enough = help_text(fd);
		}
	}
	return (found);
}

COMMAND_SET(help, "help", "detailed help", command_help);

static int
command_help(int argc, char *argv[])
{
	char path[MAXPATHLEN];
	const char *device, *subtopic, *topic;
	int fd, found;

	if (argc > 3)
		return (command_error("usage is 'help <topic> [<subtopic>]'"));
	topic = argc > 1 ? argv[1] : "help";
	subtopic = argc > 2 ? argv[2] : NULL;
	device = getenv("loaddev");
	snprintf(path, sizeof(path), "%s%s", device != NULL ? device : "", HELP_FILE);
	if ((fd = open(path, O_RDONLY)) < 0) {
		printf("Verbose help not available, use '?' to list commands\n");
		return (CMD_OK);
	}
	pager_open();
	found = help_show(fd, topic, subtopic);
	pager_close();
	close(fd);
	if (!found)
		return (command_error("no help available for '%s'", topic));
	return (CMD_OK);
}
