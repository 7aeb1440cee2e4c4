"""boot2's reader of UFS1, as a program of this machine: every size of block and fragment, and whatever is not a file
system.

The file systems are makefs'. What makefs does not make, holes and large files, is made by changing addresses in
them; for that `Volume` below finds inodes and blocks by itself. The program is built with the address and
undefined-behaviour sanitizers, so that every test looks for a stray access too.
"""

from __future__ import annotations

import re
import shlex
import struct
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from boot.image.staging import gather, staged
from boot.image.ufs import make_ufs
from grade.tests.emulation import TREE, tool

SECTOR, SUPERBLOCK, INODE_SIZE, DIRECT = 512, 8192, 128, 12
SIZES = [(bsize, bsize // frag) for bsize in (4096, 8192, 16384, 32768, 65536) for frag in (8, 4, 2, 1)]
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"
CPU_SECONDS = 20                # a hang is one of these
SEEDS, LONG_SEEDS = 60, 2000

# ---------------------------------------------------------------- the reader


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("reader") / "ufs_host"
    command = [tool("cc"), "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *shlex.split(SANITIZERS),
               "-iquote", "boot", "-Ikernel", "boot/boot2/ufsread.c", "grade/tests/ufs_host.c", "-o", str(program)]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


def answers(reader: Path, image: Path, commands: Iterable[tuple[int, str]]) -> list[str]:
    """What the reader says, line by line, of each (chunk size, path)."""
    done = subprocess.run([tool("prlimit"), f"--cpu={CPU_SECONDS}", "--", str(reader), str(image)],
                          input="".join(f"{chunk} {path}\n" for chunk, path in commands), capture_output=True,
                          text=True, encoding="latin1", check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr[-4000:]
    return done.stdout.splitlines()


def described(content: bytes) -> str:
    return f"{len(content)} {zlib.crc32(content):08x}"


# ---------------------------------------------------------------- file systems


def build(image: Path, files: Mapping[str, bytes], bsize: int, fsize: int, *, size: int = 16 << 20) -> Path:
    root = image.with_suffix(".root")
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    with staged(gather(root, {})) as entries:
        make_ufs(image, entries, size=size, bsize=bsize, fsize=fsize, makefs=tool("makefs"))
    return image


@dataclass
class Volume:
    """A file system in memory, and where things are in it."""

    data: bytearray

    def word(self, offset: int) -> int:
        return struct.unpack_from("<I", self.data, offset)[0]

    def put(self, offset: int, *words: int) -> None:
        struct.pack_into(f"<{len(words)}I", self.data, offset, *words)

    def field(self, offset: int) -> int:
        """A word of the superblock."""
        return self.word(SUPERBLOCK + offset)

    @property
    def bsize(self) -> int:
        return self.field(48)

    def fragment(self, address: int) -> int:
        """The byte at which a fragment begins."""
        return address * self.field(52)

    def inode(self, number: int) -> int:
        """The byte at which an inode begins."""
        group, index = divmod(number, self.field(184))
        start = group * self.field(188) + self.field(24) * (group & ~self.field(28) & 0xFFFFFFFF)
        return self.fragment(start + self.field(16)) + index * INODE_SIZE

    def entry(self, path: str) -> int:
        """The byte at which the directory entry of a path begins; directories are small here."""
        at, inode = 0, self.inode(2)
        for name in path.split("/"):
            at = self.fragment(self.word(inode + 40))
            while self.data[at + 8:at + 8 + self.data[at + 7]] != name.encode():
                at += struct.unpack_from("<H", self.data, at + 4)[0]
            inode = self.inode(self.word(at))
        return at

    def inode_of(self, path: str) -> int:
        return self.inode(self.word(self.entry(path)))

    def write(self, image: Path) -> Path:
        image.write_bytes(self.data)
        return image


# ---------------------------------------------------------------- whole file systems


def files_for(bsize: int, fsize: int) -> dict[str, bytes]:
    """Files of all the sizes at which something begins."""
    draw = Random(bsize + fsize)
    direct = DIRECT * bsize
    sizes = {0, 1, 511, 512, 513, fsize, fsize + 1, bsize - 1, bsize, bsize + 1, bsize + fsize + 1, direct - 1, direct,
             direct + 1, direct + bsize + 1, direct + 40 * min(bsize, 8192) + 77}
    return {f"{size}": draw.randbytes(size) for size in sizes}


@pytest.mark.parametrize(("bsize", "fsize"), SIZES)
def test_sizes(bsize: int, fsize: int, reader: Path, tmp_path: Path) -> None:
    files = files_for(bsize, fsize)
    image = build(tmp_path / "fs.img", files, bsize, fsize)
    draw = Random(bsize * fsize)
    commands = [(draw.choice([draw.randrange(100, 9000), bsize, 1 << 22]), name) for name in files]
    assert answers(reader, image, commands) == [described(content) for content in files.values()]


def test_double_indirect(reader: Path, tmp_path: Path) -> None:
    content = Random(1).randbytes((DIRECT + 1024 + 300) * 4096 + 5)
    image = build(tmp_path / "fs.img", {"file": content}, 4096, 512)
    assert answers(reader, image, [(1 << 23, "file"), (70_001, "/file")]) == 2 * [described(content)]


@pytest.mark.parametrize(("bsize", "fsize"), [(4096, 512), (8192, 8192)])
def test_holes(bsize: int, fsize: int, reader: Path, tmp_path: Path) -> None:
    """Holes of every kind, among them the whole of the single indirection, and a file that ends far into the
    double one. Its blocks are those of other files, `outer` and `inner`, which hold the addresses."""
    draw = Random(bsize)
    nindir = bsize // 4
    files = {"file": draw.randbytes(14 * bsize), **{name: bytes(bsize) for name in ("outer", "inner")}}
    volume = Volume(bytearray(build(tmp_path / "fs.img", files, bsize, fsize).read_bytes()))
    inode = volume.inode_of("file")
    outer, inner = (volume.word(volume.inode_of(name) + 40) for name in ("outer", "inner"))
    addresses = [volume.word(inode + 40 + 4 * index) for index in range(DIRECT)]
    blocks = [files["file"][bsize * index:bsize * (index + 1)] for index in range(DIRECT)]
    last = DIRECT + nindir + nindir + 131
    volume.put(inode + 8, last * bsize - 5, 0)
    volume.put(inode + 40 + 4 * 3, 0)
    volume.put(inode + 88, 0, outer)
    volume.put(volume.fragment(outer) + 4, inner)
    volume.put(volume.fragment(inner) + 4 * 127, *addresses[5:8])
    expected = b"".join(bytes(bsize) if index == 3 else block for index, block in enumerate(blocks))
    expected += bytes((nindir + nindir + 127) * bsize) + b"".join(blocks[5:8]) + bytes(bsize - 5)
    assert len(expected) == last * bsize - 5
    image = volume.write(tmp_path / "holes.img")
    assert answers(reader, image, [(1 << 27, "file"), (1_000_003, "file")]) == 2 * [described(expected)]


def test_names(reader: Path, tmp_path: Path) -> None:
    draw = Random(3)
    names = {"".join(draw.choices("abcXYZ.-_ 09", k=draw.randrange(2, 255))).replace(" ", "+") for _ in range(500)}
    names |= {"x" * 255, "y"}
    files = {f"many/{name}": name.encode() for name in names} | {"a/b/c/d/e/f": b"deep"}
    image = build(tmp_path / "fs.img", files, 8192, 1024)
    asked = draw.sample(sorted(names), 30)
    assert answers(reader, image, [(64, f"/many//{name}") for name in asked]) == [described(name.encode())
                                                                                  for name in asked]
    listing, listed = answers(reader, image, [(1, "many/?")])
    assert listed == "listed" and sorted(listing.split()) == sorted([".", "..", *names])
    assert answers(reader, image, [(1, path) for path in (
        "a/b/c/d/e/f", "a/../a/./b/c/d/e/f", "many/" + "x" * 254, "many/" + "x" * 256, "a/b/c/d/e/f/g", "a/b/c/d/e/f/?",
        "a/?b", "b")]) == [described(b"deep"), described(b"deep")] + 6 * ["missing"]


# ---------------------------------------------------------------- what is no file system


def small(tmp_path: Path) -> Volume:
    files = {"dir/file": Random(5).randbytes(200_000), "top": b"top", "dir/other": b"other"}
    return Volume(bytearray(build(tmp_path / "small.img", files, 4096, 512, size=2 << 20).read_bytes()))


SUPERBLOCKS = {
    "no magic": (1372, 0x19540119, "Not ufs"),
    "no blocks": (48, 0, "Invalid superblock"),
    "no fragments": (52, 0, "Invalid superblock"),
    "odd blocks": (48, 4097, "Invalid superblock"),
    "small blocks": (48, 2048, "Invalid superblock"),
    "large blocks": (48, 131072, "Invalid superblock"),
    "huge blocks": (48, 1 << 31, "Invalid superblock"),
    "odd fragments": (52, 768, "Invalid superblock"),
    "small fragments": (52, 256, "Invalid superblock"),
    "fragments larger than blocks": (52, 8192, "Invalid superblock"),
    "larger than the partition": (36, 4097, "Invalid superblock"),
    "size below zero": (36, 0xFFFFFFFF, "Invalid superblock"),
    "no inodes in a group": (184, 0, "Invalid superblock"),
    "inodes below zero": (184, 1 << 31, "Invalid superblock"),
}


@pytest.mark.parametrize("name", SUPERBLOCKS)
def test_superblock(name: str, reader: Path, tmp_path: Path) -> None:
    offset, value, message = SUPERBLOCKS[name]
    volume = small(tmp_path)
    volume.put(SUPERBLOCK + offset, value)
    assert answers(reader, volume.write(tmp_path / "bad.img"), [(9, "top")]) == [message, "error"]


def test_shifts_are_computed(reader: Path, tmp_path: Path) -> None:
    volume = small(tmp_path)
    for offset in (72, 76, 80, 84, 96, 100, 116, 120, 124):     # masks, shifts, nindir, inopb, nspf
        volume.put(SUPERBLOCK + offset, 0xFFFFFFFF)
    assert answers(reader, volume.write(tmp_path / "odd.img"), [(9999, "dir/file")]) == [
        described(Random(5).randbytes(200_000))]


def test_inode_and_directory(reader: Path, tmp_path: Path) -> None:
    def answer(*puts: tuple[int, int], path: str = "dir/file") -> list[str]:
        changed = Volume(bytearray(volume.data))
        for at, value in puts:
            changed.put(at, value)
        return answers(reader, changed.write(tmp_path / "bad.img"), [(9999, path)])

    volume = small(tmp_path)
    inode, entry, folder = volume.inode_of("dir/file"), volume.entry("dir/file"), volume.inode_of("dir")
    size = volume.field(36)
    assert answer((inode + 8, 1 << 31)) == ["Invalid inode", "error"]
    assert answer((inode + 12, 1)) == ["Invalid inode", "error"]
    assert answer((inode + 40, size)) == answer((inode + 48, 0xFFFFFFFF)) == ["Invalid block", "error"]
    assert answer((volume.fragment(volume.word(inode + 88)) + 8, 0xFFFFFFFF)) == ["Invalid block", "error"]
    assert answer((inode + 44, 0x80000000)) == ["Invalid block", "error"]
    assert answer((inode + 88, size)) == ["Invalid block", "error"]
    assert answer((inode + 40, size - 1)) == ["Invalid block", "error"]      # the block does not end in it
    assert answer((entry, 1 << 30)) == ["Invalid inode", "error"]
    assert answer((entry, 1 << 31)) == ["Invalid directory", "error"]
    for reclen in (0, 8, 15, 513, 0xFFFC):
        assert answer((entry + 4, volume.word(entry + 4) & ~0xFFFF | reclen)) == ["Invalid directory", "error"]
    assert answer((folder + 40, 0)) == ["Invalid directory", "error"]        # a hole
    assert answer((folder + 8, 100)) == ["missing"]
    assert answer((volume.inode_of("top") + 8, 0), path="top") == [described(b"")]
    loop = volume.word(volume.entry("dir"))
    assert answer((entry, loop), path="dir/file" + "/file" * 300 + "/other") == [described(b"other")]


# ---------------------------------------------------------------- anything

ANSWER = re.compile(r"\d+ [0-9a-f]{8}|missing|listed|error")


def corrupt(volume: Volume, draw: Random) -> bytes:
    """The file system with some of what the reader believes in changed."""
    changed = bytearray(volume.data)
    places = [
        (SUPERBLOCK, 200), (volume.inode_of("dir"), 128), (volume.inode_of("dir/file"), 128), (volume.inode(2), 128),
        (volume.entry("dir") & ~511, 512), (volume.entry("dir/file") & ~511, 512),
        (volume.fragment(volume.word(volume.inode_of("dir/file") + 88)), 200)]
    values = [0, 1, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, volume.field(36), volume.field(36) - 1]
    for _ in range(draw.choice([1, 1, 1, 2, 8])):
        start, size = draw.choice(places)
        at = start + draw.randrange(size)
        if draw.random() < 0.5:
            changed[at] ^= 1 << draw.randrange(8)
        else:
            struct.pack_into("<I", changed, at & ~3, draw.choice([*values, draw.getrandbits(32)]))
    return bytes(changed)


def fuzz(reader: Path, tmp_path: Path, seeds: int) -> int:
    """Run the seeds. Returns how many of them the reader has said something about."""
    volume = small(tmp_path)
    commands = [(70_000, "dir/file"), (512, "dir/?"), (512, "?"), (1000, "dir"), (9, "top"), (9, "dir/other")]
    noticed = 0
    for seed in range(seeds):
        image = tmp_path / "fuzzed.img"
        image.write_bytes(corrupt(volume, Random(seed)))
        lines = answers(reader, image, commands)
        given = sum(bool(ANSWER.fullmatch(line)) for line in lines)
        assert given >= len(commands) or given == 1, f"seed {seed}: {lines}"
        explained = [before for before, line in zip(["", *lines], lines) if line == "error"]
        assert all(re.search("Invalid|Not ufs", before) for before in explained), f"seed {seed}: {lines}"
        noticed += "error" in lines
    return noticed


def test_corrupted(reader: Path, tmp_path: Path) -> None:
    assert fuzz(reader, tmp_path, SEEDS) > SEEDS // 10


@pytest.mark.long
def test_corrupted_often(reader: Path, tmp_path: Path) -> None:
    noticed = fuzz(reader, tmp_path, LONG_SEEDS)
    print(f"{LONG_SEEDS} corrupted file systems read, {noticed} of them with a message")
    assert noticed > LONG_SEEDS // 10
