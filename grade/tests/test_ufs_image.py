"""FreeBSD slices that mkdisk builds: other people's tools read the label and every file, and two builds are the same.

sleuthkit reads UFS1, and knows nothing of makefs; util-linux' fdisk and partx read BSD labels.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.disklabel import Partition, checksum, make_label, read_label
from boot.image.errors import DiskError
from boot.image.staging import gather, staged
from grade.tests.emulation import SECTOR, TREE, read_sectors, tool

SIZES = [(4096, 512), (8192, 1024), (16384, 2048), (32768, 4096), (65536, 8192)]
DIRECT_BLOCKS = 12
START, SIZE = 63, 65536
SLICE = f"n=1,type=a5,start={START},size={SIZE},active,bsd"
DATE = "2000-11-20 00:00:00"


def mkdisk(image: Path, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "boot.image.mkdisk", *map(str, arguments), str(image)], cwd=TREE,
                          capture_output=True, text=True, check=False, **options)


def build(image: Path, *arguments: object, **options: object) -> Path:
    done = mkdisk(image, "--size", "64M", "--slice", SLICE, *arguments, **options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return image


def run(*command: object) -> bytes:
    return subprocess.run([str(word) for word in command], capture_output=True, check=True).stdout


def fls(image: Path, start: int = START) -> dict[str, tuple[str, str]]:
    """Each path: sleuthkit's letter for its kind, and its inode."""
    listed = run(tool("fls"), "-f", "ufs1", "-o", start, "-r", "-p", image).decode()
    found = re.findall(r"^(\S)/\S (\d+):\t(.*)$", listed, re.MULTILINE)
    return {path: (kind, inode) for kind, inode, path in found if not path.startswith("$")}


def icat(image: Path, inode: str, start: int = START) -> bytes:
    return run(tool("icat"), "-f", "ufs1", "-o", start, image, inode)


# ---------------------------------------------------------------- the file system


def sizes_worth_a_file(bsize: int, fsize: int) -> list[int]:
    """Around fragments, blocks, the last direct block, and on to the blocks of pointers."""
    direct = DIRECT_BLOCKS * bsize
    sizes = [0, 1, fsize, fsize + 1, bsize - 1, bsize, bsize + 1, direct, direct + 1]
    if bsize == 4096:
        sizes.append(direct + bsize // 4 * bsize + 1)   # one byte of the double indirect block's
    return sizes


def make_files(root: Path, sizes: list[int]) -> dict[str, bytes]:
    """Files of these sizes, deep folders, a crowd of them, and names that need quoting."""
    draw = Random(7)
    files = {f"sizes/{size}": draw.randbytes(size) for size in sizes}
    files |= {"a b/c;d": b"odd", "a#b": b"odder", "-": b"-", "boot/defaults/loader.conf": b"x=\"1\"\n",
              "/".join("abcdefghijkl"): b"deep", "n" * 255: b"long"}
    files |= {f"crowd/file-{number:03}": b"%d" % number for number in range(100)}
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return files


@pytest.mark.parametrize("bsize, fsize", SIZES, ids=[f"{bsize}-{fsize}" for bsize, fsize in SIZES])
def test_sleuthkit_reads_every_file_back(bsize: int, fsize: int, tmp_path: Path) -> None:
    files = make_files(tmp_path / "root", sizes_worth_a_file(bsize, fsize))
    links = {"short": "boot/defaults", "long": "../" * 30 + "boot"}
    for name, target in links.items():
        (tmp_path / "root" / name).symlink_to(target)
    (tmp_path / "built").write_bytes(b"built elsewhere")
    image = build(tmp_path / "disk.img", "--root", tmp_path / "root", "--add", f"/boot/kernel/kernel={tmp_path}/built",
                  "--bsize", bsize, "--fsize", fsize)
    files["boot/kernel/kernel"] = b"built elsewhere"
    found = fls(image)
    assert {path for path, (kind, _) in found.items() if kind == "r"} == set(files)
    assert {path for path, (kind, _) in found.items() if kind == "l"} == set(links)
    crowd = [path for path in files if path.startswith("crowd/")]
    for path in set(files) - set(crowd[1:-1]):
        assert icat(image, found[path][1]) == files[path], path
    superblock = read_sectors(image, START + 16, 16)
    assert struct.unpack_from("<II", superblock, 48) == (bsize, fsize)
    label = read_label(read_sectors(image, START + 1))
    assert (label["a"].fsize, label["a"].fsize * label["a"].frag) == (fsize, bsize)


def test_all_is_roots_and_of_one_date(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make_files(root, [])
    (root / "run").write_bytes(b"#!")
    (root / "run").chmod(0o700)
    image = build(tmp_path / "disk.img", "--root", root)
    found = fls(image)
    for path, mode in {"run": "rrwxr-xr-x", "a#b": "rrw-r--r--", "boot": "drwxr-xr-x"}.items():
        told = run(tool("istat"), "-f", "ufs1", "-o", START, image, found[path][1]).decode()
        assert "uid / gid: 0 / 0" in told and f"mode: {mode}" in told, told
        assert len(re.findall(f"(Accessed|Modified):\t{DATE}", told)) == 3, told


def test_the_same_files_give_the_same_image(tmp_path: Path) -> None:
    """Whoever owns them, in whatever order they were made, whatever their dates."""
    images = []
    for number, umask in enumerate((0o022, 0o077)):
        root = tmp_path / f"root{number}"
        names = [f"{letter}{digit}" for letter in "abcxyz" for digit in "0123456789"]
        Random(number).shuffle(names)
        for name in names:
            (root / name[0]).mkdir(parents=True, exist_ok=True)
            (root / name[0] / name).write_bytes(name.encode())
            os.utime(root / name[0] / name, (number, number))
        images.append(build(tmp_path / f"disk{number}.img", "--root", root, "--bsize", 4096, "--fsize", 512,
                            umask=umask))
    assert images[0].read_bytes() == images[1].read_bytes()
    assert list(fls(images[0])) == sorted(fls(images[0]))


def test_no_superblock_has_pointers_of_the_host(tmp_path: Path) -> None:
    """The copies in the cylinder groups, too; this file system has several."""
    data = build(tmp_path / "disk.img", "--bsize", 4096, "--fsize", 512).read_bytes()
    places = [match.start() - 1372 for match in re.finditer(re.escape(struct.pack("<II", 0x011954, 0)), data)]
    groups = struct.unpack_from("<I", data, (START + 16) * SECTOR + 44)[0]
    assert len(places) == groups + 1 > 2
    assert all(data[place + 728:place + 856] == bytes(128) for place in places)


def test_a_slice_beyond_8_gb_on_a_disk_beyond_4_gb(tmp_path: Path) -> None:
    image, start = tmp_path / "disk.img", 20_000_001
    (tmp_path / "file").write_bytes(b"far out")
    done = mkdisk(image, "--size", "12G", "--slice", f"n=2,type=a5,start={start},size=2G,bsd", "--root-size", "8M",
                  "--add", f"file={tmp_path}/file")
    assert done.returncode == 0, done.stderr
    assert image.stat().st_size == 12 << 30 and image.stat().st_blocks * 512 < 2 << 20
    assert icat(image, fls(image, start)["file"][1], start) == b"far out"
    assert read_label(read_sectors(image, start + 1)) == {
        "a": Partition(start, 16384, 7, 1024, 8, 1), "b": Partition(start + 16384, 8192, 1),
        "c": Partition(start, 4 << 20)}


# ---------------------------------------------------------------- the label


def test_label_is_where_and_what_freebsd_has() -> None:
    label = make_label({"a": Partition(63, 1000, 7, 1024, 8, 16)}, name="ad0s1", sectors=65536)
    assert len(label) == 276 and checksum(label) == 0
    assert label[:8] == bytes.fromhex("57455682 0600 0000") and label[8:14] == b"ad0s1\0"
    assert struct.unpack_from("<6I", label, 40) == (512, 63, 255, 4, 16065, 65536)
    assert struct.unpack_from("<HH", label, 72) == (3600, 1)
    assert label[132:136] == label[:4] and struct.unpack_from("<HII", label, 138) == (8, 8192, 8192)
    assert struct.unpack_from("<IIIBBH", label, 148) == (1000, 63, 1024, 7, 8, 16)
    assert label[164:] == bytes(112)


@pytest.mark.parametrize("change, complaint", [
    ({0: 0}, "no disklabel: its magic numbers are 82564500 and 82564557, not 82564557"),
    ({133: 0}, "no disklabel: its magic numbers are 82564557 and 82560057"),
    ({138: 9}, "a disklabel of 9 partitions, and it may have 8"),
    ({200: 1}, "the disklabel's checksum is "),
])
def test_a_label_is_not_believed(change: Mapping[int, int], complaint: str) -> None:
    label = bytearray(make_label({}, name="ad0s1", sectors=65536))
    for at, byte in change.items():
        label[at] = byte
    with pytest.raises(DiskError, match=re.escape(complaint)):
        read_label(bytes(label))


def test_fdisk_and_partx_read_the_label(tmp_path: Path) -> None:
    image = build(tmp_path / "disk.img", "--swap", "3M")
    told = subprocess.run([tool("fdisk"), str(image)], input="b\np\nq\n", capture_output=True, text=True,
                          check=True, env={**os.environ, "LC_ALL": "C"}).stdout
    rows = [row.split()[:5] for row in re.findall(r"^[a-h] .*$", told, re.MULTILINE)]
    assert rows == [["a", "63", "59454", "59392", "29M"], ["b", "59455", "65598", "6144", "3M"],
                    ["c", "63", "65598", "65536", "32M"]]
    assert re.search(r"^a .* 4\.2BSD +1024 +8192", told, re.MULTILINE)
    ranges = run(tool("partx"), "-g", "-r", "-o", "START,END", image).decode().splitlines()
    assert ranges == ["63 65598", "63 59454", "59455 65598"]


# ---------------------------------------------------------------- bad input


REFUSED = {
    "sizes": (["--bsize", "5000"], "slice 1: blocks of 5000 bytes; they may have 4096, 8192, 16384, 32768, 65536"),
    "fragments": (["--bsize", "16384", "--fsize", "1024"], "slice 1: fragments of 1024 bytes: in a block of 16384"),
    "small fragments": (["--bsize", "4096", "--fsize", "256"], "slice 1: fragments of 256 bytes"),
    "swap": (["--swap", "33M"], "slice 1: its 65536 sectors have no room for 0 of 'a' and 67584 of 'b'"),
    "root size": (["--root-size", "30M"], "slice 1: its 65536 sectors have no room for 61440 of 'a' and 8192 of 'b'"),
    "tiny": (["--root-size", "31s"], "slice 1: partition 'a' of 31 sectors has no room for a file system"),
    "small": (["--root-size", "64s"], "slice 1: makefs fails, exit status "),
    "size": (["--root-size", "x"], "--root-size: 'x' is no size"),
    "boot1 alone": (["--boot1", "README.md"], "slice 1: boot1 and boot2 come together, or not at all"),
    "boot1": (["--boot1", "README.md", "--boot2", "README.md"], "slice 1: boot1: not a sector of 512 bytes"),
    "no boot1": (["--boot1", "nowhere", "--boot2", "README.md"], "nowhere: No such file or directory"),
    "no root": (["--root", "nowhere"], "slice 1: root nowhere: it is no folder"),
    "no file": (["--add", "kernel=nowhere"], "slice 1: "),
    "no path": (["--add", "kernel"], "--add kernel: write PATH=FILE"),
    "twice": (["--add", "a=README.md", "--add", "a=LICENSE"], "--add a=LICENSE: a is given twice"),
    "there": (["--root", "boot/boot0", "--add", "mbr.S=README.md"],
              "slice 1: add mbr.S=README.md: there is a file mbr.S already"),
    "folder": (["--add", "a=boot"], "slice 1: add a=boot: it is no file"),
    "in a file": (["--root", "boot/boot0", "--add", "mbr.S/x=README.md"], "slice 1: mbr.S/x: mbr.S is no folder"),
    "outside": (["--add", "../a=README.md"], "slice 1: add ../a: it is no path of a file on the disk"),
    "device": (["--add", "null=/dev/null"], "slice 1: /dev/null: neither file, folder nor symbolic link"),
    "no makefs": (["--makefs", "nowhere"], "slice 1: nowhere is missing: run `make setup`"),
}


@pytest.mark.parametrize("arguments, complaint", REFUSED.values(), ids=REFUSED)
def test_refuses_in_one_line_and_leaves_the_image(arguments: list[str], complaint: str, tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(b"the disk of yesterday")
    done = mkdisk(image, "--size", "64M", "--slice", SLICE, *arguments)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"mkdisk: {complaint}") and done.stderr.count("\n") == 1
    assert image.read_bytes() == b"the disk of yesterday"
    assert list(tmp_path.iterdir()) == [image]


def test_a_root_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(3 << 20))
    with pytest.raises(DiskError, match=r"^makefs says: `the root' size of \d+ is larger than the maxsize of 2097152"):
        write_slice(tmp_path / "slice", BsdSlice(added={"big": tmp_path / "big"}, root_size=4096), start=63, size=65536,
                    name="ad0s1")


def test_a_host_without_a_file_system_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are the same; only their order may be another."""
    make_files(tmp_path / "root", [0, 10])
    monkeypatch.setattr("boot.image.staging.MEMORY", tmp_path / "nowhere")
    entries = gather(tmp_path / "root", {})
    with staged(entries) as laid_out:
        assert laid_out.tree.is_relative_to(tempfile.gettempdir())
        assert gather(laid_out.tree, {}) == [replace(one, source=one.source and laid_out.tree / one.path)
                                             for one in entries]


def test_fill_and_bsd_exclude_each_other(tmp_path: Path) -> None:
    done = mkdisk(tmp_path / "disk.img", "--size", "64M", "--slice", f"{SLICE},fill=README.md")
    assert done.stderr == "mkdisk: slice 1: fill= and bsd exclude each other\n"


def test_a_symbolic_link_is_kept_unfollowed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "loop").symlink_to("loop")
    (tmp_path / "root" / "out").symlink_to("/etc")
    assert [(str(one.path), one.kind, one.target) for one in gather(tmp_path / "root", {})] == [
        ("loop", "link", "loop"), ("out", "link", "/etc")]
    image = build(tmp_path / "disk.img", "--root", tmp_path / "root")
    assert {path: kind for path, (kind, _) in fls(image).items()} == {"loop": "l", "out": "l"}
