/*
 * What the files of btxld share: a file in memory, what is known of a client,
 * and the two ways to tell the user something.
 */
#ifndef BTXLD_H
#define BTXLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define MAXFILE		0x1000000u	/* 16 MiB: all that BTX ever maps */

/* The formats of a client, and of an output file. */
enum format { FORMAT_BIN, FORMAT_AOUT, FORMAT_ELF, FORMATS };
extern const char *const format_name[FORMATS];

/* A whole file in memory. */
struct file {
	const char *name;	/* as the user gave it */
	uint8_t *data;
	uint32_t size;		/* at most MAXFILE */
};

/* A client: sizes are 0 where its format does not tell them. */
struct client {
	enum format format;
	bool impure;		/* its text may be written */
	uint32_t text;		/* bytes of each part */
	uint32_t data;
	uint32_t bss;
	uint32_t org;		/* its first address */
	uint32_t end;		/* the address behind its last byte */
	uint32_t entry;
};

/* client.c */
void client_examine(const struct file *file, struct client *client);

/* output.c */
struct output {
	struct file file;
	uint32_t text;		/* bytes of the loader, as the format pads it */
	uint32_t data;		/* bytes of kernel and client, likewise */
};
struct output output_build(const char *name, enum format format,
    uint32_t entry, const struct file *loader, const struct file *kernel,
    const struct file *client);
void output_write(const struct file *file);

/* btxld.c; `name' is the file (or option) that it is about. */
noreturn void fail(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void warn(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Little-endian numbers at any address, on any host. */
static inline uint32_t
get16(const uint8_t *p)
{
	return (p[0] | (uint32_t)p[1] << 8);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (get16(p) | get16(p + 2) << 16);
}

static inline void
put16(uint8_t *p, uint32_t value)
{
	p[0] = value & 0xff;
	p[1] = value >> 8 & 0xff;
}

static inline void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value);
	put16(p + 2, value >> 16);
}

#endif /* BTXLD_H */
