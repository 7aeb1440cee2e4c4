"""copyin() and its kin, called in the kernel from outside: good memory, holes, the kernel's own, the end of the user's.

The machine stands at mi_startup(), interrupts off; a page table is written into free memory, and a call is a frame on
the stack and a new EIP. The function comes back to where the machine stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from grade.tests.calling import KERNBASE, Kernel, kernel_at

EFAULT, ENAMETOOLONG = 14, 63
MAXUSER = 0xBFC00000
MINUS_ONE = 0xFFFFFFFF

# Two pages for the user, with a hole behind the second; one more that may only be read (ring 0 obeys that: CR0.WP);
# and the last one of all.
USER, READ_ONLY, LAST = 0x10000000, 0x10003000, MAXUSER - 0x1000
FREE = 0x2000000                # physical memory that nobody uses: tables, then pages
ROOM = KERNBASE + 0x90000       # in the first megabyte, mapped and free: the kernel's side of a copy
VALID_USER, WRITE = 5, 2


@dataclass
class UserKernel(Kernel):
    """With pages of a user's."""

    def page(self, number: int, data: bytes, at: int = 0) -> None:
        """Into one of the user's pages, counted from 0."""
        self.pc.poke(FREE + 0x2000 + number * 0x1000 + at, data)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UserKernel]:
    with kernel_at(tmp_path_factory.mktemp("kernel"), "mi_startup") as stopped:
        pc = stopped.pc
        directory = pc.control().cr3 & ~0xFFF
        for table, address in ((FREE, USER), (FREE + 0x1000, LAST)):
            pc.poke(table, bytes(4096))
            pc.poke(directory + (address >> 22) * 4, (table | VALID_USER | WRITE).to_bytes(4, "little"))
        for number, (table, address, write) in enumerate(
                ((FREE, USER, WRITE), (FREE, USER + 0x1000, WRITE), (FREE, READ_ONLY, 0), (FREE + 0x1000, LAST, WRITE))):
            entry = FREE + 0x2000 + number * 0x1000 | VALID_USER | write
            pc.poke(table + (address >> 12 & 0x3FF) * 4, entry.to_bytes(4, "little"))
        yield UserKernel(pc, stopped.symbols)


HOLE = USER + 0x2000


@pytest.mark.parametrize("address, size, result", [
    (USER + 5, 103, 0), (USER + 0xFFD, 11, 0), (HOLE - 8, 8, 0), (READ_ONLY, 8, 0), (MAXUSER - 8, 8, 0), (USER, 0, 0),
    (HOLE - 4, 8, EFAULT), (HOLE, 1, EFAULT), (0, 4, EFAULT), (MAXUSER - 8, 9, EFAULT), (MAXUSER, 1, EFAULT),
    (KERNBASE + 0x100000, 4, EFAULT), (0xFFFFFFFC, 8, EFAULT), (USER, 0xFFFFFFFF, EFAULT)],
    ids=lambda value: f"{value:#x}")
def test_copyin_and_copyout(address: int, size: int, result: int, kernel: UserKernel) -> None:
    text = bytes((7 * number + size) & 0xFF for number in range(128))
    for number in range(4):
        kernel.page(number, text)
        kernel.page(number, text, 0x1000 - len(text))
    kernel.write(ROOM, bytes(128))
    assert kernel.call("copyin", address, ROOM, size) == result
    if result == 0:
        assert kernel.pc.memory(ROOM + size, 1) == b"\0"
        assert not size or kernel.pc.memory(ROOM, size) == kernel.pc.memory(address, size)
    writable = address >> 12 != READ_ONLY >> 12
    kernel.write(ROOM, bytes(range(1, 129)))
    assert kernel.call("copyout", ROOM, address, size) == (result if writable else EFAULT)
    if result == 0 and writable and size:
        assert kernel.pc.memory(address, size) == bytes(range(1, size + 1))


@pytest.mark.parametrize("address, room, result, done", [
    (USER + 0xFF8, 64, 0, 13), (USER + 0xFF8, 13, 0, 13), (USER + 0xFF8, 12, ENAMETOOLONG, 12), (USER + 0xFF8, 0, None, 0),
    (HOLE - 4, 64, EFAULT, None), (HOLE, 8, EFAULT, None), (MAXUSER - 4, 64, EFAULT, 4), (MAXUSER, 4, EFAULT, 0),
    (KERNBASE + 0x100000, 4, EFAULT, 0)], ids=lambda value: "any" if value is None else f"{value:#x}")
def test_copyinstr(address: int, room: int, result: int | None, done: int | None, kernel: UserKernel) -> None:
    """A string over the border of two pages, one that ends in a hole, and one that the user's end cuts."""
    kernel.page(0, b"over the", 0xFF8)
    kernel.page(1, b"edge\0")
    kernel.page(1, b"hole", 0xFFC)
    kernel.page(3, b"last", 0xFFC)
    kernel.write(ROOM, b"\xee" * 80)
    kernel.write(ROOM + 0x100, bytes(4))
    found = kernel.call("copyinstr", address, ROOM, room, ROOM + 0x100)
    assert result is None or found == result
    assert done is None or int.from_bytes(kernel.pc.memory(ROOM + 0x100, 4), "little") == done
    if found == 0:
        assert kernel.pc.memory(ROOM, 14) == b"over theedge\0\xee"
    assert kernel.pc.memory(ROOM + room, 1) == b"\xee" or room == 0


@pytest.mark.parametrize("address, size, good", [
    (USER + 8, 4, True), (MAXUSER - 4, 4, True), (MAXUSER - 1, 1, True), (MAXUSER - 3, 4, False), (MAXUSER, 1, False),
    (HOLE, 4, False), (HOLE - 2, 4, False), (0xFFFFFFFF, 1, False), (KERNBASE + 0x100000, 4, False)],
    ids=lambda value: f"{value:#x}" if isinstance(value, int) else "")
def test_words_and_bytes(address: int, size: int, good: bool, kernel: UserKernel) -> None:
    fetch, store = ("fuword", "suword") if size == 4 else ("fubyte", "subyte")
    value = 0x12345678 if size == 4 else 0xA5
    assert kernel.call(store, address, value) == (0 if good else MINUS_ONE)
    assert kernel.call(fetch, address) == (value if good else MINUS_ONE)


def test_nothing_stays_behind(kernel: UserKernel) -> None:
    """pcb_onfault is clear again, so that the next fault is the kernel's own."""
    kernel.call("copyin", HOLE, ROOM, 4)
    pcb = int.from_bytes(kernel.pc.memory(kernel.symbols["proc0kstack"], 4), "little") + 0x2000
    assert b"\0" * 4 in kernel.pc.memory(pcb - 16, 16)
    onfault = kernel.symbols["copy_fault"].to_bytes(4, "little")
    assert onfault not in kernel.pc.memory(pcb - 200, 200)
