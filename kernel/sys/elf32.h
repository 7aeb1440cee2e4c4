/*
 * ELF for the 80386: the file format of kernels, modules and programs.
 *
 * [ELF], [sys/elf32.h]
 */
#ifndef _SYS_ELF32_H_
#define	_SYS_ELF32_H_

#include <stdint.h>

typedef uint32_t	Elf32_Addr;
typedef uint16_t	Elf32_Half;
typedef uint32_t	Elf32_Off;
typedef int32_t		Elf32_Sword;
typedef uint32_t	Elf32_Word;

#define	EI_CLASS	4		/* e_ident[] */
#define	EI_DATA		5
#define	EI_VERSION	6
#define	EI_OSABI	7
#define	EI_NIDENT	16

#define	ELFMAG		"\177ELF"
#define	SELFMAG		4
#define	ELFCLASS32	1
#define	ELFDATA2LSB	1
#define	EV_CURRENT	1
#define	ELFOSABI_FREEBSD 9

#define	IS_ELF(eh)	((eh).e_ident[0] == 0x7f && (eh).e_ident[1] == 'E' && \
	(eh).e_ident[2] == 'L' && (eh).e_ident[3] == 'F')

typedef struct {
	unsigned char	e_ident[EI_NIDENT];
	Elf32_Half	e_type;
	Elf32_Half	e_machine;
	Elf32_Word	e_version;
	Elf32_Addr	e_entry;
	Elf32_Off	e_phoff;	/* program headers */
	Elf32_Off	e_shoff;	/* section headers */
	Elf32_Word	e_flags;
	Elf32_Half	e_ehsize;
	Elf32_Half	e_phentsize;
	Elf32_Half	e_phnum;
	Elf32_Half	e_shentsize;
	Elf32_Half	e_shnum;
	Elf32_Half	e_shstrndx;
} Elf32_Ehdr;

#define	ET_REL		1		/* e_type */
#define	ET_EXEC		2
#define	ET_DYN		3
#define	EM_386		3		/* e_machine */

typedef struct {
	Elf32_Word	p_type;
	Elf32_Off	p_offset;
	Elf32_Addr	p_vaddr;
	Elf32_Addr	p_paddr;
	Elf32_Word	p_filesz;
	Elf32_Word	p_memsz;
	Elf32_Word	p_flags;
	Elf32_Word	p_align;
} Elf32_Phdr;

#define	PT_NULL		0		/* p_type */
#define	PT_LOAD		1
#define	PT_DYNAMIC	2
#define	PT_INTERP	3
#define	PT_NOTE		4
#define	PT_PHDR		6
#define	PF_X		1		/* p_flags */
#define	PF_W		2
#define	PF_R		4

typedef struct {
	Elf32_Word	sh_name;
	Elf32_Word	sh_type;
	Elf32_Word	sh_flags;
	Elf32_Addr	sh_addr;
	Elf32_Off	sh_offset;
	Elf32_Word	sh_size;
	Elf32_Word	sh_link;
	Elf32_Word	sh_info;
	Elf32_Word	sh_addralign;
	Elf32_Word	sh_entsize;
} Elf32_Shdr;

#define	SHT_NULL	0		/* sh_type */
#define	SHT_PROGBITS	1
#define	SHT_SYMTAB	2
#define	SHT_STRTAB	3
#define	SHT_RELA	4
#define	SHT_NOBITS	8
#define	SHT_REL		9
#define	SHF_WRITE	1		/* sh_flags */
#define	SHF_ALLOC	2
#define	SHF_EXECINSTR	4

typedef struct {
	Elf32_Word	st_name;
	Elf32_Addr	st_value;
	Elf32_Word	st_size;
	unsigned char	st_info;
	unsigned char	st_other;
	Elf32_Half	st_shndx;
} Elf32_Sym;

#define	SHN_UNDEF	0		/* st_shndx: not in this file */
#define	SHN_LORESERVE	0xff00		/* from here on, no section's number */
#define	SHN_ABS		0xfff1		/* a number, no address */
#define	SHN_COMMON	0xfff2		/* room is to be made; st_value: its alignment */

#define	ELF32_ST_BIND(info)	((info) >> 4)
#define	ELF32_ST_TYPE(info)	((info) & 0xf)
#define	STB_LOCAL	0
#define	STB_GLOBAL	1
#define	STB_WEAK	2
#define	STT_OBJECT	1
#define	STT_FUNC	2

typedef struct {
	Elf32_Addr	r_offset;	/* in the section */
	Elf32_Word	r_info;
} Elf32_Rel;

#define	ELF32_R_SYM(info)	((info) >> 8)
#define	ELF32_R_TYPE(info)	((info) & 0xff)
#define	R_386_NONE	0
#define	R_386_32	1		/* S + A */
#define	R_386_PC32	2		/* S + A - P */
#define	R_386_PLT32	4		/* the same, where there is no PLT */

typedef struct {
	Elf32_Sword	d_tag;
	Elf32_Word	d_val;
} Elf32_Dyn;

_Static_assert(sizeof(Elf32_Ehdr) == 52, "an ELF header is 52 bytes");
_Static_assert(sizeof(Elf32_Phdr) == 32, "a program header is 32 bytes");
_Static_assert(sizeof(Elf32_Shdr) == 40, "a section header is 40 bytes");
_Static_assert(sizeof(Elf32_Sym) == 16, "a symbol is 16 bytes");
_Static_assert(sizeof(Elf32_Rel) == 8, "a relocation is 8 bytes");

#endif /* !_SYS_ELF32_H_ */
