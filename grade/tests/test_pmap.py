"""pmap: page tables of users and of the kernel, the CPU's bits in them, and what the CPU remembers of them.

The tests run in the kernel (grade/drivers/services_pmap*.c); here is what they ought to find, and page tables are read
from outside.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from grade.bochs import Machine
from grade.counting import come_to
from grade.elf import read_labels
from grade.tests.emulation import BOCHS_STEP, TREE
from grade.tests.services import BUDGET, KERNEL, Fact, machine, parse, run

PAGE, TABLE = 4096, 1 << 22
KERNBASE, BASE = 0xC0000000, 0x10000000
MANY = 96                       # pages that are changed together
OPERATIONS = 2000
INCORE, REFERENCED, MODIFIED, REFERENCED_OTHER, MODIFIED_OTHER = 1, 2, 4, 8, 16
WIRED, WITH_GLOBAL, ENTRY_GLOBAL = 0x200, "cpu: model=p3_katmai", 0x100
PV_ENTRIES = PAGE // 24         # in a page of them

# Instructions.
BUDGETS = {"enter": 125, "reenter": 110, "enter_quick": 115, "copy": 65, "remove": 90, "remove_pages": 115,
           "remove_all": 125, "protect": 2000, "zero_page": 1080, "copy_page": 1090, "pinit": 300, "release": 300}


def named(facts: Sequence[Fact], name: str) -> list[Fact]:
    found = [fact for fact in facts if fact.name == name]
    assert found, f"{name} has not come to its end"
    return found


@pytest.fixture(scope="module", name="facts")
def boot() -> list[Fact]:
    """One boot of all that ends well."""
    serial = run("pmap_tlb pmap_bits pmap_draw pmap_cost pmap_two_tables pmap_grow")
    assert "panic" not in serial and "Fatal" not in serial, serial
    return parse(serial)


@pytest.mark.parametrize("count", [2, MANY])
@pytest.mark.parametrize("what, readable, writable", [
    ("entered", True, True), ("protected", True, False), ("reentered", True, True), ("removed", False, False),
    ("page_protected", True, False), ("downgraded", True, False), ("removed_all", False, False),
    ("removed_pages", False, False), ("exchanged", True, False)])
def test_the_tlb_knows_of_a_change(what: str, readable: bool, writable: bool, count: int, facts: list[Fact]) -> None:
    """Pages that the TLB has, written, change: by one INVLPG each, or all at once."""
    [seen] = [fact for fact in named(facts, "tlb") if fact.values["what"] == what and fact["n"] == count]
    assert (seen["readable"], seen["wrong"]) == (count if readable else 0, 0)
    assert bool(seen["writable"]) == writable


def test_another_page_becomes_the_table(facts: list[Fact]) -> None:
    assert named(facts, "table")[0].values == {"other": 1, "word": 0}


def test_two_address_spaces(facts: list[Fact]) -> None:
    """The same address in two: each sees its own page, and what is removed from one stays in the other."""
    [seen] = named(facts, "two")
    assert seen.values == {"a": 0, "b": 1, "still": 1, "gone": -1}


def test_who_has_used_a_page(facts: list[Fact]) -> None:
    """Nobody; then by two mappings, one of which was only entered; that is told once."""
    assert [seen["count"] for seen in named(facts, "seen")] == [0, 2, 0]


BITS = {
    "entered": (0, 0, 0, INCORE),
    "written": (1, 0, 0, INCORE | MODIFIED | MODIFIED_OTHER | REFERENCED | REFERENCED_OTHER),
    "cleared": (0, 0, 0, INCORE | REFERENCED | REFERENCED_OTHER),
    "protected": (1, 0, 0, INCORE | MODIFIED | MODIFIED_OTHER | REFERENCED | REFERENCED_OTHER),
    "page_protected": (0, 1, 0, INCORE | MODIFIED_OTHER | REFERENCED | REFERENCED_OTHER),
    "removed": (0, 0, 1, 0), "replaced": (0, 1, 1, 0), "downgraded": (0, 1, 1, 0)}


@pytest.mark.parametrize("what", BITS)
def test_what_the_cpu_says_reaches_the_page(what: str, facts: list[Fact]) -> None:
    """pmap_is_modified(), dirty, PG_REFERENCED and mincore(), as a page is used and its mappings change."""
    [seen] = [fact for fact in named(facts, "bits") if fact.values["what"] == what]
    assert tuple(seen[key] for key in ("modified", "dirty", "referenced", "mincore")) == BITS[what]


def test_the_kernel_grows(facts: list[Fact]) -> None:
    """Two tables behind the first 120 MB: seen by who was there, who comes, and the kernel; and up to the end."""
    [grown] = named(facts, "grow")
    assert grown["old"] == KERNBASE + 30 * TABLE
    assert (grown["tables"], grown["a"], grown["b"], grown["kernel"], grown["pa"]) == (2, 1, 1, 1, 1)
    assert named(facts, "grown")[0]["end"] == 0xFFFFF000


def check_draw(facts: Sequence[Fact]) -> None:
    [drawn] = named(facts, "draw")
    assert (drawn["operations"], drawn["wrong"], drawn["lost"]) == (OPERATIONS, 0, 0), [
        fact.values for fact in facts if fact.name == "differs"]
    assert named(facts, "drawn")[0]["kept"] <= 1, "a page of pv entries"


def test_many_operations(facts: list[Fact]) -> None:
    """Drawn ones on two address spaces: entries, counts, tables and pv lists are as noted, and all comes back."""
    check_draw(facts)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("cpu", ["cpu: model=pentium", WITH_GLOBAL], ids=["pentium", "p3"])
def test_many_operations_more(seed: int, cpu: str) -> None:
    check_draw(parse(run("pmap_draw", seed=seed, options=[cpu])))


@pytest.mark.parametrize("what", BUDGETS)
def test_costs(what: str, facts: list[Fact]) -> None:
    [cost] = [fact for fact in named(facts, "cost") if fact.values["what"] == what]
    assert cost["each"] <= BUDGETS[what]


def test_pv_entries_run_out() -> None:
    """One for each page and no more, and more mappings: the oldest go, but not those that are wired."""
    facts = parse(run("pmap_short", options=["megs: 8"], vm_pmap_shpgperproc="0"))
    [short] = named(facts, "short")
    assert short["pages"] <= short["there"] == short["listed"] < short["pages"] + PV_ENTRIES
    assert (short["wired"], short["first"], short["last"]) == (10, 1, 1)
    [shorter] = named(facts, "shorter")
    assert shorter["kept"] == -(-short["pages"] // PV_ENTRIES), "pages of entries stay, tables do not"


def test_two_make_a_page_table(facts: list[Fact]) -> None:
    """Who slept for the page of a table finds another's there, and takes that: two pages, one table."""
    assert named(facts, "both")[0].values == {"resident": 3, "first": 0, "second": 1}


# ---------------------------------------------------------------- from outside


@dataclass(frozen=True)
class Standing:
    """A machine in the midst of pmap_stand's mappings."""

    pc: Machine
    labels: Mapping[str, int]
    has_global: bool                # the CPU knows global pages

    def words(self, name: str, count: int = 1) -> tuple[int, ...]:
        """A variable of the kernel's."""
        return struct.unpack(f"<{count}I", self.pc.memory(self.labels[name], 4 * count))


@pytest.fixture(scope="module", name="standing", params=[False, True], ids=["pentium", "p3"])
def stand(request: pytest.FixtureRequest) -> Iterator[Standing]:
    with machine("pmap_stand", options=[WITH_GLOBAL] if request.param else []) as pc:
        labels = read_labels(TREE / KERNEL)
        come_to(pc, labels["pmap_stand"], BUDGET)
        yield Standing(pc, labels, request.param)


def raw(pc: Machine, address: int) -> tuple[int, int]:
    """The entries of an address: of the directory, and of the table."""
    directory = pc.control().cr3 & ~0xFFF
    entry = int.from_bytes(pc.physical(directory + (address >> 22) * 4, 4), "little")
    if not entry & 1:
        return entry, 0
    return entry, int.from_bytes(pc.physical((entry & ~0xFFF) + (address >> 12 & 0x3FF) * 4, 4), "little")


def test_a_users_pages(standing: Standing) -> None:
    """Frames and rights; the last page of a table, and the first of the next. A quick one is in nobody's place."""
    pc = standing.pc
    *pages, resident, all_wired = standing.words("pmap_stood", 7)
    assert (resident, all_wired) == (5 + 2, 1)
    for address, page, writable, wired in ((BASE, 0, False, False), (BASE + PAGE, 1, True, True),
                                           (BASE + 2 * PAGE, 4, False, False), (BASE + TABLE - PAGE, 2, True, False),
                                           (BASE + TABLE, 3, True, False)):
        table, entry = pc.page_entries(address)
        assert table.user and table.writable and not table.large
        assert (entry.address, entry.user, entry.writable, entry.is_global) == (pages[page], True, writable, False)
        assert bool(raw(pc, address)[1] & WIRED) == wired
    assert not pc.page_entries(BASE + 3 * PAGE)[1].present
    assert not pc.page_entries(0)[0].present and not pc.page_entries(BASE + 2 * TABLE)[0].present


def test_the_kernels_pages(standing: Standing) -> None:
    """4 MB in one entry, nobody's but the kernel's; behind it a page that is not there, and proc0's stack."""
    pc, has_global = standing.pc, standing.has_global
    large, none = pc.page_entries(KERNBASE + 0x100000)
    assert none is None and large.large and large.address == 0 and large.writable and not large.user
    assert large.is_global == has_global
    assert bool(pc.control().cr4 & 0x80) == has_global and pc.control().cr4 & 0x10
    [stack] = standing.words("proc0kstack")
    assert stack == KERNBASE + TABLE + PAGE
    assert not pc.page_entries(stack - PAGE)[1].present
    for page in range(2):
        _, entry = pc.page_entries(stack + page * PAGE)
        assert entry.present and not entry.user and entry.is_global == has_global
    table, _ = pc.page_entries(stack)
    assert not table.is_global, "a table would be a global page, at PTmap"


def test_the_directory_is_in_itself(standing: Standing) -> None:
    pc = standing.pc
    directory = pc.control().cr3 & ~0xFFF
    assert pc.page_entries(0xBFEFF000)[1].address == directory != pc.page_entries(KERNBASE + TABLE)[0].address
    [kernel] = standing.words("IdlePTD")
    assert directory != kernel
    at = 0x300 * 4
    assert pc.physical(directory + at, 1024) == pc.physical(kernel + at, 1024)


def test_wiring_and_activation(standing: Standing) -> None:
    """The same machine goes on: wiring moves from one page to another, and a thread gets the address space."""
    pc = standing.pc
    while not pc.stop.over:
        pc.run(BOCHS_STEP)
    pc.close()
    facts = parse(pc.serial.decode("latin1"))
    assert named(facts, "wired")[0].values == {"wired": 1, "w0": 1, "w1": 0}
    assert named(facts, "active")[0].values == {"word": 0, "cr3": 1}
