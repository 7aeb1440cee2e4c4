/*
 * kbdmap.c: what keys mean.
 *
 * A key sends its scan code when it goes down, and again while it is held;
 * the same with bit 7 when it goes up.  Keys that the first PC did not have
 * send 0xe0 before each of these, Pause a sequence of its own.
 *
 * Keys without a character send what termcap(5) has for cons25: ESC [ and a
 * letter.
 */
#include <dev/kbdmap.h>

#define	SC_RELEASE	0x80
#define	SC_EXTENDED	0xe0
#define	SC_PAUSE	0xe1		/* two more codes follow */

#define	SC_ESC		0x01
#define	SC_BACKSPACE	0x0e
#define	SC_TAB		0x0f
#define	SC_ENTER	0x1c
#define	SC_CTRL		0x1d
#define	SC_SHIFT_L	0x2a
#define	SC_SLASH	0x35
#define	SC_SHIFT_R	0x36
#define	SC_ALT		0x38
#define	SC_SPACE	0x39
#define	SC_CAPS		0x3a
#define	SC_F1		0x3b
#define	SC_F10		0x44
#define	SC_NUM		0x45
#define	SC_HOME		0x47		/* the keypad begins */
#define	SC_DEL		0x53		/* and ends */
#define	SC_F11		0x57
#define	SC_F12		0x58

#define	ESC		0x1b
#define	DEL		0x7f

/* Keys by scan code; 0: no character, or not this table's. */
static const char plain[SC_SPACE + 1] =
    "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[SC_SPACE + 1] =
    "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* The keypad from Home to Del: locked, and the last letters else. */
static const char keypad_digits[] = "789-456+1230.";
static const char keypad_finals[] = "HAI-DEC+FBGL\177";

/* F1 to F12: alone, with shift, with ctrl, with both. */
static const char function_finals[4][13] = {
	"MNOPQRSTUVWX", "YZabcdefghij", "klmnopqrstuv", "wxyz@[\\]^_`{"
};

static int
put_escape(char *out, char final)
{
	out[0] = ESC;
	out[1] = '[';
	out[2] = final;
	return (3);
}

static int
put_char(char *out, char c)
{
	out[0] = c;
	return (1);
}

/* The control character of a key, or -1. */
static int
control_char(uint8_t code, char c)
{
	switch (code) {
	case SC_BACKSPACE:	return (DEL);
	case SC_ENTER:		return ('\n');
	case SC_TAB:		return ('\t');
	case SC_ESC:		return (ESC);
	case SC_SPACE:		return (0);
	}
	switch (c) {
	case '2':		return (0);		/* ^@ */
	case '6':		return (0x1e);		/* ^^ */
	case '-':		return (0x1f);		/* ^_ */
	}
	if ((c >= 'a' && c <= 'z') || (c >= '[' && c <= ']'))
		return (c & 0x1f);
	return (-1);
}

/* A modifier or a lock goes up or down.  Returns 0 if the key is none. */
static int
decode_modifier(struct kbdmap *map, uint8_t code, int up)
{
	uint8_t *held, bit = map->extended ? 2 : 1;

	switch (code) {
	case SC_SHIFT_L:
	case SC_SHIFT_R:
		/* Behind 0xe0 it is made up by the keyboard, around arrows. */
		if (map->extended)
			return (1);
		held = &map->shift;
		bit = code == SC_SHIFT_R ? 2 : 1;
		break;
	case SC_CTRL:
		held = &map->ctrl;
		break;
	case SC_ALT:
		held = &map->alt;
		break;
	case SC_CAPS:
		if (!up && !map->caps_down)
			map->caps ^= 1;
		map->caps_down = !up;
		return (1);
	case SC_NUM:
		if (!up && !map->num_down)
			map->num ^= 1;
		map->num_down = !up;
		return (1);
	default:
		return (0);
	}
	*held = up ? *held & ~bit : *held | bit;
	return (1);
}

/* A key of the keypad, by its place there, or a grey one that sends the same. */
static int
decode_keypad(const struct kbdmap *map, unsigned int place, char *out)
{
	int digits = !map->extended && map->num != (map->shift != 0);
	char c = (digits ? keypad_digits : keypad_finals)[place];

	if (digits || c == '-' || c == '+' || c == DEL)
		return (put_char(out, c));
	return (put_escape(out, c));
}

static int
decode_function(const struct kbdmap *map, int number, char *out)
{
	int row = (map->ctrl ? 2 : 0) + (map->shift ? 1 : 0);

	return (put_escape(out, function_finals[row][number]));
}

/* A key of the main block. */
static int
decode_main(const struct kbdmap *map, uint8_t code, char *out)
{
	char c = plain[code];
	int shift = map->shift != 0, control;

	if (c == 0)
		return (0);
	if (map->ctrl) {
		control = control_char(code, c);
		return (control == -1 ? 0 : put_char(out, control));
	}
	if (code == SC_TAB && shift)
		return (put_escape(out, 'Z'));
	if (c >= 'a' && c <= 'z')
		shift ^= map->caps;
	return (put_char(out, shift ? shifted[code] : c));
}

/* A key that is neither a modifier nor a lock has gone down. */
static int
decode_key(const struct kbdmap *map, uint8_t code, char *out)
{
	if (code >= SC_HOME && code <= SC_DEL)
		return (decode_keypad(map, code - SC_HOME, out));
	if (map->extended && code != SC_ENTER && code != SC_SLASH)
		return (0);
	if (map->extended && code == SC_SLASH)
		return (put_char(out, '/'));
	if (code >= SC_F1 && code <= SC_F10)
		return (decode_function(map, code - SC_F1, out));
	if (code == SC_F11 || code == SC_F12)
		return (decode_function(map, 10 + code - SC_F11, out));
	if (code <= SC_SPACE)
		return (decode_main(map, code, out));
	return (0);
}

int
kbdmap_decode(struct kbdmap *map, uint8_t code, char out[KBD_OUT_MAX],
    enum kbd_action *action)
{
	int length = 0, up = (code & SC_RELEASE) != 0;

	if (map->skip > 0) {
		map->skip--;
		return (0);
	}
	if (code == SC_PAUSE) {
		map->skip = 2;
		return (0);
	}
	if (code == SC_EXTENDED) {
		map->extended = 1;
		return (0);
	}
	code &= ~SC_RELEASE;
	if (!decode_modifier(map, code, up) && !up) {
		if (map->ctrl && map->alt && code == SC_ESC)
			*action = KBD_DEBUG;
		else if (map->ctrl && map->alt && code == SC_DEL)
			*action = KBD_REBOOT;
		else
			length = decode_key(map, code, out);
	}
	map->extended = 0;
	return (length);
}
