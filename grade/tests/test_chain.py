"""The whole road from sector 0: boot0 or another's MBR, boot1, boot2, the loader, the test kernel.

Each disk is built as `make` builds build/disk.img, and differs in one thing: who stands in sector 0, the file
system's block size, where the slice is, whether there is a loader. What the test kernel reports at the end is judged.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from boot.image.testkernel import Report, parse_report
from grade.tests.emulation import TREE, bochs_serial, make, qemu_serial, set_menu
from grade.tests.test_testkernel import check_kernel, check_machine
from grade.tests.test_thirdparty import install_debian, install_syslinux
from grade.tests.test_ufs_image import SIZES, mkdisk

BUILT = TREE / "build/ref/boot"
KERNEL = BUILT / "loader/testkernel/kernel"
END = "testkernel: end\r\n"
RB_BOOTINFO = 0x80000000
AD0S1A = 0xA020001E                     # magic Ah, slice 1 (2 + its number - 1), unit 0, 'a', major 30

Emulators = pytest.mark.parametrize("serial_of", [qemu_serial, bochs_serial], ids=["qemu", "bochs"])


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make("build/disk.img")


@dataclass(frozen=True)
class Disk:
    """What a disk is to be: a FreeBSD slice of 32 MB, in which the reference's boot blocks stand."""

    size: str = "64M"
    number: int = 1
    start: int = 63
    sizes: tuple[int, int] = (8192, 1024)
    loader: bool = True
    install: Callable[[Path], None] | None = None
    conf: Mapping[str, str] = field(default_factory=dict)

    def build(self, folder: Path) -> Path:
        """Build it: nobody is waited for, by boot0 for a tick or two, by boot2 and the loader not at all."""
        root, image = folder / "root", folder / "disk.img"
        shutil.copytree(TREE / "boot/image/root", root)
        (root / "boot.config").write_text("-n\n")
        settings = {"autoboot_delay": "-1", **self.conf}
        (root / "boot/loader.conf").write_text("".join(f'{name}="{value}"\n' for name, value in settings.items()))
        loader = ("--add", f"boot/loader={BUILT}/loader/loader") if self.loader else ()
        done = mkdisk(
            image, "--size", self.size, "--boot", BUILT / "boot0/boot0.bin",
            "--slice", f"n={self.number},type=a5,start={self.start},size=65536,active,bsd",
            "--boot1", BUILT / "boot2/boot1.bin", "--boot2", BUILT / "boot2/boot2.bin", "--root", root, *loader,
            "--add", f"kernel={KERNEL}", "--bsize", self.sizes[0], "--fsize", self.sizes[1])
        assert (done.returncode, done.stderr) == (0, "")
        if self.install is not None:
            self.install(image)
        else:
            set_menu(image, option=self.number - 1)
        return image


def report_of(image: Path, serial_of: Callable[[Path, str], str]) -> Report:
    serial = serial_of(image, END)
    assert "testkernel: begin" in serial, f"the test kernel was not started; COM1: {serial!r}"
    return parse_report(serial)


def check(report: Report) -> None:
    """The loader started the kernel from the first slice, and handed over all that it should."""
    check_machine(report)
    check_kernel(report, KERNEL.read_bytes())
    assert report.kernelname == "/kernel"
    assert report.stack["howto"] & RB_BOOTINFO and report.zero == (0, 0, 0)
    assert report.bootinfo is not None and report.environment is not None
    assert report.bootinfo["bios_dev"] == 0x80 and report.bootinfo["memsizes_valid"] == 1
    for word in ("modulep", "kernend"):
        assert report.stack[word] == report.bootinfo[word] != 0
    assert [record.text for file in report.files() for record in file if record.kind == "TYPE"] == ["elf kernel"]
    assert report.symbols["bootinfo"] == report.symbols["record"]


@Emulators
def test_the_road(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    report = report_of(Disk(conf={"a.word": "from the disk"}).build(tmp_path), serial_of)
    check(report)
    assert report.stack["bootdev"] == AD0S1A
    assert report.environment["currdev"] == "disk0s1a:"
    assert report.environment["a.word"] == "from the disk"


@Emulators
@pytest.mark.parametrize("install", [install_syslinux, partial(install_debian, partition=1)], ids=["syslinux", "debian"])
def test_their_mbr_starts_our_boot1(install: Callable[..., None], serial_of: Callable[[Path, str], str],
                                    tmp_path: Path) -> None:
    check(report_of(Disk(install=install).build(tmp_path), serial_of))


@Emulators
@pytest.mark.parametrize("sizes", SIZES, ids=[f"{bsize}-{fsize}" for bsize, fsize in SIZES])
def test_every_block_size(sizes: tuple[int, int], serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    check(report_of(Disk(sizes=sizes).build(tmp_path), serial_of))


@Emulators
def test_a_slice_beyond_8_gb(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """Beyond what CHS can name, and on a disk of more than 2^32 bytes."""
    disk = Disk(size="12G", number=3, start=20_000_001)
    report = report_of(disk.build(tmp_path), serial_of)
    check(report)
    assert report.environment["currdev"] == "disk0s3a:"


@Emulators
def test_boot2_starts_a_kernel_itself(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """Without a loader: no metadata and no environment, the symbols by bootinfo alone."""
    report = report_of(Disk(loader=False).build(tmp_path), serial_of)
    check_machine(report)
    check_kernel(report, KERNEL.read_bytes(), source="bootinfo")
    assert report.bootinfo is not None and report.bootinfo["modulep"] == 0
    assert report.records is None and report.environment is None
    assert report.kernelname == "/kernel"
    assert report.stack["bootdev"] == AD0S1A and report.stack["howto"] & RB_BOOTINFO
