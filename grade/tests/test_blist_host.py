"""The radix tree of free blocks on this computer, under the sanitizers: blist_host.c says how."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = ("kernel/kern/subr_blist.c", "grade/tests/blist_host.c")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.",
         "-Igrade/tests/host", "-Ikernel", "-Dmalloc=kern_malloc")
WALL_SECONDS = 60               # a watchdog
PANICKED = 42                   # exit status


@pytest.fixture(scope="module", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that blist_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("blist-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([*compiler, *sanitizers, "-o", folder / "blist_host", *SOURCES], cwd=TREE, check=True)
    return folder / "blist_host"


def run(host: Path, *words: object, status: int = 0) -> str:
    """What a command prints. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == status, (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    return done.stdout.decode("latin-1").strip()


@pytest.mark.parametrize(("blocks", "operations"), [
    (1, 200), (2, 200), (31, 500), (32, 500), (33, 500), (511, 2000), (512, 2000), (513, 2000), (8192, 4000),
    (10_239, 4000), (1_000_003, 20_000)])
def test_draws(host: Path, blocks: int, operations: int) -> None:
    """Runs taken and given back, in crumbs and whole, against a table that is searched."""
    told = re.fullmatch(r"taken=(\d+) refused=(\d+) longest=(\d+)", run(host, blocks, blocks, operations))
    assert told is not None
    taken, refused, longest = map(int, told.groups())
    if blocks > 33:
        assert taken > operations // 20 and longest == 32
    if blocks < 600:
        assert refused > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_many_draws(host: Path, seed: int) -> None:
    """The same, longer; and as many blocks as 64 GB have pages."""
    run(host, seed, 700 + 1000 * seed, 60_000)
    run(host, seed, 16_777_216 - seed, 1_000_000)


@pytest.mark.parametrize(("how", "text"), [
    ("zero", "blist_alloc: 0 blocks"), ("many", "blist_alloc: 33 blocks"),
    ("twice", "blist_free: some of 1 blocks at 99 are free"), ("end", "blist_free: 101 blocks at 0 of 100"),
    ("wrap", "blist_free: 4294967245 blocks at 100 of 100"), ("none", "blist_create: 0 blocks"),
    ("huge", "blist_create: 4294967295 blocks")])
def test_misuse(host: Path, how: str, text: str) -> None:
    """Each is told by name."""
    assert run(host, "wrong", how, status=PANICKED) == text
