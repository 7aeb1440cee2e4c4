/*
 * boot2's file system reader as a program of this machine, so that thousands
 * of file systems can be read in the time of one boot.
 *
 *	ufs_host IMAGE < commands
 *
 * The image is a partition.  A command is "CHUNK PATH": the file is read in
 * pieces of CHUNK bytes.  The answer is a line: "SIZE CRC32" of what could be
 * read, "missing", "listed" (after the names), or "error" (after a message).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot2/ufsread.h"

uint32_t dsk_size;
static FILE *image;

int
invalid(const char *what)
{
	printf("Invalid %s\n", what);
	return (-1);
}

const void *
dskread(uint32_t lba, uint32_t count)
{
	static uint32_t buffer[DSK_MAX * 512 / 4];

	if (count == 0 || count > DSK_MAX)
		abort();
	if (lba >= dsk_size || count > dsk_size - lba) {
		invalid("block");
		return (NULL);
	}
	if (fseek(image, lba * 512L, SEEK_SET) != 0 ||
	    fread(buffer, 512, count, image) != count)
		abort();
	return (buffer);
}

static uint32_t
crc32(uint32_t crc, const unsigned char *bytes, size_t size)
{
	crc = ~crc;
	while (size-- > 0) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (~crc);
}

static void
answer(const char *path, uint32_t chunk)
{
	unsigned char *bytes;
	uint32_t crc, size;
	int32_t got;

	got = lookup(path);
	if (got <= 0) {
		puts(ls && got == 0 ? "\nlisted" : got == 0 ? "missing" : "error");
		return;
	}
	/* Just as large, so that a sanitizer sees a byte too many. */
	bytes = malloc(chunk);
	for (crc = size = 0; (got = fsread(bytes, chunk)) > 0; size += got)
		crc = crc32(crc, bytes, got);
	free(bytes);
	if (got < 0)
		puts("error");
	else
		printf("%u %08x\n", size, crc);
}

int
main(int argc, char **argv)
{
	char line[2048];

	if (argc != 2 || (image = fopen(argv[1], "rb")) == NULL)
		abort();
	fseek(image, 0, SEEK_END);
	dsk_size = ftell(image) / 512;
	if (fs_open() != 0) {
		puts("error");
		return (0);
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *path;

		line[strcspn(line, "\n")] = '\0';
		uint32_t chunk = strtoul(line, &path, 10);
		answer(path + 1, chunk);
	}
	return (0);
}
