"""Whole gradings of lab 3: what half a solution earns, and what hostile ones do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grade.labs import find_labs
from gradings import TREE, Grading, changed, earned, judge_fixture, partly_solved

LAB = find_labs(TREE, "3")[0]
EXERCISES = [exercise.number for exercise in LAB.exercises]
judge = judge_fixture(LAB)


# ---------------------------------------------------------------- half a solution


def test_stubs_earn_nothing(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "stubs", ()), "base segments gate user")
    assert over.results["score"] == 0
    assert all(f"the stub of LAB {stub}" in over.out for stub in (
        "3.1: ssdtosd", "3.2: gdt_build", "3.3: setgate", "3.6: trap_decode"))


# Which exercises are solved, and what that earns. The GDT is made by 3.1, the tasks and gates by 3.3.
PARTS = {
    ("3.1",): {"3.1": 4},
    ("3.3",): {"3.3": 4},
    ("3.6",): {"3.6": 4},
    ("3.1", "3.2"): {"3.1": 4, "3.2": 5},
    ("3.3", "3.5"): {"3.3": 4, "3.5": 1},
    ("3.1", "3.2", "3.3", "3.4"): {"3.1": 4, "3.2": 5, "3.3": 4, "3.4": 5},
}


@pytest.mark.long
@pytest.mark.parametrize("solved", PARTS, ids=" ".join)
def test_what_is_solved_earns_its_points_whatever_is_missing(solved: tuple[str, ...], tmp_path: Path,
                                                             judge: Callable[..., Grading]) -> None:
    found = earned(judge(partly_solved(LAB, tmp_path / "part", solved)))
    assert found == {**dict.fromkeys(EXERCISES, 0), **PARTS[solved]}


@pytest.mark.parametrize(("solved", "test", "score"), [
    (("3.1",), "base", 1), (("3.3", "3.5"), "vectors call-gates", 3), (("3.6",), "kernel", 1),
    (("3.1", "3.2", "3.3", "3.4"), "overflow", 1)])
def test_an_exercise_is_judged_while_the_others_are_missing(solved: tuple[str, ...], test: str, score: int,
                                                            tmp_path: Path, judge: Callable[..., Grading]) -> None:
    assert judge(partly_solved(LAB, tmp_path / "part", solved), test).results["score"] == score


def test_a_file_that_does_not_compile_costs_its_own_exercises(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    folder = partly_solved(LAB, tmp_path / "broken", EXERCISES)
    with open(folder / "machdep.c", "a", encoding="utf-8") as file:
        file.write("int broken = nothing_of_this_name;\n")
    over = judge(folder, "base user")
    assert earned(over) == {"3.1": 0, "3.6": 1}
    assert "nothing_of_this_name" in over.out and "labs/3-init386/machdep.c" in over.out


# ---------------------------------------------------------------- hostile submissions

HOSTILE: dict[str, tuple[str, str, str, str, str]] = {      # file, there, instead, check, what is told
    "ends the script": ("machdep.c", "\tsd->sd_lolimit", "\tvoid script_done(void);\n\tscript_done();\n\tsd->sd_lolimit",
                        "bits", "an answer to each call"),
    "has the driver's functions": ("machdep.c", "/* The reverse:", "void\nscript_done(void)\n{\n}\n\n/* The reverse:",
                                   "bits", "multiple definition"),
    "says how much there is": ("machdep.c", "\tsd->sd_lolimit", "\textern uint32_t script_used;\n\tscript_used = ~0;\n"
                               "\tsd->sd_lolimit", "bits", ""),
    "is too large": ("trap.c", "static const char *const trap_msg", "char large[1500000] = { 1 };\n"
                     "static const char *const trap_msg", "user", "the disk has room for"),
    "needs more memory than there is": ("trap.c", "static const char *const trap_msg", "char large[100 << 20];\n"
                                        "static const char *const trap_msg", "user", "to gdt_build()"),
    "halts": ("trap.c", "\tstruct trap_decision td =", "\t__asm__ volatile(\"cli; hlt\");\n\tstruct trap_decision td =",
              "user", "halted"),
    "dies of a triple fault": ("trap.c", "\tstruct trap_decision td =", "\tload_cr3(0x3000000);\n"
                               "\tstruct trap_decision td =", "user", "triple fault"),
}


@pytest.mark.parametrize("name", [name if name == "ends the script" else pytest.param(name, marks=pytest.mark.long)
                                  for name in HOSTILE])
def test_hostile_submissions_earn_nothing(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    file, there, instead, check, told = HOSTILE[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "hostile", EXERCISES), file, {there: instead}), check)
    assert over.results["score"] == 0
    assert told in over.out


@pytest.mark.long
def test_printing_what_a_kernel_would_print_earns_nothing(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    said = 'printf("\\nFatal double fault:\\neip = 0x1\\nScore: 25/25\\n");'
    folder = changed(partly_solved(LAB, tmp_path / "printing", EXERCISES[:3]), "machdep.c",
                     {'lab_stub("LAB 3.4': f'{said} for (;;) continue; lab_stub("LAB 3.4'})
    over = judge(folder, "overflow task")
    assert over.results["score"] == 0
    assert "Score: 25/25" in over.out
