/*
 * db_interface: the debugger's hands on the machine: memory, registers, single
 * steps.
 *
 * The registers are those of the frame with which the kernel came to
 * kdb_trap().  A frame from the kernel has no stack pointer: the stack that was
 * interrupted begins where the frame ends.
 *
 * [i386/i386/db_interface.c]
 */
#include <ddb/ddb.h>

#include <sys/systm.h>
#include <i386/frame.h>
#include <i386/segments.h>
#include <i386/specialreg.h>

int	db_copy(void *to, const void *from, size_t len);

/* ---------------------------------------------------------------- memory */

int
db_read_bytes(db_addr_t addr, size_t size, void *data)
{
	return (db_copy(data, (const void *)addr, size) == 0 ? 0 : -1);
}

int
db_write_bytes(db_addr_t addr, size_t size, const void *data)
{
	return (db_copy((void *)addr, data, size) == 0 ? 0 : -1);
}

/* ---------------------------------------------------------------- registers */

/* One that stands in the frame, data bytes behind its start. */
static void
db_frame_reg(const struct db_variable *vp, db_expr_t *value, enum db_var_op op)
{
	uint32_t *reg = (uint32_t *)((char *)kdb_frame + vp->data);

	if (op == DB_VAR_GET)
		*value = *reg;
	else
		*reg = *value;
}

/* Of the kernel's own stack only the place is known. */
static void
db_frame_esp(const struct db_variable *vp __unused, db_expr_t *value,
    enum db_var_op op)
{
	if (op == DB_VAR_GET)
		*value = TRAPF_USERMODE(kdb_frame) ? kdb_frame->tf_esp :
		    (uint32_t)&kdb_frame->tf_esp;
	else if (TRAPF_USERMODE(kdb_frame))
		kdb_frame->tf_esp = *value;
	else
		db_error("The kernel's stack stays where it is\n");
}

/* The stack's segment: it changes with the ring only. */
static void
db_frame_ss(const struct db_variable *vp __unused, db_expr_t *value,
    enum db_var_op op)
{
	if (op == DB_VAR_GET)
		*value = TRAPF_USERMODE(kdb_frame) ? kdb_frame->tf_ss : KDSEL;
	else if (TRAPF_USERMODE(kdb_frame))
		kdb_frame->tf_ss = *value;
	else
		db_error("The kernel's stack stays where it is\n");
}

/* The instruction has the register's number in it. */
static uint32_t
read_dr(int number)
{
	uint32_t value = 0;

	switch (number) {
	case 0:
		__asm__ volatile("mov %%db0, %0" : "=r" (value));
		break;
	case 1:
		__asm__ volatile("mov %%db1, %0" : "=r" (value));
		break;
	case 2:
		__asm__ volatile("mov %%db2, %0" : "=r" (value));
		break;
	case 3:
		__asm__ volatile("mov %%db3, %0" : "=r" (value));
		break;
	case 6:
		__asm__ volatile("mov %%db6, %0" : "=r" (value));
		break;
	case 7:
		__asm__ volatile("mov %%db7, %0" : "=r" (value));
		break;
	}
	return (value);
}

/* A debug register.  4 and 5 are other names for 6 and 7. */
static void
db_debug_reg(const struct db_variable *vp, db_expr_t *value, enum db_var_op op)
{
	if (op == DB_VAR_SET)
		db_error("Debug registers are not for setting\n");
	*value = read_dr(vp->data == 4 || vp->data == 5 ? vp->data + 2 :
	    vp->data);
}

#define	FRAME_REG(name, field)						\
	{ name, NULL, db_frame_reg, offsetof(struct trapframe, field) }
#define	DEBUG_REG(name, number)	{ name, NULL, db_debug_reg, number }

const struct db_variable db_regs[] = {
	FRAME_REG("cs", tf_cs),
	FRAME_REG("ds", tf_ds),
	FRAME_REG("es", tf_es),
	FRAME_REG("fs", tf_fs),
	{ "ss", NULL, db_frame_ss, 0 },
	FRAME_REG("eax", tf_eax),
	FRAME_REG("ecx", tf_ecx),
	FRAME_REG("edx", tf_edx),
	FRAME_REG("ebx", tf_ebx),
	{ "esp", NULL, db_frame_esp, 0 },
	FRAME_REG("ebp", tf_ebp),
	FRAME_REG("esi", tf_esi),
	FRAME_REG("edi", tf_edi),
	FRAME_REG("eip", tf_eip),
	FRAME_REG("efl", tf_eflags),
	DEBUG_REG("dr0", 0),
	DEBUG_REG("dr1", 1),
	DEBUG_REG("dr2", 2),
	DEBUG_REG("dr3", 3),
	DEBUG_REG("dr4", 4),
	DEBUG_REG("dr5", 5),
	DEBUG_REG("dr6", 6),
	DEBUG_REG("dr7", 7),
	{ NULL, NULL, NULL, 0 }
};

/* Each register, and the symbol that it may be near. */
void
db_show_regs_cmd(db_expr_t addr __unused, int have_addr __unused,
    db_expr_t count __unused, const char *modif __unused)
{
	const struct db_variable *vp;
	const char *name;
	db_expr_t value;
	uint32_t offset;

	for (vp = db_regs; vp->name != NULL; vp++) {
		db_read_variable(vp, &value);
		db_printf("%-12s%#10r", vp->name, value);
		name = db_search_symbol(value, DB_STGY_ANY, &offset);
		if (name != NULL && offset != 0)
			db_printf("\t%s+%#r", name, offset);
		else if (name != NULL)
			db_printf("\t%s", name);
		db_printf("\n");
	}
}

/* ---------------------------------------------------------------- running */

/*
 * A breakpoint there would be come to while it is being handled, and so on
 * until the stack is full.
 */
int
db_is_own_way(db_addr_t addr)
{
	static const char *const ways[] = {
		"Xbpt", "Xdbg", "alltraps", "calltrap", "trap", "trap_decode"
	};
	const char *name;
	uint32_t offset;
	unsigned i;

	name = db_search_symbol(addr, DB_STGY_PROC, &offset);
	if (name == NULL)
		return (0);
	for (i = 0; i < nitems(ways); i++)
		if (strcmp(name, ways[i]) == 0)
			return (1);
	return (strncmp(name, "doreti", 6) == 0 ||
	    strncmp(name, "db_", 3) == 0 || strncmp(name, "kdb_", 4) == 0);
}

db_addr_t
db_pc(void)
{
	return (kdb_frame->tf_eip);
}

void
db_set_pc(db_addr_t pc)
{
	kdb_frame->tf_eip = pc;
}

void
db_set_single_step(void)
{
	kdb_frame->tf_eflags |= PSL_T;
}

int
db_clear_single_step(void)
{
	int set = (kdb_frame->tf_eflags & PSL_T) != 0;

	kdb_frame->tf_eflags &= ~PSL_T;
	return (set);
}

void
db_mend_pushf(void)
{
	db_expr_t esp;

	db_frame_esp(NULL, &esp, DB_VAR_GET);
	db_put_value(esp, 4, db_get_value(esp, 4, 0) & ~PSL_T);
}

enum db_inst
db_inst_kind(db_addr_t pc)
{
	uint8_t inst[2];

	if (db_read_bytes(pc, sizeof(inst), inst) != 0)
		return (DB_INST_OTHER);
	switch (inst[0]) {
	case 0x9c:
		return (DB_INST_PUSHF);
	case 0x9a: case 0xe8:
		return (DB_INST_CALL);
	case 0xff:		/* /2 and /3 */
		return ((inst[1] & 0x30) == 0x10 ? DB_INST_CALL :
		    DB_INST_OTHER);
	case 0xc2: case 0xc3: case 0xca: case 0xcb: case 0xcf:
		return (DB_INST_RETURN);
	default:
		return (DB_INST_OTHER);
	}
}
