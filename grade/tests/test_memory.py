"""The kernel's memory in the machine: page tables, faults, and what it costs in instructions.

mem_host.c has shown on the host that the algorithms are right; here are the mappings that it had in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grade.tests.calling import KERNBASE, Kernel, kernel_at
from grade.tests.emulation import TREE

NOWAIT, WAITOK, ZERO = 1, 2, 0x100
NOOBJ = 0x100
PAGE = 4096
PHYS_ADDR = 32                  # in struct vm_page
MARK = b"<end>"
MINUS_ONE = 0xFFFFFFFF
START_BUDGET = 310_000          # instructions of vm_mem_init() and kmeminit() at 64 MB
PAGE_BUDGET = 20                # for each page more
PIECE_BUDGET = 125              # malloc() and free() of a small piece
ITEM_BUDGET = 106               # uma_zalloc() and uma_zfree() of an item


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A machine of 8 MB, when there is malloc()."""
    with kernel_at(tmp_path_factory.mktemp("memory"), "cpu_startup", options=["megs: 8"]) as stopped:
        stopped.write(stopped.symbols["db_lines_per_page"], bytes(4))      # DDB does not ask for a key
        yield stopped


def count(kernel: Kernel, field: str) -> int:
    """One of the kernel's `cnt'."""
    header = (TREE / "kernel/sys/vmmeter.h").read_text(encoding="ascii")
    fields = re.findall(r"^\tuint32_t\t(v_\w+);", header, re.MULTILINE)
    return kernel.word(kernel.symbols["cnt"] + 4 * fields.index(field))


def counts(kernel: Kernel) -> tuple[int, int]:
    """Free and wired pages."""
    return count(kernel, "v_free_count"), count(kernel, "v_wire_count")


def show(kernel: Kernel, what: str) -> str:
    """What DDB's `show' prints. COM1 sends the last of it when the machine runs on: then our mark and its dots come."""
    before = len(kernel.pc.serial)
    kernel.call(f"db_show_{what}_cmd", 0, 0, MINUS_ONE, 0)
    kernel.write(kernel.symbols["kernelname"], MARK + 64 * b"." + b"\0")
    kernel.call("db_printf", kernel.symbols["kernelname"])
    for _ in range(10_000):
        shown, mark, _ = kernel.pc.serial[before:].partition(MARK)
        if mark:
            return shown.lstrip(b".").decode("ascii")
        kernel.pc.registers()           # what was sent takes a while
    raise AssertionError(shown)


def test_pages(kernel: Kernel) -> None:
    """kmem_alloc() maps zeroed pages, and nothing behind them; kmem_free() gives them back, and the mappings go."""
    kernel_map, before = kernel.word("kernel_map"), counts(kernel)
    address = kernel.call("kmem_alloc", kernel_map, 2 * PAGE + 1)
    assert counts(kernel) == (before[0] - 3, before[1] + 3)
    assert kernel.pc.memory(address, 3 * PAGE) == bytes(3 * PAGE)
    assert kernel.faults("strlen", address + 3 * PAGE) == address + 3 * PAGE
    kernel.call("memset", address, 0xAA, 3 * PAGE)
    assert kernel.pc.memory(address, 3 * PAGE) == b"\xAA" * (3 * PAGE)
    kernel.call("kmem_free", kernel_map, address, 2 * PAGE + 1)
    assert counts(kernel) == before
    for page in range(3):
        assert kernel.faults("strlen", address + page * PAGE) == address + page * PAGE
    again = kernel.call("kmem_alloc", kernel_map, 3 * PAGE)
    assert again == address and kernel.pc.memory(address, 3 * PAGE) == bytes(3 * PAGE)
    kernel.call("kmem_free", kernel_map, again, 3 * PAGE)


def test_addresses_only(kernel: Kernel) -> None:
    """kmem_alloc_nofault() maps nothing; what is mapped there by hand is found, and taken away again."""
    kernel_map, before = kernel.word("kernel_map"), counts(kernel)
    address = kernel.call("kmem_alloc_nofault", kernel_map, 2 * PAGE)
    assert counts(kernel) == before
    for at in (address, address + PAGE):
        assert kernel.faults("strlen", at) == at
        assert kernel.call("pmap_kextract", at) == 0
    page = kernel.call("vm_page_alloc", 0, 0, NOOBJ)
    physical = kernel.word(page + PHYS_ADDR)
    kernel.call("pmap_kenter", address + PAGE, physical)
    assert kernel.call("pmap_kextract", address + PAGE + 0x124) == physical + 0x124
    kernel.call("memset", address + PAGE, 0x5A, PAGE)
    assert kernel.pc.physical(physical + PAGE - 16, 16) == b"\x5A" * 16
    kernel.call("pmap_kremove", address + PAGE)
    kernel.call("vm_page_free", page)
    assert kernel.faults("strlen", address + PAGE) == address + PAGE
    kernel.call("kmem_free", kernel_map, address, 2 * PAGE)
    assert counts(kernel) == before


def test_null_faults(kernel: Kernel) -> None:
    """The low window is shut; what no page table covers is not mapped either."""
    assert kernel.faults("strlen", 4) == 4
    assert kernel.call("pmap_kextract", 4) == 0
    assert kernel.call("pmap_kextract", 0xE0000000) == 0
    assert kernel.call("pmap_kextract", KERNBASE + 0x100123) == 0x100123


def test_malloc(kernel: Kernel) -> None:
    """Zeroed pieces of their own; all that there is, and all of it back."""
    temp, before = kernel.symbols["M_TEMP"], counts(kernel)
    kernel.call("free", 0, temp)
    pieces = [kernel.call("malloc", size, temp, NOWAIT | ZERO) for size in (0, 16, 17, 300, 2048, 2049, 9000)]
    assert len(set(pieces)) == len(pieces) and all(address % 8 == 0 for address in pieces)
    assert kernel.pc.memory(pieces[-1], 9000) == bytes(9000)
    while address := kernel.call("malloc", 1 << 16, temp, NOWAIT):
        pieces.append(address)
    assert 20 < len(pieces) < 60, "kmem_map is a third of 8 MB"
    assert kernel.panics("malloc", 70_000, temp, WAITOK).startswith(
        "kmem_malloc(70000): kmem_map too small: ")
    for address in pieces:
        kernel.call("free", address, temp)
    free, wired = counts(kernel)
    assert before[0] - free == wired - before[1] <= 5, "a bucket may keep one"


def test_misuse(kernel: Kernel) -> None:
    """Freed twice, by another, elsewhere: said by address and type."""
    temp, devbuf = kernel.symbols["M_TEMP"], kernel.symbols["M_DEVBUF"]
    piece, other = (kernel.call("malloc", 100, temp, NOWAIT) for _ in range(2))
    assert kernel.panics("free", piece, devbuf) == f"free: {piece:#x}, type devbuf: it is of type temp"
    assert kernel.panics("free", piece + 8, temp) == f"free: {piece + 8:#x}, type temp: in the midst of a piece"
    kernel.call("free", piece, temp)
    assert kernel.panics("free", piece, temp) == f"free: {piece:#x}, type temp: free already"
    assert kernel.panics("free", 0xC0100000, temp) == "free: 0xc0100000, type temp: not malloc's"
    kernel.call("free", other, temp)


def test_show(kernel: Kernel) -> None:
    """DDB's `show page' and `show malloc' say what is."""
    temp, shown = kernel.symbols["M_TEMP"], show(kernel, "page")
    free, wired = counts(kernel)
    assert f"cnt.v_free_count: {free}\r\n" in shown and f"cnt.v_wire_count: {wired}\r\n" in shown

    pieces = [kernel.call("malloc", size, temp, NOWAIT) for size in (100, 1000, 5000)]
    lines = [line.split() for line in show(kernel, "malloc").splitlines()]
    assert lines[0] == ["Type", "InUse", "MemUse", "Requests"]
    (_, pieces_in_use, size, requests), = (line for line in lines if line[0] == "temp")
    assert (pieces_in_use, size) == ("3", "10K") and int(requests) >= 3
    for address in pieces:
        kernel.call("free", address, temp)


def test_show_zones(kernel: Kernel) -> None:
    """`show uma' counts the items that are in use."""
    def zones() -> tuple[int, int]:
        lines = [line.split() for line in show(kernel, "uma").splitlines()]
        assert lines[0] == ["Zone", "Size", "Limit", "Used", "Free", "Pages", "Requests", "Failures"]
        (*_, used, _, _, requests, _), = (line for line in lines if line[:2] == ["UMA", "Zones"])
        return int(used), int(requests)
    used, requests = zones()
    item = kernel.call("uma_zalloc_arg", kernel.symbols["zone_of_zones"], 0, NOWAIT)
    assert zones() == (used + 1, requests + 1)
    kernel.call("uma_zfree_arg", kernel.symbols["zone_of_zones"], item, 0)
    assert zones() == (used, requests + 1)


def test_a_piece_is_quick(kernel: Kernel) -> None:
    temp = kernel.symbols["M_TEMP"]
    for size in (16, 100, 1000):
        keep = kernel.call("malloc", size, temp, NOWAIT)
        piece = kernel.call("malloc", size, temp, NOWAIT)
        kernel.call("free", piece, temp)
        piece = kernel.call("malloc", size, temp, NOWAIT)
        taking = kernel.ticks
        kernel.call("free", piece, temp)
        assert taking + kernel.ticks <= PIECE_BUDGET, f"{size} bytes: {taking} and {kernel.ticks}"
        kernel.call("free", keep, temp)


def test_an_item_is_quick(kernel: Kernel) -> None:
    zone = kernel.symbols["zone_of_zones"]
    keep, item = (kernel.call("uma_zalloc_arg", zone, 0, NOWAIT) for _ in range(2))
    taking = kernel.ticks
    kernel.call("uma_zfree_arg", zone, item, 0)
    assert taking + kernel.ticks <= ITEM_BUDGET, f"{taking} and {kernel.ticks}"
    kernel.call("uma_zfree_arg", zone, keep, 0)


def start_ticks(folder: Path, megabytes: int) -> tuple[int, int]:
    """What vm_mem_init() and kmeminit() take, and how many pages there are."""
    ticks = 0
    with kernel_at(folder, "vm_mem_init", options=[f"megs: {megabytes}"]) as kernel:
        for name in ("vm_mem_init", "kmeminit"):
            for address in (kernel.symbols[name], None):
                before = kernel.pc.stop.tick
                if address is None:
                    address = kernel.word(kernel.pc.registers().esp)
                elif kernel.pc.registers().eip == address:
                    continue
                door = kernel.pc.break_at(address)
                assert kernel.pc.run(10_000_000).why == "breakpoint"
                kernel.pc.unbreak(door)
            ticks += kernel.pc.stop.tick - before
        return ticks, count(kernel, "v_page_count")


def test_the_start_is_quick(tmp_path: Path) -> None:
    """At 64 MB, and how it grows."""
    ticks, pages = start_ticks(tmp_path / "64", 64)
    assert ticks < START_BUDGET
    more, many = start_ticks(tmp_path / "512", 512)
    assert (more - ticks) / (many - pages) <= PAGE_BUDGET
