"""kernel/vm/vm_map*.c and vmspace.c on this computer, under the sanitizers: vmmap_host.c says how.

Drawn operations on a map and on its children, with hostile ranges among them, against a model of single pages; after
each one list, tree, gaps, references and every page are compared. Then each KERN_ code by hand.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = (*sorted(str(path.relative_to(TREE)) for path in (TREE / "kernel/vm").glob("vm_map*.c")),
           "kernel/vm/vmspace.c", "kernel/kern/kern_sx.c",
           *sorted(str(path.relative_to(TREE)) for path in (TREE / "grade/tests").glob("vmmap_host*.c")))
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.",
         "-Igrade/tests/host", "-Ikernel")
RENAMED = ("printf", "malloc", "free")          # names that the host has, too
WALL_SECONDS = 120              # a watchdog

LOW = ("0x1000", "0x31000")                     # as low as a process' map may begin
SMALL = ("0x10000", "0x18000")                  # so small that most things collide
HIGH = ("0xfffd0000", "0xfffff000")             # where addresses end


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that vmmap_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("vmmap-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    names = [f"-D{name}=kern_{name}" for name in RENAMED]
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([*compiler, *names, *sanitizers, "-o", folder / "vmmap_host", *SOURCES], cwd=TREE, check=True)
    return folder / "vmmap_host"


def run(host: Path, *words: object) -> None:
    """A command that must come to its end. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    said = (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    assert done.returncode == 0 and said.strip() == "good", said


@pytest.mark.parametrize("what", ["cases", "stacks", "locks", "prefault"])
def test_cases(host: Path, what: str) -> None:
    """Codes and ends of ranges; stacks and their limits; who has to wait; which pages are mapped beforehand."""
    run(host, what)


@pytest.mark.parametrize("where", [LOW, SMALL, HIGH])
def test_operations(host: Path, where: tuple[str, str]) -> None:
    """100,000 drawn operations."""
    run(host, "ops", 1, 100_000, *where)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("where", [LOW, SMALL, HIGH])
def test_many_operations(host: Path, where: tuple[str, str], seed: int) -> None:
    """A million more of each."""
    run(host, "ops", seed, 1_000_000, *where)
