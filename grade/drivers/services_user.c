/*
 * services_user: ring 3, for tests (services.h).
 *
 * A test leaves for code in its process' memory and is back when that makes a
 * system call or gets a signal.
 */
#include "services.h"

#include <sys/malloc.h>
#include <sys/signalvar.h>
#include <sys/systm.h>
#include <i386/md_var.h>
#include <i386/segments.h>
#include <i386/specialreg.h>
#include <vm/pmap.h>
#include <vm/vm_map.h>

#define	KEPT		4096		/* of a test's stack, at most */

/* A process that is in ring 3. */
struct user_stay {
	LIST_ENTRY(user_stay) link;
	const struct thread *td;
	struct services_user user;	/* how it has come back */
	uint32_t	esp;		/* services_user_leave()'s */
	struct trapframe frame;		/* to leave with */
	char		kept[KEPT];
};

/* services_user_switch.S */
void	services_user_leave(const struct trapframe *frame, char *kept, uint32_t *kept_esp);
void	services_user_back(const char *kept, uint32_t kept_esp) __dead2;

extern const char services_user_code[], services_user_code_end[];

MALLOC_DEFINE(M_SERVICES, "services", "tests' processes in ring 3");

static LIST_HEAD(, user_stay) stays = LIST_HEAD_INITIALIZER(stays);

void
services_user_enter(struct services_user *user, uint32_t eip, uint32_t esp)
{
	struct user_stay *stay = malloc(sizeof(*stay), M_SERVICES, M_WAITOK);

	stay->td = curthread;
	stay->frame = (struct trapframe){
		.tf_fs = UDSEL, .tf_es = UDSEL, .tf_ds = UDSEL, .tf_ss = UDSEL,
		.tf_cs = UCSEL, .tf_eflags = PSL_USER,
		.tf_eip = eip, .tf_esp = esp, .tf_eax = user->eax,
		.tf_ecx = user->ecx, .tf_edx = user->edx,
		.tf_esi = user->esi, .tf_edi = user->edi,
	};
	LIST_INSERT_HEAD(&stays, stay, link);
	services_user_leave(&stay->frame, stay->kept, &stay->esp);
	*user = stay->user;
	LIST_REMOVE(stay, link);
	free(stay, M_SERVICES);
}

/*
 * It has come back; or it has never left, and trapped in the kernel.  What is on
 * the test's stack is not there yet.
 */
static void __dead2
come_back(const struct trapframe *tf, int signo, int code)
{
	struct user_stay *stay;

	LIST_FOREACH(stay, &stays, link)
		if (stay->td == curthread)
			break;
	if (stay == NULL)
		panic("services: pid %d: signal %d, code %d, eip %#x, out of "
		    "nowhere", curproc->p_pid, signo, code, tf->tf_eip);
	stay->user = (struct services_user){
		.eax = tf->tf_eax, .ecx = tf->tf_ecx, .edx = tf->tf_edx,
		.esi = tf->tf_esi, .edi = tf->tf_edi,
		.signo = signo, .code = code, .eip = tf->tf_eip,
	};
	services_user_back(stay->kept, stay->esp);
}

void
syscall(struct trapframe *tf)
{
	come_back(tf, 0, 0);
}

void
trapsignal(struct thread *td __unused, struct trapframe *tf, int sig, int code)
{
	come_back(tf, sig, code);
}

void
services_user_begin(void)
{
	vmspace_exec(curproc, PAGE_SIZE, VM_MAXUSER_ADDRESS);
}

void
services_user_end(void)
{
	struct vmspace *vm = curproc->p_vmspace;

	vmspace0.vm_refcnt++;
	curproc->p_vmspace = &vmspace0;
	pmap_activate(curthread);
	vmspace_free(vm);
}

void
services_user_load(void)
{
	vm_offset_t at = SERVICES_USER_CODE;
	vm_map_t map = &curproc->p_vmspace->vm_map;
	int error;

	error = vm_map_find(map, NULL, 0, &at, PAGE_SIZE, 0, VM_PROT_ALL, VM_PROT_ALL, 0);
	if (error == KERN_SUCCESS)
		error = copyout(services_user_code, (void *)at,
		    services_user_code_end - services_user_code);
	if (error != 0)
		panic("services: no code for ring 3: error %d", error);
}

void
services_user_run(struct services_user *user, const char *program, uint32_t esp)
{
	services_user_enter(user,
	    SERVICES_USER_CODE + (program - services_user_code), esp);
}
