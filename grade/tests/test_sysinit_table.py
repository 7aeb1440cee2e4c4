"""The table that kernel/sys/kernel.h opens with is true: of the linked kernel, and of what a boot does."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grade.elf import read_labels, read_memory, read_symbols
from grade.sysinit_table import Row, TableError, parse_table, read_table
from grade.tests.emulation import TREE, bochs_serial, make
from grade.tests.loading import loader_disk, loader_root

KERNEL = "build/ref/kernel/kernel"
ELF = TREE / f"{KERNEL}.elf"
ENTRY = struct.Struct("<5I")        # struct sysinit: subsystem, order, func, udata, next
END = "switch the machine off"


@dataclass(frozen=True)
class Entry:
    """One SYSINIT of the linked kernel."""

    keys: tuple[int, int]
    function: str
    file: str                       # without its folder


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    """All that are run, in the order of it: by their keys, equal ones as they stand in the set."""
    make(KERNEL)
    return sorted(linked(ELF), key=lambda entry: entry.keys)


def linked(elf: Path) -> Iterator[Entry]:
    """The set's pointers, each followed to its struct sysinit; but the set's placeholder, which is never run."""
    labels, symbols = read_labels(elf), read_symbols(elf)
    start, stop = labels["__start_set_sysinit_set"], labels["__stop_set_sysinit_set"]
    names = {symbol.value: symbol.name for symbol in symbols}
    files = {symbol.value: symbol.file for symbol in symbols if symbol.name.endswith("_sysinit")}
    for pointer, in struct.iter_unpack("<I", read_memory(elf, start, stop - start)):
        subsystem, order, function, _, _ = ENTRY.unpack(read_memory(elf, pointer, ENTRY.size))
        if subsystem != 0:
            yield Entry((subsystem, order), names[function], files[pointer])


def defines(function: str, file: str) -> bool:
    """Whether the function begins in this file of the kernel, as style(9) writes it."""
    text = (TREE / "kernel" / file).read_text(encoding="utf-8")
    return re.search(rf"^{function}\(", text, re.MULTILINE) is not None


def test_the_table_is_what_the_linker_has_collected(entries: list[Entry]) -> None:
    """A row for each entry; one for all those of a macro that it says it stands for."""
    table = read_table(TREE)
    shared = {row.function for row in table.rows if row.each}
    collected: list[tuple[tuple[int, int], str, str]] = []
    for entry in entries:
        said = (entry.keys, entry.function, "" if entry.function in shared else entry.file)
        if not (entry.function in shared and said in collected):
            collected.append(said)
    rows = [(table.keys(row), row.function, "" if row.each else Path(row.file).name) for row in table.rows]
    assert rows == collected


def test_every_function_is_where_the_table_says() -> None:
    """In that file; or, where it is somebody else's (kproc_start), that file's SYSINIT names it."""
    for row in read_table(TREE).rows:
        text = (TREE / "kernel" / row.file).read_text(encoding="utf-8")
        named = re.search(rf"SYSINIT\([^;]*\b{row.function}\b", text)
        assert defines(row.function, row.file) or named and not row.each, row


def booted(folder: Path, conf: str, end: str, kernel: bytes | None = None) -> str:
    """What a boot says on COM1 up to `end`, with these lines in loader.conf."""
    root = loader_root(folder / "root", conf=f'autoboot_delay="-1"\n{conf}', boot_config="-h -n",
                       files={"kernel": kernel or (TREE / KERNEL).read_bytes()})
    return bochs_serial(loader_disk(folder / "disk.img", root), end).replace("\r", "")


def test_boot_v_prints_it(entries: list[Entry], tmp_path: Path) -> None:
    """What is run behind the copyright's subsystem, by name, under the subsystems that the entries are of."""
    serial = booted(tmp_path, 'boot_verbose="YES"\n', END)
    lines = re.findall(r"^(?:subsystem ([0-9a-f]+)$|   (\w+)\((?:&\w+|0x[0-9a-f]+|0)\)\.\.\. )", serial, re.MULTILINE)
    printed: list[tuple[int, str]] = []
    subsystem = 0
    for heading, function in lines:
        if heading:
            subsystem = int(heading, 16)
        else:
            printed.append((subsystem, function))
    copyright_ = read_table(TREE).subsystems["COPYRIGHT"].value
    assert printed == [(entry.keys[0], entry.function) for entry in entries if entry.keys[0] > copyright_], serial
    assert serial.count("done.\n") == len(printed) - 1, "the last one stays"


def test_the_loaders_variable_has_it_printed_without_v(entries: list[Entry], tmp_path: Path) -> None:
    serial = booted(tmp_path, 'debug.verbose_sysinit="1"\n', END)
    assert "\nsubsystem 1000000\n   vm_mem_init(" in serial and "\n   scheduler(" in serial
    assert "Physical memory chunk(s)" not in serial
    assert serial.count("done.\n") >= len(entries) / 2


def test_an_entry_without_a_function_is_named(entries: list[Entry], tmp_path: Path) -> None:
    """A kernel with a mistake in it says in which entry, before it has done anything."""
    at = read_labels(ELF)["kmem_sysinit"]
    entry = read_memory(ELF, at, 16)
    kernel = (TREE / KERNEL).read_bytes()
    assert kernel.count(entry) == 1 and any(one.function == "kmeminit" for one in entries)
    serial = booted(tmp_path, "", "db> ", kernel.replace(entry, entry[:8] + bytes(4) + entry[12:]))
    assert f"panic: SYSINIT: kmem_sysinit at {at:#x} (subsystem 1800000, order 0) has no function\n" in serial
    assert "Copyright" not in serial


HEADER = """/*
 *	subsystem	order	function		file
 *	VM		FIRST	vm_mem_init		vm/vm_init.c
 *	KMEM		SECOND	malloc_init		kern/kern_malloc.c (each MALLOC_DEFINE)
 *	KMEM		SECOND+1	late		kern/kern_malloc.c
 *
 */
enum sysinit_sub_id {
	SI_SUB_VM		= 0x1000000,	/* pages */
	SI_SUB_KMEM		= 0x1800000
};
enum sysinit_elem_order {
	SI_ORDER_FIRST		= 0x0000000,
	SI_ORDER_SECOND		= 0x0000001
};
"""


def test_the_table_is_read() -> None:
    table = parse_table(HEADER)
    assert table.rows[1] == Row(4, "KMEM", "SECOND", "malloc_init", "kern/kern_malloc.c", "MALLOC_DEFINE")
    assert table.keys(table.rows[2]) == (0x1800000, 2)
    assert table.subsystems["VM"].meaning == "pages" and table.subsystems["KMEM"].meaning == ""


@pytest.mark.parametrize(("old", "new", "message"), [
    ("\tVM\t\tFIRST", "\tKMEM\t\tFIRST+9", "line 4: malloc_init stands behind something later"),
    ("\tVM\t\tFIRST", "\tVW\t\tFIRST", "line 3: there is no SI_SUB_VW"),
    ("\tFIRST\tvm", "\tFIFTH\tvm", "line 3: there is no SI_ORDER_FIFTH"),
    ("vm/vm_init.c", "vm/", "line 3: .* is no row"),
    ("= 0x1000000", "= SI_SUB_X", "line 9: .* is no value of an enum"),
    ("subsystem\torder", "subsystem order", "0 lines read"),
])
def test_a_wrong_table_is_told_by_its_line(old: str, new: str, message: str) -> None:
    assert old in HEADER
    with pytest.raises(TableError, match=message):
        parse_table(HEADER.replace(old, new))
