"""locore and what init386 makes of what it is told, with the answers changed from outside: CPUs that no emulator has,
loaders that say other things, and things that cannot be.

Each test stops at the kernel's first instruction, or at one of identify_cpu's questions, and changes what is there.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from grade.bochs import Machine
from grade.counting import come_to
from grade.tests.emulation import BOCHS_STEP, TREE, make, tool
from grade.tests.loading import loader_disk, loader_root

KERNEL = TREE / "build/ref/kernel/kernel"
KERNBASE = 0xC0000000
END = b"switch the machine off"
SHAPE = "cylinders=65, heads=16, spt=63"
ROAD = 40_000_000               # from the reset to the kernel
START = 60_000_000              # and on to its end, with what it says on COM1
SMAP, END_RECORD = 0x9001, 0
WARNING = "WARNING: loader(8) metadata is missing!"

PSE, PGE = 1 << 3, 1 << 13       # of CPUID's features

# Where struct bootinfo has things.
BI_VERSION, BI_KERNELNAME, BI_SYMTAB, BI_KERNEND, BI_ENVP, BI_MODULEP = 0, 4, 64, 72, 76, 80


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make("build/ref/kernel/kernel")
    folder = tmp_path_factory.mktemp("kernel")
    root = loader_root(folder / "root", conf='autoboot_delay="-1"\na.word="one"\nlast.word="end"\n', boot_config="-h -n",
                       files={"kernel": KERNEL.read_bytes()})
    return loader_disk(folder / "disk.img", root)


@pytest.fixture(scope="module")
def symbols(disk: Path) -> Mapping[str, int]:
    listed = subprocess.run([tool("nm"), str(KERNEL)], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"^(\w+) \w (\w+)$", listed, re.MULTILINE)}


@dataclass
class Started:
    """A machine before the kernel's first instruction: its stack's words, from the return address on."""

    pc: Machine
    stack: int
    words: tuple[int, ...]

    @property
    def bootinfo(self) -> int:
        return self.words[6]

    def told(self, offset: int) -> int:
        """A word of the bootinfo."""
        return self.word(self.bootinfo + offset)

    def word(self, address: int) -> int:
        return int.from_bytes(self.pc.memory(address, 4), "little")

    def change(self, address: int, word: int) -> None:
        self.pc.poke(address, word.to_bytes(4, "little"))

    def record(self, kind: int) -> tuple[int, int]:
        """Where the data of a metadata record is, and how long."""
        at = self.told(BI_MODULEP)
        while (found := self.word(at)) != kind:
            assert found != END_RECORD, f"no record {kind:#x}"
            at += 8 + (self.word(at + 4) + 3 & ~3)
        return at + 8, self.word(at + 4)

    def end(self) -> str:
        """Go on to the end; what the kernel said."""
        limit = self.pc.stop.tick + START
        while not self.pc.stop.over and self.pc.stop.tick < limit and END not in self.pc.serial:
            self.pc.run(BOCHS_STEP)
        said = self.pc.serial.decode("latin1").partition("Booting [/kernel]...")[2]
        assert END.decode() in said, said
        return said


@contextmanager
def started(disk: Path, folder: Path, symbols: Mapping[str, int]) -> Iterator[Started]:
    with Machine(folder, disks=[(disk, SHAPE)], bochs=tool("bochs")) as pc:
        come_to(pc, symbols["btext"] - KERNBASE, ROAD)
        stack = pc.registers().esp
        yield Started(pc, stack, struct.unpack("<9I", pc.memory(stack, 36)))


# ---------------------------------------------------------------- the CPU

QUESTIONS = {
    "i386DX": {"cpu_ac_toggled": 0, "cpu_zf_kept": 0},
    "NexGen 586": {"cpu_ac_toggled": 0, "cpu_zf_kept": 0x40},
    "i486DX": {"cpu_id_toggled": 0, "cpu_flags_kept": 0x0600},
    "Cyrix 486": {"cpu_id_toggled": 0, "cpu_flags_kept": 0x0200},
}
CLASSES = {"i386DX": "386", "NexGen 586": "386", "i486DX": "486", "Cyrix 486": "486"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_cpu_without_cpuid(name: str, disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        for question, answer in QUESTIONS[name].items():
            come_to(kernel.pc, symbols[question] - KERNBASE)
            kernel.pc.set_register("eax", answer)
        assert f"CPU: {name} ({CLASSES[name]}-class CPU)\r\n" in kernel.end()


def test_a_cpu_without_large_pages(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    """What 4 MB pages map is mapped by tables, at the same addresses."""
    with started(disk, tmp_path, symbols) as kernel:
        come_to(kernel.pc, symbols["create_pagetables"] - KERNBASE)
        features = symbols["cpu_feature"] - KERNBASE
        kernel.change(features, kernel.word(features) & ~(PSE | PGE))
        come_to(kernel.pc, symbols["mi_startup"])
        for address in (KERNBASE, KERNBASE + 0x123000, KERNBASE + 0x3FF000):
            _, entry = kernel.pc.page_entries(address)
            assert entry.present and entry.address == address - KERNBASE and entry.writable and not entry.user
        assert not kernel.pc.page_entries(KERNBASE + 0x400000)[1].present
        assert kernel.pc.page_entries(int.from_bytes(kernel.pc.memory(symbols["proc0kstack"], 4), "little"))[1].present
        assert "real memory" in kernel.end()


# ---------------------------------------------------------------- what it is told


def test_a_bootinfo_of_another_version_goes_back_to_the_loader(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.bootinfo + BI_VERSION, 2)
        come_to(kernel.pc, kernel.words[0])
        assert kernel.pc.registers().eax == 1
        assert kernel.pc.registers().esp == kernel.stack + 4
        kernel.pc.run(BOCHS_STEP)       # while it leaves the line
        assert b"kernel: the bootinfo's version is not 1\r\n" in kernel.pc.serial


def test_boot_blocks_that_know_no_bootinfo(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    """A return address of 0: howto and bootdev are all. Memory is what the RTC says."""
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.stack, 0)
        said = kernel.end()
        assert WARNING in said
        real = int(re.search(r"real memory  = (\d+) ", said)[1])
        assert 60 << 20 < real <= 64 << 20


def test_the_old_diskless_protocol_stops(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.stack + 20, 1)
        kernel.pc.run(100_000)
        first = kernel.pc.stop.address
        kernel.pc.run(100_001)
        assert symbols["recover_bootinfo"] - KERNBASE < kernel.pc.stop.address == first < symbols["identify_cpu"] - KERNBASE


def test_a_name_without_a_slash(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.bootinfo + BI_KERNELNAME, kernel.told(BI_KERNELNAME) + 1)
        come_to(kernel.pc, symbols["identify_cpu"] - KERNBASE)
        assert kernel.pc.memory(symbols["kernelname"] - KERNBASE, 8) == b"/kernel\0"


@pytest.mark.parametrize("value", [0xF0000000, 0x1000, 0xFFFFFFFF], ids=hex)
@pytest.mark.parametrize("field", [BI_MODULEP, BI_ENVP, BI_SYMTAB], ids=["modulep", "envp", "symtab"])
def test_an_address_that_leads_nowhere(field: int, value: int, disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.bootinfo + field, value)
        assert (WARNING in kernel.end()) == (field == BI_MODULEP)


@pytest.mark.parametrize("value", [0x1000, 0x100000, 0x7800000, 0xFFFFFFFF], ids=hex)
def test_an_end_that_cannot_be(value: int, disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    """Neither the kernel nor its page directory is written over, and the kernel does without what lies behind it."""
    with started(disk, tmp_path, symbols) as kernel:
        kernel.change(kernel.bootinfo + BI_KERNEND, value)
        assert WARNING in kernel.end()


def test_an_environment_without_its_end(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    with started(disk, tmp_path, symbols) as kernel:
        start, kernend = kernel.told(BI_ENVP), kernel.words[8]
        kernel.pc.poke(start + 40, b"x" * (kernend - start - 40))
        assert "The loader's environment has no end" in kernel.end()


def test_ranges_that_overlap_and_are_in_no_order(disk: Path, symbols: Mapping[str, int], tmp_path: Path) -> None:
    ranges = ((0x1800000, 0x800000, 1), (0x100000, 0x1000000, 1), (0, 0x9F000, 1), (0x1000000, 0x400000, 1))
    with started(disk, tmp_path, symbols) as kernel:
        at, size = kernel.record(SMAP)
        assert size >= 20 * len(ranges)
        for number in range(size // 20):
            base, length, kind = ranges[number] if number < len(ranges) else (0, 0, 2)
            kernel.pc.poke(at + 20 * number, struct.pack("<QQI", base, length, kind))
        said = kernel.end()
        assert "SMAP: 0x1000000-0x13fffff overlaps 0x100000-0x10fffff" in said
        pages = (0x9F + 0x1300 + 0x800)
        assert f"real memory  = {pages << 12} " in said
