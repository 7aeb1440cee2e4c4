"""btxldr puts BTX, the client and the arguments in their places, and refuses a client that it cannot load.

A boot sector (btxldr_guest.S) starts it as boot2 does; the kernel it finds says how it was started and halts, and the
test looks at the memory.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from grade.tests.btx_files import DATA, PAGE, TEXT, aout, elf
from grade.tests.emulation import TREE, Qemu, make

GUEST = Path(__file__).with_name("btxldr_guest.S")
BTXLDR, BTXLD = "build/ref/boot/btx/btxldr.bin", "build/host/btxld"
LIBRARY = [f"build/ref/boot/btx/{name}.o" for name in ("btxcsu", "btxsys", "btxv86")]
SECTOR, DISK_SIZE = 512, 1 << 20
KERNEL, CLIENT, STATE = 0x9000, 0xA000, 0x500
RB_MUTE, RB_SERIAL, RB_MULTIPLE = 0x10000, 0x1000, 0x20000000
ARGUMENTS, BOOTINFO = 0x180, 0x190      # where the guest has them
BOOTDEV = 0xA0200001
BANNER = "BTX loader 1.00  BTX version is 1.42"
RESTART = "Press any key to restart."
ROOM = 0x9FC00 - PAGE - CLIENT          # QEMU's base memory is 639 KB


def compile_i386(out: Path, *arguments: str | Path, address: int) -> Path:
    """Compile and link a program for this address, entered at `start` or `_start`."""
    prefixes = [os.environ["TOOLPREFIX"]] if "TOOLPREFIX" in os.environ else []
    prefixes += ["i686-elf-", "i686-linux-gnu-", ""]
    compiler = next(f"{prefix}gcc" for prefix in prefixes if shutil.which(f"{prefix}gcc"))
    subprocess.run(
        [compiler, "-m32", "-march=i386", "-Os", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
         "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-nostdlib", "-static", "-I", TREE / "boot", "-o",
         out, f"-Wl,-Ttext={address:#x},--build-id=none,-z,noexecstack,-z,noseparate-code", *arguments],
        check=True)
    return out


@dataclass(frozen=True)
class Programs:
    """The loader under test, the guest's boot sector and its kernel."""

    loader: bytes
    sector: bytes
    kernel: bytes

    def disk(self, image: Path, client: bytes, *, howto: int = 0, bootinfo: bytes | None = None,
             kernel: bytes | None = None, row: int = 0) -> Path:
        """A disk that starts the loader with this client and these arguments, the cursor in `row`."""
        sector = bytearray(self.sector)
        if bootinfo is not None:
            sector[BOOTINFO:BOOTINFO + len(bootinfo)] = bootinfo
        struct.pack_into("<IIIBB", sector, ARGUMENTS, howto, BOOTDEV, 0x7C00 + BOOTINFO if bootinfo else 0, 0, row)
        content = bytes(sector) + self.loader + (self.kernel if kernel is None else kernel) + client
        assert len(content) <= 101 * SECTOR
        image.write_bytes(content.ljust(DISK_SIZE, b"\0"))
        return image


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    folder = tmp_path_factory.mktemp("btxldr")
    guest = compile_i386(folder / "guest.bin", "-Wl,--oformat=binary,-e,start", GUEST, address=0x7C00).read_bytes()
    make(BTXLDR)
    return Programs((TREE / BTXLDR).read_bytes(), guest[:SECTOR], guest[SECTOR:])


@contextmanager
def started(disk: Path) -> Iterator[tuple[Qemu, str]]:
    """The PC when the kernel runs, and what came on COM1 before."""
    with Qemu([disk]) as pc:
        pc.com1.expect_exact("!")
        yield pc, pc.com1.before


def loaded(client: bytes) -> bytes:
    """The client's memory from its address 0, dirty where no segment lies."""
    memory = bytearray(b"\xcc" * (0x10000 - CLIENT))
    offset, count = struct.unpack_from("<I", client, 28)[0], struct.unpack_from("<H", client, 44)[0]
    for at in range(offset, offset + 32 * count, 32):
        kind, start, address, _, filesz, memsz = struct.unpack_from("<6I", client, at)
        if kind == 1:
            memory[address:address + memsz] = client[start:start + filesz].ljust(memsz, b"\0")
    return bytes(memory)


@pytest.mark.parametrize("client", [
    elf(),
    elf([replace(TEXT, type=4), TEXT, replace(DATA, filesz=0), replace(DATA, address=0x5000, memsz=DATA.filesz)]),
], ids=["two segments", "four headers"])
def test_all_is_in_its_place(programs: Programs, tmp_path: Path, client: bytes) -> None:
    bootinfo = Random(3).randbytes(0x48)
    with started(programs.disk(tmp_path / "disk.img", client, howto=0x80000800, bootinfo=bootinfo)) as (pc, serial):
        assert serial == ""
        assert pc.screen().splitlines()[:3] == ["", BANNER, ""]
        cr0, cs, ss, ds, flags = struct.unpack("<IHHHH", pc.memory(STATE, 12))
        assert cr0 & 0x80000001 == 0 and cs == 0 and flags & 0x200 == 0
        assert pc.memory(KERNEL, len(programs.kernel)) == programs.kernel
        assert pc.memory(CLIENT, 0x10000 - CLIENT) == loaded(client)
        top = struct.unpack("<H", pc.memory(0x413, 2))[0] * 1024
        arguments = struct.pack("<6I", 0x80000800, BOOTDEV, 3, 4, 5, top - 0x48)
        assert pc.memory(top - 0x60, 0x60) == arguments + bootinfo


def test_no_bootinfo(programs: Programs, tmp_path: Path) -> None:
    with started(programs.disk(tmp_path / "disk.img", elf())) as (pc, _):
        top = struct.unpack("<H", pc.memory(0x413, 2))[0] * 1024
        assert pc.memory(top - 0x60, 0x18) == struct.pack("<6I", 0, BOOTDEV, 3, 4, 5, 0)


@pytest.mark.parametrize(("howto", "on_screen", "on_com1"), [
    (RB_SERIAL, True, True), (RB_MULTIPLE, True, True), (RB_MUTE | RB_SERIAL, False, False)])
def test_console(programs: Programs, tmp_path: Path, howto: int, on_screen: bool, on_com1: bool) -> None:
    with started(programs.disk(tmp_path / "disk.img", elf(), howto=howto)) as (pc, serial):
        assert (BANNER in pc.screen()) == on_screen
        assert serial == (f" \r\n{BANNER}\r\n" if on_com1 else "")


def test_screen_scrolls(programs: Programs, tmp_path: Path) -> None:
    with started(programs.disk(tmp_path / "disk.img", elf(), row=24)) as (pc, _):
        assert pc.screen().splitlines() == [""] * 23 + [BANNER]


BAD_CLIENTS = {
    "binary": b"binary" * 100,
    "a.out": aout(0o413),
    "64 bits": elf(ident=b"\x7fELF\2\1\1"),
    "big endian": elf(ident=b"\x7fELF\1\2\1"),
    "relocatable": elf(kind=1),
    "x86-64": elf(machine=62),
    "no headers": elf(phnum=0),
    "long headers": elf(phentsize=40),
    "less memory than file": elf([TEXT, replace(DATA, memsz=0x455)]),
    "wraps around": elf([TEXT, replace(DATA, address=0xFFFFF000)]),
    "nothing to load": elf([replace(TEXT, type=6), replace(DATA, type=4)]),
    "headers out of reach": elf(phoff=0x7FFFFF00),
    "segment out of reach": elf([TEXT, replace(DATA, offset=0x7FFFFFFF)]),
    "too large": elf([TEXT, replace(DATA, memsz=ROOM - 0x3000 + 1)]),
}


@pytest.mark.parametrize("why", BAD_CLIENTS)
def test_bad_client_is_refused(programs: Programs, tmp_path: Path, why: str) -> None:
    disk = programs.disk(tmp_path / "disk.img", BAD_CLIENTS[why], howto=RB_SERIAL)
    with Qemu([disk]) as pc:
        pc.com1.expect_exact(f"{BANNER}\r\nError: Client format not supported\r\n{RESTART}\r\n")
        assert f"\nError: Client format not supported\n{RESTART}\n" in pc.screen()


def test_largest_client(programs: Programs, tmp_path: Path) -> None:
    client = elf([TEXT, replace(DATA, memsz=ROOM - 0x3000)])
    with started(programs.disk(tmp_path / "disk.img", client)) as (pc, _):
        assert pc.memory(0x9FC00 - PAGE - 0x100, 0x100) == bytes(0x100)


def test_missing_kernel_is_told(programs: Programs, tmp_path: Path) -> None:
    with Qemu([programs.disk(tmp_path / "disk.img", elf(), kernel=b"\xeb\x0eBTY" + bytes(20))]) as pc:
        pc.wait_for_screen(f"Error: BTX kernel not found\n{RESTART}")
        pc.press("spc")
        pc.off()                        # what QEMU makes of a reset here


def test_a_character_restarts_too(programs: Programs, tmp_path: Path) -> None:
    with Qemu([programs.disk(tmp_path / "disk.img", b"", howto=RB_SERIAL)]) as pc:
        pc.com1.expect_exact(RESTART)
        pc.com1.send(" ")
        pc.off()


def test_it_is_one_page(programs: Programs) -> None:
    assert len(programs.loader) == PAGE


@pytest.mark.parametrize(("form", "btx"), [("aout", "btx"), ("elf", "btx"), ("aout", "btx-paging")])
def test_a_client_calls_the_bios(programs: Programs, tmp_path: Path, form: str, btx: str) -> None:
    """All of it, by the real BTX: what btxld has joined, loaded as boot2 does it, to a BIOS call of a client in C."""
    kernel = f"build/ref/boot/btx/{btx}.bin"
    make(BTXLD, kernel, *LIBRARY)
    client = compile_i386(tmp_path / "client", "-Wl,-z,max-page-size=4096", Path(__file__).with_name("btxldr_client.c"),
                          *(TREE / one for one in LIBRARY), address=0)
    joined = tmp_path / "loader"
    subprocess.run([TREE / BTXLD, "-f", form, "-e", "0x200000", "-l", BTXLDR, "-b", kernel, "-o", joined, client],
                   cwd=TREE, check=True)
    whole = replace(programs, loader=joined.read_bytes()[PAGE:])
    disk = whole.disk(tmp_path / "disk.img", b"", howto=0x80000800, bootinfo=b"boot" * 18, kernel=b"")
    with started(disk) as (pc, _):
        assert pc.screen().splitlines()[1:3] == ["BTX loader 1.00  BTX version is 1.01",
                                                 "client: 0000a000 80000800 a0200001 746f6f62"]
