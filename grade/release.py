"""`make release`: the student's tree, which links every view and holds no solution.

What git tracks is copied as it stands here, except

    the source of every lab file,  its solved object ships instead: solved/PATH.o for
    and what a lab.toml calls its  build/ref/PATH.o (one source may make several)
    twin: it does the same for
    something else
    labs/<lab>/FILE                cut afresh from the marks, so that an instructor's
                                   own attempt in labs/ cannot slip in
    grade/tests, grade/mutants     left out: both hold solutions, right and wrong

and with copies of the stubs in solved/stubs/, from which `make stubs` restores one
there. Objects lose debug information and local names, which tell how they were written.

A solved object is right only with the headers it was compiled against. solved/MANIFEST
(JSON) holds the SHA-256 of both, and `--verify`, run in a release, names the header
that has changed since: otherwise a student who moves a field of a structure would see
someone else's code corrupt memory.

GNUmakefile tells which objects there are: `make -s print-solved` prints `SOURCE OBJECT`
lines, and each object has its dependency file beside it (-MMD).

Exit status: 0 done, 1 the release has been changed (--verify), 2 anything else.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grade.labs import SOURCE_FOLDERS, LabError, load_labs, tree_root
from grade.marks import MarkError, find_marks
from grade.stubs import PRISTINE, RECORD, check_every_mark_has_a_lab, digest, format_record, read_source, student_views

MANIFEST = "solved/MANIFEST"
_OBJECTS = "build/ref"
_LEFT_OUT = ("grade/tests/", "grade/mutants/")
_TARBALL = ".tar.gz"

# As many lines of a solution in a row, with as many characters, give it away; fewer are common idiom.
_LEAK_LINES = 3
_LEAK_CHARACTERS = 40


class ReleaseError(Exception):
    """The release cannot be made or read. One line."""


@dataclass(frozen=True)
class Solved:
    """One object of the reference: all paths are relative to the tree."""

    source: str
    built: str
    headers: tuple[str, ...]

    @property
    def shipped(self) -> str:
        """Where the release holds it."""
        return f"solved/{PurePosixPath(self.built).relative_to(_OBJECTS)}"


# Making one.

def make_release(tree: Path, out: Path, *, objcopy: str) -> None:
    """Write the release of `tree` to `out`, a folder that is not there yet or a .tar.gz.

    Nothing is at `out` until all is done. Raises ReleaseError, MarkError, LabError, OSError.
    """
    if not out.name.endswith(_TARBALL) and os.path.lexists(out):
        raise ReleaseError(f"{out}: is there already; remove it first")
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=out.parent) as scratch:
        root = Path(scratch) / "proc0"
        _fill(tree, root, objcopy)
        if out.name.endswith(_TARBALL):
            _pack(root, Path(scratch) / "packed")
            os.replace(Path(scratch) / "packed", out)
        else:
            os.rename(root, out)


def _fill(tree: Path, root: Path, objcopy: str) -> None:
    """Write the release of `tree` to the new folder `root`, and search it for solutions."""
    check_every_mark_has_a_lab(tree)
    labs = load_labs(tree)
    sources = {source for lab in labs for source in (*lab.files.values(), *lab.twins)}
    views = {lab.name: student_views(tree, lab) for lab in labs}
    solved = _solved_objects(tree, sources)
    _copy_tracked(tree, root, sources)
    for lab, files in views.items():
        for file, view in files.items():
            _write(root / "labs" / lab / file, view)
            _write(root / PRISTINE / lab / file, view)
        _write(root / "labs" / lab / RECORD, format_record(files))
    for entry in solved:
        _strip(tree / entry.built, root / entry.shipped, objcopy)
    _write(root / MANIFEST, _manifest(root, solved))
    for leak in find_leaks(root, {source: read_source(tree, source) for source in sorted(sources)}):
        raise ReleaseError(leak)


def _copy_tracked(tree: Path, root: Path, sources: set[str]) -> None:
    """Copy what git tracks in `tree` to `root`, but for `sources` and what is left out."""
    for name in _run(["git", "ls-files", "-z"], tree).split("\0"):
        if not name or name in sources or name.startswith(_LEFT_OUT):
            continue
        if not os.path.lexists(tree / name):
            raise ReleaseError(f"{name}: git tracks it, but it is not here")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tree / name, root / name, follow_symlinks=False)


def _solved_objects(tree: Path, sources: set[str]) -> tuple[Solved, ...]:
    """Build the objects of `sources`, and return them in the order that GNUmakefile prints them."""
    pairs = []
    for line in _run(["make", "-s", "print-solved", "LAB="], tree).splitlines():
        words = line.split()
        if len(words) != 2 or words[0] not in sources or not words[1].startswith(f"{_OBJECTS}/"):
            raise ReleaseError(f"make print-solved: {line!r} is not `SOURCE {_OBJECTS}/OBJECT` for a source of a lab.toml")
        pairs.append((words[0], words[1]))
    for source in sorted(sources - {source for source, _ in pairs}):
        raise ReleaseError(f"make print-solved: no object of {source}")
    _run(["make", "-s", *(built for _, built in pairs), "LAB="], tree)
    return tuple(Solved(source, built, _headers(tree, source, built, sources)) for source, built in pairs)


def _headers(tree: Path, source: str, built: str, sources: set[str]) -> tuple[str, ...]:
    """Return the files of the tree that `source` includes, as the dependency file of `built` lists them."""
    rules = read_source(tree, str(PurePosixPath(built).with_suffix(".d"))).replace("\\\n", " ")
    _, _, listed = rules.split("\n", 1)[0].partition(":")
    headers = set()
    for word in listed.split():
        path = Path(os.path.normpath(tree.resolve() / word))
        if not path.is_relative_to(tree.resolve()):
            continue  # the compiler's own
        header = path.relative_to(tree.resolve()).as_posix()
        if header.startswith("build/") or header in sources - {source}:
            raise ReleaseError(f"{source}: includes {header}, which no release holds, so {MANIFEST} cannot vouch for it")
        headers.add(header)
    return tuple(sorted(headers - {source}))


def _strip(built: Path, shipped: Path, objcopy: str) -> None:
    """Copy an object without what linking does not need."""
    shipped.parent.mkdir(parents=True, exist_ok=True)
    _run([objcopy, "--strip-unneeded", "--remove-section=.comment", str(built), str(shipped)], built.parent)


def _manifest(root: Path, solved: Iterable[Solved]) -> str:
    """Return the text of MANIFEST for the objects that stand in `root` already."""
    objects = [{
        "object": entry.shipped,
        "source": entry.source,
        "sha256": _digest_of(root, entry.shipped),
        "headers": {header: _digest_of(root, header) for header in entry.headers},
    } for entry in solved]
    return json.dumps({"objects": objects}, indent=2) + "\n"


def _pack(root: Path, tarball: Path) -> None:
    """Write `root` as a .tar.gz whose bytes depend on names, modes and contents alone."""
    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        member.mode = 0o755 if member.mode & 0o100 or member.isdir() else 0o644
        return member

    with tarball.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            archive.add(root, arcname=root.name, filter=plain)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _digest_of(root: Path, name: str) -> str:
    if not (root / name).is_file():
        raise ReleaseError(f"{name}: an object was compiled against it, but git does not track it")
    return digest((root / name).read_bytes())


def _run(command: Sequence[str], folder: Path) -> str:
    """Return what `command` prints. Raises ReleaseError with the first error it names, or its last line."""
    # A make above us must not hand down its flags: -n or -s would change what this one prints.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, check=False, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        raise ReleaseError(f"{command[0]}: {error.strerror}; run make setup") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()
        named = next((line for line in said if "error:" in line.lower()), said[-1])
        raise ReleaseError(f"{' '.join(command[:3])}: {named}")
    return done.stdout


# Looking for solutions in it.

def find_leaks(root: Path, references: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each file of the release `root` that holds part of a solution.

    `references` maps the path of each marked source to its text. What the release's own
    sources say too is no secret: three lines that load the segment registers are idiom. Nor is
    a stub, which may repeat the heads of the functions that a solution consists of.
    """
    public = set()
    for path in _files(root, SOURCE_FOLDERS):
        public.update(_runs(_lines(path.read_bytes())))
    secrets: dict[tuple[str, ...], str] = {}
    for source, text in references.items():
        lines = text.split("\n")
        for mark in reversed(find_marks(text, source)):
            inside = lines[mark.begin : mark.stub_line - 1], lines[mark.stub_line : mark.end - 1]
            for part in inside:
                secrets.update(dict.fromkeys(_runs(_lines("\n".join(part).encode())), f"LAB {mark.exercise}"))
            public.update(_runs(_lines(mark.stub.encode())))
            del lines[mark.begin - 1 : mark.end]
        public.update(_runs(_lines("\n".join(lines).encode())))
    for path in _files(root, [child.name for child in root.iterdir() if child.name not in SOURCE_FOLDERS]):
        for run in _runs(_lines(path.read_bytes())):
            if run in secrets and run not in public:
                yield f"{path.relative_to(root)}: holds part of the solution of {secrets[run]}: {run[0]!r} ..."
                break


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield the regular files at or below each name in `root`, in order."""
    for name in sorted(names):
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if path.is_file() and not path.is_symlink():
                yield path


def _lines(content: bytes) -> list[str]:
    """Return the lines of `content` that are not blank, their white space made one; a NUL ends a line too."""
    lines = (" ".join(line.split()) for line in re.split("[\n\0]", content.decode("latin-1")))
    return [line for line in lines if line]


def _runs(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every run of lines that would give a solution away."""
    for at in range(len(lines) - _LEAK_LINES + 1):
        run = tuple(lines[at : at + _LEAK_LINES])
        if sum(map(len, run)) >= _LEAK_CHARACTERS:
            yield run


# Verifying one.

def find_changes(root: Path) -> Iterator[str]:
    """Yield a line for each object or header of the release `root` that is not as MANIFEST has it."""
    told = set()
    for entry in _read_manifest(root):
        if _differs(root, entry["object"], entry["sha256"]):
            yield f"{entry['object']}: not the object that was released; restore it from the release"
        for header, expected in entry["headers"].items():
            if header not in told and _differs(root, header, expected):
                told.add(header)
                yield (f"{header}: changed since {entry['object']} was compiled against it; "
                       "restore it from the release: no lab changes a header")


def _differs(root: Path, name: str, expected: str) -> bool:
    try:
        return digest((root / name).read_bytes()) != expected
    except OSError:
        return True


def _read_manifest(root: Path) -> list[dict]:
    """Return the objects of MANIFEST, their fields checked. Raises ReleaseError."""
    try:
        objects = json.loads((root / MANIFEST).read_text(encoding="utf-8"))["objects"]
        for entry in objects:
            names = [entry["object"], entry["sha256"], *entry["headers"], *entry["headers"].values()]
            if not all(isinstance(name, str) for name in names):
                raise TypeError
    except OSError as error:
        raise ReleaseError(f"{MANIFEST}: {error.strerror}: is this a release?") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(f"{MANIFEST}: damaged; restore it from the release") from error
    return objects


def main(arguments: Sequence[str] | None = None, *, tree: Path | None = None) -> int:
    """Do `make release`, or verify one, and return the exit status."""
    options = _parse(arguments)
    tree = tree or tree_root()
    try:
        if options.verify:
            changes = list(find_changes(tree))
            for change in changes:
                print(change, file=sys.stderr)
            return 1 if changes else 0
        make_release(tree, options.out, objcopy=options.objcopy)
        print(f"{options.out}: the student's tree")
        return 0
    except (ReleaseError, MarkError, LabError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 2


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grade.release", description="Write the student's tree, or verify one.")
    verb = parser.add_mutually_exclusive_group(required=True)
    verb.add_argument("--out", type=Path, metavar="PATH", help=f"write it there: a new folder, or a file ending in {_TARBALL}")
    verb.add_argument("--verify", action="store_true", help="in a release: check objects and headers against MANIFEST")
    parser.add_argument("--objcopy", default="objcopy", help="the toolchain's objcopy (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
