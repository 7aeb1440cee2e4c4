"""`make stubs`: write labs/ from the marks of the reference, never over a student's work.

A student may have spent a week in labs/1-mbr/mbr.S when an instructor's update brings
new stubs. So each lab's folder records, in .generated, the SHA-256 of every file as it
was last generated, in the form that `sha256sum -c .generated` reads:

    the file is                      it is
    missing                          written
    what the marks generate          left alone, its time of change too
    what was last generated          rewritten: nobody has touched it
    anything else                    refused; with --force, kept as FILE.1.bak, then rewritten

All views are cut before anything is written, so a wrong mark changes nothing. A refused
file is left as it is and makes the exit status 1, but the others are still done: the
edits in one file must not keep a deleted one from being restored.

A release has no reference to cut from. There the stubs come from the copies that
grade.release put under solved/stubs/.

Exit status: 0 done, 1 refused (or --check found a difference), 2 a fault of the tree.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grade.labs import LAB_SUFFIXES, SOURCE_FOLDERS, Lab, LabError, find_labs, load_labs, tree_root
from grade.marks import MarkError, check_exercises, cut, find_marks, first_mark_line

RECORD = ".generated"
PRISTINE = "solved/stubs"
_SOURCE_SUFFIXES = (".c", ".h", ".S", ".s", ".inc", ".ld")
_DIFF_LINES = 12


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `refused` says whether it needs its owner's attention."""

    message: str
    refused: bool = False


def student_view(tree: Path, lab: Lab, file: str) -> str:
    """Return the text of labs/<lab>/`file` as it is handed out.

    Raises MarkError, LabError when the marks and lab.toml disagree, and OSError.
    """
    source = lab.files[file]
    pristine = tree / PRISTINE / lab.name / file
    if not (tree / source).exists() and pristine.exists():
        return pristine.read_text(encoding="utf-8")
    text = read_source(tree, source)
    marks = find_marks(text, source)
    known = [exercise.number for exercise in lab.exercises if exercise.file == file]
    check_exercises(marks, known, source)
    marked = {mark.exercise for mark in marks}
    for number in known:
        if number not in marked:
            raise LabError(f"labs/{lab.name}/lab.toml: exercise {number}: {source} has no mark of that number")
    return cut(text, source)


def student_views(tree: Path, lab: Lab) -> dict[str, str]:
    """Return what each file of `lab` is handed out as. Raises as student_view() does."""
    return {file: student_view(tree, lab, file) for file in lab.files}


def check_every_mark_has_a_lab(tree: Path) -> None:
    """Raise MarkError for a marked source that no lab.toml lists: its solution would be handed out."""
    listed = {source for lab in load_labs(tree) for source in lab.files.values()}
    for folder in SOURCE_FOLDERS:
        for path in sorted((tree / folder).rglob("*")):
            source = path.relative_to(tree).as_posix()
            if path.suffix not in _SOURCE_SUFFIXES or source in listed or not path.is_file():
                continue
            line = first_mark_line(read_source(tree, source))
            if line is not None:
                raise MarkError(source, line, "a mark in a file that no labs/*/lab.toml lists")


def read_source(tree: Path, source: str) -> str:
    """Return the text of a source of the tree. Raises LabError if it cannot be read as UTF-8."""
    try:
        return (tree / source).read_text(encoding="utf-8")
    except OSError as error:
        raise LabError(f"{source}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LabError(f"{source}: byte {error.start} is not UTF-8 text") from error


def digest(content: bytes) -> str:
    """Return the SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def format_record(views: Mapping[str, str]) -> str:
    """Return the text of .generated for files handed out as `views`."""
    return "".join(f"{digest(views[file].encode())}  {file}\n" for file in sorted(views))


def read_record(lab: Lab) -> dict[str, str]:
    """Return the digest of each file of `lab` as last generated. Raises LabError."""
    path = lab.folder / RECORD
    record = {}
    if path.exists():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            match = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
            if match is None:
                raise LabError(f"labs/{lab.name}/{RECORD}:{number}: not a digest and a file's name; delete {RECORD} "
                               "and every file that differs from its stub will count as edited")
            record[match[2]] = match[1]
    return record


def write_stubs(lab: Lab, views: Mapping[str, str], *, force: bool) -> Iterator[Outcome]:
    """Bring the folder of `lab` to `views`, and yield what became of each file that was not right already.

    Raises LabError for a record that is not one and for a folder that cannot be written; no work is lost by either.
    """
    record = read_record(lab)
    for file, view in views.items():
        outcome = _write_stub(lab.folder / file, view.encode(), record.get(file), force=force)
        if outcome is not None:
            yield outcome
        if outcome is None or not outcome.refused:
            record[file] = digest(view.encode())
    text = "".join(f"{record[file]}  {file}\n" for file in sorted(record) if file in views)
    if not (lab.folder / RECORD).exists() or (lab.folder / RECORD).read_text(encoding="utf-8") != text:
        _replace(lab.folder / RECORD, text.encode())


def _write_stub(path: Path, view: bytes, generated: str | None, *, force: bool) -> Outcome | None:
    """Bring `path` to `view`; `generated` is the digest of what was last written there."""
    name = f"labs/{path.parent.name}/{path.name}"
    if not os.path.lexists(path):
        _replace(path, view)
        return Outcome(f"{name}: written")
    if path.is_symlink() or not path.is_file():
        return Outcome(f"{name}: refused: it is not a regular file; move it away", refused=True)
    content = path.read_bytes()
    if content == view:
        return None
    if digest(content) == generated:
        _replace(path, view)
        return Outcome(f"{name}: rewritten")
    if not force:
        return Outcome(f"{name}: refused: it has been edited; FORCE=1 keeps it as a backup and puts the stub in its place",
                       refused=True)
    backup = _keep(path, content)
    _replace(path, view)
    return Outcome(f"{name}: rewritten; what was there is now {backup.name}")


def _keep(path: Path, content: bytes) -> Path:
    """Write `content` to the first of PATH.1.bak, PATH.2.bak ... that is free, and return it."""
    number = 1
    while True:
        backup = path.with_name(f"{path.name}.{number}.bak")
        if not os.path.lexists(backup):
            _replace(backup, content)
            return backup
        number += 1


def _replace(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a full disk leaves what was there. Raises LabError."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(content)
        os.replace(fresh, path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise LabError(f"labs/{path.parent.name}/{path.name}: cannot be written: {error.strerror}") from error


def differences(lab: Lab, views: Mapping[str, str]) -> Iterator[str]:
    """Yield, as short diffs, how the folder of `lab` differs from what the marks generate."""
    for file, view in views.items():
        path = lab.folder / file
        name = f"labs/{lab.name}/{file}"
        if not path.is_file():
            yield f"{name}: missing"
        elif path.read_bytes() != view.encode():
            yield _short_diff(path.read_text(encoding="utf-8", errors="replace"), view, name)
    record = lab.folder / RECORD
    if not record.is_file() or record.read_text(encoding="utf-8", errors="replace") != format_record(views):
        yield f"labs/{lab.name}/{RECORD}: does not record what the marks generate"
    for path in sorted(lab.folder.iterdir()):
        if path.suffix in LAB_SUFFIXES and path.name not in views:
            yield f"labs/{lab.name}/{path.name}: lab.toml does not list it"


def _short_diff(there: str, view: str, name: str) -> str:
    diff = list(difflib.unified_diff(there.splitlines(), view.splitlines(), name, f"{name} from the marks", "", "", 1, ""))
    if len(diff) > _DIFF_LINES:
        diff[_DIFF_LINES:] = [f"... and {len(diff) - _DIFF_LINES} more lines"]
    return "\n".join(diff)


def main(arguments: Sequence[str] | None = None, *, tree: Path | None = None) -> int:
    """Do `make stubs` and return its exit status."""
    options = _parse(arguments)
    tree = tree or tree_root()
    try:
        labs = find_labs(tree, options.lab)
        check_every_mark_has_a_lab(tree)
        views = {lab.name: student_views(tree, lab) for lab in labs}
        if options.check:
            return _check(labs, views)
        return _write(labs, views, force=options.force)
    except (MarkError, LabError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 2


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grade.stubs", description="Write labs/ from the marks of the reference.")
    parser.add_argument("--lab", metavar="WHICH", default="all", help='"1", "1-mbr", "1 2" or "all" (the default)')
    parser.add_argument("--force", action="store_true", help="rewrite edited files too, keeping each as a backup")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if labs/ is not what the marks generate")
    return parser.parse_args(arguments)


def _check(labs: Sequence[Lab], views: Mapping[str, Mapping[str, str]]) -> int:
    found = [text for lab in labs for text in differences(lab, views[lab.name])]
    for text in found:
        print(text)
    if found:
        print("labs/ is not what the marks generate; `make stubs` rewrites it")
    return 1 if found else 0


def _write(labs: Sequence[Lab], views: Mapping[str, Mapping[str, str]], *, force: bool) -> int:
    outcomes = []
    for lab in labs:
        for outcome in write_stubs(lab, views[lab.name], force=force):
            print(outcome.message, file=sys.stderr if outcome.refused else sys.stdout)
            outcomes.append(outcome)
    if not outcomes:
        print("labs/ is as the marks generate it: nothing to do")
    return 1 if any(outcome.refused for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
