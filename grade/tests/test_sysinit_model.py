"""The model of lab 4 agrees with what is written down: orders by worked examples, text to the character; and a module
that a check writes is one for other tools."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest

from grade.checks.kmod import Part, module
from grade.models import sysinit as model
from grade.models.sysinit import Entry
from grade.tests.emulation import tool


def entries(*keys: tuple[int, int]) -> list[Entry]:
    return [Entry(number, *key) for number, key in enumerate(keys)]


def numbers(found: list[Entry]) -> list[int]:
    return [entry.number for entry in found]


def test_a_list_is_sorted_by_subsystem_then_order_then_as_they_came() -> None:
    assert numbers(model.in_order(entries((2, 0), (1, 9), (2, 0), (1, 0), (0xFFFFFFFF, 0), (2, 0)))) == [3, 1, 0, 2, 5, 4]


def test_the_corners_are_in_order_and_all_different() -> None:
    assert list(model.CORNERS) == sorted(set(model.CORNERS))


def test_what_is_added_is_run_in_its_turn() -> None:
    first, second, third, early, late = entries((1, 0), (2, 0), (3, 0), (1, 0), (4, 0))
    added = {second: [late, early]}
    done, following = model.run([first, second, third], lambda entry, rest: model.in_order([*rest, *added.get(entry, ())]))
    assert done == [first, second, early, third, late]
    assert following == [second, third, third, late, None]


def test_a_dummy_adds_nothing_and_is_not_undone() -> None:
    dummy, other, equal = Entry(0, model.DUMMY, 7), Entry(1, 5, 5), Entry(2, 5, 5)
    assert model.run([dummy, other], lambda entry, rest: [equal] if entry == dummy else rest)[0] == [dummy, other]
    assert model.undo([other, dummy, equal]) == [equal, other]


def test_a_set_is_refused_for_the_first_that_cannot_be_run() -> None:
    dummy, wrong, also = (Entry(number, subsystem, 0, runs=False) for number, subsystem in enumerate((model.DUMMY, 5, 4)))
    assert model.refused([dummy, wrong, also]) == wrong
    assert model.refused([dummy]) is None


def test_what_is_announced() -> None:
    """By the words of the contract of sysinit_announce()."""
    names = {0xC0100000: "kmeminit", 0xC0200000: "kmem"}
    said = [(Entry(0, model.COPYRIGHT, 0), 0xC0100000, 0), (Entry(1, 0x1800000, 0), 0xC0100000, 0xC0200000),
            (Entry(2, 0x1800000, 1), 0xC0100000, 0), (Entry(3, 0x700000, 0), 0xC0100004, 0xC0200000),
            (Entry(4, 0x2000000, 0), 0xC0100000, 0x12)]
    assert model.announced(said, names) == [
        ("", 0), ("subsystem 1800000\n   kmeminit(&kmem)... ", 1), ("   kmeminit(0)... ", 1),
        ("   0xc0100004(0xc0200000)... ", 1), ("subsystem 2000000\n   kmeminit(0x12)... ", 1)]


@pytest.mark.parametrize(("name", "words"), [
    ("kmem", "SYSINIT: kmem at 0xc0123456 (subsystem 1800000, order a) has no function"),
    (None, "SYSINIT: an entry at 0xc0123456 (subsystem 1800000, order a) has no function")])
def test_the_panic_names_the_entry(name: str | None, words: str) -> None:
    assert model.no_function(Entry(1, 0x1800000, 10, runs=False), 0xC0123456, name) == words


def test_a_module_is_an_object_for_the_linker_of_this_machine(tmp_path: Path) -> None:
    """Its set leads to its entries, in the order that was asked for, and these to the functions."""
    draw = Random(4)
    parts = [Part(Entry(number, draw.getrandbits(28), draw.getrandbits(28)), 12 * number, draw.getrandbits(32))
             for number in range(5)]
    order = [3, 0, 4, 1, 2]
    (tmp_path / "module.ko").write_bytes(module(parts, order, "lab4_code"))
    subprocess.run([tool("ld"), "-m", "elf_i386", "-Ttext", "0", "-Tdata", "0x2000", "--defsym", "lab4_code=0x5000", "-e", "0",
                    "--section-start", "set_sysinit_set=0x1000", "-o", "linked", "module.ko"], cwd=tmp_path, check=True)
    for section in (".data", "set_sysinit_set"):
        subprocess.run([tool("objcopy"), "-O", "binary", "-j", section, "linked", f"{section}.bin"], cwd=tmp_path, check=True)
    data, pointers = ((tmp_path / f"{section}.bin").read_bytes() for section in (".data", "set_sysinit_set"))
    assert pointers == b"".join((0x2000 + 20 * number).to_bytes(4, "little") for number in order)
    assert data == b"".join(word.to_bytes(4, "little") for part in parts for word in (
        part.entry.subsystem, part.entry.order, 0x5000 + part.function, part.udata, 0))
