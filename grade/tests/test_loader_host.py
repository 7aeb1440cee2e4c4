"""The loader's library and its UFS1 on this computer: the same sources, around a disk in memory, under the sanitizers.

What a boot shows once, this shows for every size of file system, for trees of blocks no boot would wait for, and for
thousands of damaged disks.
"""

from __future__ import annotations

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from boot.image.ufs import SUPERBLOCK, read_superblock
from grade.tests.emulation import TREE, tool

SOURCES = ("string", "stdlib", "printf", "env", "open", "devicename", "bcache", "ufs", "ufs_inode", "malloc")
SIZES = [(bsize, fsize) for bsize in (4096, 8192, 16384, 32768, 65536)
         for fsize in (bsize // 8, bsize // 2, bsize)]
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu17", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror",
         "-Wno-attributes", "-Wno-pointer-to-int-cast", "-Wno-int-to-pointer-cast", "-I.", "-Iboot", "-Ikernel")
# Names that the host's own library has: the loader's get another. Its malloc() is used by none but its own test, so
# that a write past a block's end is the sanitizer's to find.
RENAMED = """getenv setenv putenv unsetenv environ errno strerror open close read lseek stat fstat readdirfd printf
    vprintf snprintf vsnprintf exit strlen strcpy strlcpy strlcat strcat strcmp strncmp
    strcasecmp strncasecmp strchr strstr strspn strcspn strsep strdup strtol atoi getopt optarg
    optind optopt optreset memchr""".split()
HEAP = "malloc calloc realloc free".split()
CORRUPTIONS, CORRUPTIONS_LONG = 300, 2000
WALL_SECONDS = 600              # a watchdog: what hangs is found by a count of disk reads


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that loader_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("loader-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    objects = []
    for source in (*(f"boot/loader/{name}.c" for name in SOURCES), "grade/tests/loader_host.c"):
        target = folder / f"{Path(source).stem}.o"
        subprocess.run([*compiler, *sanitizers, "-c", "-o", target, source], cwd=TREE, check=True)
        names = RENAMED + (HEAP if source.endswith("/malloc.c") else [])
        table = folder / "names"
        table.write_text("".join(f"{name} stand_{name}\n" for name in names), encoding="ascii")
        subprocess.run([tool("objcopy"), f"--redefine-syms={table}", target], check=True)
        objects.append(target)
    program = folder / "loader_host"
    subprocess.run([tool("gcc"), *sanitizers, "-o", program, *objects], check=True)
    return program


def run(host: Path, image: Path, *words: object) -> subprocess.CompletedProcess[bytes]:
    """Run a command of loader_host. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, image, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS)
    assert done.returncode in (0, 1) and b"Sanitizer" not in done.stderr, done.stderr.decode()[-3000:]
    return done


def read(host: Path, image: Path, *words: object) -> bytes:
    """The bytes of a file."""
    done = run(host, image, "cat", *words)
    assert done.returncode == 0, done.stdout[-200:]
    return done.stdout


def refusal(host: Path, image: Path, path: str) -> str:
    """What opening or reading a path is refused with."""
    done = run(host, image, "cat", path)
    assert done.returncode == 1
    return done.stdout.decode().rpartition(": ")[2].strip()


# ---------------------------------------------------------------- images


def write_tree(root: Path) -> dict[str, bytes]:
    """Files of all lengths that are near an edge, links, and a directory of several chunks."""
    random = Random(7)
    files = {"/empty": b"", "/boot/one": b"x", "/boot/sector": random.randbytes(512),
             "/kernel": random.randbytes(300_123)}
    files |= {f"/many/a name of its own {number}": b"%d" % number for number in range(60)}
    for path, data in files.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_bytes(data)
    (root / "deep/er").mkdir(parents=True)
    for path, target in {"absolute": "/boot/one", "boot/relative": "one", "deep/er/up": "../../boot",
                         "deep/absolute": "/boot/one", "short": "./" * 25 + "/boot/one",
                         "60 bytes": "./" * 25 + "//boot/one",
                         "long": "./" * 150 + "boot/one", "loop": "back", "back": "loop", "dangling": "nothing",
                         **{f"link{number}": f"link{number + 1}" for number in range(20)}, "link20": "kernel"}.items():
        os.symlink(target, root / path)
    return files


def make_image(image: Path, root: Path, bsize: int, fsize: int, size: str = "6m") -> Path:
    """A file system by makefs."""
    subprocess.run([tool("makefs"), "-t", "ffs", "-B", "le", "-s", size, "-o",
                    f"version=1,bsize={bsize},fsize={fsize},density=8192", image, root],
                   check=True, capture_output=True)
    return image


@pytest.fixture(scope="session", name="tree")
def make_tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The folder of the images, and its files."""
    root = tmp_path_factory.mktemp("root")
    return root, write_tree(root)


@dataclass
class Image:
    """A file system that is written to behind makefs' back."""

    data: bytearray

    def field(self, offset: int) -> int:
        """A number of the superblock."""
        return struct.unpack_from("<i", self.data, SUPERBLOCK + offset)[0]

    def inode(self, number: int) -> int:
        """The byte where an inode begins. It must be in the first group."""
        return self.field(16) * self.field(52) + number * 128

    def find(self, name: str) -> int:
        """The inode of a name in the root directory."""
        root = struct.unpack_from("<i", self.data, self.inode(2) + 40)[0] * self.field(52)
        at = self.data.index(name.encode() + b"\0", root, root + 2048) - 8
        return struct.unpack_from("<I", self.data, at)[0]

    def put(self, where: int, fmt: str, value: int) -> None:
        """Write a number."""
        struct.pack_into(fmt, self.data, where, value)


# ---------------------------------------------------------------- sound ones


def test_library(host: Path, tmp_path: Path) -> None:
    """printf, the environment and its hooks, numbers, strings, the heap."""
    (tmp_path / "none").write_bytes(b"")
    done = run(host, tmp_path / "none", "self")
    assert done.returncode == 0 and done.stdout.endswith(b"sound\n"), done.stdout.decode()


@pytest.mark.parametrize("wrong, message", [("past", "was written past its end"), ("twice", "is free"),
                                            ("before", "header of"), ("foreign", "is not in the heap"),
                                            ("inside", "header of")])
def test_heap_panics(host: Path, tmp_path: Path, wrong: str, message: str) -> None:
    """A block written past, freed twice, or not from malloc() is found when it is freed."""
    (tmp_path / "none").write_bytes(b"")
    done = run(host, tmp_path / "none", "heap", wrong)
    assert done.returncode == 1 and b"panic: free: " in done.stdout and message.encode() in done.stdout


@pytest.mark.parametrize("bsize, fsize", SIZES)
def test_sizes(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path, bsize: int, fsize: int) -> None:
    """Every size of block and fragment: contents, links, a directory's entries."""
    root, files = tree
    image = make_image(tmp_path / "ufs", root, bsize, fsize)
    for path in ("/empty", "/boot/one", "/boot/sector", "/kernel", "/many/a name of its own 59"):
        assert read(host, image, path) == files[path], path
    for path in ("/absolute", "/boot/relative", "/deep/er/up/one", "/deep/absolute", "/short", "/60 bytes", "/long",
                 "//boot/./../boot//one", "boot/one"):
        assert read(host, image, path) == b"x", path
    assert read(host, image, "/kernel", 299_000, 5) == files["/kernel"][299_000:299_005]
    names = {line.split(" ", 2)[2] for line in run(host, image, "ls", "/many").stdout.decode().splitlines()}
    assert names == {".", ".."} | {Path(path).name for path in files if path.startswith("/many/")}
    assert b"%d\n" % len(files["/kernel"]) in run(host, image, "stat", "/kernel").stdout


def test_links(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """Twenty links are followed, no more; a loop, a path through a file and a missing name are told apart."""
    image = make_image(tmp_path / "ufs", tree[0], 8192, 1024)
    assert read(host, image, "/link1") == tree[1]["/kernel"]
    for path, reason in {"/link0": "too many levels of symbolic links", "/loop": "too many levels of symbolic links",
                         "/dangling": "no such file or directory", "/nothing": "no such file or directory",
                         "/kernel/x": "not a directory", "/boot": "is a directory",
                         "/" + "a" * 1030: "file name too long"}.items():
        assert refusal(host, image, path) == reason, path


@pytest.mark.parametrize("bsize", [4096, 16384])
def test_triple_indirect(host: Path, tmp_path: Path, bsize: int) -> None:
    """The third tree of addresses: a file of gigabytes whose blocks are all holes but a few."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "spare").write_bytes(b"\1" * (12 * bsize))
    (root / "huge").write_bytes(b"")
    image = make_image(tmp_path / "ufs", root, bsize, bsize // 8, "8m")
    ufs = Image(bytearray(image.read_bytes()))
    fsize, pointers = ufs.field(52), bsize // 4
    spare = struct.unpack_from("<12i", ufs.data, ufs.inode(ufs.find("spare")) + 40)
    for block in spare:
        ufs.data[block * fsize:block * fsize + bsize] = bytes(bsize)
    inode = ufs.inode(ufs.find("huge"))
    # In the third tree the last block of all; in the second the last, in the first the last; and the next to it.
    trees, contents = {3: spare[:3], 2: spare[3:5], 1: spare[5:6]}, iter(spare[6:])
    first = {1: 12, 2: 12 + pointers, 3: 12 + pointers + pointers ** 2}
    expected = {}
    for level, blocks in trees.items():
        ufs.put(inode + 88 + 4 * (level - 1), "<i", blocks[0])
        leaf = next(contents)
        for block, below in zip(blocks, [*blocks[1:], leaf]):
            ufs.put(block * fsize + bsize - 4, "<i", below)
        ufs.data[leaf * fsize:leaf * fsize + bsize] = (b"level %d " % level * bsize)[:bsize]
        expected[first[level] + pointers ** level - 1] = bytes(ufs.data[leaf * fsize:leaf * fsize + bsize])
    size = (first[3] + pointers ** 3) * bsize
    ufs.put(inode + 8, "<Q", size)
    image.write_bytes(ufs.data)

    assert run(host, image, "stat", "/huge").stdout == b"100644 %d\n" % size
    for block, data in expected.items():
        assert read(host, image, "/huge", block * bsize - 10, bsize + 20) == (bytes(10) + data + bytes(10))[
            :size - block * bsize + 10]
    assert read(host, image, "/huge", size, 10) == b""


# ---------------------------------------------------------------- damaged ones


@pytest.mark.parametrize("offset, value", [(1372, 0), (48, 0), (48, 12345), (52, 0), (52, 256), (52, -1024), (56, 0),
                                           (80, 40), (84, -1), (96, 31), (100, 33), (116, 1), (120, 0), (184, 0),
                                           (188, 0), (44, 0), (44, -1), (36, 0), (36, -5), (16, -8), (16, 0x7FFFFFFF)])
def test_superblock(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path, offset: int, value: int) -> None:
    """A size that does not fit the others is refused before it is used."""
    image = make_image(tmp_path / "ufs", tree[0], 8192, 1024)
    ufs = Image(bytearray(image.read_bytes()))
    ufs.put(SUPERBLOCK + offset, "<i", value)
    image.write_bytes(ufs.data)
    assert refusal(host, image, "/kernel") == "invalid argument"


def test_inode(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """An inode that is none, an address behind the end, a directory entry that leads out of its chunk."""
    image = make_image(tmp_path / "ufs", tree[0], 8192, 1024)
    sound = image.read_bytes()
    assert read_superblock(sound[SUPERBLOCK:SUPERBLOCK + 8192]).bsize == 8192

    def damaged(where: int, fmt: str, value: int) -> str:
        ufs = Image(bytearray(sound))
        ufs.put(where, fmt, value)
        image.write_bytes(ufs.data)
        return refusal(host, image, "/kernel")

    ufs = Image(bytearray(sound))
    kernel = ufs.find("kernel")
    inode = ufs.inode(kernel)
    root = struct.unpack_from("<i", ufs.data, ufs.inode(2) + 40)[0] * 1024
    for address in (-1, 6 * 1024, 0x7FFFFFFF):
        assert damaged(inode + 40, "<i", address) == "input/output error"
        assert damaged(inode + 88, "<i", address) == "input/output error"
    assert damaged(inode, "<H", 0) == "invalid argument"
    assert damaged(inode + 8, "<Q", 1 << 63) == "invalid argument"
    for reclen in (0, 4, 10, 516, 65535):
        assert damaged(root + 4, "<H", reclen) == "invalid argument"
    assert damaged(root + 12 + 4, "<H", 1012) == "invalid argument"      # "..", to the chunk after the next
    at = sound.index(struct.pack("<I", kernel), root)
    for number in (1, 1 << 20, 0xFFFFFFFF):
        assert damaged(at, "<I", number) == "invalid argument"
    assert damaged(ufs.inode(2) + 8, "<Q", 1 << 40) == "invalid argument"


def corrupt(host: Path, root: Path, image: Path, sizes: list[tuple[int, int]], count: int) -> None:
    """Damage images at random, and walk them."""
    for number, (bsize, fsize) in enumerate(sizes):
        make_image(image, root, bsize, fsize, "3m")
        done = run(host, image, "fuzz", number, count // len(sizes))
        print(f"{bsize}/{fsize}:", done.stdout.decode().strip())
        assert done.stdout.startswith(b"%d corruptions: " % (count // len(sizes)))


def test_corruptions(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """Superblock, inodes, directories and addresses changed at random: no crash, no end of reading."""
    corrupt(host, tree[0], tmp_path / "ufs", [(4096, 512), (16384, 2048)], CORRUPTIONS)


@pytest.mark.long
def test_corruptions_long(host: Path, tree: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """The same, more of them, in more sizes."""
    corrupt(host, tree[0], tmp_path / "ufs", [(4096, 512), (8192, 1024), (16384, 2048), (65536, 8192)],
            CORRUPTIONS_LONG)
