"""Whole gradings of lab 4: what half a solution earns, what reports say, and what hostile submissions do not earn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from grade.labs import find_labs
from gradings import TREE, Grading, changed, earned, judge_fixture, partly_solved

LAB = find_labs(TREE, "4")[0]
EXERCISES = [exercise.number for exercise in LAB.exercises]
FILE = "subr_sysinit.c"
judge = judge_fixture(LAB)


# ---------------------------------------------------------------- half a solution


def test_stubs_earn_nothing(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "stubs", ()), "sorted set done joins undo lines")
    assert over.results["score"] == 0
    assert all(f"the stub of LAB {stub}" in over.out for stub in (
        "4.1: sysinit_insert", "4.2: sysinit_mklist", "4.3: sysinit_run", "4.4: sysinit_add", "4.5: sysuninit_run",
        "4.6: sysinit_announce"))


# Which exercises are solved, and what that earns. A kernel that starts needs 4.1 to 4.3, and 4.4 for a module.
PARTS = {
    ("4.1",): {"4.1": 5},
    ("4.2",): {"4.2": 2},
    ("4.3",): {"4.3": 5},
    ("4.4",): {"4.4": 2},
    ("4.5",): {"4.5": 1},
    ("4.6",): {"4.6": 2},
    ("4.1", "4.2", "4.3"): {"4.1": 5, "4.2": 3, "4.3": 5},
    ("4.1", "4.2", "4.5"): {"4.1": 5, "4.2": 2, "4.5": 2},
}
# Solved; the check that needs more; what its report says is missing.
WAITING = [(("4.2",), "boot", "4.1, which this check needs, is not written yet: it stands in the stub of LAB 4.1"),
           (("4.1", "4.2"), "boot", "4.3 is not written yet. This check needs it"),
           (("4.1", "4.2", "4.4"), "module", "4.3, which this check needs, is not written yet"),
           (("4.2", "4.5"), "undo", "4.1, which this check needs, is not written yet")]


@pytest.mark.long
@pytest.mark.parametrize("solved", PARTS, ids=" ".join)
def test_what_is_solved_earns_its_points_whatever_is_missing(solved: tuple[str, ...], tmp_path: Path,
                                                             judge: Callable[..., Grading]) -> None:
    found = earned(judge(partly_solved(LAB, tmp_path / "part", solved)))
    assert found == {**dict.fromkeys(EXERCISES, 0), **PARTS[solved]}


@pytest.mark.parametrize(("solved", "test", "score"), [
    (("4.2", "4.4", "4.6"), "set joins lines", 3), (("4.3", "4.5"), "announced backwards", 2),
    (("4.1", "4.2", "4.3"), "boot", 1)])
def test_an_exercise_is_judged_while_the_others_are_missing(solved: tuple[str, ...], test: str, score: int,
                                                            tmp_path: Path, judge: Callable[..., Grading]) -> None:
    assert judge(partly_solved(LAB, tmp_path / "part", solved), test).results["score"] == score


@pytest.mark.parametrize(("solved", "check", "told"), [
    each if number == 1 else pytest.param(*each, marks=pytest.mark.long) for number, each in enumerate(WAITING)])
def test_what_a_check_waits_for_is_told(solved: tuple[str, ...], check: str, told: str, tmp_path: Path,
                                        judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "part", solved), check)
    assert over.results["score"] == 0 and told in over.out
    assert "eip" not in over.out


# ---------------------------------------------------------------- what a report says of a mistake

INSERTION = "\telse\n\t\tSTAILQ_INSERT_AFTER(list, before, sip, next);"
LINKED = ("\telse {{\n\t\tSTAILQ_INSERT_AFTER(list, before, sip, next);\n\t\tif (after == NULL)\n"
          "\t\t\tSTAILQ_NEXT(sip, next) = {};\n\t}}")
TAKEN = "\t\tSTAILQ_REMOVE_HEAD(list, next);\n\t\tSTAILQ_INSERT_TAIL(done, sip, next);\n"
CALL = "\t\tsip->func(sip->udata);\n\t\tif"
INSERTED = "\tfor (sipp = set; sipp < set_end; sipp++) {\n"
ADDED = INSERTED.replace(" {", "") + ("\t\tif ((*sipp)->func == NULL && (*sipp)->subsystem != SI_SUB_DUMMY)\n"
                                      "\t\t\treturn (*sipp);\n")
# What is changed, a check or some, and what the report must say.
MISTAKES: dict[str, tuple[Mapping[str, str], str, Collection[str]]] = {
    "a list becomes a ring": ({INSERTION: LINKED.format("STAILQ_FIRST(list)")}, "sorted",
                              ("still running when its time was up", "in sysinit_insert")),
    "a link leads nowhere": ({INSERTION: LINKED.format("(void *)1234")}, "ends",
                             ("Fatal trap 12", "in sysinit_insert", "fault virtual address   = 0x4d2")),
    "a function that is not there is called": (
        {"\t\tif (sip->subsystem == SI_SUB_DUMMY)\n\t\t\tcontinue;\n": ""},
        "done", ("Fatal trap 12", "a call of NULL in sysinit_run(), at labs/4-sysinit/subr_sysinit.c:",
                 "This is about SI_SUB_DUMMY")),
    "equals are turned round": ({"after->order > sip->order": "after->order >= sip->order"}, "equals",
                                ("> entry", "the list after inserting six equal entries")),
    "nothing is taken off": ({TAKEN: "\t\tSTAILQ_INSERT_TAIL(done, sip, next);\n\t\tSTAILQ_FIRST(list) = sip;\n"},
                             "called", ("panic: lab4: functions are called without an end",)),
    "an entry is done too late": ({TAKEN: "\t\tSTAILQ_REMOVE_HEAD(list, next);\n", CALL:
                                   "\t\tsip->func(sip->udata);\n\t\tSTAILQ_INSERT_TAIL(done, sip, next);\n\t\tif"},
                                  "done", ("the last of the done list, when entry 1 ",)),
    "the panic names another": ({"sysinit_panic(*sipp)": "sysinit_panic(*set)"}, "no-function",
                                ("has no function", "panic: SYSINIT: ")),
    "one cause costs all": (
        {"\twhile ((sip = STAILQ_FIRST(list)) != NULL) {\n\t\tSTAILQ_REMOVE":
         "\tSTAILQ_FOREACH(sip, list, next) {\n\t\tSTAILQ_REMOVE"}, "called done added announced",
        ("It has ended after one entry", *(f"--- 4.3 {check}: for the same reason as 4.3 called\n" for check in (
            "done", "added", "announced")))),
    "the set's beginning is lost": ({ADDED: ADDED.replace("sipp = set; sipp", "; set").replace("sipp", "set")}, "joins",
                                    ("is `set' still the beginning", "a set of 1 to an empty list")),
    "a blank is missing": ({'printf("   %s(&%s)... "': 'printf("   %s(&%s)..."'}, "lines",
                           ("... '\n", "...'\n", "three dots and a blank")),
    "set_end is passed": ({INSERTED: INSERTED.replace("<", "<=")}, "set",
                          ("the entry that the pointer at set_end leads to",)),
}


@pytest.mark.parametrize("name", [name if name in ("a list becomes a ring", "one cause costs all")
                                  else pytest.param(name, marks=pytest.mark.long) for name in MISTAKES])
def test_a_report_leads_to_the_mistake(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    changes, checks, told = MISTAKES[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "mistake", EXERCISES), FILE, changes), checks)
    assert over.results["score"] == 0
    for words in (*told, "handouts/4-sysinit.md, section"):
        assert words in over.out
    assert "in the stub of" not in over.out


# ---------------------------------------------------------------- hostile submissions

# Fill the driver's table without calling anybody.
FORGED = """
	extern struct { uint32_t number; const void *udata; void *first, *last; } lab4_records[];
	extern uint32_t lab4_used;
	struct sysinit *each;

	STAILQ_FOREACH(each, list, next) {
		lab4_records[lab4_used].number = (uint32_t)each->func;
		lab4_records[lab4_used++].udata = each->udata;
	}
	STAILQ_CONCAT(done, list);
	return;
"""
RUN = "\tstruct sysinit *sip;\n\tint announced;\n"
HOSTILE: dict[str, tuple[Mapping[str, str], str, str]] = {
    "forges the calls": ({RUN: FORGED + RUN}, "called done", "another's function, with the udata of"),
    "ends the script": ({RUN: RUN + "\tvoid script_done(void);\n\n\tscript_done();\n"}, "called", "that it returns"),
    "has the driver's functions": ({"/*\n * 4.1. Put": "void\nlab4_called(void)\n{\n}\n\n/*\n * 4.1. Put"}, "called",
                                   "multiple definition"),
    "says how much there is": ({RUN: RUN + "\textern uint32_t script_used;\n\n\tscript_used = ~0;\n"}, "called", ""),
    "is too large": ({"int verbose_sysinit;": "int verbose_sysinit;\nchar large[1500000] = { 1 };"}, "called",
                     "the disk has room for"),
    "needs more memory than there is": ({"int verbose_sysinit;": "int verbose_sysinit;\nchar large[100 << 20];"}, "called",
                                        "to mi_startup()"),
    "halts": ({RUN: RUN + "\n\t__asm__ volatile(\"cli; hlt\");\n"}, "called", "halted"),
    "dies of a triple fault": ({RUN: RUN + "\n\t__asm__ volatile(\"mov %0, %%cr3\" : : \"r\" (0x3000000));\n"}, "called",
                               "triple fault"),
}


@pytest.mark.parametrize("name", [name if name == "forges the calls" else pytest.param(name, marks=pytest.mark.long)
                                  for name in HOSTILE])
def test_hostile_submissions_earn_nothing(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    changes, checks, told = HOSTILE[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "hostile", EXERCISES), FILE, changes), checks)
    assert over.results["score"] == 0
    assert told in over.out
