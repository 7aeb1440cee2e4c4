"""Boots a disk with something wrong in its structures, and says what came of it.

    python3 -m grade.tests.fuzzing 17              case 17: what was changed, what the machine said, the verdict
    python3 -m grade.tests.fuzzing 0 --cases 500   many, counted

A case is a seed. It changes one to three things of a good disk: fields of the partition table, the label, the
superblock, inodes, blocks of addresses, directories, cylinder groups, the headers of /boot/loader and /kernel, the
texts of /boot.config and loader.conf. What nobody could notice, bytes of code and data, is left alone.

It is good when the test kernel reports all that it should, or when a prompt answers: boot2's or the loader's. A stage
that cannot go on and has no prompt (boot1, btxldr) must say so. Whatever else comes is bad: a machine that hangs,
starts anew or switches itself off, an exception's dump. One thing excuses it: the changed structures are sound in
themselves and lead to another program than the one that was there, which only a reader of minds would refuse. Whether
they do, ufs_volume.py knows, a model of its own.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.disklabel import LABEL_SIZE, checksum
from boot.image.mkdisk import Slice, build_disk
from boot.image.testkernel import expected_sum, parse_report
from grade.tests.emulation import TREE, make, set_menu, tool
from grade.tests.kept_pc import GUEST_SECONDS, KeptPc
from grade.tests.ufs_volume import DIRECT, INODE_SIZE, ROOT, SECTOR, SUPERBLOCK, Volume, programs

START, SIZE, DISK = 63, 12288, 16384    # sectors: the slice, the disk
BSIZE, FSIZE = 4096, 512                # so that /boot/loader has a block of addresses
LOADER, KERNEL = "/boot/loader", "/kernel"
CONFIG, CONF = "/boot.config", "/boot/loader.conf"
DEFAULTS = "/boot/defaults/loader.conf"
BUILT = {"loader": "build/ref/boot/loader/loader", "kernel": "build/ref/boot/loader/testkernel/kernel",
         "boot0sio": "build/ref/boot/boot0/boot0sio.bin", "boot1": "build/ref/boot/boot2/boot1.bin",
         "boot2": "build/ref/boot/boot2/boot2.bin"}
WALL_SECONDS = 60                       # where the guest's clock hardly moves
REGISTERS = 600                         # characters of QEMU's account of them: the general ones
QUIET = 0.05                            # seconds without a character: look at the machine

# ---------------------------------------------------------------- the good disk


def built() -> dict[str, bytes]:
    """Build and return what stands on a disk."""
    make(*BUILT.values())
    return {name: (TREE / path).read_bytes() for name, path in BUILT.items()}


def with_far_symbols(kernel: bytes) -> bytes:
    """The kernel with its section headers and symbols behind the last direct block."""
    table, = struct.unpack_from("<I", kernel, 32)
    count, = struct.unpack_from("<H", kernel, 48)
    moved = bytearray(kernel.ljust(DIRECT * BSIZE + 100, b"\0"))
    rows = [list(struct.unpack_from("<10I", kernel, table + 40 * number)) for number in range(count)]
    for row in rows:
        if row[1] in (2, 3):            # symbols, strings
            data = kernel[row[4]:row[4] + row[5]]
            row[4] = len(moved)
            moved += data.ljust(-len(data) % 4 + len(data), b"\0")
    struct.pack_into("<I", moved, 32, len(moved))
    return bytes(moved) + b"".join(struct.pack("<10I", *row) for row in rows)


def good_disk(folder: Path, programs_: dict[str, bytes], *, conf: str = 'autoboot_delay="-1"\n',
              config: str = "-n -h\n", files: Mapping[str, bytes | str] = MappingProxyType({})) -> Path:
    """A small disk that boots on COM1 without waiting for anybody. A file that is a text is a link to follow."""
    defaults = TREE / "boot/image/root/boot/defaults/loader.conf"
    root = {KERNEL: with_far_symbols(programs_["kernel"]), LOADER: programs_["loader"], CONF: conf.encode(),
            CONFIG: config.encode(), DEFAULTS: defaults.read_bytes(), **files}
    for path, data in root.items():
        place = folder / "root" / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(data) if isinstance(data, str) else place.write_bytes(data)
    fill = folder / "slice"
    fill.touch()
    write_slice(fill, BsdSlice(root=folder / "root", boot1=programs_["boot1"], boot2=programs_["boot2"], bsize=BSIZE,
                               fsize=FSIZE, swap=1024, makefs=tool("makefs")), start=START, size=SIZE, name="fuzz")
    image = folder / "disk.img"
    build_disk(image, sectors=DISK, boot=programs_["boot0sio"], sfdisk=tool("sfdisk"),
               slices=[Slice(number=1, type=0xA5, start=START, size=SIZE, active=True, fill=fill)])
    set_menu(image, flags=0xCF, ticks=0xFFFF)
    return image


# ---------------------------------------------------------------- what can be changed


@dataclass(frozen=True)
class Field:
    """A number on the disk."""

    name: str
    at: int
    size: int = 4


@dataclass(frozen=True)
class Group:
    """Fields that belong together; a text where there are none. Plain flips go to its bytes."""

    name: str
    at: int
    length: int
    fields: tuple[Field, ...] = ()

    @property
    def kind(self) -> str:
        """What it is one of: "inode", "phdr"."""
        return self.name.split()[0].rstrip("0123456789")


def layout(name: str, at: int, described: str, length: int = 0) -> Group:
    """Words "name:size" in their order; "+n" is left out."""
    fields, offset = [], at
    for word in described.split():
        if word.startswith("+"):
            offset += int(word[1:])
            continue
        label, _, size = word.partition(":")
        fields.append(Field(f"{name}.{label}", offset, int(size or 4)))
        offset += int(size or 4)
    return Group(name, at, length or offset - at, tuple(fields))


SUPERBLOCK_WORDS = ("+8 sblkno cblkno iblkno dblkno cgoffset cgmask time size dsize ncg bsize fsize frag minfree +8 "
                    "bmask fmask bshift fshift maxcontig maxbpg fragshift fsbtodb sbsize +8 nindir inopb nspf optim "
                    "+20 csaddr cssize cgsize +8 spc +4 cpg ipg fpg ndir nbfree nifree nffree "
                    "fmod:1 clean:1 ronly:1 flags:1 +1108 maxsymlinklen inodefmt maxfilesize:8 qbmask:8 qfmask:8 +20 "
                    "magic")
INODE_WORDS = ("mode:2 nlink:2 +4 size:8 +24 " + " ".join(f"db{n}" for n in range(12))
               + " ib0 ib1 ib2 flags blocks gen uid gid")
LABEL_WORDS = ("magic type:2 +34 secsize nsectors ntracks ncylinders secpercyl secperunit +68 magic2 checksum:2 "
               "npartitions:2 bbsize sbsize " + " ".join(
                   f"{letter}.size {letter}.offset {letter}.fsize {letter}.fstype:1 {letter}.frag:1 {letter}.cpg:2"
                   for letter in "abcdefgh"))
TABLE_WORDS = " ".join(f"{n}.flag:1 {n}.chs:3 {n}.type:1 {n}.end:3 {n}.start {n}.size" for n in range(1, 5))
ELF_WORDS = ("magic class:1 data:1 version:1 osabi:1 +8 type:2 machine:2 version4 entry phoff shoff flags ehsize:2 "
             "phentsize:2 phnum:2 shentsize:2 shnum:2 shstrndx:2")
PROGRAM_WORDS = "type offset vaddr paddr filesz memsz flags align"
SECTION_WORDS = "name type flags addr offset size link info addralign entsize"
AOUT_WORDS = "midmag text data bss syms entry trsize drsize"
OFTEN = ("superblock", "inode", "directory", "addresses", "phdr")
GROUP_WORDS = "firstfield magic time cgx ncyl:2 niblk:2 ndblk ndir nbfree nifree nffree rotor frotor irotor"


def groups(volume: Volume) -> list[Group]:
    """All that can be changed of a good disk."""
    inodes = {path: volume.lookup(path) for path in ("/boot", LOADER, KERNEL, CONFIG, CONF, "/boot/defaults", DEFAULTS)}
    found = [layout("table", 0x1BE, TABLE_WORDS), layout("label", volume.start + SECTOR, LABEL_WORDS),
             layout("superblock", volume.start + SUPERBLOCK, SUPERBLOCK_WORDS)]
    for path, number in {"/": ROOT, **inodes}.items():
        found.append(layout(f"inode {path}", volume.start + volume.inode(number), INODE_WORDS, INODE_SIZE))
    for path in ("/", "/boot", "/boot/defaults"):
        found.append(_directory(volume, path, inodes.get(path, ROOT)))
    for path in (LOADER, KERNEL):
        table = volume.start + volume.tables(inodes[path])[0]
        used = len(list(volume.pieces(inodes[path]))) - DIRECT
        found.append(layout(f"addresses {path}", table, " ".join(str(n) for n in range(used))))
    found.append(layout("a.out", volume.place(inodes[LOADER], 0), AOUT_WORDS))
    found += _elf(volume, inodes[KERNEL])
    for number in range(volume.field(44)):
        at = (volume.field(188) * number + volume.field(12)) * volume.fsize
        found.append(layout(f"cg{number}", volume.start + at, GROUP_WORDS))
    for path in (CONFIG, CONF):
        found.append(Group(f"text {path}", volume.place(inodes[path], 0), len(volume.content(inodes[path]))))
    return found


def _directory(volume: Volume, path: str, number: int) -> Group:
    fields = []
    for name, (at, _) in volume.entries(number).items():
        fields += layout(f"entry {path} {name}", volume.place(number, at), "ino reclen:2 type:1 namlen:1 name").fields
    return Group(f"directory {path}", volume.place(number, 0), 256, tuple(fields))


def _elf(volume: Volume, number: int) -> list[Group]:
    kernel = volume.content(number)
    phoff, shoff = struct.unpack_from("<II", kernel, 28)
    phnum, _, shnum = struct.unpack_from("<3H", kernel, 44)
    found = [layout("elf", volume.place(number, 0), ELF_WORDS)]
    for index in range(phnum):
        found.append(layout(f"phdr{index}", volume.place(number, phoff + 32 * index), PROGRAM_WORDS))
    for index in range(shnum):
        found.append(layout(f"shdr{index}", volume.place(number, shoff + 40 * index), SECTION_WORDS))
        kind, _, _, offset, size = struct.unpack_from("<5I", kernel, shoff + 40 * index + 4)
        if kind in (2, 3):
            found.append(Group(f"section{index}", volume.place(number, offset), min(size, 64)))
    return found


# ---------------------------------------------------------------- a case


@dataclass(frozen=True)
class Change:
    """Bytes that are put in the place of others."""

    what: str
    at: int
    old: bytes
    new: bytes

    def __str__(self) -> str:
        return f"{self.what}: {self.old.hex(' ')} -> {self.new.hex(' ')} (byte {self.at:#x})"


def draw_changes(disk: bytes, all_groups: list[Group], seed: int) -> list[Change]:
    """What case `seed` changes. Each kind of structure has its share, and some have two."""
    draw = Random(seed)
    kinds = list(dict.fromkeys(group.kind for group in all_groups))
    changes: list[Change] = []
    while not changes or draw.random() < 0.25 and len(changes) < 3:
        kind = draw.choice([*kinds, *OFTEN])
        one = draw_change(disk, draw.choice([group for group in all_groups if group.kind == kind]), draw)
        if one.old != one.new and all(one.at + len(one.new) <= other.at or other.at + len(other.new) <= one.at
                                      for other in changes):
            changes.append(one)
    label = START * SECTOR + SECTOR
    touched = any(label <= one.at < label + LABEL_SIZE for one in changes)
    if touched and not any("label.checksum" in one.what for one in changes) and draw.random() < 0.7:
        changes.append(_right_checksum(disk, changes, label))
    return changes


def _right_checksum(disk: bytes, changes: list[Change], label: int) -> Change:
    """The label's checksum, as it has to be after the changes."""
    data = bytearray(disk[label:label + LABEL_SIZE])
    for one in changes:
        if label <= one.at < label + LABEL_SIZE:
            data[one.at - label:one.at - label + len(one.new)] = one.new
    count = min(struct.unpack_from("<H", data, 138)[0], 8)
    old, = struct.unpack_from("<H", data, 136)
    new = old ^ checksum(bytes(data[:148 + 16 * count]))
    return Change("label.checksum, right again", label + 136, old.to_bytes(2, "little"), new.to_bytes(2, "little"))


def draw_change(disk: bytes, group: Group, draw: Random) -> Change:
    if not group.fields:
        return _flip(disk, group, draw) if draw.random() < 0.3 else _retype(disk, group, draw)
    if draw.random() < 0.25:
        return _flip(disk, group, draw)
    field = draw.choice(group.fields)
    old = int.from_bytes(disk[field.at:field.at + field.size], "little")
    other = draw.choice(group.fields)
    bits = 8 * field.size
    edges = [0, 1, -1, (1 << bits - 1) - 1, 1 << bits - 1, old + 1, old - 1]
    others = [
        2 * old, old // 2, 1 << draw.randrange(bits), -(1 << draw.randrange(bits)), draw.getrandbits(bits),
        draw.getrandbits(16), draw.randrange(64), old ^ 1 << draw.randrange(bits),
        old + draw.choice([4, 8, 512, 4096, -4, -8, -512, -4096]),
        int.from_bytes(disk[other.at:other.at + other.size], "little")]
    new = draw.choice(edges if draw.random() < 0.5 else others)
    return Change(field.name, field.at, disk[field.at:field.at + field.size],
                  (new % (1 << bits)).to_bytes(field.size, "little"))


def _flip(disk: bytes, group: Group, draw: Random) -> Change:
    """A few bits of neighbouring bytes."""
    length = draw.choice([1, 1, 1, 2, 4])
    at = group.at + draw.randrange(max(1, group.length - length))
    old = disk[at:at + length]
    return Change(f"bits of {group.name}", at, old, bytes(byte ^ 1 << draw.randrange(8) for byte in old))


def _retype(disk: bytes, group: Group, draw: Random) -> Change:
    """Part of a text, written anew."""
    length = draw.randrange(1, min(8, group.length) + 1)
    at = group.at + draw.randrange(group.length - length + 1)
    letters = [*b"\0\n\r\t \"#=\\-:(),/?;~{}$@", *b"aADhnPpqmvsCg0123", 0x7F, 0xFF]
    return Change(group.name, at, disk[at:at + length], bytes(draw.choice(letters) for _ in range(length)))


# ---------------------------------------------------------------- the verdict


@dataclass(frozen=True)
class Outcome:
    """What came of a boot. `kind` is a word to count by."""

    kind: str
    good: bool
    serial: str
    screen: str = ""


MESSAGES = {"Client format not supported": "btxldr's message", "BTX kernel not found": "btxldr's message",
            "Read error": "boot1's message", "Boot error": "boot1's message"}
END = "testkernel: end"
PROMPTS = {"boot: ": ("/?", "boot2's prompt"), "OK ": ("lsmod", "the loader's prompt")}


def watch(pc: KeptPc, kernel_sum: int) -> Outcome:
    """Boot once and look what comes of it. The test kernel's sum must be that."""
    pc.start()
    one = _Watch(pc, kernel_sum)
    deadline = time.monotonic() + WALL_SECONDS
    while True:
        came = pc.pump(QUIET)
        outcome = one.by_serial() or (None if came else one.by_screen())
        if outcome is None and time.monotonic() > deadline:
            outcome = one.bad("a hang by the host's clock")
        if outcome is not None:
            return outcome


@dataclass
class _Watch:
    """A boot that goes on. `asked` is the command that a prompt was given, `hurried` whether Enter was pressed."""

    pc: KeptPc
    kernel_sum: int
    asked: str = ""
    hurried: bool = False

    @property
    def text(self) -> str:
        return self.pc.serial.decode("latin1")

    def by_serial(self) -> Outcome | None:
        """What COM1 tells. A countdown is cut short there, and a prompt gets something to answer."""
        text = self.text
        if END in text:
            return self._reported(text[:text.index(END) + len(END)])
        if "BTX halted" in text or "panic: " in text:
            return self.bad("a dump" if "BTX halted" in text else "a panic")
        if self.pc.ended:
            return self.bad(f"the machine ended ({self.pc.ended})")
        if "Hit [Enter]" in text and not self.hurried:
            self.hurried = True
            self.pc.type("\r")
        prompt = next((prompt for prompt in PROMPTS if text.endswith(prompt)), None)
        if prompt is None:
            return None
        command, kind = PROMPTS[prompt]
        if self.asked != command:
            self.asked = command
            self.pc.type(f"{command}\r")
        elif prompt in text.rpartition(command)[2] and command in text:
            return Outcome(kind, True, text)
        return None

    def by_screen(self) -> Outcome | None:
        """COM1 is silent: what the screen tells, and whether too much time has gone."""
        rows = self.pc.screen()
        screen = "\n".join(rows)
        for message, kind in MESSAGES.items():
            if message in self.text or message in screen:
                return Outcome(kind, True, self.text, screen)
        if "BTX halted" in screen or "panic: " in screen:
            return self.bad("a dump on the screen")
        for prompt, (command, kind) in PROMPTS.items():
            if rows and rows[-1] == prompt.rstrip():
                if prompt + command in rows:
                    return Outcome(f"{kind}, on the screen", True, self.text, screen)
                self.pc.press(f"{command}\r")
        lost = self.pc.lost() or ("a hang" if self.pc.seconds() > GUEST_SECONDS else "")
        return self.bad(lost) if lost and not self.pc.pump(QUIET) else None     # unless something came meanwhile

    def _reported(self, text: str) -> Outcome:
        """The text ends with the report: where the line's end is lost, the machine was off before it was sent."""
        try:
            report = parse_report(text[text.index("testkernel: begin"):])
        except ValueError as error:
            return self.bad(f"a broken report ({error})")
        if report.sum == self.kernel_sum and report.bss_zero:
            return Outcome("the kernel's report", True, text)
        return self.bad("another kernel's report")

    def bad(self, kind: str) -> Outcome:
        """Nothing good came: with what is needed to find out why."""
        registers = "" if self.pc.ended else "\n" + self.pc.registers()[:REGISTERS]
        return Outcome(kind, False, self.text + registers, "\n".join(self.pc.screen()))


class Fuzzer:
    """A machine and a disk, for as many cases as one likes; inside `with`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="proc0-fuzz-")
        made = built()
        self._image = good_disk(Path(self._folder.name), made)
        self._disk = self._image.read_bytes()
        self._volume = Volume(self._disk, START * SECTOR)
        self._groups = groups(self._volume)
        self._programs = programs(self._volume, (LOADER, KERNEL))
        self._sum = expected_sum(made["kernel"])
        self._pc = KeptPc(self._image)

    def __enter__(self) -> Fuzzer:
        self._pc.__enter__()
        assert watch(self._pc, self._sum).kind == "the kernel's report"
        return self

    def __exit__(self, *_: object) -> None:
        self._pc.__exit__()
        self._folder.cleanup()

    def run(self, seed: int) -> tuple[list[Change], Outcome]:
        """One case. The disk is as before afterwards."""
        changes = draw_changes(self._disk, self._groups, seed)
        changed = bytearray(self._disk)
        for one in changes:
            changed[one.at:one.at + len(one.new)] = one.new
        with self._image.open("r+b", buffering=0) as file:
            for one in changes:
                os.pwrite(file.fileno(), one.new, one.at)
            try:
                outcome = watch(self._pc, self._sum)
            finally:
                for one in changes:
                    os.pwrite(file.fileno(), one.old, one.at)
        if not outcome.good and self._is_another_program(bytes(changed)):
            outcome = Outcome("another program, by sound structures", True, f"({outcome.kind})\n{outcome.serial}")
        return changes, outcome

    def _is_another_program(self, changed: bytes) -> bool:
        now = programs(Volume(changed, START * SECTOR), (LOADER, KERNEL))
        return any(one is not None and one not in self._programs.values() for one in now.values())


def describe(seed: int, changes: list[Change], outcome: Outcome) -> str:
    """A case for the reader of a failed test."""
    return "\n".join([f"case {seed}: {outcome.kind}", *(f"    {one}" for one in changes),
                      f"    again: python3 -m grade.tests.fuzzing {seed}"])


def run_cases(seeds: range) -> Iterator[tuple[int, list[Change], Outcome]]:
    with Fuzzer() as fuzzer:
        for seed in seeds:
            yield seed, *fuzzer.run(seed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Boot disks with something wrong in their structures.")
    parser.add_argument("seed", type=int, help="the (first) case")
    parser.add_argument("--cases", type=int, default=1, help="how many")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    bad = 0
    for seed, changes, outcome in run_cases(range(options.seed, options.seed + options.cases)):
        counts[outcome.kind] += 1
        bad += not outcome.good
        if options.cases == 1 or not outcome.good:
            print(describe(seed, changes, outcome), flush=True)
        if options.cases == 1:
            print(outcome.serial, outcome.screen, sep="\n")
    for kind, count in counts.most_common():
        print(f"{count:6} {kind}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
