"""Pages and memory objects on this computer, under the sanitizers: object_host.c says how.

Drawn operations on memory that many share, against a model of what each page of it reads as; then what a page does by
itself, and each misuse with the words that name it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = (*(f"kernel/vm/{name}.c" for name in (
    "vm_page", "vm_page_startup", "vm_page_tree", "vm_pageq", "vm_page_state", "vm_object", "vm_object_shadow", "vm_object_page",
    "vm_pager", "default_pager", "phys_pager", "device_pager")),
    "grade/tests/object_host.c", "grade/tests/object_host_machine.c", "grade/tests/object_host_pages.c",
    "grade/tests/object_host_files.c")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-fno-pie", "-no-pie", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra",
         "-Werror", "-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast", "-I.", "-Igrade/tests/host", "-Ikernel")
WALL_SECONDS = 60               # a watchdog
PANICKED = 42                   # exit status


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that object_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("object-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([*compiler, *sanitizers, "-o", folder / "object_host", *SOURCES], cwd=TREE, check=True)
    return folder / "object_host"


def run(host: Path, *words: object, status: int = 0) -> str:
    """What a command prints. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == status, (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    return done.stdout.decode("latin-1").strip()


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
