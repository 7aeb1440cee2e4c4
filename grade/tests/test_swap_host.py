"""The swap pager on this computer, under the sanitizers: swap_host.c says how."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = ("kernel/vm/swap_pager.c", "kernel/vm/swap_meta.c", "kernel/vm/swap_dev.c", "kernel/vm/swap_io.c",
           "kernel/vm/vm_pageout_clean.c", "kernel/kern/subr_blist.c", "kernel/kern/subr_bio.c",
           "kernel/kern/kern_conf.c", "grade/tests/swap_host.c", "grade/tests/swap_host_kernel.c")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror",
         "-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast", "-I.", "-Igrade/tests/host", "-Ikernel")
RENAMED = ("printf", "malloc", "free", "getenv")        # names that the host has, too
WALL_SECONDS = 60               # a watchdog


@pytest.fixture(scope="module", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that swap_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("swap-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    names = [f"-D{name}=kern_{name}" for name in RENAMED]
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([*compiler, *names, *sanitizers, "-o", folder / "swap_host", *SOURCES], cwd=TREE, check=True)
    return folder / "swap_host"


def run(host: Path, *words: object) -> dict[str, int]:
    """What came of it. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", done.stdout.decode("ascii"))}


@pytest.mark.parametrize(("slots", "blocks"), [(1000, 1000), (30, 1000), (1000, 8), (15, 6)])
def test_draws(host: Path, slots: int, blocks: int) -> None:
    """Room for all; devices that are full; few blocks; and hardly anything of both."""
    told = run(host, slots, 30_000, slots, blocks)
    assert told["reads"] > 100 and told["writes"] > 500 and told["errors"] > 5 and told["copies"] > 10
    assert told["waited"] > 100 and (told["refused"] > 0) == (blocks < 100)
    assert (told["full"] > 0) == (slots < 100)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_many_draws(host: Path, seed: int) -> None:
    """The same, longer."""
    run(host, seed, 500_000, 20 + 100 * seed, 10 + 3 * seed)
