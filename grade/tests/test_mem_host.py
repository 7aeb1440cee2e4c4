"""kernel/vm and malloc(9) on this computer, under the sanitizers: mem_host.c says how.

Drawn operations against a model that knows where each must be, with interrupts in between; memory that is not mapped
kills who touches it. Then each misuse, and the words that name it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grade.tests.emulation import TREE
from grade.tests.hostprogram import LONG_POINTERS, PANICKED, build, run

KERNEL = ("vm_page", "vm_page_startup", "vm_page_state", "vm_page_tree", "vm_pageq", "vm_object", "vm_object_page",
          "vm_object_shadow", "vm_map", "vm_map_delete", "vm_map_find", "vm_map_init", "vm_map_lock", "vm_map_splay",
          "vm_kern", "uma_core", "uma_slab", "vm_fail")
HOST = ("", "_pages", "_maps", "_malloc", "_zones")
SOURCES = (*(f"kernel/vm/{name}.c" for name in KERNEL), "kernel/kern/kern_malloc.c", "grade/tests/hostlib.c",
           *(f"grade/tests/mem_host{name}.c" for name in HOST))
# The kernel's first address, here: a sanitizer has its own things where it is else.
HIGH, LOW = "((uint32_t)PTDPTDI << PDRSHIFT)", "0x1fc00000U"
# What only maps of processes need is not there: who calls it jumps to 0.
FLAGS = (*LONG_POINTERS, "-no-pie", "-Wl,--unresolved-symbols=ignore-all")
RENAMED = ("printf", "malloc", "free", "realloc", "reallocf")       # names that the host has, too

USUAL = "1,159,500,4000"        # a PC: the first 640 KB, and what is behind the kernel
CRUMBS = "1,2,5,9,20,21,30,40,50,51,60,100,200,201,1000,1300,2000,2001"
SMALL = "1,159,300,400"


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that mem_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("mem-host")
    (folder / "vm").mkdir()
    parameters = (TREE / "kernel/vm/vm_param.h").read_text(encoding="ascii")
    assert HIGH in parameters
    (folder / "vm/vm_param.h").write_text(parameters.replace(HIGH, LOW), encoding="ascii")
    return build(folder / "mem_host", SOURCES, flags=[f"-I{folder}", *FLAGS], renamed=RENAMED)


@pytest.mark.parametrize("ranges", [USUAL, CRUMBS, "1,60", "300,90000", "1,159,700,720,1048000,1048575"])
def test_pages(host: Path, ranges: str) -> None:
    """Each address has its page and no other; all can be had, in order; the last ones are kept for who needs them."""
    run(host, "pages", ranges)


def test_too_much_memory(host: Path) -> None:
    """4 GB of it, and 16 MB of addresses: the array has no room."""
    assert "vm_page_startup: 1048574 pages of memory are too many" in run(host, "pages", "1,1048575", status=PANICKED)


@pytest.mark.parametrize("ranges, seed", [(USUAL, 1), (USUAL, 2), (CRUMBS, 3), (SMALL, 4)])
def test_maps(host: Path, ranges: str, seed: int) -> None:
    """Addresses are the first that fit, pages are zeroed and nobody else's; all comes back."""
    run(host, "maps", ranges, seed, 2000)


def test_fragments(host: Path) -> None:
    """To give memory back never fails, though it takes entries, and there is no memory for those."""
    assert int(run(host, "fragments", USUAL).split()[0]) > 1000


@pytest.mark.parametrize("ranges, seed", [(USUAL, 1), (USUAL, 2), (CRUMBS, 3), (SMALL, 4)])
def test_malloc(host: Path, ranges: str, seed: int) -> None:
    """Nobody's memory changes under him; a page for each of the buckets may be kept."""
    kept, calls = run(host, "malloc", ranges, seed, 20_000).split(" pages kept, ")
    assert int(kept) <= 8 and int(calls.split()[0]) > 5000


@pytest.mark.parametrize("ranges, seed", [(USUAL, 1), (CRUMBS, 2), (SMALL, 3)])
def test_zones(host: Path, ranges: str, seed: int) -> None:
    """An item is nobody else's, made once and given out again and again; reclaimed pages all come back."""
    kept, _ = run(host, "zones", ranges, seed, 30_000).split(" pages kept")
    assert int(kept) <= 8, "malloc() may keep one of each size"


def test_limits(host: Path) -> None:
    """Limits hold and who waits gets the next one; addresses of its own; each request fails once and nothing is lost."""
    words = run(host, "limits", USUAL).split()
    assert int(words[0]) > 15 and int(words[2]) > 10 and int(words[4]) >= 3


def test_waiting(host: Path) -> None:
    """M_WAITOK sleeps until enough addresses, or pages, have come back."""
    run(host, "wait", USUAL)


@pytest.mark.parametrize("how, words", [
    ("twice", "free: 0x{x}, type test: free already"), ("realloc", "realloc: 0x{x}, type test: free already"),
    ("twice, large", "free: 0x{x}, type test: nothing is there, or no more"),
    ("second page", "free: 0x{x}, type test: nothing is there, or no more"),
    ("another's", "free: 0x{x}, type other: it is of type test"),
    ("another's, large", "free: 0x{x}, type other: it is of type test"),
    ("middle", "free: 0x{x}, type test: in the midst of a piece"),
    ("middle, large", "free: 0x{x}, type test: in the midst of a piece"),
    ("owners", "free: 0x{x}, type test: free already"), ("nobody's", "free: 0x{x}, type test: not malloc's"),
    ("stack", "free: 0x{x}, type test: not malloc's"), ("no type", "malloc: type never is not there"),
    ("interrupt", "malloc(M_WAITOK) in interrupt context: type test"),
    ("too much", "kmem_malloc(4294967280): kmem_map too small: 12288 total allocated"),
    ("late write", "malloc: memory modified after free: 0x{x}, 128 bytes"),
    ("pages twice", "kmem_free: 3 pages at 0x{x} are not in use"),
    ("some of the pages", "kmem_free: 1 pages at 0x{x} are not in use"),
    ("no pages", "kmem_free: 3 pages at 0x{x} are not in use"),
    ("not the map's", "kmem_free: 3 pages at 0x{x} are not in use"),
    ("page twice", "vm_page_free: freeing free page 0x{x}"),
    ("object", "vm_page_alloc: no object, request 0"),
    ("cold", "kmem_malloc(5000): out of memory: 0 of {x} pages are free"),
    ("item twice", "uma_zfree: 0x{x}, zone test: free already"),
    ("small item twice", "uma_zfree: 0x{x}, zone small: free already"),
    ("another zone's", "uma_zfree: 0x{x} is not of zone other"),
    ("in an item", "uma_zfree: 0x{x}, zone test: in the midst of an item"),
    ("before the items", "uma_zfree: 0x{x}, zone test: in the midst of an item"),
    ("waits in interrupt", "uma_zalloc(M_WAITOK) in interrupt context: zone test"),
    ("item too large", "uma_zcreate: zone huge: items of 4000 bytes"),
    ("zone in use", "uma_zdestroy: zone test: 1 items are in use"),
    ("late addresses", "uma_zone_reserve_kva: zone test has pages"),
    ("limit while cold", "uma_zalloc: zone test: all of {x} items are in use"),
    ("never made", "there is none"),
    ("no room", "kmem_suballoc: no room for 33554432 bytes")])
def test_wrong(host: Path, how: str, words: str) -> None:
    """What is done wrong stops the kernel, and is named: what, where, whose."""
    text = run(host, "wrong", USUAL, how, status=PANICKED)
    before, _, after = words.partition("{x}")
    assert text.startswith(before) and text.endswith(after), text


def test_type_that_is_gone(host: Path) -> None:
    """Its pieces are told from others'; what it was called is not asked any more."""
    assert run(host, "wrong", USUAL, "gone", status=PANICKED).endswith("type other: it is of type one that is gone")


def test_leak(host: Path) -> None:
    """A type that goes away while somebody has some of it is told of; the kernel goes on."""
    assert run(host, "wrong", USUAL, "leak") == \
        "Warning: memory type test leaked memory on destroy (2 allocations, 8320 bytes leaked)."
