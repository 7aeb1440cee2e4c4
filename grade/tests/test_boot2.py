"""boot1 and boot2 on whole disks: started by our sector 0 and other people's, in QEMU and in Bochs, and talked to.

What boot2 starts is the test kernel, whose report says what it was handed. The dialogue and what is wrong with disks,
slices, labels and kernels take one machine each; the machine's own disks are named as boot2 names them.
"""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest

from boot.boot2.room import ROOM, count_room
from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.disklabel import checksum
from boot.image.mkdisk import Slice, build_disk
from boot.image.testkernel import Report, expected_sum, parse_report
from grade.tests.emulation import (SECTOR, TREE, ProbeDisk, Qemu, bochs_serial, make, qemu_serial, read_sectors,
                                   set_menu, tool, write_at)
from grade.tests.test_thirdparty import install_debian, install_syslinux

BUILT = TREE / "build/ref/boot"
KERNEL = BUILT / "loader/testkernel/kernel"
TARGETS = ("boot2/boot1.bin", "boot2/boot2.bin", "boot0/mbr.bin", "boot0/boot0.bin", "loader/testkernel/kernel",
           "loader/testkernel/kernel.600k")
SPARE = 200                     # bytes that the reference leaves
SLICE_SECTORS = 16384
REPORTED = r"testkernel: end\r?\n"
RB_SINGLE, RB_VERBOSE, RB_SERIAL, RB_BOOTINFO = 0x2, 0x800, 0x1000, 0x80000000
RB_MULTIPLE = 0x20000000
AD, DA, FD = 30, 4, 2           # majors

Serials = pytest.mark.parametrize("serial_of", [qemu_serial, bochs_serial], ids=["qemu", "bochs"])


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make(*(f"build/ref/boot/{name}" for name in TARGETS))


# ---------------------------------------------------------------- disks


def make_slice(image: Path, *, start: int, files: Mapping[str, bytes], size: int = SLICE_SECTORS, bsize: int = 8192,
               fsize: int = 1024, swap: int = 64) -> Path:
    """A slice with our boot blocks, and these files."""
    added = {}
    for number, (path, content) in enumerate(files.items()):
        added[path] = image.with_name(f"{image.stem}-{number}")
        added[path].write_bytes(content)
    content = BsdSlice(added=added, boot1=(BUILT / "boot2/boot1.bin").read_bytes(), bsize=bsize, fsize=fsize,
                       boot2=(BUILT / "boot2/boot2.bin").read_bytes(), swap=swap)
    write_slice(image, content, start=start, size=size, name="ad0s1")
    return image


def make_disk(image: Path, files: Mapping[str, bytes], *, boot: str = "boot0/mbr", start: int = 63,
              sectors: int = 32768, number: int = 1, others: Sequence[Slice] = (), **options: int) -> Path:
    """A disk with one such slice, the active one."""
    fill = make_slice(image.with_suffix(".slice"), start=start, files=files, **options)
    one = Slice(number, 0xA5, start, options.get("size", SLICE_SECTORS), active=True, fill=fill)
    build_disk(image, sectors=sectors, boot=(BUILT / f"{boot}.bin").read_bytes(), slices=[*others, one],
               sfdisk=tool("sfdisk"))
    return image


def bootdev(major: int, *, slice_number: int | None, unit: int = 0, part: int = 0) -> int:
    slice_field = 0 if slice_number is None else slice_number + 1
    return 0xA0000000 | slice_field << 20 | unit << 16 | part << 8 | major


def check(report: Report, kernel: bytes, *, howto: int, device: int, drive: int = 0x80, path: str = "/kernel") -> None:
    """The kernel was loaded whole, with its symbols, and started with these words."""
    assert report.sum == expected_sum(kernel) and report.bss_zero and report.a20
    assert report.stack["howto"] == howto | RB_BOOTINFO and report.stack["bootdev"] == device
    assert report.zero == (0, 0, 0)
    info = report.bootinfo
    assert info is not None and report.kernelname == path
    assert (info["version"], info["size"], info["bios_dev"], info["memsizes_valid"]) == (1, 84, drive, 1)
    assert 600 < info["basemem"] <= 640 and info["extmem"] > 15 << 10
    assert info["symtab"] % 4096 == 0 and report.symbols["bootinfo"].btext is not None
    assert report.segments["cs"].base == 0 and report.environment is None and report.records is None


# ---------------------------------------------------------------- starting


def install_nothing(_: ProbeDisk) -> None:
    """What is in sector 0 is ours."""


@Serials
@pytest.mark.parametrize(("boot", "install"), [
    ("boot0/mbr", install_nothing), ("boot0/boot0", install_nothing), ("boot0/mbr", install_syslinux),
    ("boot0/mbr", install_debian)], ids=["mbr", "boot0", "syslinux", "debian"])
def test_starts(boot: str, install: Callable[[ProbeDisk], None], serial_of: Callable[[Path, str], str],
                tmp_path: Path) -> None:
    """Without a loader the kernel is booted, by the prompt that nobody answers."""
    other = Slice(1, 0x83, 63, 4000)
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-hn\n"}, boot=boot,
                      start=4096, number=2, others=[other])
    install(ProbeDisk(image, (), {}, ""))
    if boot == "boot0/boot0":
        set_menu(image, option=1, flags=0x8F)
    serial = serial_of(image, REPORTED)
    text = re.sub(r"[-|/\\]\x08", "", serial)
    assert text.startswith("/boot.config: -hn\r\nNo /boot/loader\r\n\r\nFreeBSD/i386 boot\r\n"
                           "Default: 0:ad(0,a)/kernel\r\nboot: \r\n")
    check(parse_report(serial), KERNEL.read_bytes(), howto=RB_SERIAL, device=bootdev(AD, slice_number=2))


@pytest.mark.parametrize(("bsize", "fsize"), [(4096, 512), (65536, 8192)])
def test_block_sizes(bsize: int, fsize: int, tmp_path: Path) -> None:
    """The loader's place is where the first kernel looked for is: any kernel may stand there."""
    kernel = KERNEL.with_suffix(".600k").read_bytes()
    image = make_disk(tmp_path / "disk.img", {"boot/loader": kernel, "boot.config": b"-D\t-nv"}, bsize=bsize,
                      fsize=fsize)
    check(parse_report(qemu_serial(image, REPORTED)), kernel, howto=RB_MULTIPLE | RB_VERBOSE, path="/boot/loader",
          device=bootdev(AD, slice_number=1))


@Serials
def test_far_away(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """A slice beyond what CHS can name (8.4 GB) and beyond byte 2^32 of the disk."""
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-h -n"},
                      start=20_000_000, sectors=20_100_000)
    check(parse_report(serial_of(image, REPORTED)), KERNEL.read_bytes(), howto=RB_SERIAL,
          device=bootdev(AD, slice_number=1))


def test_largest_disk(tmp_path: Path) -> None:
    """The last slice that a partition table can name, just below 2 TiB."""
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-hn"},
                      start=(1 << 32) - SLICE_SECTORS - 1, sectors=1 << 32)
    check(parse_report(qemu_serial(image, REPORTED)), KERNEL.read_bytes(), howto=RB_SERIAL,
          device=bootdev(AD, slice_number=1))
