/*
 * db_variables.c: $radix, $lines and their kin, and the registers.
 *
 * [ddb/db_variables.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>

static void	db_set_radix(const struct db_variable *vp, db_expr_t *value,
		    enum db_var_op op);
static void	db_set_tabstops(const struct db_variable *vp, db_expr_t *value,
		    enum db_var_op op);

static const struct db_variable db_vars[] = {
	{ "radix",	NULL, db_set_radix, 0 },
	{ "lines",	&db_lines_per_page, NULL, 0 },
	{ "maxoff",	&db_maxoff, NULL, 0 },
	{ "maxwidth",	&db_max_width, NULL, 0 },
	{ "tabstops",	NULL, db_set_tabstops, 0 },
	{ NULL, NULL, NULL, 0 }
};

/* Others could not be read back: digits are 0 to f. */
static void
db_set_radix(const struct db_variable *vp __unused, db_expr_t *value,
    enum db_var_op op)
{
	if (op == DB_VAR_GET)
		*value = db_radix;
	else if (*value < 2 || *value > 16)
		db_error("Bad radix\n");
	else
		db_radix = *value;
}

/* The output counts columns by them: 0 would never end. */
static void
db_set_tabstops(const struct db_variable *vp __unused, db_expr_t *value,
    enum db_var_op op)
{
	if (op == DB_VAR_GET)
		*value = db_tab_stop_width;
	else if (*value < 1 || *value > 32)
		db_error("Bad tab stops\n");
	else
		db_tab_stop_width = *value;
}

/* The variable that db_tok_string names, or NULL. */
static const struct db_variable *
find_in(const struct db_variable *table)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, db_tok_string) == 0)
			return (table);
	return (NULL);
}

const struct db_variable *
db_find_variable(void)
{
	const struct db_variable *vp;

	vp = find_in(db_vars);
	if (vp == NULL)
		vp = find_in(db_regs);
	if (vp == NULL)
		db_error("Unknown variable\n");
	return (vp);
}

void
db_read_variable(const struct db_variable *vp, db_expr_t *value)
{
	if (vp->fcn != NULL)
		vp->fcn(vp, value, DB_VAR_GET);
	else
		*value = *vp->valuep;
}

void
db_write_variable(const struct db_variable *vp, db_expr_t value)
{
	if (vp->fcn != NULL)
		vp->fcn(vp, &value, DB_VAR_SET);
	else
		*vp->valuep = value;
}

/* set $variable [=] value */
void
db_set_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct db_variable *vp;
	db_expr_t value;

	if (!db_token_is(tDOLLAR))
		db_error("Unknown variable\n");
	vp = db_find_variable();
	(void)db_token_is(tEQ);
	if (!db_expression(&value))
		db_error("Value missing\n");
	db_expect_eol();
	db_write_variable(vp, value);
}
