"""The callout wheel on this computer, under the sanitizers, against a model: see callout_host.c."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool
from grade.tests.test_kern_host import SANITIZERS

FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-Wno-attributes",
         "-Dmalloc=kern_malloc", "-Igrade/tests/host", "-Ikernel")
INT_MAX = 2**31 - 1
WALL_SECONDS = 100              # a watchdog


@pytest.fixture(scope="module", name="program")
def build_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that callout_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("callout")
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([tool("gcc"), *SANITIZERS, "-o", folder / "empty", folder / "empty.c"], capture_output=True,
                           check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([tool("gcc"), *FLAGS, *sanitizers, "-o", folder / "callout_host", "kernel/kern/kern_timeout.c",
                    "grade/tests/callout_host.c"], cwd=TREE, check=True)
    return folder / "callout_host"


def turn(program: Path, seed: int, ticks: int, callouts: int, first: int) -> None:
    """Let the wheel turn for so many ticks, from the first. It ends with one timeout too many."""
    done = subprocess.run([program, *map(str, (seed, ticks, callouts, first))], capture_output=True, text=True,
                          timeout=WALL_SECONDS, env={"ASAN_OPTIONS": "detect_leaks=0"}, check=False)
    assert (done.returncode, done.stdout) == (0, "timeout table full\n"), done.stdout + done.stderr[-3000:]


@pytest.mark.parametrize("callouts", [1, 2, 7, 64, 100, 1000])
def test_like_the_model(program: Path, callouts: int) -> None:
    """Wheels of all sizes, while ticks overflow, and while they come to 0."""
    for seed, first in ((1, 0), (2, INT_MAX - 700), (3, -700)):
        turn(program, seed, 1500, callouts, first)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_like_the_model_for_long(program: Path, seed: int) -> None:
    """The same, longer, and over a whole turn of a large wheel."""
    for callouts in (3, 128, 4096):
        turn(program, seed, 20_000, callouts, INT_MAX - 10_000)
