/*
 * Examines many clients in one process, for test_btxld.py: btxld's client.c,
 * with a fail() that comes back here.  Standard input is a row of files, each
 * a 32-bit size and so many bytes, which are given to client_examine() in a
 * block of just their size, so that a sanitizer sees every byte read beyond.
 *
 * Prints how many were taken and how many were refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "btxld/btxld.h"

static jmp_buf refused;

noreturn void
fail(const char *name, const char *format, ...)
{
	(void)name;
	(void)format;
	longjmp(refused, 1);
}

void
warn(const char *name, const char *format, ...)
{
	(void)name;
	(void)format;
}

int
main(void)
{
	static unsigned int counts[2];
	uint8_t size[4];
	struct file file = { .name = "fuzz" };
	struct client client;

	while (fread(size, 1, sizeof(size), stdin) == sizeof(size)) {
		file.size = get32(size);
		file.data = malloc(file.size);
		if (file.data == NULL ||
		    fread(file.data, 1, file.size, stdin) != file.size)
			return (1);
		if (setjmp(refused) == 0) {
			client_examine(&file, &client);
			counts[0]++;
		} else
			counts[1]++;
		free(file.data);
	}
	printf("%u %u\n", counts[0], counts[1]);
	return (0);
}
