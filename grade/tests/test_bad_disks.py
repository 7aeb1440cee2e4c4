"""Disks with something wrong, by name: the whole chain boots them, and says of each what is known to the letter.

What boot2 or the loader does alone with bad labels, superblocks, kernels or lines is tested beside each of them; random
faults are test_fuzz_boot.py's. Here is what goes from one stage to the next, what needs the real directory tree, and
disks and machines that are odd themselves.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot.image.testkernel import expected_sum, parse_report
from grade.tests.fuzzing import LOADER, START, Group, built, good_disk, groups, watch
from grade.tests.kept_pc import KeptPc
from grade.tests.ufs_volume import SECTOR, Volume

END = "testkernel: end"
BIOS_ERROR = 12                 # SeaBIOS' for whatever a disk refuses
LINKS = 20                      # as many are followed
BTX_HEADER = 0x2000             # in /boot/loader: behind the header's page and btxldr's


def plain(text: str) -> str:
    """Without the spinner, which stands before a backspace, and carriage returns."""
    return re.sub(r"[-|/\\]\x08", "", text).replace("\r", "").strip("\n ")


@dataclass(frozen=True)
class Disk:
    """A good disk, and where things stand on it."""

    image: Path
    volume: Volume
    groups: list[Group]

    def at(self, name: str) -> int:
        """The byte at which a field stands, or a byte of a file: "superblock.bsize", "/boot/loader+4096"."""
        path, plus, offset = name.partition("+")
        if plus:
            return self.volume.place(self.volume.lookup(path), int(offset))
        return next(field.at for group in self.groups for field in group.fields if field.name == name)

    def write(self, at: int, data: bytes) -> None:
        with self.image.open("r+b") as file:
            file.seek(at)
            file.write(data)


def make_disk(folder: Path, **options: object) -> Disk:
    folder.mkdir(exist_ok=True)
    image = good_disk(folder, built(), **options)
    volume = Volume(image.read_bytes(), START * SECTOR)
    return Disk(image, volume, groups(volume))


# ---------------------------------------------------------------- structures, each with its message


@pytest.fixture(scope="module", name="disk")
def make_module_disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """One that boots; whoever changes it undoes that."""
    return make_disk(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module", name="pc")
def keep_pc(disk: Disk) -> Iterator[KeptPc]:
    with KeptPc(disk.image) as pc:
        yield pc


@pytest.fixture(scope="module", name="kernel_sum")
def know_kernel_sum() -> int:
    return expected_sum(built()["kernel"])


WORD = struct.Struct("<I")
SCREEN, OK, REPORT = "boot2's prompt, on the screen", "the loader's prompt", "the kernel's report"
NO_KERNEL = "can't load 'kernel'"
OUTSIDE = "elf32_loadimage: segment outside of memory"
SHORT = "elf32_loadimage: segment not within the file"
NO_ENTRY = "elf32_loadimage: entry point not within a segment"
NO_SECTIONS = "elf32_loadimage: failed to read section headers"


@dataclass(frozen=True)
class Fault:
    """One field changed, what is said then, word for word, and what it ends in."""

    field: str
    value: bytes
    said: str
    end: str


STRUCTURES = {
    # Where boot2 finds no file, it does not find /boot.config: it speaks on the screen.
    "no slice": Fault("table.1.type", b"\x83", "Boot error", "boot1's message"),
    "label": Fault("label.checksum", b"\0\0", "Invalid label", SCREEN),
    "no file system": Fault("superblock.magic", b"\0", "Not ufs", SCREEN),
    "blocks of 0": Fault("superblock.bsize", bytes(4), "Invalid superblock", SCREEN),
    "fragments larger than blocks": Fault("superblock.fsize", WORD.pack(8192), "Invalid superblock", SCREEN),
    "larger than the partition": Fault("superblock.size", WORD.pack(1 << 20), "Invalid superblock", SCREEN),
    "root outside": Fault("inode /.db0", WORD.pack(0x7FFFFFFF), "Invalid block", SCREEN),
    "directory without end": Fault("entry / boot.reclen", bytes(2), "Invalid directory", SCREEN),
    # From here on it has read -h there. Without the loader it starts the kernel itself.
    "directory in itself": Fault("entry /boot loader.ino", WORD.pack(3), "Invalid format", REPORT),
    "file as a directory": Fault("entry / boot.ino", WORD.pack(5), "No /boot/loader", REPORT),
    "no loader": Fault("entry /boot loader.ino", bytes(4), "No /boot/loader", REPORT),
    "blocks outside": Fault("inode /boot/loader.ib0", WORD.pack(0x7FFFFFFF), "Invalid block", REPORT),
    "endless loader": Fault("inode /boot/loader.size", struct.pack("<Q", 1 << 40), "Invalid inode", REPORT),
    "truncated loader": Fault("inode /boot/loader.size", struct.pack("<Q", 30000), "Invalid format", REPORT),
    "loader over boot2": Fault("a.out.entry", WORD.pack(0x9000), "Invalid format", REPORT),
    "loader outside memory": Fault("a.out.bss", WORD.pack(0x7FFFFFFF), "Invalid format", REPORT),
    # btxldr has no prompt to return to.
    "loader without BTX": Fault(f"{LOADER}+{BTX_HEADER + 2}", b"X", "Error: BTX kernel not found", "btxldr's message"),
    # Here the loader is there, and the kernel or what leads to it is not.
    "shift of no block": Fault("superblock.bshift", WORD.pack(13), "/boot/loader.conf: invalid argument", OK),
    "no kernel": Fault("entry / kernel.ino", bytes(4), NO_KERNEL, OK),
    "kernel's blocks outside": Fault("inode /kernel.db0", WORD.pack(0x7FFFFFFF), NO_KERNEL, OK),
    "no program headers": Fault("elf.phnum", bytes(2), "elf32_loadimage: no program headers", OK),
    "segment outside memory": Fault("phdr2.vaddr", WORD.pack(0xC0FFF000), OUTSIDE, OK),
    "segment over the loader": Fault("phdr2.vaddr", WORD.pack(0xC000A000), OUTSIDE, OK),
    "truncated kernel": Fault("inode /kernel.size", struct.pack("<Q", 5000), SHORT, OK),
    "entered elsewhere": Fault("elf.entry", WORD.pack(0xC0200000), NO_ENTRY, OK),
    "symbols outside": Fault("elf.shoff", WORD.pack(0x7FFFFFFF), NO_SECTIONS, REPORT),
}


@pytest.mark.parametrize("what", STRUCTURES)
def test_structure(disk: Disk, pc: KeptPc, kernel_sum: int, what: str) -> None:
    fault = STRUCTURES[what]
    at = disk.at(fault.field)
    old = disk.image.read_bytes()[at:at + len(fault.value)]
    assert old != fault.value
    disk.write(at, fault.value)
    try:
        outcome = watch(pc, kernel_sum)
    finally:
        disk.write(at, old)
    said = outcome.screen if "screen" in fault.end or "boot1" in fault.end else plain(outcome.serial)
    assert outcome.good and outcome.kind == fault.end
    assert fault.said in said.splitlines()


# ---------------------------------------------------------------- at the loader's prompt


def odd_files() -> dict[str, bytes | str]:
    """Links that go round, that are many, and directories that a test makes odd."""
    files: dict[str, bytes | str] = {
        "/round/file": b"x", "/torn/file": b"x", "/to": "/fro", "/fro": "to", "/self": "self",
        "/links/0": b"the end\n", "/links/up": "../links/up/up"}
    return files | {f"/links/{number}": str(number - 1) for number in range(1, LINKS + 2)}


TOO_MANY = "too many levels of symbolic links"
ASKED = {
    "ls /round/file/file/file": "/round/file/file/file\n    file",
    "include /round/file/file": "include: /round/file/file:1: is a directory",
    "ls /torn": "/torn\nls: /torn: invalid argument",
    "ls /to": f"ls: can't open '/to': {TOO_MANY}",
    "ls /self": f"ls: can't open '/self': {TOO_MANY}",
    "include /links/up": f"include: can't open '/links/up': {TOO_MANY}",
    f"more /links/{LINKS}": f"*** FILE /links/{LINKS} BEGIN ***\nthe end\n*** FILE /links/{LINKS} END ***",
    f"include /links/{LINKS + 1}": f"include: can't open '/links/{LINKS + 1}': {TOO_MANY}",
    "load /to": "load: can't find '/to'",
    "lsmod": "",
}


def test_loops(tmp_path: Path) -> None:
    """A directory that is in itself, one that does not end, links to links: the loader's prompt outlives them all."""
    disk = make_disk(tmp_path / "disk", conf='autoboot_delay="NO"\n', files=odd_files())
    volume = disk.volume
    for path, change in (("/round", WORD.pack(volume.lookup("/round"))), ("/torn", WORD.pack(2) + bytes(2))):
        number = volume.lookup(path)
        disk.write(volume.place(number, volume.entries(number)["file"][0]), change)
    with KeptPc(disk.image) as pc:
        pc.start()
        pc.expect("OK ")
        said = {}
        for line in ASKED:
            pc.type(f"{line}\r")
            pc.expect(f"{line}\r\n")
            said[line] = plain(pc.expect("OK "))
    assert said == ASKED


# ---------------------------------------------------------------- sectors that cannot be read


def boot_with_bad_sector(disk: Disk, sector: int, kernel_sum: int, folder: Path) -> tuple[str, str]:
    """Boot with a sector that cannot be read: how that ended, and what was said."""
    config = folder / "errors"
    config.write_text(f'[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "{sector}"\n', encoding="ascii")
    drive = (f"if=ide,format=raw,rerror=report,file.driver=blkdebug,file.config={config},"
             f"file.image.driver=file,file.image.filename={disk.image},file.image.locking=off")
    with KeptPc(disk.image, drive=drive) as pc:
        outcome = watch(pc, kernel_sum)
    return outcome.kind, plain(outcome.serial) or outcome.screen


@pytest.mark.parametrize("where, end", [
    (f"{LOADER}+40000", REPORT), ("inode /.mode", SCREEN), ("superblock.magic", SCREEN)])
def test_boot2_meets_a_bad_sector(disk: Disk, kernel_sum: int, where: str, end: str, tmp_path: Path) -> None:
    """The message names the sector at which it began to read."""
    sector = disk.at(where) // SECTOR
    kind, said = boot_with_bad_sector(disk, sector, kernel_sum, tmp_path)
    began = re.search(rf"^error {BIOS_ERROR} lba (\d+)$", said, re.MULTILINE)
    assert kind == end and began is not None and sector - 127 < int(began[1]) <= sector


def test_boot1_meets_a_bad_sector(disk: Disk, kernel_sum: int, tmp_path: Path) -> None:
    kind, said = boot_with_bad_sector(disk, disk.at("label.magic") // SECTOR, kernel_sum, tmp_path)
    assert kind == "boot1's message" and said.splitlines()[-1] == "Read error"


@pytest.mark.parametrize("where, end, said", [
    ("/kernel+0", OK, "can't load file '/kernel': input/output error"),
    ("/kernel+4096", OK, "can't load file '/kernel': input/output error"),
    ("/boot/loader.conf+0", REPORT, "/boot/loader.conf:1: input/output error")])
def test_the_loader_meets_a_bad_sector(disk: Disk, kernel_sum: int, where: str, end: str, said: str,
                                       tmp_path: Path) -> None:
    """It says which sector, once for the cache and then when that is really wanted, and what could not be done."""
    sector = disk.at(where) // SECTOR
    kind, text = boot_with_bad_sector(disk, sector, kernel_sum, tmp_path)
    assert kind == end and said in text.splitlines()
    assert 2 <= text.count(f"disk0: read error {BIOS_ERROR:#04x} at sector {sector}\n") <= 4, text


# ---------------------------------------------------------------- machines


@pytest.mark.parametrize("megabytes", [4, 5, 8, 64, 3072])
def test_memory(disk: Disk, kernel_sum: int, megabytes: int) -> None:
    with KeptPc(disk.image, megabytes=megabytes) as pc:
        outcome = watch(pc, kernel_sum)
    assert outcome.kind == REPORT
    report = parse_report(outcome.serial)
    assert report.bootinfo is not None and report.smap
    assert 0 <= (megabytes - 1) * 1024 - report.bootinfo["extmem"] <= 384
