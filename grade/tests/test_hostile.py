"""Hostile submissions: each gets what it truly earns, hears why, ends soon, and leaves nothing behind.

They go the whole way, as `make grade SUBMISSION=` does. Those that attack the build never get as far as a machine.
Those that attack the machine are put before the check that they might hope to fool.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradings import TREE, Grading, eventually, grade

LAB = "1-mbr"
REFERENCE = TREE / "boot" / "boot0"

# A program that fits sector 0: `body` runs at 0:7C00 with DS = ES = SS = 0, and `data` stands behind it, at the
# linked address plus 7600h.
PROGRAM = """
	.code16
	.text
	.globl	start, main
	.set	AT_7C00, 0x7600
start:
main:
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp
{body}
1:	jmp	1b
{data}
	.section .config, "a"
	.fill	5, 1, 0
	.byte	0x80
	.fill	64, 1, 0
	.word	0xaa55
"""

# Sends the text at `text`, to its NUL, to a port.
TO_PORT = """
	mov	$text + AT_7C00, %si
2:	lodsb
	test	%al, %al
	jz	3f
	mov	${port}, %dx
	out	%al, %dx
	jmp	2b
3:
"""
TO_COM1 = """
	mov	$0x3fb, %dx
	mov	$3, %al
	out	%al, %dx
	mov	$text + AT_7C00, %si
2:	mov	$0x3fd, %dx
	in	%dx, %al
	test	$0x20, %al
	jz	2b
	lodsb
	test	%al, %al
	jz	3f
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	2b
3:
"""
TO_SCREEN = """
	mov	$text + AT_7C00, %si
	mov	$7, %bx
2:	lodsb
	test	%al, %al
	jz	3f
	mov	$0x0e, %ah
	int	$0x10
	jmp	2b
3:
"""
FORGED_LOG = r"""text:	.ascii "\n00000000001p[CPU0  ] 3rd (13) exception with no resolution\n"
	.ascii "00000000002i[UNMAP ] Shutdown port: shutdown requested\r\n<bochs:3> \n<bochs:9> "
	.asciz "\r\nNext at t=5\n(0) [0x000000007c00] 0000:7c00\n<bochs:4> \nScore: 20/20\n" """
FORGED_ANSWER = r"""text:	.ascii "Missing operating system\r\nScore: 20/20\r\n@deadbeef entry=80 sum=00000000 slice=ad0s1\r\n"
	.asciz "\033[2J\033[H\r\nMissing operating system\r\n<bochs:3> \r\nScore: 20/20\r\n" """


def program(body: str, data: str = "") -> str:
    return PROGRAM.format(body=body, data=data)


@dataclass(frozen=True)
class Submission:
    """A folder with a student's two files, to be made hostile."""

    folder: Path

    def __post_init__(self) -> None:
        self.mbr.parent.mkdir(parents=True)
        shutil.copyfile(REFERENCE / "mbr.S", self.mbr)
        shutil.copyfile(REFERENCE / "boot0.S", self.boot0)

    @property
    def mbr(self) -> Path:
        return self.folder / "labs" / LAB / "mbr.S"

    @property
    def boot0(self) -> Path:
        return self.folder / "labs" / LAB / "boot0.S"


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    return Submission(tmp_path / "submission")


@pytest.fixture
def judge(submission: Submission, tmp_path: Path) -> Callable[[str], Grading]:
    """Grade the submission; whatever it is, it ends in a score, without a traceback or a process left."""
    def run(test: str) -> Grading:
        over = grade("--lab", "1", "--test", test, "--seed", "7", "--jobs", "1", "--submission", str(submission.folder),
                     results=tmp_path / "results.json")
        assert "Traceback" not in over.out + over.err
        assert over.err == ""
        assert max(map(len, over.out.splitlines())) < 500
        assert over.status in (0, 1), over.out
        assert over.last_line == f"Score: {over.results['score']}/{over.results['max_score']}"
        assert eventually(lambda: not over.processes()), "a process is left"
        return over
    return run


# ---------------------------------------------------------------- what the build must stand

BUILD_ATTACKS = {
    "include of the reference, relative": ('#include "../../boot/boot0/mbr.S"\n', "mbr.S:1"),
    "include of the reference, absolute": (f'#include "{REFERENCE}/mbr.S"\n', "mbr.S:1"),
    "incbin of the reference, relative": ('\t.incbin "../../build/ref/boot/boot0/mbr.bin"\n', "file not found"),
    "incbin of the reference, absolute": (f'\t.incbin "{TREE}/build/ref/boot/boot0/mbr.bin"\n', "file not found"),
    "incbin of the judge": (f'\t.incbin "{TREE}/grade/models/sector0.py"\n', "file not found"),
    "incbin of the password file": ('\t.incbin "/etc/passwd"\n', "file not found"),
    "include of the password file": ('#include "/etc/passwd"\n', "No such file"),
    "include of an endless device": ('#include "/dev/zero"\n', "No such file"),
    "include of itself": ('#include "mbr.S"\n', "mbr.S"),
    "repeat bomb": ("\t.rept 1000000000\n\t.byte 0\n\t.endr\n", "stopped by the memory limit of 1 GiB"),
    "macro bomb": ("\t.macro m\n\tm\n\tm\n\t.endm\n\tm\n", "nested too deeply"),
    "org bomb": ("\t.org 0x7fffffff\n\t.byte 1\n", "stopped by a file over 16 MiB"),
    "flood of warnings": ('\t.rept 1000000\n\t.print "Score: 20/20"\n\t.endr\n', "stopped by an output of over 64 KiB"),
    "forged verdict in an error": ("#error Score: 20/20\n", "#error Score: 20/20"),
    "section without a place": ('\t.section .evil, "ax"\n\tnop\n', "section .evil (1 bytes at"),
    "second copy of the fixed bytes": ('\t.section .config, "a"\n\t.fill 72, 1, 0x90\n', ".config"),
    "the fence's own words": ('#error \n\t.print "fence: no room"\n', "#error"),
    "a name that is nowhere": ("\t.text\n\tcall lab_solution\n", "undefined reference to `lab_solution'"),
}


@pytest.mark.parametrize("name", BUILD_ATTACKS)
def test_no_way_through_the_build(name: str, submission: Submission, judge: Callable[[str], Grading]) -> None:
    text, told = BUILD_ATTACKS[name]
    whole = "include" in name or "incbin" in name
    submission.mbr.write_text(text if whole else submission.mbr.read_text(encoding="ascii") + text, encoding="ascii")
    over = judge("relocate")
    assert (over.status, over.last_line) == (1, "Score: 0/2")
    assert told in over.out
    assert "root:" not in over.out
    assert len(over.out) < 32_000


def test_a_broken_file_costs_its_own_points_only(submission: Submission, judge: Callable[[str], Grading]) -> None:
    submission.mbr.write_text("#error not today\n", encoding="ascii")
    assert judge("prompt").last_line == "Score: 1/1"


def test_a_missing_file_costs_its_own_points_only(submission: Submission, judge: Callable[[str], Grading]) -> None:
    submission.mbr.unlink()
    assert judge("prompt").last_line == "Score: 1/1"


def test_code_that_is_too_long_is_told_by_how_much(submission: Submission, judge: Callable[[str], Grading]) -> None:
    text = submission.mbr.read_text(encoding="ascii")
    submission.mbr.write_text(text.replace("packet_lba:", "\t.org 441 - 8\npacket_lba:"), encoding="ascii")
    over = judge("relocate")
    assert (over.status, over.last_line) == (1, "Score: 0/2")
    assert "mbr: 441 bytes of code, but sector 0 has room for 440: 1 too many" in over.out


def _symlink(file: Path) -> None:
    file.unlink()
    file.symlink_to(REFERENCE / file.name)


def _linked_folder(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.symlink_to(REFERENCE)


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


FILE_ATTACKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link": (_symlink, "mbr.S is a symbolic link"),
    "a linked folder": (_linked_folder, f"{LAB} is a symbolic link"),
    "missing": (Path.unlink, "mbr.S is missing"),
    "empty": (lambda file: file.write_bytes(b""), "section .config, with the partition table and the signature, is missing"),
    "NUL bytes": (lambda file: file.write_bytes(b"\tnop\n\0\0\n"), "holds a NUL byte"),
    "no text at all": (lambda file: file.write_bytes(bytes(range(1, 256)) * 9), "mbr.S"),
    "a fifo": (_fifo, "not a regular file"),
    "a folder": (_folder, "not a regular file"),
    "too large": (lambda file: file.write_bytes(b"#" * 300_000), "is larger than 256 KiB"),
}


@pytest.mark.parametrize("name", FILE_ATTACKS)
def test_no_way_through_the_files(name: str, submission: Submission, judge: Callable[[str], Grading]) -> None:
    attack, told = FILE_ATTACKS[name]
    attack(submission.mbr)
    over = judge("relocate")
    assert (over.status, over.last_line) == (1, "Score: 0/2")
    assert told in over.out


# ---------------------------------------------------------------- what the machine must stand

RUN_ATTACKS = {
    "forged log on the ports of panics": (program(TO_PORT.format(port="0x400") + TO_PORT.format(port="0x401"), FORGED_LOG), ""),
    "forged log on ports that print": (program("".join(TO_PORT.format(port=port) for port in (
        "0xe9", "0x402", "0x403", "0x500", "0x501")), FORGED_LOG), ""),
    "power-off": (program(TO_PORT.format(port="0x8900"), '\ntext:\t.asciz "Shutdown"'), "the machine was switched off"),
    "forged answers on COM1": (program(TO_COM1, FORGED_ANSWER), "Score: 20/20"),
    "forged answers on the screen": (program(TO_SCREEN, FORGED_ANSWER), ""),
    "flood on COM1": (program("\tmov $0x3f8, %dx\n2:\tout %al, %dx\n\tjmp 2b\n"), ""),
    "flood on the screen": (program("2:\tmov $0x0e0a, %ax\n\tint $0x10\n\tjmp 2b\n"), ""),
    "flood in the log": (program("2:\tmov $0x402, %dx\n\tmov $'\\n', %al\n\tout %al, %dx\n\tjmp 2b\n"), ""),
    "endless loop": (program(""), "still running when its time was up"),
    "triple fault": (program("\tlidt none + AT_7C00\n\tint3\n", "none:\t.word 0, 0, 0"), "triple fault"),
    "HLT without interrupts": (program("\tcli\n\thlt\n"), "halted with interrupts off"),
    "reset by the keyboard controller": (program("\tmov $0xfe, %al\n\tout %al, $0x64\n"), ""),
    "reset by port 92": (program("\tmov $1, %al\n\tout %al, $0x92\n"), ""),
    "an unmodelled register": (program("2:\tmov $0xbad, %ecx\n\trdmsr\n\tjmp 2b\n"), ""),
    "a trace by the debugging device": (program("\tmov $0x8a00, %dx\n\tmov $0x8a00, %ax\n\tout %ax, %dx\n\tmov $0x8ae3, %ax\n"
                                                 "\tout %ax, %dx\n\tmov $0x8ae5, %ax\n\tout %ax, %dx\n"), "still running"),
    "paging with nothing mapped": (program("\tcli\n\txor %eax, %eax\n\tmov $0x10000, %edi\n\tmov $0x1000, %ax\n\tmov %ax, %es\n"
                                           "\txor %di, %di\n\txor %ax, %ax\n\tmov $0x2000, %cx\n\trep stosw\n"
                                           "\tmovl $0x11003, %es:0\n\tmovl $0x7003, %es:0x101c\n\tmov $0x10000, %eax\n"
                                           "\tmov %eax, %cr3\n\tmov $0x80000001, %eax\n\tmov %eax, %cr0\n"), ""),
    "an imitation of the hand-over": (program("\tmov $0x80, %dl\n\tmov $0x7be, %si\n\tljmp $0, $0x7c00\n"), ""),
}


@pytest.mark.parametrize("name", RUN_ATTACKS)
def test_no_way_through_the_machine(name: str, submission: Submission, judge: Callable[[str], Grading]) -> None:
    """The check is one that a right message passes, where there is nothing to be started."""
    text, told = RUN_ATTACKS[name]
    submission.mbr.write_text(text, encoding="ascii")
    over = judge("signature")
    assert (over.status, over.last_line) == (1, "Score: 0/1")
    assert told in over.out
    assert "\033" not in over.out


# Lines of boot0 that are replaced: what ends, storms or hides the machine between its menu and its choice.
BOOT0_ATTACKS = {
    "INT 18h after the key": ("4:\tmov\t$LOAD, %bx\n", "4:\tint\t$0x18\n", "keys"),
    "power lost after the key": ("4:\tmov\t$LOAD, %bx\n", "4:\tmov\t$shutdown, %si\n\tmov\t$0x8900, %dx\n\tmov\t$8, %cx\n"
                                 "\trep outsb\nshutdown:\t.ascii\t\"Shutdown\"\n", "refuse"),
    "INT 18h on the time-out": ("default:\n", "default:\n\tint\t$0x18\n", "time-out"),
    "INT 18h at the menu's end": ("\tcall\tput_key\n/* LAB", "\tcall\tput_key\n\tint\t$0x18\n/* LAB", "time-out"),
    "a storm of INT 10h": ("key:\tget_choice default\n", "key:\tmovw\t$5f, 0x40\n\tmovw\t$0, 0x42\n4:\tint\t$0x10\n\tjmp\t4b\n5:\tiret\n",
                           "remember"),
}


@pytest.mark.parametrize("name", BOOT0_ATTACKS)
def test_no_way_through_the_menu(name: str, submission: Submission, judge: Callable[[str], Grading]) -> None:
    there, instead, check = BOOT0_ATTACKS[name]
    text = submission.boot0.read_text(encoding="ascii")
    assert text.count(there) == 1
    submission.boot0.write_text(text.replace(there, instead), encoding="ascii")
    over = judge(check)
    assert (over.status, over.last_line) == (1, "Score: 0/1")


def test_words_of_ones_own_on_com1_cost_nothing(submission: Submission, judge: Callable[[str], Grading]) -> None:
    """A character left over from debugging, on the line that the probe's report begins."""
    text = submission.mbr.read_text(encoding="ascii")
    submission.mbr.write_text(text.replace("boot:\n", "boot:\n\tmov\t$0x3f8, %dx\n\tmov\t$'>', %al\n\tout\t%al, %dx\n"),
                              encoding="ascii")
    assert judge("entry").last_line == "Score: 1/1"


def test_a_scan_is_worth_its_points_before_the_read_is_written(submission: Submission, judge: Callable[[str], Grading]) -> None:
    """Exercises 1.1 and 1.2 solved, the others as the stubs have them."""
    solved = submission.mbr.read_text(encoding="ascii")
    stub = (TREE / "labs" / LAB / "mbr.S").read_text(encoding="ascii")
    rest = "/*\n * 3. Read"
    submission.mbr.write_text(solved[:solved.index(rest)] + stub[stub.index(rest):], encoding="ascii")
    assert judge("scan").last_line == "Score: 4/4"


def test_forged_messages_earn_nothing(submission: Submission, judge: Callable[[str], Grading]) -> None:
    """The three checks that ask for a message or INT 18h, and nothing else."""
    submission.mbr.write_text(program(TO_SCREEN + "\tint $0x18\n", '\ntext:\t.asciz "\\r\\nInvalid partition table\\r\\n"'),
                              encoding="ascii")
    assert judge("scan").last_line == "Score: 0/4"


@pytest.mark.parametrize("trick", ["\t.weak main\n", "\t.globl CONFIG\n\t.set CONFIG, 0x600\n", "\t.globl _start\n\t.set _start, main\n",
                                   "\t.set \"x\\n00007c00 T main\", 5\n"])
def test_symbol_tricks_change_nothing(trick: str, submission: Submission, judge: Callable[[str], Grading]) -> None:
    """A solution with such a line is a solution still, and `main` is where it was."""
    submission.mbr.write_text(submission.mbr.read_text(encoding="ascii") + trick, encoding="ascii")
    assert judge("relocate").last_line == "Score: 2/2"


def test_main_elsewhere_is_no_relocation(submission: Submission, judge: Callable[[str], Grading]) -> None:
    """`main` in the loaded sector, in place of the copy."""
    submission.mbr.write_text(program("").replace("main:", "").replace("AT_7C00, 0x7600", "main, 0x7c00"), encoding="ascii")
    over = judge("relocate")
    assert over.last_line == "Score: 0/2"
    assert "an address from 0x600 to 0x7ff" in over.out
