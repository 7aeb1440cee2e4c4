/*
 * What the kernel's maps never call, since their objects are anonymous, their
 * pages wired, and their locks no locks: who calls it after all is stopped.
 */
#define	ABSENT(name)							\
	void	name(void);						\
	void	name(void) { __builtin_trap(); }

ABSENT(pmap_growkernel)
ABSENT(pmap_is_modified)
ABSENT(pmap_page_protect)
ABSENT(pmap_page_wired_mappings)
ABSENT(pmap_remove_all)
ABSENT(swap_pager_copy)
ABSENT(swap_pager_freespace)
ABSENT(sx_xlock)
ABSENT(sx_xlocked)
ABSENT(sx_xunlock)
ABSENT(vm_fault_unwire)
ABSENT(vm_map_pmap_enter)
ABSENT(vm_object_vndeallocate)
ABSENT(vm_pageout_flush)
ABSENT(vm_pager_deallocate)
ABSENT(vm_pager_has_page)
ABSENT(vref)
