"""The kernel's disk driver on this computer: the same sources, around a model of the drives' registers.

An emulator's drives do not fail, or not where it hurts. These do: errors at any block, BUSY for ever, interrupts that are
lost, late or for nothing, data that does not come, drives that do not survive a reset or vanish. Whatever happens, each
transfer ends once, and says the truth about what was moved; and the driver never does what a drive may not be asked.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = ("dev/ata/ata-all", "dev/ata/ata-queue", "dev/ata/ata-lowlevel", "dev/ata/ata-disk", "kern/subr_bio",
           "kern/subr_disk", "kern/subr_diskslice", "kern/subr_diskmbr", "kern/subr_disklabel", "kern/kern_conf")
TESTS = ("ata_host", "ata_host_drive")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.",
         "-Igrade/tests/host", "-Ikernel", "-Dprintf=kern_printf", "-Dmalloc=kern_malloc", "-Dfree=kern_free")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
WALL_SECONDS = 600              # a watchdog


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that ata_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("ata-host")
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([tool("gcc"), *SANITIZERS, "-o", folder / "empty", folder / "empty.c"], capture_output=True,
                           check=False)
    sources = [*(f"kernel/{name}.c" for name in SOURCES), *(f"grade/tests/{name}.c" for name in TESTS)]
    program = folder / "ata_host"
    subprocess.run([tool("gcc"), *FLAGS, *(SANITIZERS if probe.returncode == 0 else ()), "-o", program, *sources],
                   cwd=TREE, check=True)
    return program


def run(host: Path, *words: object) -> None:
    """A command, which prints nothing if all is well."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert (done.returncode, done.stdout) == (0, b""), (done.stdout + done.stderr)[-3000:].decode(errors="replace")


# How many commands in a hundred go wrong, and how many resets kill a drive.
RATES = ((0, 0), (3, 0), (10, 5), (40, 10), (90, 0))


@pytest.mark.parametrize("commands, resets", RATES)
def test_faults(commands: int, resets: int, host: Path) -> None:
    run(host, "faults", 1, 12, commands, resets)


@pytest.mark.long
@pytest.mark.parametrize("commands, resets", RATES)
def test_faults_at_length(commands: int, resets: int, host: Path) -> None:
    run(host, "faults", 1000, 1500, commands, resets)


def test_tables_and_labels(host: Path) -> None:
    """A disk full of tables and labels that are wrong somewhere: what they make lies on the disk."""
    run(host, "tables", 1, 400)


@pytest.mark.long
def test_tables_and_labels_at_length(host: Path) -> None:
    run(host, "tables", 1000, 20_000)
