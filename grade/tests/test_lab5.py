"""Whole gradings of lab 5: what half a solution earns, what reports say, what hostile submissions do not earn; and traces
of many operations, in which the reference and the models agree to the last number."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

from grade import mutate
from grade.bench import Bench, Programs
from grade.checks.cases import Case
from grade.checks.changes import Everything
from grade.checks.sharing import Shared
from grade.checks.spaces import STEPS
from grade.checks.workload import Workload
from grade.labs import find_labs
from gradings import TREE, Grading, changed, earned, judge_fixture, partly_solved

LAB = find_labs(TREE, "5")[0]
EXERCISES = [exercise.number for exercise in LAB.exercises]
SPLAY, MAP, FAULT = "vm_map_splay.c", "vm_map.c", "vm_fault.c"
judge = judge_fixture(LAB)


# ---------------------------------------------------------------- half a solution


def test_stubs_earn_nothing(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "stubs", ()), "shape once link first-fit insert allowed resident zeros copy")
    assert over.results["score"] == 0
    assert all(f"the stub of LAB {stub}" in over.out for stub in (
        "5.1: vm_map_entry_splay", "5.2: vm_map_lookup_entry", "5.3: vm_map_entry_link", "5.4: vm_map_findspace",
        "5.5: vm_map_insert", "5.6: vm_fault_lookup", "5.7: vm_fault_resident", "5.8: vm_fault_zero_fill",
        "5.9: vm_fault_copy_on_write"))


POINTS = {exercise.number: exercise.points for exercise in LAB.exercises}


@pytest.mark.long
@pytest.mark.parametrize("solved", EXERCISES)
def test_an_exercise_earns_its_points_whatever_is_missing(solved: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    """But for the one check that needs them all."""
    found = earned(judge(partly_solved(LAB, tmp_path / "part", (solved,))))
    assert found == {**dict.fromkeys(EXERCISES, 0), solved: POINTS[solved] - (solved == "5.9")}


@pytest.mark.parametrize(("solved", "test", "score"), [
    (("5.2", "5.5", "5.9"), "once clip shared", 5),
    pytest.param(("5.3", "5.4", "5.7"), "unlink first-fit resident", 4, marks=pytest.mark.long)])
def test_an_exercise_is_judged_while_the_others_are_missing(solved: tuple[str, ...], test: str, score: int, tmp_path: Path,
                                                            judge: Callable[..., Grading]) -> None:
    assert judge(partly_solved(LAB, tmp_path / "part", solved), test).results["score"] == score


def test_what_the_last_check_waits_for_is_told(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    over = judge(partly_solved(LAB, tmp_path / "part", [number for number in EXERCISES if number != "5.4"]), "user")
    assert over.results["score"] == 0 and "5.4, which this check needs, is not written yet" in over.out


@pytest.mark.long
def test_a_file_that_does_not_build_costs_its_own_points(tmp_path: Path, judge: Callable[..., Grading]) -> None:
    folder = partly_solved(LAB, tmp_path / "broken", EXERCISES)
    (folder / MAP).write_text("int vm_map_findspace(\n", encoding="ascii")
    over = judge(folder, "once first-fit copy")
    assert earned(over) == {"5.2": 2, "5.4": 0, "5.9": 1} and "vm_map.c:" in over.out


# ---------------------------------------------------------------- what a report says of a mistake

# The file and what is changed in it, a check or some, and what the report must say.
MISTAKES: dict[str, tuple[str, Mapping[str, str], str, Collection[str]]] = {
    "a tree has another shape": (SPLAY, {"addr < child->start && child->left != NULL": "0"}, "shape", (
        "the tree after vm_map_entry_splay() at", "before, it was", "the tree that is drawn on the left", " yours\n", "'- ", "> ")),
    "a tree loses a part": (SPLAY, {"root->right = up_behind(behind, root->right);": "root->right = up_behind(behind, NULL);"},
                            "whole", ("that each entry stands in the tree once", "not in it")),
    "a tree is a ring": (SPLAY, {"	after->right = NULL;\n": ""}, "link", ("elsewhere in the tree, too", "round in a ring")),
    "a pointer leads nowhere": (SPLAY, {"	map->root = entry;\n": "	entry->right = (void *)0x1234;\n	map->root = entry;\n"},
                                "link", ("leads to 0x1234, where no entry is",)),
    "max_free is wrong": (SPLAY, {"	root->max_free = whole;\n": "	root->max_free = 0 * whole;\n"}, "free", (
        "adj_free/max_free", "/0")),
    "the answer is the one behind": (SPLAY, {"		*entry = root->prev;\n": "		*entry = root;\n"}, "found", (
        "vm_map_lookup_entry() of", "the header")),
    "a gap is too small": (MAP, {"entry->adj_free >= length)": "entry->adj_free + 4096 >= length)"}, "first-fit", (
        "vm_map_findspace() of", "bytes from")),
    "a search does not end": (MAP, {"			entry = entry->right;\n": "			entry = entry;\n"}, "first-fit", (
        "still running when its time was up", "in lab_vm_map_findspace")),
    "a cut forgets the offset": (MAP, {"	back->offset += end - entry->start;\n": ""}, "clip", (
        "vm_map_clip_end(map, ", "in a map that was", "pages, ", "refs) from")),
    "a code is another": (MAP, {"		return (KERN_INVALID_ADDRESS);\n": "		return (KERN_NO_SPACE);\n"}, "refuse", (
        "KERN_INVALID_ADDRESS", "KERN_NO_SPACE", "what is returned by vm_map_insert(")),
    "nothing is zeroed": (FAULT, {"		pmap_zero_page(fs->m);\n": "		(void)pmap_zero_page;\n"}, "zeros", (
        "of memory that nobody has touched", "expected  zeros")),
    "the shared page is written": (FAULT, {"		fs->prot &= ~VM_PROT_WRITE;\n": ""}, "copy", (
        "to be read only", "to be written")),
    "interrupts stay off": (FAULT, {"		splx(s);\n		vm_fault_wait_busy(fs);": "		vm_fault_wait_busy(fs);"}, "busy", (
        "the level of interrupts after vm_fault_resident(), of a page that is", "expected  as before")),
    "what is read is another": (FAULT, {"		pmap_copy_page(fs->m, fs->first_m);\n": "		(void)pmap_copy_page;\n"}, "user", (
        "what comes of a read at", "expected  reads ", "got       reads ")),
    "null is called": (FAULT, {"	vm_fault_back_to_first(fs);\n	cnt.v_cow_faults++;": "	((void (*)(void))0)();"}, "copy", (
        "Fatal trap 12",)),
}
QUICK = ("a tree has another shape", "a cut forgets the offset")


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in MISTAKES])
def test_a_report_leads_to_the_mistake(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    file, changes, checks, told = MISTAKES[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "mistake", EXERCISES), file, changes), checks)
    assert over.results["score"] == 0
    for words in (*told, "handouts/5-vm.md, section"):
        assert words in over.out, words
    assert "in the stub of" not in over.out


# ---------------------------------------------------------------- hostile submissions

BEGIN = "	vm_map_entry_t entry;\n\n	start = MAX("
HOSTILE: dict[str, tuple[Mapping[str, str], str, str]] = {
    "asks the reference": ({BEGIN: "	vm_map_entry_t entry;\n\n	extern int vm_map_findspace(vm_map_t, vm_offset_t,\n"
                            "	    vm_size_t, vm_offset_t *);\n	if (map != NULL)\n"
                            "		return (vm_map_findspace(map, start, length, addr));\n	start = MAX("},
                           "first-fit", "still running|Fatal trap|double fault"),
    "ends the script": ({BEGIN: "	vm_map_entry_t entry;\n	void script_done(void);\n\n	script_done();\n	start = MAX("},
                        "first-fit", "that it returns"),
    "has the driver's functions": ({BEGIN: BEGIN, "static vm_eflags_t\ncow_eflags": "void\nscript_result(void)\n{\n}\n\n"
                                    "static vm_eflags_t\ncow_eflags"}, "first-fit", "multiple definition"),
    "says how much there is": ({BEGIN: "	vm_map_entry_t entry;\n	extern uint32_t script_used;\n\n"
                                "	script_used = ~0;\n	start = MAX("}, "first-fit", ""),
    "halts": ({BEGIN: "	vm_map_entry_t entry;\n\n	__asm__ volatile(\"cli; hlt\");\n	start = MAX("}, "first-fit", "halted"),
}


@pytest.mark.parametrize("name", [name if name == "ends the script" else pytest.param(name, marks=pytest.mark.long)
                                  for name in HOSTILE])
def test_hostile_submissions_earn_nothing(name: str, tmp_path: Path, judge: Callable[..., Grading]) -> None:
    changes, checks, told = HOSTILE[name]
    over = judge(changed(partly_solved(LAB, tmp_path / "hostile", EXERCISES), MAP, changes), checks)
    assert over.results["score"] == 0
    assert any(words in over.out for words in told.split("|"))


# ---------------------------------------------------------------- traces


@pytest.fixture(scope="session", name="reference")
def build_reference() -> Iterator[Programs]:
    with mutate.workshop(TREE) as folder:
        yield mutate.build_reference(TREE, LAB, folder / "reference")


def bench(reference: Programs, folder: Path) -> Bench:
    folder.mkdir()
    bochs = shutil.which("bochs")
    assert bochs
    return Bench(folder, reference, bochs=bochs)


def judge_traces(reference: Programs, tmp_path: Path, seed: int) -> None:
    """15 traces of a map, to the last number; one of memory that is forked and shared; one of the whole kernel."""
    for step in Everything(bench(reference, tmp_path / "map"), Case("a trace", seed)).steps():
        step.judge(exact=True)
    Shared(bench(reference, tmp_path / "memory"), Case("a trace", seed), *STEPS).judge()
    Workload(Case("a trace", seed).draw).judge(bench(reference, tmp_path / "kernel"))


def test_a_trace_is_the_models(reference: Programs, tmp_path: Path) -> None:
    judge_traces(reference, tmp_path, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1067))
def test_a_thousand_traces_are_the_models(reference: Programs, tmp_path: Path, seed: int) -> None:
    judge_traces(reference, tmp_path, seed)
