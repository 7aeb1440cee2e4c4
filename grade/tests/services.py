"""A boot of the kernel with tests in it (grade/drivers/services.c), and what they found out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine
from grade.kerneldisk import fill, settings
from grade.tests.emulation import TREE, make, tool

KERNEL = "build/ref/kernel/kernel-services"
DISK = "build/ref/grade/drivers/disk.img"
STEP = 4_000_000                # ticks: one guest second at the tree's ips
BUDGET = 1_000_000_000          # a watchdog, of ticks, in which idle time counts


@dataclass(frozen=True)
class Fact:
    """A line that a test has printed."""

    name: str
    values: dict[str, int | str]

    def __getitem__(self, key: str) -> int:
        value = self.values[key]
        assert isinstance(value, int), f"{key}={value}"
        return value


def parse(serial: str) -> list[Fact]:
    """The facts of a boot."""
    found = []
    for name, rest in re.findall(r"^@(\w+) ?(.*?)\r?$", serial, re.MULTILINE):
        pairs = re.findall(r"(\w+)=(\S+)", rest)
        found.append(Fact(name, {key: int(value) if re.fullmatch(r"-?\d+", value) else value for key, value in pairs}))
    return found


def boot_image(tests: str, *, seed: int = 1, **variables: str) -> bytes:
    """A disk that boots the kernel, for these tests; the loader sets these variables too (`kern_hz` is kern.hz)."""
    make(KERNEL, DISK)
    told = {"autoboot_delay": "-1", "console": "comconsole", "services.run": tests, "services.seed": str(seed)}
    told |= {name.replace("_", "."): value for name, value in variables.items()}
    return fill((TREE / DISK).read_bytes(), {"kernel": (TREE / KERNEL).read_bytes(), "settings": settings(told)})


@contextmanager
def machine(tests: str, *, seed: int = 1, options: Sequence[str] = (), others: Sequence[tuple[Path, str]] = (),
            **variables: str) -> Iterator[Machine]:
    """A PC that boots the kernel; `others` are further disks, as a Machine takes them."""
    with tempfile.TemporaryDirectory(prefix="proc0-services-") as folder:
        disk = Path(folder) / "disk.img"
        disk.write_bytes(boot_image(tests, seed=seed, **variables))
        with Machine(Path(folder), disks=[(disk, ""), *others], bochs=tool("bochs"), options=options) as pc:
            yield pc


def run(tests: str, *, seed: int = 1, options: Sequence[str] = (), others: Sequence[tuple[Path, str]] = (),
        **variables: str) -> str:
    """Boot, and let the tests run to the end; what came on COM1."""
    with machine(tests, seed=seed, options=options, others=others, **variables) as pc:
        stop = pc.run(BUDGET)
        pc.close()
        serial = pc.serial.decode("latin1")
        assert stop.why == "power-off", f"{stop}\n{serial}"
        return serial
