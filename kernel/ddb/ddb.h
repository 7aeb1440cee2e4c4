/*
 * The kernel debugger, DDB: what its files know of each other.
 *
 *	db_main		in and out: traps, errors, the loop of commands
 *	db_input	a line, edited; history
 *	db_lex db_expr	its words; its values
 *	db_command	what the words are
 *	db_output	printing, a page at a time
 *	db_sym		names and addresses
 *	db_variables	$names
 *	db_examine db_write db_break db_watch db_run	the commands
 *	i386/db_*	registers, memory, frames, instructions
 *
 * While it runs, interrupts are off and nothing else does.  Memory is touched
 * by db_read_bytes() and db_write_bytes() only, which survive addresses that
 * lead nowhere.  What goes wrong in a command is said by db_error(), which
 * ends the command.
 *
 * [ddb/ddb.h]
 */
#ifndef _DDB_DDB_H_
#define	_DDB_DDB_H_

#include <sys/param.h>

struct trapframe;

typedef uint32_t	db_addr_t;
typedef int32_t		db_expr_t;

/* ---------------------------------------------------------------- db_main */

extern struct trapframe *kdb_frame;	/* what was interrupted */
extern int	db_cmd_loop_done;	/* a command wants out */

/* Say so, and end the command.  NULL: it has been said. */
void	db_error(const char *fmt, ...) __dead2;
/* Call `func(arg)'.  Returns 1 if db_error() ended it, else 0. */
int	db_try(void (*func)(void *arg), void *arg);
/* Is there a command that db_error() could end? */
int	db_in_command(void);

/* ---------------------------------------------------------------- db_output */

extern int	db_tab_stop_width, db_max_width, db_lines_per_page, db_radix;

void	db_putchar(int c, void *arg);
/* Formats are printf's; %r is in $radix. */
void	db_printf(const char *fmt, ...);
/* The column where the next character goes. */
int	db_print_position(void);
/* Begin a new line if `width' characters more have no room. */
void	db_end_line(int width);
/* A page begins here. */
void	db_reset_page(void);

/* ---------------------------------------------------------------- db_input */

#define	DB_MAXLINE	120

/*
 * Read a line, without its end, into `line'.  Returns its length, or -1 if
 * there is nobody to type one.
 */
int	db_readline(char *line, int size);

/* ---------------------------------------------------------------- db_lex */

enum db_token {
	tEOL, tNUMBER, tIDENT, tDOLLAR,
	tPLUS, tMINUS, tDOT, tDOTDOT, tSTAR, tSLASH, tEQ, tLPAREN, tRPAREN,
	tPCT, tHASH, tCOMMA, tDITTO, tSHIFT_L, tSHIFT_R, tTILDE, tEXCL
};

#define	TOK_STRING_SIZE	(DB_MAXLINE + 1)

extern db_expr_t db_tok_number;			/* of tNUMBER */
extern char	db_tok_string[TOK_STRING_SIZE];	/* of tIDENT and tDOLLAR */

/* Begin with a new line. */
void	db_lex_init(const char *line);
enum db_token	db_read_token(void);
/* The next db_read_token() returns `t' again. */
void	db_unread_token(enum db_token t);
/* The next token, if it is `t': 1; else it stays, 0. */
int	db_token_is(enum db_token t);
/* Nothing may be left of the line. */
void	db_expect_eol(void);
/*
 * The letters behind a `/' that directly follows, in `modif'; "" if there are
 * none.  `Bad modifier' where no letter follows.
 */
void	db_read_modifier(char *modif, size_t size);

/* ---------------------------------------------------------------- db_expr */

/* An expression, if there is one: 1 and its value; else 0. */
int	db_expression(db_expr_t *value);

/* ---------------------------------------------------------------- db_command */

extern db_addr_t db_dot;	/* `.': where the last command was */
extern db_addr_t db_last_addr;	/* `"': the last address typed */
extern db_addr_t db_prev;	/* `..': the last address looked at */
extern db_addr_t db_next;	/* `+': the one behind it */

typedef void	db_cmdfcn_t(db_expr_t addr, int have_addr, db_expr_t count,
		    const char *modif);

struct db_command {
	const char	*name;
	db_cmdfcn_t	*fcn;
	int		flag;
	const struct db_command *more;	/* what may follow, or NULL */
	const char	*help;		/* its arguments, and what it does */
};

#define	CS_OWN		0x1	/* it reads its own arguments */
#define	CS_MORE		0x2	/* it reads more behind address and count */
#define	CS_SET_DOT	0x4	/* `.' becomes what it looked at last */
#define	CS_AGAIN	0x8	/* an empty line behind it goes on with it */

/* Do what a line says. */
void	db_command_line(const char *line);
/*
 * Find `name' in a table that a NULL name ends: the command of this name, or
 * the only one that begins so.  NULL if there is none; then *ambiguous says
 * whether there are many.
 */
const struct db_command *db_cmd_search(const char *name,
	    const struct db_command *table, int *ambiguous);

/* ---------------------------------------------------------------- db_sym */

enum db_strategy {
	DB_STGY_ANY,		/* anything that has an address */
	DB_STGY_PROC,		/* functions and labels */
};

extern int	db_maxoff;	/* farther off is no symbol's any more */

/* The value of a symbol: 1; 0 if there is none. */
int	db_value_of_name(const char *name, db_addr_t *value);
/* The nearest symbol at or before `value', and how far; NULL if none. */
const char *db_search_symbol(db_addr_t value, enum db_strategy strategy,
	    uint32_t *offset);
/* Print `symbol+offset', or the number. */
void	db_printsym(db_addr_t value, enum db_strategy strategy);

/* ---------------------------------------------------------------- db_variables */

enum db_var_op { DB_VAR_GET, DB_VAR_SET };

struct db_variable {
	const char	*name;
	int		*valuep;	/* where it is, or NULL: */
	void		(*fcn)(const struct db_variable *vp, db_expr_t *value,
			    enum db_var_op op);
	int		data;		/* for fcn */
};

/* The variable whose `$name' was read last; an error if there is none. */
const struct db_variable *db_find_variable(void);
void	db_read_variable(const struct db_variable *vp, db_expr_t *value);
void	db_write_variable(const struct db_variable *vp, db_expr_t value);

/* ---------------------------------------------------------------- db_examine */

void	db_examine(db_addr_t addr, const char *fmt, int count);
void	db_print_loc_and_inst(db_addr_t loc);
/* 1, 2, 4 or 8 by the letters b, h, l, g of `modif'; `otherwise' if none. */
int	db_modif_size(const char *modif, int otherwise);
/* `Bad modifier' if there is a letter in `modif' that is none of `letters'. */
void	db_check_modif(const char *modif, const char *letters);

/* ---------------------------------------------------------------- db_break */

/* Put them into memory, but for one at `except', and take them out again. */
void	db_set_breakpoints(db_addr_t except);
void	db_clear_breakpoints(void);
/* Is there one at `addr'? */
int	db_breakpoint_at(db_addr_t addr);
/* It has been come to: 1 if that was often enough to stop. */
int	db_breakpoint_hit(db_addr_t addr);

/* ---------------------------------------------------------------- db_watch */

/* Are there any?  Then each instruction has to be stepped over. */
int	db_watching(void);
/* Take the contents as they are for what they should be. */
void	db_set_watchpoints(void);
/* Has one of them changed? */
int	db_watchpoint_hit(void);

/* ---------------------------------------------------------------- db_run */

enum db_stop { DB_STOP_NONE, DB_STOP, DB_STOP_BREAKPOINT, DB_STOP_WATCHPOINT };

extern int	db_inst_count;		/* instructions since the last prompt */

/*
 * The CPU has trapped into the debugger: take the breakpoints out of memory,
 * and decide whether to stop.
 */
enum db_stop db_stop_at_pc(int type);
/* Go on as the last command wants. */
void	db_restart_at_pc(void);

/* ---------------------------------------------------------------- i386 */

/* 0, or -1 if the address leads nowhere. */
int	db_read_bytes(db_addr_t addr, size_t size, void *data);
int	db_write_bytes(db_addr_t addr, size_t size, const void *data);
/* The same for numbers of 1 to 8 bytes; a bad address is an error. */
db_expr_t	db_get_value(db_addr_t addr, size_t size, int is_signed);
uint64_t	db_get_quad(db_addr_t addr, size_t size, int is_signed);
void	db_put_value(db_addr_t addr, size_t size, db_expr_t value);

/* Print the instruction at `loc'; returns where the next one is. */
db_addr_t	db_disasm(db_addr_t loc, int with_bytes);

extern const struct db_variable db_regs[];	/* a NULL name ends them */

/* 1 if the CPU comes by there on its way into the debugger, or out. */
int	db_is_own_way(db_addr_t addr);
db_addr_t	db_pc(void);
void	db_set_pc(db_addr_t pc);
void	db_set_single_step(void);
/* Returns whether it was set in this frame. */
int	db_clear_single_step(void);
enum db_inst { DB_INST_OTHER, DB_INST_CALL, DB_INST_RETURN, DB_INST_PUSHF };
/* PUSHF has been stepped over: it has pushed our own trace flag. */
void	db_mend_pushf(void);
/* Put the CPU's own watchpoints into it; take them out: was it one of them? */
void	db_set_hwatchpoints(void);
int	db_clear_hwatchpoints(void);
void	db_show_hwatches(void);		/* a line for each */
/* What of that is the instruction at `pc'? */
enum db_inst	db_inst_kind(db_addr_t pc);
/* Print the callers, from where the kernel was interrupted. */
void	db_trace_self(void);

db_cmdfcn_t	db_examine_cmd, db_print_cmd, db_search_cmd, db_set_cmd,
		db_write_cmd, db_breakpoint_cmd, db_delete_cmd,
		db_watchpoint_cmd, db_deletewatch_cmd, db_hwatchpoint_cmd,
		db_deletehwatch_cmd, db_single_step_cmd,
		db_continue_cmd, db_trace_until_call_cmd,
		db_trace_until_matching_cmd, db_stack_trace_cmd, db_fncall_cmd,
		db_panic_cmd, db_reset_cmd, db_show_regs_cmd,
		db_show_breaks_cmd, db_show_watches_cmd, db_show_msgbuf_cmd,
		db_show_idt_cmd, db_show_gdt_cmd,
		db_show_callouts_cmd, db_show_disks_cmd,
		db_show_malloc_cmd, db_show_uma_cmd, db_show_page_cmd,
		db_show_map_cmd, db_show_object_cmd, db_show_pmap_cmd,
		db_show_vmspace_cmd, db_show_modules_cmd,
		db_show_threads_cmd, db_ps_cmd;

/* The thread of the process of this number; an error if there is none. */
struct thread	*db_lookup_thread(db_expr_t number);

#endif /* !_DDB_DDB_H_ */
