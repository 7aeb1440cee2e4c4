"""Gathers the files of a disk's root and lays them out for makefs, the same way on every machine.

What makefs makes depends on more than the files: their owners, modes and times, and the order in which the host lists
a folder. The first three are written down in a specification of mtree's, which makefs reads: all is root's, of one
date; a file can be executed when its owner could. The order is settled by making the files where a folder is listed
by the order in which its files were made, or its reverse: in memory, on Linux' tmpfs. On a host without one the file
system comes out as good, but not the same to the byte.

A root is a folder (boot/image/root) with built files added to it by their path on the disk.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from boot.image.errors import DiskError

MEMORY = Path("/dev/shm")
EPOCH = 974678400               # 20 November 2000, 0:00 UTC: the date of every file, and of the file system
MAX_NAME = 255


@dataclass(frozen=True)
class Entry:
    """A file, folder or symbolic link of the root. `source` is what a file's bytes are read from."""

    path: PurePosixPath
    kind: str                   # mtree's word: file, dir, link
    source: Path | None = None
    target: str = ""
    executable: bool = False


@dataclass(frozen=True)
class Staged:
    """A root that lies ready: its folder, the mtree specification and how many bytes its files have."""

    tree: Path
    specification: Path
    size: int


def gather(root: Path | None, added: Mapping[str, Path]) -> list[Entry]:
    """Return what the root holds, sorted, each folder before what is in it. Raises DiskError."""
    found: dict[PurePosixPath, Entry] = {}
    if root is not None:
        if not root.is_dir():
            raise DiskError(f"root {root}: it is no folder")
        for source in root.rglob("*"):
            path = PurePosixPath(source.relative_to(root))
            found[path] = _entry(path, source)
    for name, source in added.items():
        path = _disk_path(name)
        if path in found:
            raise DiskError(f"add {name}={source}: there is a {found[path].kind} {path} already")
        found[path] = _entry(path, source.resolve())
        if found[path].kind != "file":
            raise DiskError(f"add {name}={source}: it is no file")
    for path in list(found):
        for folder in list(path.parents)[:-1]:
            if found.setdefault(folder, Entry(folder, "dir")).kind != "dir":
                raise DiskError(f"{path}: {folder} is no folder")
    return [found[path] for path in sorted(found)]


def _disk_path(name: str) -> PurePosixPath:
    path = PurePosixPath(name.lstrip("/"))
    if not path.parts or ".." in path.parts:
        raise DiskError(f"add {name}: it is no path of a file on the disk")
    return path


def _entry(path: PurePosixPath, source: Path) -> Entry:
    """Look at what is to become `path`. Raises DiskError."""
    if len(os.fsencode(path.name)) > MAX_NAME:
        raise DiskError(f"{path}: its name has more than {MAX_NAME} bytes")
    try:
        mode = source.lstat().st_mode
        if stat.S_ISLNK(mode):
            return Entry(path, "link", target=os.readlink(source))
    except OSError as error:
        raise DiskError(f"{source}: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        return Entry(path, "dir")
    if stat.S_ISREG(mode):
        return Entry(path, "file", source, executable=bool(mode & stat.S_IXUSR))
    raise DiskError(f"{source}: neither file, folder nor symbolic link")


@contextmanager
def staged(entries: Sequence[Entry]) -> Iterator[Staged]:
    """The root laid out, as long as it is needed. Raises DiskError."""
    try:
        size = sum(one.source.stat().st_size for one in entries if one.source is not None)
        with tempfile.TemporaryDirectory(prefix="proc0-root-", dir=_place(size)) as name:
            folder = Path(name)
            tree, specification = folder / "tree", folder / "specification"
            specification.write_text(describe(entries), encoding="ascii")
            _lay_out(entries, tree)
            if list(_listed(tree)) != [one.path for one in entries]:
                shutil.rmtree(tree)
                _lay_out(list(_backwards(entries)), tree)
            yield Staged(tree, specification, size)
    except OSError as error:
        raise DiskError(f"{error.filename or 'the root'}: {error.strerror}") from None


def _place(size: int) -> Path | None:
    """Where there is room in memory, or else where temporary files go."""
    try:
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * size:
            return MEMORY
    except OSError:
        pass
    return None


def _lay_out(entries: Iterable[Entry], tree: Path) -> None:
    tree.mkdir()
    for one in entries:
        place = tree / one.path
        if one.kind == "dir":
            place.mkdir()
        elif one.kind == "link":
            place.symlink_to(one.target)
        else:
            shutil.copyfile(one.source, place)


def _backwards(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The same, each folder still before what is in it, but its names from the last to the first."""
    names = sorted(entries, key=lambda one: one.path, reverse=True)
    yield from sorted(names, key=lambda one: len(one.path.parts))


def _listed(tree: Path) -> Iterator[PurePosixPath]:
    """What is in the folder, in the order in which the host lists it."""
    for name in os.listdir(tree):
        yield PurePosixPath(name)
        if (tree / name).is_dir() and not (tree / name).is_symlink():
            yield from (PurePosixPath(name) / inner for inner in _listed(tree / name))


def describe(entries: Sequence[Entry]) -> str:
    """The mtree specification: owner, mode and date of each entry."""
    children: dict[PurePosixPath, list[Entry]] = {}
    for one in entries:
        children.setdefault(one.path.parent, []).append(one)
    lines = [f"/set uid=0 gid=0 time={EPOCH}.0", ". type=dir mode=0755"]

    def write(folder: PurePosixPath) -> None:
        for one in children.get(folder, []):
            mode = "0644" if one.kind == "file" and not one.executable else "0755"
            lines.append(f"{_visible(one.path.name)} type={one.kind} mode={mode}"
                         + (f" link={_visible(one.target)}" if one.kind == "link" else ""))
            if one.kind == "dir":
                write(one.path)
                lines.append("..")

    write(PurePosixPath("."))
    return "\n".join([*lines, ".."]) + "\n"


def _visible(name: str) -> str:
    """A name as mtree writes it: what is not plain, in octal."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%"
    return "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in os.fsencode(name))
