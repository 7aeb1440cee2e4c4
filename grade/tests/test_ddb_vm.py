"""The kernel debugger shows a process' memory: its map, objects, pages and page tables.

A process of the kernel with tests in it (grade/drivers/services_ddb.c) maps an object privately, reads and writes it,
forks its address space, and stops; another maps a file. They are those of `make show`: what they do when they go on is
told in the handouts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, make
from grade.tests.loading import Loader, loader_disk, loader_root
from grade.tests.services import KERNEL, parse
from grade.tests.test_ddb import Debugger

AT, PAGE = 0x10000000, 0x1000


@contextmanager
def stopped(folder: Path, test: str) -> Iterator[Debugger]:
    """The debugger in a process that has come to its first stop."""
    make(KERNEL)
    root = loader_root(folder / "root", files={"/kernel": (TREE / KERNEL).read_bytes()})
    with Loader([loader_disk(folder / "disk.img", root)]) as pc:
        pc.start()
        pc.run(f"set services.run={test}")
        pc.com1.send("boot\r")
        ddb = Debugger(pc)
        ddb.before = ddb.stop()
        ddb("set $lines 0")
        yield ddb


@pytest.fixture(scope="module", name="ddb")
def stopped_in_a_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debugger]:
    with stopped(tmp_path_factory.mktemp("ddb"), "ddb_vm") as ddb:
        yield ddb


@pytest.fixture(scope="module", name="fact")
def what_it_said(ddb: Debugger) -> dict[str, str]:
    return {name: str(value) for name, value in parse(ddb.before)[0].values.items()}


def entry(ddb: Debugger, at: int, command: str = "show map") -> list[str]:
    """The words of the line of the entry that begins there."""
    return next(line for line in ddb(command).splitlines() if line.startswith(f"{at:08x} ")).split()


def test_show_map(ddb: Debugger) -> None:
    """Entry by entry, as they are; the child's write has not come, so both still need a copy."""
    first, *_ = ddb("show map").splitlines()
    assert re.match(r"map 0x[0-9a-f]+: 1000 to bfc00000, \d+ entries, [0-9a-f]+ bytes, timestamp \d+, pmap 0x", first)
    words = entry(ddb, AT)
    assert words[1:5] == [f"{AT + 4 * PAGE:08x}", "rw-", "rwx", "copy"] and words[6:] == ["0", "cow", "needs-copy"]
    words = entry(ddb, AT + 8 * PAGE)
    assert words[1:5] == [f"{AT + 10 * PAGE:08x}", "r--", "rw-", "copy"]


def test_show_map_as_a_tree(ddb: Debugger) -> None:
    """All of it, each node further right than the one above."""
    listed = [line.split()[0] for line in ddb("show map").splitlines()[2:]]
    first, *lines = ddb("show map/t").splitlines()
    depths = [(len(line) - len(line.lstrip())) // 2 for line in lines]
    assert sorted(line.split()[0] for line in lines) == listed and first.startswith("map 0x")
    assert depths[0] == 0 and all(1 <= after <= before + 1 for before, after in zip(depths, depths[1:]))
    assert all(re.search(r"free behind [0-9a-f]+, at most [0-9a-f]+$", line) for line in lines)


def test_show_vmspace(ddb: Debugger, fact: dict[str, str]) -> None:
    own, of_child = ddb("show vmspace"), ddb(f"show vmspace {fact['child']}")
    assert own.startswith(f"vmspace {fact['vm']}: 1 references\n") and of_child.startswith(f"vmspace {fact['child']}: ")
    assert entry(ddb, AT, f"show vmspace {fact['child']}") == entry(ddb, AT)


def test_show_object(ddb: Debugger) -> None:
    """The shadow, with the page that was written; behind it the object, with the one that was read."""
    shadow = ddb(f"show object {entry(ddb, AT)[5]}")
    front, behind = shadow.split("behind it, from 0 on:\n")
    assert re.match(r"object 0x[0-9a-f]+: default, 4 pages, 1 resident, 2 references, 0 shadows\n", front)
    assert re.findall(r"^  page (\d+) at", front, re.MULTILINE) == ["2"]
    assert re.match(r"object 0x[0-9a-f]+: default, 4 pages, 1 resident, 2 references, 1 shadows\n", behind)
    assert re.findall(r"^  page (\d+) at", behind, re.MULTILINE) == ["0"]


def test_show_page(ddb: Debugger, fact: dict[str, str]) -> None:
    text = ddb(f"show page {fact['page']}")
    owner = entry(ddb, AT)[5]
    assert f": page 2 of object {owner}\n" in text and "queue active" in text
    assert re.search("mapped [12],", text) and "valid ff, dirty" in text
    counts = dict(re.findall(r"cnt\.v_(\w+): (\d+)", ddb("show page")))
    assert {"page_count", "free_count", "wire_count", "active_count"} <= counts.keys()


def test_show_pmap(ddb: Debugger, fact: dict[str, str]) -> None:
    """What was touched is mapped, for reading: after a fork nobody may write; the child has its own directory."""
    own, of_child = ddb("show pmap").splitlines(), ddb(f"show pmap {pmap_of(ddb, fact['child'])}").splitlines()
    mapped = {int(line.split()[0], 16): line for line in own[1:]}
    assert {AT, AT + 2 * PAGE, AT + 8 * PAGE} <= mapped.keys() and AT + PAGE not in mapped
    assert all(" r-- " in mapped[at] for at in (AT, AT + 2 * PAGE, AT + 8 * PAGE))
    assert mapped[AT + 2 * PAGE].endswith("1 accessed, 1 modified")
    assert own[0].split()[3] != of_child[0].split()[3]


def pmap_of(ddb: Debugger, vmspace: str) -> str:
    found = re.search(r"^pmap (0x[0-9a-f]+)", ddb(f"show vmspace {vmspace}"), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("command, answer", [
    ("show map 0xe0000000", "Bad address 0xe0000000"),
    ("show map kernel_map", "0x[0-9a-f]+ is no map"),      # but *kernel_map is
    ("show vmspace 7", "Bad address 0x7"),
    ("show object 0xe0000000", "Bad address 0xe0000000"),
    ("show object", "show object ADDR: which one?"),
    ("show page 0xe0000000", "Bad address 0xe0000000"),
    ("show pmap 0xe0000000", "Bad address 0xe0000000"),
    ("show pmap btext", r"0x[0-9a-f]+ is no pmap"),
])
def test_what_leads_nowhere_is_said(ddb: Debugger, command: str, answer: str) -> None:
    assert re.search(answer, ddb(command))


def test_what_is_shared_is_copied_when_it_is_written(ddb: Debugger) -> None:
    """The process goes on: the last of the tests of this one."""
    shared = entry(ddb, AT)[5]
    assert "KDB: enter: a page was written" in ddb("c")
    words = entry(ddb, AT)
    assert words[5] != shared and words[7:] == ["cow"]
    assert f"behind it, from 0 on:\nobject {shared}: " in ddb(f"show object {words[5]}")
    assert re.search(rf"^{AT:08x} .* rw- ", ddb("show pmap"), re.MULTILINE)


def test_a_file_is_mapped_twice(tmp_path: Path) -> None:
    """First there is nothing to map yet; then the file's pages are mapped beforehand."""
    with stopped(tmp_path, "ddb_mmap") as ddb:
        assert ", 0 entries, 0 bytes, " in ddb("show map")
        assert "KDB: enter: it was mapped, and read" in ddb("c")
        ddb("break pmap_enter_object")
        assert "Breakpoint at" in ddb("c")
        called = re.findall(r"^(\w+)\(", ddb("trace"), re.MULTILINE)
        assert called[:6] == ["pmap_enter_object", "vm_map_insert", "vm_map_find", "vm_mmap_object", "vn_mmap", "sys_mmap"]
        ddb("delete pmap_enter_object")
        assert "KDB: enter: it was mapped once more" in ddb("c")
        _, _, first, second = ddb("show map").splitlines()
        assert first.split()[2:5] == ["r--", "rwx", "share"] and first.split()[5] == second.split()[5]
        assert second.split()[2:5] + second.split()[6:] == ["rw-", "rwx", "copy", "1000", "cow", "needs-copy"]
        pages = ddb("show pmap").splitlines()[1:]
        assert [line.split()[5] for line in pages] == ["3", "2"]
