/*
 * db_expr.c: values.
 *
 *	<< >>		binds least
 *	+ -
 *	* / % #		a # b: a, rounded up to a multiple of b
 *	- ~ ! *		before one; *a is the long at a
 *	(a) number symbol $variable
 *	. .. + "	where the last command was, the last address, the one
 *			behind it, the last that was typed
 *
 * Numbers have 32 bits; they divide as signed ones and shift as unsigned.
 *
 * [ddb/db_expr.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>

#define	DEPTH_MAX	8	/* the kernel's stack is small */

static int	depth;		/* of parentheses and signs */

static int	db_unary(db_expr_t *value);

/* What `part' reads has to be there. */
static db_expr_t
must(int (*part)(db_expr_t *value))
{
	db_expr_t value;

	if (!part(&value))
		db_error("Syntax error\n");
	return (value);
}

/* a / b, a % b, a # b. */
static db_expr_t
divide(db_expr_t a, db_expr_t b, enum db_token t)
{
	if (b == 0)
		db_error("Divide by 0\n");
	if (b == -1)		/* the CPU cannot: there is no -INT32_MIN */
		return (t == tSLASH ? (db_expr_t)-(uint32_t)a :
		    t == tPCT ? 0 : a);
	if (t == tSLASH)
		return (a / b);
	if (t == tPCT)
		return (a % b);
	return ((uint32_t)(a / b + (a % b > 0)) * b);
}

/* `*' and its kin, from the left. */
static int
db_mult_expr(db_expr_t *value)
{
	enum db_token t;
	db_expr_t rhs;

	if (!db_unary(value))
		return (0);
	while ((t = db_read_token()) == tSTAR || t == tSLASH || t == tPCT ||
	    t == tHASH) {
		rhs = must(db_unary);
		if (t == tSTAR)
			*value = (uint32_t)*value * (uint32_t)rhs;
		else
			*value = divide(*value, rhs, t);
	}
	db_unread_token(t);
	return (1);
}

/* `+' and `-', from the left. */
static int
db_add_expr(db_expr_t *value)
{
	enum db_token t;
	uint32_t rhs;

	if (!db_mult_expr(value))
		return (0);
	while ((t = db_read_token()) == tPLUS || t == tMINUS) {
		rhs = must(db_mult_expr);
		*value = (uint32_t)*value + (t == tPLUS ? rhs : -rhs);
	}
	db_unread_token(t);
	return (1);
}

/* Shifts, from the left: a whole expression. */
static int
db_shift_expr(db_expr_t *value)
{
	enum db_token t;
	db_expr_t rhs;

	if (!db_add_expr(value))
		return (0);
	while ((t = db_read_token()) == tSHIFT_L || t == tSHIFT_R) {
		rhs = must(db_add_expr);
		if (rhs < 0)
			db_error("Negative shift amount\n");
		if (rhs > 31)
			*value = 0;
		else
			*value = t == tSHIFT_L ? (uint32_t)*value << rhs :
			    (uint32_t)*value >> rhs;
	}
	db_unread_token(t);
	return (1);
}

/* What has a value by itself, or 0 if the next word has none. */
static int
db_term(db_expr_t *value)
{
	enum db_token t;
	db_addr_t addr;

	switch (t = db_read_token()) {
	case tNUMBER:
		*value = db_tok_number;
		break;
	case tIDENT:
		if (!db_value_of_name(db_tok_string, &addr))
			db_error("Symbol not found\n");
		*value = addr;
		break;
	case tDOLLAR:
		db_read_variable(db_find_variable(), value);
		break;
	case tDOT:
		*value = db_dot;
		break;
	case tDOTDOT:
		*value = db_prev;
		break;
	case tPLUS:
		*value = db_next;
		break;
	case tDITTO:
		*value = db_last_addr;
		break;
	case tLPAREN:
		*value = must(db_shift_expr);
		if (!db_token_is(tRPAREN))
			db_error("Syntax error\n");
		break;
	default:
		db_unread_token(t);
		return (0);
	}
	return (1);
}

/* A term, with the signs before it. */
static int
db_unary(db_expr_t *value)
{
	enum db_token t;
	int found = 1;

	if (++depth > DEPTH_MAX)
		db_error("Expression too deep\n");
	switch (t = db_read_token()) {
	case tMINUS:
		*value = -(uint32_t)must(db_unary);
		break;
	case tTILDE:
		*value = ~must(db_unary);
		break;
	case tEXCL:
		*value = !must(db_unary);
		break;
	case tSTAR:
		*value = db_get_value(must(db_unary), 4, 0);
		break;
	default:
		db_unread_token(t);
		found = db_term(value);
		break;
	}
	depth--;
	return (found);
}

int
db_expression(db_expr_t *value)
{
	depth = 0;
	return (db_shift_expr(value));
}
