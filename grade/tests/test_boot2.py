"""boot1 and boot2 on whole disks: started by our sector 0 and other people's, in QEMU and in Bochs, and talked to.

What boot2 starts is the test kernel, whose report says what it was handed. The dialogue and what is wrong with disks,
slices, labels and kernels take one machine each; the machine's own disks are named as boot2 names them.
"""

from __future__ import annotations

import os
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
from grade.tests.emulation import (SECTOR, TREE, Qemu, bochs_serial, make, qemu_serial, read_sectors,
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
    assert 600 < info["basemem"] <= 640 and info["extmem"] > 6 << 10
    assert info["symtab"] % 4096 == 0 and report.symbols["bootinfo"].btext is not None
    assert report.segments["cs"].base == 0 and report.environment is None and report.records is None


# ---------------------------------------------------------------- starting


def install_nothing(_: Path) -> None:
    """What is in sector 0 is ours."""


@Serials
@pytest.mark.parametrize(("boot", "install"), [
    ("boot0/mbr", install_nothing), ("boot0/boot0", install_nothing), ("boot0/mbr", install_syslinux),
    ("boot0/mbr", install_debian)], ids=["mbr", "boot0", "syslinux", "debian"])
def test_starts(boot: str, install: Callable[[Path], None], serial_of: Callable[[Path, str], str],
                tmp_path: Path) -> None:
    """Without a loader the kernel is booted, by the prompt that nobody answers. Of two slices of its type, boot1 takes
    the active one."""
    other = Slice(1, 0xA5, 63, 4000)
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-hn\n"}, boot=boot,
                      start=4096, number=2, others=[other])
    install(image)
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


def test_floppy(tmp_path: Path) -> None:
    """No table, no packet calls: every read is by cylinder, head and sector, from track to track."""
    kernel = KERNEL.with_suffix(".600k").read_bytes()
    image = make_slice(tmp_path / "floppy.img", start=0, size=2880, swap=0, bsize=4096, fsize=512,
                       files={"kernel": kernel, "boot.config": b"-hn 0:fd(0,a)/kernel"})
    os.truncate(image, 2880 * SECTOR)
    with Qemu([], options=["-drive", f"file={image},format=raw,if=floppy,cache=unsafe", "-boot", "a"]) as pc:
        pc.com1.expect(REPORTED)
        check(parse_report(pc.com1.before + pc.com1.after), kernel, howto=RB_SERIAL, drive=0,
              device=bootdev(FD, slice_number=None))


@pytest.mark.parametrize(("megabytes", "extended"), [(4, 2500), (3072, 60 << 10)])
def test_memory_sizes(megabytes: int, extended: int, tmp_path: Path) -> None:
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-hn kernel"})
    with Qemu([image], megabytes=megabytes) as pc:
        pc.com1.expect(REPORTED)
        report = parse_report(pc.com1.before + pc.com1.after)
    assert report.sum == expected_sum(KERNEL.read_bytes()) and report.bss_zero
    assert report.bootinfo is not None and extended < report.bootinfo["extmem"] <= 0xFFFF


# ---------------------------------------------------------------- talking


class Talk:
    """boot2's prompt on COM1 of a PC in QEMU."""

    PROMPT = "boot: "

    def __init__(self, pc: Qemu) -> None:
        self._com1 = pc.com1

    def stop(self, config: str) -> None:
        """Press a key while boot2 waits, which then begins a line; take it back."""
        self._com1.expect_exact(f"/boot.config: {config}")
        self._com1.send("x")
        self._com1.expect_exact(f"{self.PROMPT}x")
        self._com1.send("\b")
        self._com1.expect_exact("\b \b")

    def say(self, line: str, *, shown: str | None = None) -> str:
        """Write a line. Returns what boot2 says to it, without spinners, up to its next prompt."""
        self._com1.send(f"{line}\r")
        self._com1.expect_exact(line if shown is None else shown)
        self._com1.expect_exact("\r\nFreeBSD/i386 boot\r\n")
        said = self._com1.before
        self._com1.expect_exact(self.PROMPT)
        return re.sub(r"[-|/\\]\x08", "", said).strip("\r\n").replace("\r\n", "\n")

    def report(self, line: str) -> Report:
        """Write a line that starts the test kernel."""
        self._com1.send(f"{line}\r")
        self._com1.expect(REPORTED)
        return parse_report(self._com1.before + self._com1.after)


def test_dialogue(tmp_path: Path) -> None:
    draw = Random(2)
    kernel = KERNEL.read_bytes()
    files = {"kernel": kernel, "boot.config": b"-h\n", "boot/short": b"x", "boot/text": draw.randbytes(5000),
             "boot/defaults/x": b"", "other": kernel}
    image = make_disk(tmp_path / "disk.img", files)
    with Qemu([image]) as pc:
        talk = Talk(pc)
        talk.stop("-h\r\n")
        assert sorted(talk.say("?").split()) == [".", "..", "boot", "boot.config", "kernel", "other"]
        assert sorted(talk.say("/boot/?").split()) == [".", "..", "defaults", "short", "text"]
        assert talk.say("nothing") == "No nothing"
        assert talk.say("/boot/nothing/?") == "No /boot/nothing/?"
        assert talk.say("") == "No /boot/nothing/?"         # again what was tried last
        assert talk.say("boot") == "Invalid format"
        assert talk.say("boot/short") == talk.say("boot/text") == "Invalid format"
        for word in ("-x", "-vX", "xx(0,a)", "ad(0)", "ad(0,i)", "ad(x,a)", "ad(0,5,a)", "ad(0,1,a",
                     "ad0,a)", "(", "x:ad(0,a)", "ad(0,a,1)", "ad("):
            expected = f"No {word}" if word == "ad0,a)" else f"Invalid {word}"
            assert talk.say(f"{word} kernel" if expected[0] == "I" else word) == expected
        assert talk.say("0:ad(0,1,b)kernel") == "Not ufs"
        assert talk.say("ad(0,1,d)") == "Invalid partition"
        assert talk.say("ad(0,2,a)") == "Invalid slice"
        assert re.fullmatch(r"error \d+ lba 0", talk.say("1:da(3,a)"))
        assert re.fullmatch(r"error \d+ lba 16", talk.say("fd(1,c)"))
        assert re.fullmatch(r"error \d+ lba 1", talk.say("9:fd(0,a)/kernel"))
        assert "Default: 9:fd(0,a)/kernel" in pc.com1.before
        long = "y" * 600
        assert talk.say(long, shown=long[:511]) == "error 1 lba 1"
        assert f"Default: 9:fd(0,a){long[:511]}\r\n" in pc.com1.before
        report = talk.report("  0:da(7,1,c)otheq\x7fr\t -sv -v\x01  ")
        check(report, kernel, howto=RB_SERIAL | RB_SINGLE, path="other",
              device=bootdev(DA, slice_number=1, unit=7, part=2))


def test_both_consoles(tmp_path: Path) -> None:
    """-D: text on both, keys from both. Without a key the loader is looked for after three seconds."""
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-D"})
    with Qemu([image]) as pc:
        pc.com1.expect_exact("/boot.config: -D")
        pc.press("n", "o")
        pc.com1.expect_exact("boot: no")
        pc.com1.send("ne\r")
        pc.com1.expect_exact("No none\r\n")
        pc.com1.expect_exact("boot: ")
        assert "boot: none\nNo none\n" in pc.wait_for_screen("No none")
        pc.com1.send("-D\r")                                # the screen alone
        pc.wait_for_screen("boot: -D")
        pc.press("ret")


def test_keyboard_is_looked_for(tmp_path: Path) -> None:
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-nP kernel"})
    with Qemu([image]) as pc:
        assert "Keyboard: yes" in pc.wait_for_screen("Keyboard: ")


# ---------------------------------------------------------------- what cannot be booted

PHDR, PHDR_SIZE = 52, 32        # the program headers behind the ELF header


def patched(data: bytes, *changes: tuple[int, str, int]) -> bytes:
    """The bytes with numbers in them changed: offset, struct's letter, value."""
    changed = bytearray(data)
    for offset, letter, value in changes:
        struct.pack_into(f"<{letter}", changed, offset, value)
    return bytes(changed)


def bad_kernels(kernel: bytes) -> dict[str, bytes]:
    """ELF and a.out files that no loader should start."""
    count = struct.unpack_from("<H", kernel, 44)[0]
    loads = [PHDR + index * PHDR_SIZE for index in range(count)
             if struct.unpack_from("<I", kernel, PHDR + index * PHDR_SIZE)[0] == 1]
    first, last = loads[0], loads[-1]
    symbols = next(at for at in range(struct.unpack_from("<I", kernel, 32)[0], len(kernel), 40)
                   if struct.unpack_from("<I", kernel, at + 4)[0] == 2)

    def aout(text: int, data: int, bss: int, entry: int) -> bytes:
        return struct.pack("<8I", 0o413, text, data, bss, 0, entry, 0, 0).ljust(4096, b"\0") + bytes(8192)

    return {
        "empty": b"", "header": kernel[:40], "truncated": kernel[:5000],
        "magic": b"\x7fELG" + kernel[4:], "class": patched(kernel, (4, "B", 2)), "type": patched(kernel, (16, "H", 1)),
        "machine": patched(kernel, (18, "H", 62)), "phentsize": patched(kernel, (42, "H", 56)),
        "no-headers": patched(kernel, (44, "H", 0)), "headers": patched(kernel, (44, "H", 0xFFFF)),
        "phoff": patched(kernel, (28, "I", 0xFFFFFFF0)), "entry": patched(kernel, (24, "I", 0xC0900000)),
        "low": patched(kernel, (first + 12, "I", 0xC0009000)), "zero": patched(kernel, (first + 12, "I", 0xC0000000)),
        "high": patched(kernel, (last + 12, "I", 0xC0E00000)), "long": patched(kernel, (last + 20, "I", 0xFFFFFFF0)),
        "filesz": patched(kernel, (last + 16, "I", 0x10000)), "offset": patched(kernel, (last + 4, "I", 0x80000000)),
        "symbols": patched(kernel, (symbols + 20, "I", 0x7FFFFFFF)), "link": patched(kernel, (symbols + 24, "I", 9999)),
        "aout-low": aout(4096, 0, 0, 0x9000), "aout-text": aout(0x7FFFFFFF, 0, 0, 0x100000),
        "aout-bss": aout(4096, 4096, 0xFFFFFFFF, 0x100000), "aout-short": aout(4096, 8192, 0, 0x100000),
        "aout-empty": aout(0, 0, 0, 0x100000),
    }


def test_bad_kernels(tmp_path: Path) -> None:
    kernel = KERNEL.read_bytes()
    bad = bad_kernels(kernel)
    image = make_disk(tmp_path / "disk.img", {"kernel": kernel, "boot.config": b"-h"} | bad)
    with Qemu([image], megabytes=8) as pc:      # so that much of what an address can name is no memory
        talk = Talk(pc)
        talk.stop("-h")
        assert {name: talk.say(name) for name in bad} == dict.fromkeys(bad, "Invalid format")
        check(talk.report("/kernel"), kernel, howto=RB_SERIAL, device=bootdev(AD, slice_number=1))


def aout_of(kernel: bytes, start: int) -> bytes:
    """A file of type ZMAGIC whose text, linked at `start`, is the byte 0xEB 0xFE.. and says so by COM1."""
    code = bytes.fromhex("66bafd03ec a820 74fb 66baf803 b041 ee ebfe".replace(" ", ""))
    text, data = code.ljust(4096, b"\x90"), kernel[:100]
    return struct.pack("<8I", 0o413, len(text), len(data), 10, 0, start, 0, 0).ljust(4096, b"\0") + text + data


def test_aout(tmp_path: Path) -> None:
    """What /boot/loader is: text at its entry, data behind it, both where the memory shows them."""
    data = Random(4).randbytes(100)
    image = make_disk(tmp_path / "disk.img", {"boot/loader": aout_of(data, 0x200000), "boot.config": b"-h -n"})
    with Qemu([image]) as pc:
        pc.com1.expect_exact("A")
        assert pc.memory(0x201000, 120) == data + bytes(20)


def label_changed(image: Path, *changes: tuple[int, str, int], whole: bool = True) -> None:
    """Change the label of slice 1; its checksum is made right again if it is to be whole."""
    label = bytearray(patched(read_sectors(image, 64)[:276], *changes))
    if whole:
        label[136:138] = bytes(2)
        label[136:138] = struct.pack("<H", checksum(bytes(label)))
    write_at(image, 64 * SECTOR, label)


def test_bad_disks(tmp_path: Path) -> None:
    """Three disks beside the one that is booted, each changed while the machine stands at the prompt."""
    first = make_disk(tmp_path / "first.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-h"})
    bad = [make_disk(tmp_path / f"bad{number}.img", {"kernel": b"x"}) for number in range(3)]
    partition = 148
    write_at(bad[0], 0x1BE + 4, b"\x83")
    label_changed(bad[1], (partition + 12, "B", 1))             # partition a: swap
    label_changed(bad[1], (partition + 3 * 16, "I", 1000), (partition + 3 * 16 + 4, "I", 20000))    # d: elsewhere
    label_changed(bad[1], (partition + 4 * 16, "I", 20000), (partition + 4 * 16 + 4, "I", 63))      # e: too large
    label_changed(bad[1], (partition + 5 * 16, "I", 100), (partition + 5 * 16 + 4, "I", 10))        # f: before c
    label_changed(bad[2], (40, "I", 513), whole=False)
    write_at(bad[2], 63 * SECTOR + 8192 + 48, bytes(4))
    with Qemu([first, *bad]) as pc:
        talk = Talk(pc)
        talk.stop("-h")
        assert talk.say("ad(1,a)kernel") == talk.say("ad(1,1,a)") == "Invalid slice"
        assert talk.say("ad(2,a)") == "Not ufs"
        assert [talk.say(f"ad(2,1,{part})") for part in "defgh"] == 5 * ["Invalid partition"]
        assert talk.say("ad(3,1,a)") == "Invalid label"
        assert talk.say("ad(3,1,c)") == "Invalid superblock"


@pytest.mark.parametrize(("offset", "value"), [(0, 0), (132, 0), (138, 9), (138, 0xFFFF)])
def test_bad_label(offset: int, value: int, tmp_path: Path) -> None:
    """Of the disk that is booted: nothing can be read, not even /boot.config, so all is said on the screen."""
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes()})
    label_changed(image, (offset, "H", value))
    with Qemu([image]) as pc:
        pc.wait_for_screen("Invalid label")
        pc.press("x")
        pc.wait_for_screen("boot: x")


# ---------------------------------------------------------------- boot1


# Moves to 0600; reads sector 63 to 7C00 by a packet; DL = 80h, DS = ES = SI = 1234h, SS:SP = 3000:0101, DF = 1; jumps
# to 07C0:0000.
ODD_MBR = bytes.fromhex(
    "fc31c08ed88ec08ed0bc007c89e6bf0006b90001f3a5ea1b060000be3d06b442b280cd13b280b834128ed88ec089c6b80030"
    "8ed0bc0101fdea0000c00710000100007c00003f00000000000000")


def boot1_disk(image: Path, *, entries: Mapping[int, tuple[int, int, int]]) -> Path:
    """A disk whose mbr starts boot1 in slice 1, of another's type. The table's entries then are these, by number:
    flag, type, first sector."""
    fill = make_slice(image.with_suffix(".slice"), start=63, files={"kernel": KERNEL.read_bytes(),
                                                                   "boot.config": b"-hn kernel"})
    one = Slice(1, 0x83, 63, SLICE_SECTORS, active=True, fill=fill)
    build_disk(image, sectors=32768, boot=(BUILT / "boot0/mbr.bin").read_bytes(), slices=[one], sfdisk=tool("sfdisk"))
    for number, (flag, kind, start) in entries.items():
        write_at(image, 0x1AE + 16 * number, struct.pack("<BBBBBBBBII", flag, 0, 1, 0, kind, 0, 1, 0, start, 16384))
    return image


def test_boot1_messages(tmp_path: Path) -> None:
    """No slice; one that cannot be read; one without BTX. After a key the PC starts anew, which ends QEMU here."""
    cases = {"Boot error": {}, "Read error": {2: (0, 0xA5, 0x7FFFFFFF)}, "Boot error ": {2: (0, 0xA5, 16500)}}
    for number, (message, entries) in enumerate(cases.items()):
        with Qemu([boot1_disk(tmp_path / f"{number}.img", entries=entries)]) as pc:
            pc.wait_for_screen(message.strip())
            pc.press("ret")
            pc.off()


@Serials
def test_boot1_needs_nothing_of_its_loader(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """An MBR that jumps to 07C0:0000 with its own segments, an odd stack, SI elsewhere and DF set."""
    image = make_disk(tmp_path / "disk.img", {"kernel": KERNEL.read_bytes(), "boot.config": b"-hn kernel"})
    write_at(image, 0, ODD_MBR)
    check(parse_report(serial_of(image, REPORTED)), KERNEL.read_bytes(), howto=RB_SERIAL,
          device=bootdev(AD, slice_number=1), path="kernel")


def test_boot1_takes_a_slice_that_is_not_active(tmp_path: Path) -> None:
    image = boot1_disk(tmp_path / "disk.img", entries={3: (0, 0xA5, 63), 4: (0, 0xA5, 5000)})
    check(parse_report(qemu_serial(image, REPORTED)), KERNEL.read_bytes(), howto=RB_SERIAL,
          device=bootdev(AD, slice_number=3), path="kernel")


def test_room() -> None:
    """BTX and boot2 fit, with something to spare; what does not fit is counted."""
    boot2 = (BUILT / "boot2/boot2.bin").read_bytes()
    left, line = count_room(boot2)
    assert left == ROOM - len(boot2) >= SPARE and line.endswith(f"{left} left")
    assert count_room(boot2.ljust(ROOM + 3, b"\0"))[0] == -3
    done = subprocess.run([sys.executable, TREE / "boot/boot2/room.py", BUILT / "boot2/boot1.bin"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "") and "BTX" in done.stderr
