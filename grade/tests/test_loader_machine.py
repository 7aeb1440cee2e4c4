"""The loader and the machine below it: memory, disks and how they are divided, bad spots, old BIOSes, consoles.

What the loader makes of them is asked at its prompt, or told by the test kernel that it starts.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.probe import checksum
from grade.bochs import Machine
from grade.tests.emulation import BOCHS_TICKS, TREE, make, tool, write_at
from grade.tests.loading import KERNEL, PROMPT_CONF, Loader, assemble, built, loader_disk, loader_root, write_root

MB = 1 << 20
BOOT_CONF = 'autoboot_delay="-1"\n'
SECTOR = 512
BUDGET = 5_000_000
BIG = Random(3).randbytes(256_000)


@pytest.fixture(scope="session", name="disks")
def make_disks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two disks: "prompt" stops at the loader's prompt, "boot" boots."""
    built()
    folder = tmp_path_factory.mktemp("disks")
    return {name: loader_disk(folder / f"{name}.img", loader_root(folder / name, conf=conf, files={"big": BIG}))
            for name, conf in (("prompt", PROMPT_CONF), ("boot", BOOT_CONF))}


# ---------------------------------------------------------------- memory


@pytest.mark.parametrize("megabytes", [4, 64, 3500])
def test_memory(disks: dict[str, Path], megabytes: int) -> None:
    """From 4 MB up the kernel is loaded and told the piece from 1 MB on, up to 3 GB."""
    with Loader([disks["boot"]], megabytes=megabytes) as pc:
        report = pc.kernel_report()
    (piece,) = [size for base, size, kind in report.smap if base == MB and kind == 1]
    assert report.bootinfo is not None and report.bss_zero
    assert report.bootinfo["extmem"] == min(piece, 3 * 1024 * MB - MB) // 1024
    assert report.bootinfo["basemem"] == 639


def old_bios(image: Path, disk: Path, folder: Path, *flags: str) -> Path:
    """A copy of a disk whose sector 0 makes the BIOS an old one."""
    code = assemble(TREE / "grade/tests/old_bios.S", folder / "old_bios.o", *flags)
    assert len(code) <= 440
    image.write_bytes(disk.read_bytes())
    write_at(image, 0, code)
    return image


@pytest.mark.parametrize("flags, megabytes, expected", [(("-DNO_E820",), 64, 63 * 1024), (("-DNO_E820",), 8, 7 * 1024),
                                                        (("-DNO_E820", "-DNO_E801"), 32, 31 * 1024),
                                                        (("-DNO_E820", "-DNO_E801"), 128, 63 * 1024)])
def test_memory_without_a_map(disks: dict[str, Path], tmp_path: Path, flags: Sequence[str], megabytes: int,
                              expected: int) -> None:
    """A BIOS without E820 is asked by E801, one without that by 88h, which knows 64 MB at most."""
    with Loader([old_bios(tmp_path / "disk", disks["boot"], tmp_path, *flags)], megabytes=megabytes) as pc:
        report = pc.kernel_report()
    assert report.bootinfo is not None and report.smap == ()
    assert expected - 1024 < report.bootinfo["extmem"] <= expected      # SeaBIOS keeps some for itself
    assert report.bootinfo["basemem"] == 638                            # less what old_bios.S keeps


# ---------------------------------------------------------------- disks


def test_without_packets(disks: dict[str, Path], tmp_path: Path) -> None:
    """Where the BIOS has no packet calls, reads go by cylinder, head and sector, and say when they cannot."""
    image = old_bios(tmp_path / "disk", disks["prompt"], tmp_path, "-DNO_EDD")
    with Loader([image]) as pc:
        pc.start()
        pc.run("load kernel")
        pc.run("load -t data /big")
        pc.com1.send("boot\r")
        report = pc.kernel_report()
    assert report.contents == (checksum(BIG),)


def far_disk(image: Path, root: Path, start: int) -> Path:
    """A disk, sparse, whose slice begins at sector `start`."""
    return loader_disk(image, root, sectors=start + 40000, start=start)


@pytest.mark.parametrize("start", [9 * (1 << 21), 0x70000000], ids=["behind 8.4 GB", "behind 900 GB"])
def test_far_slice(disks: dict[str, Path], tmp_path: Path, start: int) -> None:
    """A slice that neither 1024 cylinders nor 32 bits of bytes reach."""
    image = far_disk(tmp_path / "disk", loader_root(tmp_path / "root", conf=BOOT_CONF), start)
    with Loader([image]) as pc:
        assert pc.kernel_report().bss_zero


def test_cache(tmp_path: Path) -> None:
    """What has been read is kept, until `currdev' is set: the disk may be another one then."""
    image = loader_disk(tmp_path / "disk", loader_root(tmp_path / "root", files={"text": b"the first\n"}))
    at = image.read_bytes().index(b"the first\n")
    with Loader([image]) as pc:
        pc.start()
        assert "the first" in pc.run("more /text")
        write_at(image, at, b"the other\n")
        assert "the first" in pc.run("more /text")
        pc.run("set currdev=disk0s1a:")
        assert "the other" in pc.run("more /text")


def test_bad_sector(disks: dict[str, Path], tmp_path: Path) -> None:
    """A sector that cannot be read is an error that names disk and sector; what needs it not, works."""
    image = disks["prompt"]
    at = image.read_bytes().index(BIG[:SECTOR]) // SECTOR + 150
    (tmp_path / "errors").write_text(f'[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "{at}"\n',
                                     encoding="ascii")
    options = ("-blockdev", f"driver=file,node-name=file,filename={image}",
               "-blockdev", f"driver=blkdebug,node-name=bad,config={tmp_path}/errors,image=file",
               "-blockdev", "driver=raw,node-name=disk,file=bad",
               "-device", "ide-hd,drive=disk,bus=ide.0,unit=0,rerror=report")
    with Loader([], options=options) as pc:
        pc.start()
        pc.run("load kernel")
        answer = pc.run("load -t data /big")
        assert re.search(rf"disk0: read error 0x[0-9a-f]+ at sector {at}\b", answer), answer
        assert "input/output error" in answer
        pc.com1.send("boot\r")
        assert pc.kernel_report().contents == ()


@pytest.mark.parametrize("bsize, fsize", [
    pytest.param(bsize, bsize // frag, marks=() if (bsize, frag) in ((4096, 8), (65536, 1)) else pytest.mark.long)
    for bsize in (4096, 8192, 16384, 32768, 65536) for frag in (1, 2, 4, 8)])
def test_sizes(tmp_path: Path, bsize: int, fsize: int) -> None:
    """Every size of block and fragment boots, with a module whose blocks are not all direct."""
    conf = f'{BOOT_CONF}big_load="YES"\nbig_type="data"\nbig_name="/big"\n'
    image = loader_disk(tmp_path / "disk", loader_root(tmp_path / "root", conf=conf, files={"big": BIG}), bsize=bsize,
                        fsize=fsize)
    with Loader([image]) as pc:
        report = pc.kernel_report()
    assert report.bss_zero and report.contents == (checksum(BIG),)


def test_instructions(tmp_path: Path) -> None:
    """From boot1 to the kernel's first instruction, with a kernel of 600 KB: under five million instructions."""
    make(f"{KERNEL}.600k")
    kernel = (TREE / f"{KERNEL}.600k").read_bytes()
    root = loader_root(tmp_path / "root", conf='autoboot_delay="0"\n', files={"kernel": kernel})
    image = loader_disk(tmp_path / "disk", root)
    with Machine(tmp_path, disks=[(image, "")], bochs=tool("bochs")) as pc:
        loaded = pc.break_at(0x7C00)
        for _ in ("mbr", "boot1"):
            began = pc.run(BOCHS_TICKS)
        pc.unbreak(loaded)
        pc.break_at(struct.unpack_from("<I", kernel, 24)[0] & 0xFFFFFF)
        entered = pc.run(BUDGET)
    assert entered.why == "breakpoint", pc.serial.decode("latin1")
    print(f"{entered.tick - began.tick:,} instructions")


# ---------------------------------------------------------------- slices and partitions


def bsd_content(image: Path, folder: Path, text: bytes, start: int, size: int) -> bytes:
    """What a slice with a label and a file system, in which the file /here is, begins with."""
    root = write_root(folder / f"root{start}", {"here": text})
    image.touch()
    write_slice(image, BsdSlice(root=root, makefs=tool("makefs"), swap=64), start=start, size=size, name="other")
    return image.read_bytes()


def table_entry(kind: int, start: int, size: int) -> bytes:
    """An entry of a partition table, by LBA alone."""
    return struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, size)


@dataclass(frozen=True)
class Divided:
    """Two disks: the first has slices 2, 5 and 6 too, the second no table. `label5` is the byte of slice 5's label."""

    disks: tuple[Path, Path]
    label5: int


@pytest.fixture(scope="session", name="divided")
def divide(tmp_path_factory: pytest.TempPathFactory, disks: dict[str, Path]) -> Divided:
    """Slice 2 is one of FreeBSD's, slice 3 an extended one with two of them inside."""
    folder = tmp_path_factory.mktemp("divided")
    second, extended, size = 41000, 50000, 6000
    first = folder / "first.img"
    first.write_bytes(disks["prompt"].read_bytes())
    write_at(first, 446 + 16, table_entry(0xA5, second, size))
    write_at(first, 446 + 32, table_entry(0x05, extended, 15000))
    write_at(first, second * SECTOR, bsd_content(folder / "2", folder, b"slice 2", second, size))
    for number, at, next_table in ((5, extended, 7000), (6, extended + 7000, 0)):
        start = at + 63
        link = table_entry(0x05, next_table, 7000) if next_table else bytes(16)
        write_at(first, at * SECTOR + 446, table_entry(0xA5, 63, size) + link + bytes(32) + b"\x55\xaa")
        write_at(first, start * SECTOR, bsd_content(folder / str(number), folder, b"slice %d" % number, start, size))
    bare = folder / "bare.img"
    bare.write_bytes(bytes(8000 * SECTOR))
    write_at(bare, 0, bsd_content(folder / "bare", folder, b"no table", 0, 8000))
    return Divided((first, bare), (extended + 63) * SECTOR + SECTOR)


def test_slices(divided: Divided) -> None:
    """Each slice's own files; a disk without a table; what is listed; and names of what is not there."""
    with Loader(list(divided.disks)) as pc:
        started = pc.start()
        assert "BIOS drive C: is disk0" in started and "BIOS drive D: is disk1" in started
        for name, text in {"disk0s2a": "slice 2", "disk0s5a": "slice 5", "disk0s6a": "slice 6", "disk1a": "no table",
                           "disk0s5": "slice 5"}.items():
            assert text in pc.run(f"more {name}:/here"), name
        assert "boot.config" in pc.run("ls disk0a:/") and "boot.config" in pc.run("ls disk0s1a:")
        listed = pc.run("lsdev")
        for name in ("disk0s1a:", "disk0s1b:", "disk0s2a:", "disk0s3:", "disk0s5a:", "disk0s6a:", "disk1a:"):
            assert name in listed, listed
        for name, reason in {"disk2s1a": "no such disk", "disk0s4a": "no such slice", "disk0s9a": "no such slice",
                             "disk0s1e": "no such partition", "disk0s1z": "no such partition",
                             "floppy0": "no such device", "disk0s1a1": "invalid argument",
                             "disk0s1b": "invalid argument", "disk0s3": "invalid argument"}.items():
            assert reason in pc.run(f"ls {name}:/"), name
        assert "here" in pc.run("set currdev=disk0s6a:") + pc.run("ls")
        assert "slice 6" in pc.run("more here")
        pc.run("set currdev=disk9x")
        assert "disk0s6a:" in pc.run("show currdev")


@pytest.mark.parametrize("where, value", [(0, b"\0"), (132, b"\0"), (136, b"\xaa"), (138, b"\x09"),
                                          (148, b"\xff\xff\xff\xff"), (152, b"\xff\xff\xff\xff")],
                         ids=["magic", "magic2", "checksum", "npartitions", "size", "offset"])
def test_bad_label(divided: Divided, tmp_path: Path, where: int, value: bytes) -> None:
    """A label that is wrong is no label. A partition that leads out of its slice is none, whatever its checksum."""
    image = tmp_path / "disk"
    data = bytearray(divided.disks[0].read_bytes())
    at = divided.label5
    data[at + where:at + where + len(value)] = value
    if where >= 148:
        data[at + 136:at + 138] = b"\0\0"
        words = struct.unpack_from("<138H", data, at)
        checksum = 0
        for word in words:
            checksum ^= word
        struct.pack_into("<H", data, at + 136, checksum)
    image.write_bytes(data)
    with Loader([image]) as pc:
        pc.start()
        assert "no such partition" in pc.run("ls disk0s5a:/")
        assert "disk0s6a:" in pc.run("lsdev")


def test_table_loop(divided: Divided, tmp_path: Path) -> None:
    """Tables of logical slices that lead back to themselves, or behind the disk's end, end the list."""
    image = tmp_path / "disk"
    for at in (0, 7000, 0xFFFFFF00):
        image.write_bytes(divided.disks[0].read_bytes())
        write_at(image, 57000 * SECTOR + 446 + 16, table_entry(0x05, at, 7000))
        with Loader([image]) as pc:
            pc.start()
            assert "slice 6" in pc.run("more disk0s6a:/here")
            assert "no such slice" in pc.run("ls disk0s7a:/")


# ---------------------------------------------------------------- consoles


def test_console_switch(disks: dict[str, Path]) -> None:
    """`console' moves output and input, to one or to both; a name that is none changes nothing."""
    with Loader([disks["prompt"]]) as pc:
        assert "Consoles: serial port" in pc.start()
        answer = pc.run("set console=printer")
        assert "vidconsole" in answer and "comconsole" in answer
        pc.com1.send("set console=vidconsole\r")
        pc.wait_for_screen("OK")
        pc.press("e", "c", "h", "o", "spc", "s", "e", "e", "n", "ret")
        pc.wait(lambda: re.search(r"^seen$", pc.screen(), re.M) is not None, "an answer on the screen")
        # Up recalls the line, left and delete work in it: keys without a character.
        pc.press("up", "left", "delete", "ret")
        pc.wait(lambda: re.search(r"^see$", pc.screen(), re.M) is not None, "the line before, less its last letter")
        pc.press(*"unset", "spc", *"console", "ret")
        pc.wait_for_screen("not permitted")
        pc.press(*"set", "spc", *"console", "equal", *"comconsole", "comma", *"vidconsole", "ret")
        pc.com1.expect_exact("OK ")
        assert "both" in pc.run("echo both")
        pc.wait(lambda: re.search(r"^both$", pc.screen(), re.M) is not None, "an answer on both")


@pytest.mark.parametrize("flags, consoles", [("-h", "serial port"), ("-D", "internal video/keyboard  serial port"),
                                             ("-D -h", "internal video/keyboard  serial port")])
def test_console_flags(tmp_path: Path, flags: str, consoles: str) -> None:
    """-h and -D of /boot.config choose the consoles that the loader begins with."""
    image = loader_disk(tmp_path / "disk", loader_root(tmp_path / "root", boot_config=f"-n {flags}"))
    with Loader([image]) as pc:
        assert f"Consoles: {consoles}  \n" in pc.start()


def test_console_screen(tmp_path: Path) -> None:
    """Without a flag the loader talks on the screen, and the serial line stays silent."""
    image = loader_disk(tmp_path / "disk", loader_root(tmp_path / "root", boot_config="-n"))
    with Loader([image]) as pc:
        screen = pc.wait_for_screen("OK")
        assert "Consoles: internal video/keyboard" in screen
        assert "FreeBSD/i386 bootstrap loader, Revision 1.1" in screen
        pc.press("e", "c", "h", "o", "spc", "a", "ret")
        pc.wait(lambda: re.search(r"^a$", pc.screen(), re.M) is not None, "an answer on the screen")
