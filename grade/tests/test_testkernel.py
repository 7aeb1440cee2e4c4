"""The test kernel, started by GRUB's kfreebsd: another system's idea of how FreeBSD is loaded.

GRUB reads our label and our UFS1, loads the kernel with its symbols, an environment and a module, and hands over as
FreeBSD's loader does. So what the kernel reports is right by somebody else's word before our own loader is asked. GRUB
stands in slice 2. (GRUB 2.06 lists a partition within a slice, but cannot open it by its name; so it is told to read
the slice, at whose front partition 'a' stands.)
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from boot.image.probe import checksum
from boot.image.testkernel import Record, Report, expected_sum, parse_report
from grade.tests.emulation import TREE, Qemu, bochs_serial, make, write_at
from grade.tests.test_thirdparty import grub_core, grub_images
from grade.tests.test_ufs_image import mkdisk

KERNELS = TREE / "build/ref/boot/loader/testkernel"
TABLE, SECTOR = 0x1BE, 512
SLICE, GRUB_SLICE = "n=1,type=a5,start=63,size=65536,active,bsd", "n=2,type=83,start=65599,size=8192"
GRUB_START = 65599
RB_BOOTINFO, RB_VERBOSE, RB_SINGLE = 0x80000000, 0x800, 0x2
CR0_PAGING, CR0_PROTECTED, FLAG_INTERRUPTS = 0x80000000, 1, 0x200
LOADED_AT = 0x100000


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make(*(f"build/ref/boot/loader/testkernel/{name}" for name in ("kernel", "kernel.600k")))


@dataclass(frozen=True)
class Loaded:
    """A disk on which GRUB loads a kernel, and what it loads."""

    image: Path
    kernel: bytes
    module: bytes
    environment: dict[str, str]


def grub_disk(folder: Path, kernel: str, *commands: str) -> Loaded:
    draw = Random(kernel)
    environment = {"hw.physmem": "64M", "odd": f"two words {draw.getrandbits(32):08x}"}
    module = draw.randbytes(5000)
    (folder / "env").write_text("".join(f'{name}="{value}"\n' for name, value in environment.items()))
    (folder / "module").write_bytes(module)
    image = folder / "disk.img"
    done = mkdisk(image, "--size", "64M", "--slice", SLICE, "--slice", GRUB_SLICE, "--add",
                  f"kernel={KERNELS / kernel}", "--add", f"boot/env={folder}/env",
                  "--add", f"boot/modules/random={folder}/module")
    assert done.returncode == 0, done.stderr
    script = "\n".join((
        "serial --unit=0 --speed=115200", "terminal_output serial", "ls", "ls (hd0,msdos1)/", "set root=(hd0,msdos1)",
        "kfreebsd /kernel -v -s", "kfreebsd_loadenv /boot/env",
        "kfreebsd_module /boot/modules/random type=random_data an argument",
        "set kFreeBSD.vfs.root.mountfrom=ufs:/dev/ad0s1a", *commands, "boot", ""))
    core = grub_core(folder, script, "serial", "terminal", "ls", "part_bsd", "ufs1", "bsd", "boot")
    boot, loaded = grub_images(core, GRUB_START)
    write_at(image, 0, boot[:TABLE - 6])        # less the disk id
    write_at(image, GRUB_START * SECTOR, loaded)
    environment["vfs.root.mountfrom"] = "ufs:/dev/ad0s1a"
    return Loaded(image, (KERNELS / kernel).read_bytes(), module, environment)


def check(serial: str, loaded: Loaded) -> None:
    """GRUB saw the label and the root, and the kernel found what GRUB was asked to hand over."""
    assert "(hd0,msdos1,bsd1)" in serial and "(hd0,msdos1,bsd2)" in serial
    assert "\n\rboot/ kernel \n" in serial
    report = parse_report(serial)
    check_machine(report)
    check_kernel(report, loaded.kernel)
    assert report.stack["howto"] == RB_BOOTINFO | RB_VERBOSE | RB_SINGLE
    assert report.zero == (0, 0, 0)
    assert report.bootinfo is not None
    assert (report.bootinfo["version"], report.bootinfo["size"], report.bootinfo["bios_dev"]) == (1, 84, 0x80)
    for word in ("modulep", "kernend"):
        assert report.stack[word] == report.bootinfo[word] != 0
    assert report.environment == loaded.environment
    kernel, module = report.files()
    assert kernel[1:3] == [Record("TYPE", 11, "elf kernel"), Record("ADDR", 4, word=LOADED_AT)]
    assert [record.text for record in module if record.kind == "TYPE"] == ["random_data"]
    assert [record.text.strip() for record in module if record.kind == "ARGS"] == ["an argument"]
    assert [record.word for record in module if record.kind == "SIZE"] == [len(loaded.module)]
    assert report.contents == (checksum(loaded.module),)
    assert any(kind == 1 and base == 1 << 20 and length > 60 << 20 for base, length, kind in report.smap)


def check_machine(report: Report) -> None:
    """Protected mode without paging, flat segments, no interrupts, A20."""
    assert report.registers["cr0"] & (CR0_PAGING | CR0_PROTECTED) == CR0_PROTECTED
    assert not report.registers["eflags"] & FLAG_INTERRUPTS
    assert all((one.base, one.limit) == (0, 0xFFFFFFFF) for one in report.segments.values())
    assert report.a20


def check_kernel(report: Report, kernel: bytes, *, source: str = "record") -> None:
    """It is in memory what it is in the file, its .bss clear, its symbols where `source` says they are."""
    (entry,) = struct.unpack_from("<I", kernel, 24)
    assert report.sum == expected_sum(kernel)
    assert report.bss_zero
    symbols = report.symbols[source]
    assert symbols.btext == entry
    assert symbols.end - symbols.start - (4 + symbols.symtab + 4 + symbols.strtab) in range(4)


def test_grub_starts_it_in_bochs(tmp_path: Path) -> None:
    loaded = grub_disk(tmp_path, "kernel")
    check(bochs_serial(loaded.image, "testkernel: end\r\n"), loaded)


def test_grub_starts_it_in_qemu_where_it_waits_for_a_key(tmp_path: Path) -> None:
    """The long one; and testkernel.hold keeps the machine on, with the report's end on the screen."""
    loaded = grub_disk(tmp_path, "kernel.600k", "set kFreeBSD.testkernel.hold=600")
    loaded.environment["testkernel.hold"] = "600"
    with Qemu([loaded.image]) as pc:
        pc.com1.expect("testkernel: end\r\n")
        serial = pc.com1.before + pc.com1.after
        assert "testkernel: end" in pc.screen()
        pc.press("spc")
        pc.off()
    check(serial, loaded)


# ---------------------------------------------------------------- what is in the file


@pytest.mark.parametrize("name, least, most", [("kernel", 8 << 10, 16 << 10), ("kernel.600k", 595 << 10, 605 << 10)])
def test_it_is_a_kernel_as_freebsds_are(name: str, least: int, most: int) -> None:
    kernel = (KERNELS / name).read_bytes()
    assert least <= len(kernel) <= most
    assert kernel[7] == 9                       # the brand
    entry, table = struct.unpack_from("<II", kernel, 24)
    assert entry & 0xFFFFF000 == 0xC0100000
    count = struct.unpack_from("<H", kernel, 44)[0]
    headers = [struct.unpack_from("<8I", kernel, table + 32 * number) for number in range(count)]
    loads = [header for header in headers if header[0] == 1]
    assert [header[2] for header in loads][0] == 0xC0100000 and len(loads) == 2
    assert all(header[2] == header[3] for header in loads)
    (interp,) = (header for header in headers if header[0] == 3)
    assert kernel[interp[1]:interp[1] + interp[4]] == b"/red/herring\0"
    assert b".symtab\0" in kernel and b".debug" not in kernel


# ---------------------------------------------------------------- the reader


PLAIN = """\
FreeBSD/i386 boot
Loading... testkernel: begin
testkernel: registers eax=0x00000001 eflags=0x00000002 cr0=0x00000011
testkernel: segment cs=0x0008 base=0x00000000 limit=0xffffffff access=0x9b
testkernel: segment fs=0x0000 outside
testkernel: a20 on
testkernel: stack return=0x0 howto=0x80000000 bootdev=0xa0200000 zero1=0x1 zero2=0x2 zero3=0x3 bootinfo=0x8 modulep=0 \
kernend=0
testkernel: image text=0xc0100000-0xc0101000 data=0xc0102000-0xc0102004 sum=0x12345678
testkernel: bss 0xc0102880-0xc0106880 dirty at 0xc0102884
testkernel: bootinfo version=1 size=84 bios_dev=0x80 memsizes_valid=1 basemem=639 extmem=64512
testkernel: bootinfo nfs_diskless=0x0 symtab=0x107000 esymtab=0x107618 kernend=0 envp=0 modulep=0
testkernel: kernelname /ker\\x5cnel
testkernel: geometries 1 0x007f0f3f 0x0 0x0 0x0 0x0 0x0 0x0 0x0
testkernel: symbols bootinfo start=0x00107000 symtab=976 strtab=574 end=0x00107618
testkernel: symbol bootinfo btext=0xc01000e0
testkernel: environment absent
testkernel: records absent
testkernel: end
""".replace("\n", "\r\n")


def test_the_reader_takes_what_boot2_hands_over() -> None:
    """No environment, no metadata; other text before the first line."""
    report = parse_report(PLAIN)
    assert report.environment is None and report.records is None and report.files() == []
    assert report.kernelname == "/ker\\nel" and not report.bss_zero
    assert report.geometries[0] == 0x7F0F3F and report.bootinfo["n_bios_used"] == 1
    assert (report.bootinfo["basemem"], report.bootinfo["extmem"]) == (639, 64512)
    assert report.symbols["bootinfo"].btext == 0xC01000E0
    assert report.segments["fs"].base is None and report.segments["cs"].access == 0x9B
    assert report.zero == (1, 2, 3)


@pytest.mark.parametrize("spoil", [
    lambda text: text.replace("testkernel: end\r\n", ""),
    lambda text: text.replace("testkernel: begin", "tetris: begin"),
    lambda text: text.replace("testkernel: image", "testkernel: imago"),
    lambda text: text + text,
    lambda text: re.sub("testkernel: stack.*\r\n", "", text),
    lambda text: text.replace("environment absent", "environment endless"),
    lambda text: text.replace("records absent", "records 1"),
    lambda text: "",
], ids=["no end", "no beginning", "strange line", "twice", "no stack", "environment", "records", "nothing"])
def test_the_reader_refuses_what_is_no_whole_report(spoil: Callable[[str], str]) -> None:
    with pytest.raises(ValueError):
        parse_report(spoil(PLAIN))
