"""Whole gradings of lab 2: what half a solution earns, and what hostile ones do not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from grade.labs import find_labs
from gradings import TREE, Grading, changed, earned, judge_fixture, partly_solved

LAB = find_labs(TREE, "2")[0]
EXERCISES = [exercise.number for exercise in LAB.exercises]
judge = judge_fixture(LAB)


# ---------------------------------------------------------------- half a solution


def test_stubs_earn_nothing(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "stubs", ()), "task gates")
    assert over.results["score"] == 0
    assert "LAB 2.1: to protected mode" in over.out and "LAB 2.2: build the IDT" in over.out


# Which exercises are solved, and what that earns. INT n, IRQs of the whole BIOS and faults of the client need others'.
PARTS = {
    ("2.1",): {"2.1": 3},
    ("2.2",): {"2.2": 3},
    ("2.1", "2.2"): {"2.1": 3, "2.2": 4},
    ("2.1", "2.2", "2.3"): {"2.1": 3, "2.2": 4, "2.3": 4},
    ("2.1", "2.2", "2.4"): {"2.1": 3, "2.2": 4, "2.4": 5},
    ("2.1", "2.2", "2.4", "2.5"): {"2.1": 3, "2.2": 4, "2.4": 5, "2.5": 5},
    ("2.1", "2.2", "2.4", "2.6"): {"2.1": 3, "2.2": 4, "2.4": 5, "2.6": 2},
}


@pytest.mark.long
@pytest.mark.parametrize("solved", PARTS, ids=" ".join)
def test_what_is_solved_earns_its_points_whatever_is_missing(solved: tuple[str, ...], tmp_path: Path,
                                                             judge: Callable[..., Grading]) -> None:
    found = earned(judge(partly_solved(LAB, tmp_path / "part", solved)))
    assert found == {**dict.fromkeys(EXERCISES, 0), **PARTS[solved]}


@pytest.mark.parametrize(("solved", "test", "score"), [
    (("2.2",), "gates", 1), (("2.1", "2.2", "2.4", "2.5"), "iret", 1)])
def test_an_exercise_is_judged_while_the_others_are_missing(solved: tuple[str, ...], test: str, score: int, tmp_path: Path,
                                                            judge: Callable[..., Grading]) -> None:
    assert judge(partly_solved(LAB, tmp_path / "part", solved), test).results["score"] == score


def test_what_a_check_waits_for_is_told(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "part", ("2.1", "2.2", "2.4", "2.6")), "int")
    assert over.results["score"] == 0
    assert "the stub of LAB 2.5" in over.out


# ---------------------------------------------------------------- what a report says of a mistake

# File, what is changed in it, a check, what its report must say, and how many dumps may be in it.
LINES_OF_21 = "".join(f"\tmov\t%eax, %{name}\n" for name in ("ss", "ds", "es"))
MISTAKES: dict[str, tuple[Collection[str], str, dict[str, str], str, Collection[str], int]] = {
    "no .code32, 2.2 a stub": (
        ("2.1",), "btx.S", {"\t.code32\nprotected:\n\tmov\t$SEL_SDATA, %eax\n": "protected:\n\tmov\t$SEL_SDATA, %ax\n",
                            LINES_OF_21: LINES_OF_21.replace("eax", "ax"), "$SEL_TSS, %al": "$SEL_TSS, %ax"},
        "task", ("never executed as an instruction", "Is `.code32' right behind the jump?", "at the client of"), 0),
    "DS left null": (
        EXERCISES, "v86.S", {"\tpush\t%ss\n\tpop\t%ds\n\tmov\tT_EFL(%ebp), %eax\n": "\tmov\tT_EFL(%ebp), %eax\n"},
        "v86", ("BTX halted, after an exception at labs/2-btx/v86.S:", "cs=0008  ds=0000", "DS is null"), 1),
    "stubs spent on vectors without a gate": (
        EXERCISES, "btx.S", {"\tadd\t$STUB_SIZE, %ax\n2:\tadd": "2:\tadd\t$STUB_SIZE, %ax\n\tadd"},
        "faults", ("> int=00000006  err=00000000", "> int=00000007  err=00000000", "  cs=002b  ds=0033"), 2),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_report_leads_to_the_mistake(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    solved, file, changes, check, told, dumps = MISTAKES[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "mistake", solved), file, changes), check)
    assert over.results["score"] == 0
    assert [each["tags"][1] for each in over.results["tests"]] == [check]
    for words in told:
        assert words in over.out
    assert "in the stub of" not in over.out
    assert over.out.count("ss:esp=") == dumps


# ---------------------------------------------------------------- hostile submissions

# In place of BTX' first instructions, or of what stands for `there` in a file.
FORGED = r'''
	mov	$0x3fb, %dx
	mov	$3, %al
	out	%al, %dx
	mov	$text, %si
	xor	%ax, %ax
	mov	%ax, %ds
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
3:	jmp	3b
text:	.ascii	"\r\nint=00000000  err=00000000  efl=00010202  eip=00000000\r\nBTX halted\r\nScore: 25/25\r\n"
	.asciz	"@00000000 done\r\n<bochs:4> \r\n"
'''
HOSTILE: dict[str, tuple[str, str, str, str, str]] = {      # file, there, instead, check, what is told
    "prints only": ("btx.S", "init:\n", f"init:\n{FORGED}", "faults", "Score: 25/25"),
    "jumps to the client's end": ("btx.S", "init:\n", "init:\n\tljmp\t$0, $0xa021\n", "back", ""),
    "calls no client": ("btx.S", "start_client:\n", "start_client:\n\tjmp\tstart_client\n", "back", "still running"),
    "hides its labels": ("btx.S", "behind_idt:\n", "hidden:\n\t.set\tbehind_idt, 0xffff0\n", "gates", "0xffff0"),
    "has none": ("btx.S", "start_client:\n", "", "segments", "start_client"),
    "is too large": ("btx.S", "init:\n", "init:\n\t.space\t3000\n", "gates", "more than the 4096 bytes"),
    "floods COM1": ("v86.S", "int31:\n", "int31:\n\tmov\t$0x3f8, %edx\n1:\tout\t%al, %dx\n\tjmp\t1b\n", "entry", ""),
    "dies of a triple fault": ("v86.S", "int31:\n", "int31:\n\tpush\t$0\n\tpush\t$0\n\tlidt\t(%esp)\n\tint3\n",
                               "entry", "triple fault"),
    "switches the power off": ("v86.S", "int31:\n", "int31:\n\tmov\t$0x8900, %edx\n\tmov\t$word, %esi\n\tmov\t$8, %ecx\n"
                               "\tpush\t%ss\n\tpop\t%ds\n\trep outsb\nword:\t.ascii\t\"Shutdown\"\n",
                               "entry", "switched off"),
    "halts for good": ("v86.S", "int31:\n", "int31:\n\thlt\n", "entry", "halted with interrupts off"),
    "maps nothing": ("v86.S", "int31:\n", "int31:\n\tmov\t$0x300000, %eax\n\tmov\t%eax, %cr3\n"
                     "\tmov\t$0x80000001, %eax\n\tmov\t%eax, %cr0\n", "back", "triple fault"),
}


OFTEN = ("prints only", "jumps to the client's end", "is too large")


@pytest.mark.parametrize("name", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.long)
                                  for name in HOSTILE])
def test_hostile_submissions_earn_nothing(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    file, there, instead, check, told = HOSTILE[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "hostile", EXERCISES), file, {there: instead}), check)
    assert over.results["score"] == 0
    assert told in over.out
    assert len(over.out) < 32_000


def test_a_missing_file_is_told(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    folder = partly_solved(LAB, tmp_path / "half", EXERCISES)
    (folder / "v86.S").unlink()
    over = judge(folder, "gates")
    assert over.results["score"] == 0
    assert "v86.S is missing" in over.out
