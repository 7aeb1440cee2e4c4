"""Page faults: what each comes to, what the page tables say then, and what is left when all is over.

The tests run as processes (grade/drivers/services_fault*.c), two boots in all; at fault_mark() the
page tables are read from outside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import unpack

import pytest

from grade.debugger import PageEntry
from grade.elf import read_labels
from grade.faulting import FORK_BUDGET, MEGABYTE_BUDGET, measure_faults
from grade.switching import CHECK_DISK
from grade.tests.emulation import TREE, make, tool
from grade.tests.services import BUDGET, KERNEL, STEP, Fact, machine, parse

SUCCESS, PROTECTION_FAILURE, FAILURE = 0, 2, 5
SIGBUS, SIGSEGV, T_PAGEFLT, EFAULT = 10, 11, 12, 14
AT, PAGE = 0x10000000, 4096
SGROWSIZ_PAGES = 32


@dataclass(frozen=True)
class Mark:
    """A page's entries at a fault_mark()."""

    va: int
    entry: PageEntry | None


@dataclass(frozen=True)
class Boot:
    """What one boot has said, and what was read at its marks, in order, by test."""

    facts: list[Fact]
    marks: dict[str, list[Mark]]
    serial: str

    def named(self, name: str) -> list[Fact]:
        found = [fact for fact in self.facts if fact.name == name]
        assert found, f"{name} has not come to its end:\n{self.serial[-2000:]}"
        return found

    def by(self, name: str, key: str = "what") -> dict[str, Fact]:
        return {str(fact.values[key]): fact for fact in self.named(name)}


def boot(tests: Sequence[str]) -> Boot:
    """One boot of tests that end well."""
    make(KERNEL)
    place = read_labels(TREE / KERNEL)["fault_mark"]
    marks: dict[str, list[Mark]] = {}
    with machine(" ".join(tests)) as pc:
        pc.break_at(place)
        while (stop := pc.run(BUDGET)).why == "breakpoint":
            name, va = unpack("<II", pc.memory(pc.registers().esp + 4, 8))
            test = pc.memory(name, 16).split(b"\0")[0].decode("ascii")
            marks.setdefault(test, []).append(Mark(va, pc.page_entries(va)[1]))
        pc.close()
        serial = pc.serial.decode("latin1")
    assert stop.why == "power-off", f"{stop}\n{serial}"
    return Boot(parse(serial), marks, serial)


@pytest.fixture(scope="module", name="faults")
def plain() -> Boot:
    """Faults that meet nobody."""
    return boot(("fault_rows", "fault_user", "fault_zero", "fault_cow", "fault_move", "fault_full", "fault_wired",
                 "fault_around", "fault_stack", "meters"))


@pytest.fixture(scope="module", name="pagers")
def paging() -> Boot:
    """Faults that meet a pager, or each other."""
    return boot(("fault_pager", "fault_window", "fault_busy", "fault_invalid", "fault_readers", "fault_change"))


def test_what_is_counted(faults: Boot) -> None:
    [meters] = faults.named("meters")
    assert (meters["ticks"], meters["trap"], meters["kthreads"]) == (3, 5, 1)
    assert meters["swtch"] >= 2 * 3 + 2 and meters["intr"] >= 3 and meters["soft"] >= 3


def test_each_code(faults: Boot) -> None:
    rows = faults.by("row")
    for what, code in {
            "hole": FAILURE, "null": FAILURE, "kernel": FAILURE,
            "read": SUCCESS, "again": SUCCESS, "write_of_read_only": PROTECTION_FAILURE,
            "read_of_none": PROTECTION_FAILURE, "write": SUCCESS, "last": SUCCESS,
            "behind_the_end": PROTECTION_FAILURE, "dead": PROTECTION_FAILURE}.items():
        assert (what, rows[what]["rv"], rows[what]["locked"]) == (what, code, 0)
    [left] = faults.named("object")
    assert (left["refs"], left["progress"], left["resident"]) == (1, 0, 0), "nothing is held, and no page came of a failure"


def test_what_ring_3_gets(faults: Boot) -> None:
    touches = faults.by("touch")
    for what, signo in {
            "nothing": 0, "read_null": SIGSEGV, "write_null": SIGSEGV, "read_hole": SIGSEGV, "read_kernel": SIGSEGV,
            "write_kernel": SIGSEGV, "read_tables": SIGSEGV, "call_hole": SIGSEGV, "write_read_only": SIGBUS,
            "read_read_only": 0, "write": 0, "read": 0}.items():
        assert (what, touches[what]["signo"]) == (what, signo)
        assert touches[what]["code"] == (T_PAGEFLT if signo else 0)
    assert (touches["read_read_only"]["eax"], touches["read"]["eax"]) == (0, 7)


def test_the_kernel_by_copyin(faults: Boot) -> None:
    """What is not resident comes in; what cannot, is an error and no more."""
    copies = faults.by("copy")
    assert [(what, copies[what]["rv"], copies[what]["word"]) for what in copies] == [
        ("in_absent", 0, 0), ("out_absent", 0, 0x1234), ("in_hole", EFAULT, 0), ("out_read_only", EFAULT, 0),
        ("fuword", 7, -1)]


def test_zeros_are_zeros(faults: Boot) -> None:
    """24 pages, of memory that was full of something else."""
    [zero] = faults.named("zero")
    assert (zero["signo"], zero["all"], zero["zfod"], zero["ozfod"], zero["taken"]) == (0, 0, 24, 1, 1)
    first, last = faults.marks["zero"]
    for mark in (first, last):
        assert mark.entry is not None and mark.entry.present and mark.entry.user and mark.entry.writable
        assert mark.entry.accessed and not mark.entry.dirty, "it was only read"


def test_nobody_sees_what_another_writes(faults: Boot) -> None:
    for cow in faults.named("cow"):
        assert cow["spaces"] == 6 and cow["deepest"] >= 5 and cow["faults"] > 50
        assert cow["wrong"] == 0
    assert all(left["wrong"] == 0 for left in faults.named("cow_left")), "those that are left keep what they had"
    assert faults.named("cow_end")[0]["lost"] == 0


def test_a_page_that_is_nobody_elses_moves(faults: Boot) -> None:
    moves = faults.by("move")
    shared, read, alone = moves["shared"], moves["read"], moves["alone"]
    assert (shared["signo"], shared["same"], shared["moved"], shared["copied"]) == (0, 0, 0, 1)
    assert (read["value"], read["same"], read["moved"], read["copied"]) == (101, 1, 0, 1)
    assert (alone["signo"], alone["same"], alone["moved"], alone["copied"]) == (0, 1, 1, 2)
    assert (alone["value"], alone["resident"]) == (101, 2), "the other words came along; the page left where it was"
    before, after = faults.marks["move"]
    assert before.entry is not None and after.entry is not None
    assert (before.entry.writable, after.entry.writable) == (False, True)
    assert before.entry.address == after.entry.address


def test_a_shadow_that_has_all_pages_stands_alone(faults: Boot) -> None:
    assert [(one["pages"], one["length"], one["refs"]) for one in faults.named("full")] == [(1, 2, 2), (2, 1, 1)]


def test_wired(faults: Boot) -> None:
    wires = faults.named("wire")
    assert [(one["rv"], one["more"]) for one in wires[:2]] == [(SUCCESS, 2), (SUCCESS, 0)]
    pages = faults.by("wired")
    assert (pages["user"]["wires"], pages["user"]["queue"]) == (1, 0)
    assert pages["none"]["wires"] == 0 and pages["none"]["queue"] != 0
    assert [wires[2][key] for key in ("rv", "more", "copied", "value")] == [SUCCESS, 1, 1, 5]
    for mark in faults.marks["wired"]:
        assert mark.entry is not None and mark.entry.writable, "what is wired does not fault when it is written"
    assert faults.named("wire_end")[0]["more"] == -1, "the page table went, too"


def test_neighbours_come_along_to_read(faults: Boot) -> None:
    """From the inside to the outside, up to the first that is not in memory: page 10, behind 7, 8 and 9."""
    around = faults.named("around")
    assert around[0]["faults"] == 1
    [found] = re.findall(r"^@around faults=1 mapped=(\d+)", faults.serial, re.MULTILINE)
    assert found == "0000111111000000"
    neighbour, touched = faults.marks["around"]
    assert neighbour.entry is not None and touched.entry is not None
    assert (neighbour.entry.writable, neighbour.entry.user) == (False, True)
    assert touched.entry.writable
    assert faults.named("around_value")[0]["value"] == 206


def test_a_stack_grows(faults: Boot) -> None:
    pushes = faults.by("push")
    assert [pushes[what]["signo"] for what in ("top", "first", "grows", "far", "too_far")] == [0, 0, 0, 0, SIGSEGV]
    assert pushes["first"]["ssize"] == SGROWSIZ_PAGES and pushes["grows"]["ssize"] == 2 * SGROWSIZ_PAGES
    assert pushes["far"]["ssize"] == 256 == pushes["too_far"]["ssize"]


@pytest.mark.parametrize("test, text", [
    ("fault_nofault", r"panic: vm_fault: fault on nofault entry, addr: 10000000\r?\n"),
    ("fault_null", r"Fatal trap 12: page fault while in kernel mode\s+fault virtual address\s+= 0x4\r?\n"
                   r"fault code\s+= supervisor read, page not present"),
    ("fault_directly", r"Fatal trap 12: page fault while in kernel mode\s+fault virtual address\s+= 0x10000000\r?\n"),
    ("fault_wild", r"Fatal trap 12: page fault while in kernel mode"),
], ids=["nofault", "null", "directly", "wild"])
def test_mistakes_of_the_kernel(test: str, text: str) -> None:
    with machine(test) as pc:
        while b"panic: " not in pc.serial and b"db> " not in pc.serial and not pc.stop.over:
            pc.run(STEP)
        pc.run(STEP)
        pc.close()
        serial = pc.serial.decode("latin1")
    assert re.search(text, serial), serial
    assert f"@{test.removeprefix('fault_')} " not in serial


def test_what_pagers_return(pagers: Boot) -> None:
    pager = pagers.by("pager")
    for what, code, read, zeros, resident, value in (
            ("ok", SUCCESS, 1, 0, 1, 1000), ("fail", SUCCESS, 0, 1, 1, 0),
            ("error", FAILURE, 0, 0, 0, 0), ("bad", PROTECTION_FAILURE, 0, 0, 0, 0)):
        one = pager[what]
        assert [one[key] for key in ("rv", "read", "zeros", "resident", "value")] == [code, read, zeros, resident, value], what
        assert (one["calls"], one["progress"], one["refs"]) == (1, 0, 1), what
    behind = [fact for fact in pagers.named("pager") if fact.values["what"] == "behind"]
    assert [one["rv"] for one in behind] == [SUCCESS, SUCCESS, FAILURE, PROTECTION_FAILURE]
    assert [one["value"] for one in behind] == [1000, 0, 0, 0]
    assert [one["resident"] for one in behind] == [0, 1, 0, 0]
    assert all((one["progress"], one["refs"]) == (0, 1) for one in behind)
    assert [(one["refs"], one["progress"], one["resident"]) for one in pagers.named("behind")] == [
        (1, 0, 1), (1, 0, 0), (1, 0, 0), (1, 0, 0)]
    assert len(re.findall(r"^vm_fault: pager read error, pid \d+ \(services\)\r?$", pagers.serial, re.MULTILINE)) == 2


def test_the_window_of_a_read(pagers: Boot) -> None:
    """first+count@wanted, of each call: 7 behind and 8 ahead, as far as the object and what is in memory let it."""
    windows = {str(fact.values["what"]): fact.values.get("asked") for fact in pagers.named("window")}
    assert windows == {
        "normal": "13+16@7,33+16@7,0+11@2,56+8@7",
        "random": "20+1@0,40+1@0,2+1@0,63+1@0,0+1@0",
        "sequential": "20+16@0,40+16@0,2+11@0,63+1@0,0+2@0",
        "in_turn": "0+9@0,9+16@0,25+16@0,41+16@0,57+7@0",
    }


def test_a_busy_page_is_waited_for(pagers: Boot) -> None:
    [busy] = pagers.named("busy")
    assert (busy["done"], busy.values["where"], busy["met"], busy["locked"]) == (0, "vmpfw", 1, 0)
    [end] = pagers.named("busy_end")
    assert (end["rv"], end["value"], end["refs"], end["progress"]) == (SUCCESS, 12, 1, 0), "it looked anew"


def test_a_page_that_is_not_valid_is_left_alone(pagers: Boot) -> None:
    [invalid] = pagers.named("invalid")
    assert [invalid[key] for key in ("rv", "value", "busy", "valid")] == [SUCCESS, 0, 0, 0]


def test_no_page_is_kept_for_the_maps_lock(pagers: Boot) -> None:
    """Who waits for it may be waited for because of the page."""
    assert (pagers.named("readers")[0]["done"], pagers.named("readers")[0]["busy"]) == (0, 0)
    [end] = pagers.named("readers_end")
    assert [end[key] for key in ("rv", "value", "refs", "progress", "locked")] == [SUCCESS, 1000, 1, 0, 0], "a copy of all of it: the shadow stands alone"


def test_the_map_changes_meanwhile(pagers: Boot) -> None:
    changes = pagers.by("change")
    for what, code, value, refs in (
            ("nothing", SUCCESS, 1000, 2), ("elsewhere", SUCCESS, 1000, 2), ("read_only", SUCCESS, 1000, 2),
            ("read_only_and_written", PROTECTION_FAILURE, 0, 2), ("none", PROTECTION_FAILURE, 0, 2),
            ("removed", FAILURE, 0, 1), ("replaced", SUCCESS, 77, 1)):
        one = changes[what]
        assert [one[key] for key in ("rv", "value", "refs", "progress", "locked", "calls")] == [
            code, value, refs, 0, 0, 1], what
    writable = [mark.entry is not None and mark.entry.present and mark.entry.writable for mark in pagers.marks["change"]]
    present = [mark.entry is not None and mark.entry.present for mark in pagers.marks["change"]]
    assert present == [True, True, True, False, False, False, True]
    assert writable == [True, True, False, False, False, False, True]


def test_what_faults_cost(tmp_path: Path) -> None:
    """No more than they have come to; `make bench` has the targets."""
    make(KERNEL, CHECK_DISK)
    costs = measure_faults(TREE, tmp_path, bochs=tool("bochs"))
    assert costs.prezeroed <= 840
    assert costs.zero <= 840 + 1024 + 40
    assert costs.copy <= 1_160 + 1024
    assert costs.megabyte <= MEGABYTE_BUDGET
    assert costs.fork <= FORK_BUDGET
