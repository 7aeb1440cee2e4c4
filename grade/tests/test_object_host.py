"""Pages and memory objects on this computer, under the sanitizers: object_host.c says how.

Drawn operations on memory that many share, against a model of what each page of it reads as; then what a page does by
itself, and each misuse with the words that name it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grade.tests.hostprogram import LONG_POINTERS, PANICKED, build, run

SOURCES = (*(f"kernel/vm/{name}.c" for name in (
    "vm_page", "vm_page_startup", "vm_page_tree", "vm_pageq", "vm_page_state", "vm_object", "vm_object_shadow", "vm_object_page",
    "vm_pager", "default_pager", "phys_pager", "device_pager")),
    "grade/tests/hostlib.c", "grade/tests/object_host.c", "grade/tests/object_host_machine.c", "grade/tests/object_host_pages.c",
    "grade/tests/object_host_files.c")


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that object_host.c describes, with the sanitizers where the compiler has them."""
    return build(tmp_path_factory.mktemp("object-host") / "object_host", SOURCES,
                 flags=["-fno-pie", "-no-pie", *LONG_POINTERS])


@pytest.mark.parametrize("seed", range(1, 7))
def test_chains(host: Path, seed: int) -> None:
    """What is shared, copied, cut, paged out and collapsed reads as it should; all counts end where they began."""
    sleeps, longest = re.findall(r"\d+", run(host, "chains", seed, 4000))
    assert int(sleeps) > 5 and int(longest) >= 4


@pytest.mark.parametrize("seed", [1, 2])
def test_tree(host: Path, seed: int) -> None:
    """An object's pages are found, and are in order, whatever comes and goes."""
    run(host, "tree", seed, 20_000)


def test_pages(host: Path) -> None:
    """Zeroed pages, the last ones, queues, busy and held ones, valid and dirty pieces."""
    run(host, "pages")


def test_files(host: Path) -> None:
    """A file's pages are written and forgotten as msync(2) wants it; a device's are made up; some stay in memory."""
    run(host, "files")


@pytest.mark.parametrize("how, words", [
    ("no object", "vm_page_alloc: no object, request 0"),
    ("object", "vm_page_alloc: object 0x{x}, request 0x100"),
    ("there already", "vm_page_insert: object 0x{x} has page 3"), ("another's", "vm_page_insert: 0x{x} is another's"),
    ("freed twice", "vm_page_free: freeing free page 0x{x}"),
    ("mapped", "vm_page_free: page 0x{x} is wired 0 times, written 0 times, mapped 1"),
    ("written", "vm_page_free: page 0x{x} is wired 0 times, written 1 times, mapped 0"),
    ("busy twice", "vm_page_busy: 0x{x} is busy already"), ("not busy", "vm_page_wakeup: 0x{x} is not busy"),
    ("not written", "vm_page_io_finish: 0x{x} is not written"), ("not held", "vm_page_unhold: 0x{x} is not held"),
    ("not wired", "vm_page_unwire: 0x{x} is not wired"), ("busy to cache", "vm_page_cache: 0x{x} is in use"),
    ("dirty to cache", "vm_page_cache: 0x{x} is dirty"), ("dirty in cache", "vm_page_dirty: 0x{x} is in queue 4"),
    ("beyond the page", "vm_page_bits: 97 bytes from 4000"),
    ("too few references", "vm_object_deallocate: nothing refers to 0x{x}"),
    ("dead", "vm_object_reference: 0x{x} is dead"), ("no transfer", "vm_object_pip_wakeup: 0x{x} has 0 transfers")])
def test_wrong(host: Path, how: str, words: str) -> None:
    """What is done wrong stops the kernel, and is named."""
    text = run(host, "wrong", how, status=PANICKED)
    before, _, after = words.partition("{x}")
    assert text.startswith(before) and text.endswith(after), text
