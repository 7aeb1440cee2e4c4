"""The labs: what each lab.toml says, and the fetching of a student's files.

A lab is a view over the tree: each file of labs/<lab>/ takes the place of one source
of the reference. lab.toml is the only record of which, so it is checked to the last
field here, and everything else (stubs, views, grading, handouts, release) trusts it.

    tree/labs/1-mbr/lab.toml  --load_labs-->  Lab(number=1, name="1-mbr", files=...)
    a submission's mbr.S      --collect--->   into/labs/1-mbr/mbr.S

A submission comes from someone who may want the grader to read or block on something
that is not theirs. collect() therefore opens each part of a path by itself, follows no
link, and takes only small, regular, textual files.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

# The folders that hold the reference's sources, and what a student may be given of them.
SOURCE_FOLDERS = ("boot", "kernel", "user")
LAB_SUFFIXES = (".c", ".S")

# The largest file that a submission may hold: ten times the longest source of the tree.
SUBMISSION_LIMIT = 256 * 1024


class LabError(Exception):
    """A lab.toml is wrong. Its text is `file: field: what is wrong`. The tree's fault."""


class UnknownLab(LabError):
    """No lab goes by that name. The text lists those that exist."""


class SubmissionError(Exception):
    """A submission lacks a file, or holds one that is refused. The student's fault."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: `file` is the student's file, `section` the handout's anchor."""

    number: str
    title: str
    file: str
    points: int
    section: str


@dataclass(frozen=True)
class Lab:
    """One lab. `files` maps a name in `folder` to the source of the tree that it replaces; `twins` are other sources
    that do what an exercise asks for: a release has their objects instead."""

    number: int
    name: str
    title: str
    handout: str
    folder: Path
    files: Mapping[str, str] = field(hash=False)
    exercises: tuple[Exercise, ...]
    twins: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """What the lab is worth."""
        return sum(exercise.points for exercise in self.exercises)


def tree_root() -> Path:
    """Return the root of the tree that this module belongs to."""
    return Path(__file__).resolve().parent.parent


def load_labs(tree: Path) -> tuple[Lab, ...]:
    """Return the labs of `tree`, by number. Raises LabError for the first thing wrong."""
    labs = sorted((_load_lab(path) for path in tree.glob("labs/*/lab.toml")), key=lambda lab: (lab.number, lab.name))
    for one, other in zip(labs, labs[1:]):
        if one.number == other.number:
            raise LabError(f"labs/{other.name}: number {other.number} is taken by labs/{one.name}")
    owners: dict[str, str] = {}
    for lab in labs:
        for name, source in lab.files.items():
            if source in owners:
                raise LabError(f"labs/{lab.name}/lab.toml: files.{name}: {source} belongs to {owners[source]} already")
            owners[source] = f"labs/{lab.name}/{name}"
    return tuple(labs)


def find_labs(tree: Path, which: str) -> tuple[Lab, ...]:
    """Return the labs that `which` names: numbers or names with blanks between, or "all".

    They come by number, each once. Raises UnknownLab, or LabError as load_labs() does.
    """
    labs = load_labs(tree)
    if which.split() == ["all"]:
        return labs
    known = {key: lab for lab in labs for key in (str(lab.number), lab.name)}
    for word in which.split() or [which]:
        if word not in known:
            names = ", ".join(f"{lab.number} ({lab.name})" for lab in labs)
            raise UnknownLab(f"there is no lab {word!r}; there are: {names or 'none'}; or all")
    chosen = {known[word].number for word in which.split()}
    return tuple(lab for lab in labs if lab.number in chosen)


# Reading lab.toml. A check returns what is wrong with a value, or None.

_Check = Callable[[object], "str | None"]


def _is_text(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else f"must be a text, not {value!r}"


def _is_points(value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and value > 0 else f"must be a whole number above 0, not {value!r}"


def _is_path(value: object) -> str | None:
    """A path that stays inside the tree, in the one way to write it."""
    if problem := _is_text(value):
        return problem
    path = PurePosixPath(str(value))
    if path.is_absolute() or ".." in path.parts or "\\" in str(value) or str(path) != value:
        return f"must be a path inside the tree, as in boot/boot0/mbr.S, not {value!r}"
    return None


def _is_table(value: object) -> str | None:
    return None if isinstance(value, dict) and value else "must be a table with at least one entry"


def _is_list_of_tables(value: object) -> str | None:
    tables = isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value)
    return None if tables else "must be [[exercise]] tables, at least one"


_LAB_FIELDS: Mapping[str, _Check] = {
    "title": _is_text, "handout": _is_path, "files": _is_table, "exercise": _is_list_of_tables,
}
_EXERCISE_FIELDS: Mapping[str, _Check] = {
    "number": _is_text, "title": _is_text, "file": _is_text, "points": _is_points, "section": _is_text,
}


def _load_lab(path: Path) -> Lab:
    """Return the lab that `path`, a lab.toml, describes."""
    name = path.parent.name
    where = f"labs/{name}/lab.toml"
    match = re.fullmatch(r"([1-9]\d*)-[a-z0-9-]+", name)
    if match is None:
        raise LabError(f"{where}: the folder must be named like 1-mbr: a number, a dash, a short name")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{where}: {error}") from error
    except OSError as error:
        raise LabError(f"{where}: {error.strerror}") from error
    twins = table.pop("twins", [])
    _check_fields(table, _LAB_FIELDS, where)
    if not isinstance(twins, list) or any(_is_path(twin) for twin in twins):
        raise LabError(f"{where}: twins: must be a list of paths inside the tree")
    for file, source in table["files"].items():
        _check_file(file, source, where)
    number = int(match[1])
    exercises = tuple(_load_exercise(entry, place, where) for place, entry in enumerate(table["exercise"], start=1))
    _check_exercises(exercises, number, table["files"], where)
    return Lab(number, name, table["title"], table["handout"], path.parent, table["files"], exercises, tuple(twins))


def _check_fields(table: Mapping[str, object], fields: Mapping[str, _Check], where: str) -> None:
    """Raise LabError unless `table` has exactly `fields`, each as its check wants it."""
    for key in table:
        if key not in fields:
            raise LabError(f"{where}: {key}: unknown; the fields are {', '.join(fields)}")
    for key, check in fields.items():
        if key not in table:
            raise LabError(f"{where}: {key}: missing")
        if problem := check(table[key]):
            raise LabError(f"{where}: {key}: {problem}")


def _check_file(file: str, source: object, where: str) -> None:
    """Raise LabError unless `file` may stand in a lab's folder for `source`."""
    where = f"{where}: files.{file}"
    if not re.fullmatch(r"[A-Za-z0-9_][\w.-]*", file, re.ASCII) or not file.endswith(LAB_SUFFIXES):
        raise LabError(f"{where}: must be a plain name ending in {' or '.join(LAB_SUFFIXES)}; a header belongs to no lab")
    if problem := _is_path(source):
        raise LabError(f"{where}: {problem}")
    path = PurePosixPath(str(source))
    if path.parts[0] not in SOURCE_FOLDERS:
        raise LabError(f"{where}: {source} is not in {', '.join(SOURCE_FOLDERS)}")
    if path.suffix != PurePosixPath(file).suffix:
        raise LabError(f"{where}: {source} is not a {PurePosixPath(file).suffix} file")


def _load_exercise(entry: Mapping[str, object], place: int, where: str) -> Exercise:
    """Return the exercise that is number `place` in the file."""
    _check_fields(entry, _EXERCISE_FIELDS, f"{where}: exercise {entry.get('number', f'in place {place}')}")
    return Exercise(**entry)


def _check_exercises(exercises: tuple[Exercise, ...], lab: int, files: Mapping[str, str], where: str) -> None:
    """Raise LabError unless the exercises number rightly and every file has one."""
    seen: set[str] = set()
    for exercise in exercises:
        here = f"{where}: exercise {exercise.number}"
        if not re.fullmatch(rf"{lab}\.[1-9]\d*", exercise.number, re.ASCII):
            raise LabError(f"{here}: number: must be {lab}.1, {lab}.2 and so on")
        if exercise.number in seen:
            raise LabError(f"{here}: number: taken by an exercise above it")
        seen.add(exercise.number)
        if exercise.file not in files:
            raise LabError(f"{here}: file: {exercise.file} is not among [files]: {', '.join(files)}")
    for file in files:
        if all(exercise.file != file for exercise in exercises):
            raise LabError(f"{where}: files.{file}: no exercise is in this file")


# Fetching a submission.

def collect(lab: Lab, source: Path, into: Path) -> tuple[Path, ...]:
    """Copy the files that `lab` lists from `source` into `into`/labs/<lab>/, and return the copies.

    Each file is looked for as labs/<lab>/FILE, <lab>/FILE and FILE, and the first that is
    there is taken. Nothing else of `source` is looked at. Raises SubmissionError for a file
    that is missing or refused; an OSError is about `into`.
    """
    copies = []
    for file in lab.files:
        places = [f"labs/{lab.name}/{file}", f"{lab.name}/{file}", file]
        content = next((found for place in places if (found := _read_submitted(source, place)) is not None), None)
        if content is None:
            raise SubmissionError(_missing(lab, file, source))
        copy = into / "labs" / lab.name / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        copies.append(copy)
    return tuple(copies)


def _missing(lab: Lab, file: str, source: Path) -> str:
    if source.resolve() == lab.folder.parent.parent.resolve():
        return f"labs/{lab.name}/{file} is missing; `make stubs LAB={lab.number}` restores it as it was handed out"
    return f"{source}: {file} is missing: it may stand in labs/{lab.name}/, in {lab.name}/ or at the top"


def _read_submitted(source: Path, place: str) -> bytes | None:
    """Return the content of `place` below `source`, or None when nothing is there.

    Raises SubmissionError when what is there is refused. Each part of the path is opened
    through its parent's descriptor with O_NOFOLLOW, so that nothing can be swapped for a
    link between the look and the opening; O_NONBLOCK keeps a fifo from holding us.
    """
    where = source / place
    *folders, file = place.split("/")
    with ExitStack() as stack:
        try:
            at = _open(stack, str(source), os.O_DIRECTORY)
        except OSError as error:
            raise SubmissionError(f"{source}: {error.strerror}") from error
        try:
            for folder in folders:
                _refuse_link(folder, at, where)
                at = _open(stack, folder, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            _refuse_link(file, at, where)
            at = _open(stack, file, os.O_NOFOLLOW, dir_fd=at)
            return _read_regular(at, where)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return None
            if error.errno == errno.ENXIO:
                raise SubmissionError(f"{where}: is not a regular file") from error
            raise SubmissionError(f"{where}: {error.strerror}") from error


def _open(stack: ExitStack, name: str, flags: int, *, dir_fd: int | None = None) -> int:
    """Open `name` for reading until `stack` closes, never waiting and never inherited."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | flags, dir_fd=dir_fd)
    stack.callback(os.close, descriptor)
    return descriptor


def _refuse_link(name: str, folder: int, where: Path) -> None:
    """Raise SubmissionError if `name` in the open `folder` is a symbolic link."""
    if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise SubmissionError(f"{where}: {name} is a symbolic link; a submission may hold none")


def _read_regular(descriptor: int, where: Path) -> bytes:
    """Return what an open file holds. Raises SubmissionError unless it is regular, small and textual."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise SubmissionError(f"{where}: is not a regular file")
    content = b""
    while len(content) <= SUBMISSION_LIMIT:
        piece = os.read(descriptor, SUBMISSION_LIMIT + 1 - len(content))
        if not piece:
            break
        content += piece
    if len(content) > SUBMISSION_LIMIT:
        raise SubmissionError(f"{where}: is larger than {SUBMISSION_LIMIT // 1024} KiB")
    if b"\0" in content:
        raise SubmissionError(f"{where}: holds a NUL byte: not a source file")
    return content
