"""Compile a student's file where it can reach nothing but the compiler, the headers and itself.

A compiler reads whatever the source names (`#include`, `.incbin`), and works for as long and writes
as much as the source asks. So the one command given here runs on a private copy of the headers and
of the student's file, and only regular files of bounded size come out. grade/sandbox.py is the wall
around it and says what holds what.

Mode "require" is for other people's files: no fence, no run. Mode "unfenced" is for a student's own
tree, where bubblewrap may be missing: the same copy and the same limits, without walls. It is never
chosen by itself.

Run by the GNUmakefile; see `python3 -m grade.fence --help`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from grade.sandbox import NOBODY, TEMPORARY_FILES, TREE, FenceUnavailable, Limits, Outcome, execute, size_words


class _Refused(Exception):
    """A file of the student's that is not what it must be. The message names it."""


# ---------------------------------------------------------------- what goes in and comes out


def _read_regular(path: Path, *, name: str, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; else _Refused, which says `name`.

    A link is not followed, and a pipe or a device is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _Refused(f"{name}: no such file") from None
    except OSError:
        raise _Refused(f"{name}: not a readable regular file") from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Refused(f"{name}: not a regular file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _Refused(f"{name}: a file over {size_words(limit)}")
    return content


def _place(root: Path, name: str, content: bytes, *, mode: int) -> Path:
    """Write a new file `name`, a relative path that stays below root, readable whatever the umask."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise ValueError(f"{name}: must be a path inside the sandbox's work folder")
    path = root / relative
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        folder.chmod(0o755)
    path.write_bytes(content)
    path.chmod(mode)
    return path


@contextmanager
def _scratch(files: Mapping[str, Path], outputs: Mapping[str, Path], limits: Limits) -> Iterator[Path]:
    """A private folder with `tree` (copies of files, an empty file for each output), `tmp` and the
    empty `hidden`. It belongs to the user that the command will run as, and is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="proc0-fence-") as name:
        scratch = Path(name)
        needed = (len(outputs) + TEMPORARY_FILES) * limits.file_bytes
        if shutil.disk_usage(scratch).free < needed:
            raise FenceUnavailable(f"{scratch.parent} has less than {size_words(needed)} free: make room there")
        for folder in ("tree", "tmp", "hidden"):
            (scratch / folder).mkdir()
            (scratch / folder).chmod(0o755)
        for inside, path in files.items():
            content = _read_regular(path, name=inside, limit=limits.file_bytes)
            _place(scratch / "tree", inside, content, mode=0o644)
        written = [_place(scratch / "tree", inside, b"", mode=0o600) for inside in outputs]
        if os.geteuid() == 0:
            for path in (scratch, scratch / "tmp", *written):
                os.chown(path, NOBODY, NOBODY)
        yield scratch


def _collect(tree: Path, outputs: Mapping[str, Path], limits: Limits) -> None:
    """Move each output to its host path, all or none. _Refused when one is missing or no plain file."""
    contents = {}
    for inside, target in outputs.items():
        if (tree / inside).parent.resolve() != (tree / inside).parent:
            raise _Refused(f"{inside}: its folder was replaced by a link")
        contents[target] = _read_regular(tree / inside, name=inside, limit=limits.file_bytes)
        if not contents[target]:
            raise _Refused(f"{inside}: the command did not write it")
    for target, content in contents.items():
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(target)


# ---------------------------------------------------------------- one run


def run(command: Sequence[str], *, files: Mapping[str, Path], outputs: Mapping[str, Path],
        limits: Limits = Limits(), tree_label: str = "/proc0", mode: str = "require") -> Outcome:
    """Run one command on copies of `files` (path inside the work folder -> host file).

    When it succeeds, `outputs` (path inside -> host path) are moved out. The work folder is called
    `tree_label` inside the fence. A file of the student's that is missing, a link or too large, and
    an output that is not a plain file, are failures of the command: status 1 and a line that names it.
    mode is "require" (FenceUnavailable when there can be no fence) or "unfenced"."""
    if mode not in ("require", "unfenced"):
        raise ValueError(f"mode {mode!r}: must be require or unfenced")
    outcome = Outcome(1, "", "")
    try:
        with _scratch(files, outputs, limits) as scratch:
            outcome = execute(command, scratch=scratch, outputs=outputs, limits=limits, label=tree_label,
                               fenced=mode == "require")
            if outcome.status == 0:
                _collect(scratch / "tree", outputs, limits)
    except _Refused as refused:
        return Outcome(1, f"{outcome.output}{refused}\n", "")
    return outcome


def available() -> str:
    """"" when the fence works here, else why it does not. It tries: a few milliseconds."""
    try:
        outcome = run(["true"], files={}, outputs={})
    except FenceUnavailable as unavailable:
        return str(unavailable)
    return "" if outcome.status == 0 else f"`true` failed inside the fence: {outcome.output or outcome.ended_by}"


# ---------------------------------------------------------------- the command line


def headers(folders: Sequence[str]) -> dict[str, Path]:
    """Every header below these folders of the tree, by its path in the tree."""
    found = {}
    for folder in folders:
        for path in sorted((TREE / folder).rglob("*.h")):
            found[path.relative_to(TREE).as_posix()] = path
    return found


def _pair(text: str) -> tuple[str, Path]:
    """INSIDE=HOST of the command line."""
    inside, equals, host = text.partition("=")
    if not inside or not equals or not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not INSIDE=HOST")
    return inside, Path(host)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m grade.fence", description="Run a compiler on one student's file, fenced off.",
        epilog="exit status: 0 done, 1 the command failed or passed a limit, 2 no fence can be had here")
    parser.add_argument("--mode", choices=("require", "unfenced"), required=True)
    parser.add_argument("--header-dirs", nargs="*", default=[], metavar="DIR",
                        help="folders of the tree whose *.h the file may include")
    parser.add_argument("--in", dest="source", type=_pair, required=True, metavar="INSIDE=HOST",
                        help="the student's file: the name the compiler sees, and where it is")
    parser.add_argument("--out", dest="outputs", type=_pair, action="append", default=[], metavar="INSIDE=HOST",
                        help="a file that the command writes, and where it goes")
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """The command line; see --help."""
    arguments = _arguments(argv)
    name, source = arguments.source
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        outcome = run(arguments.command, files={**headers(arguments.header_dirs), name: source},
                      outputs=dict(arguments.outputs), mode=arguments.mode)
    except (FenceUnavailable, OSError, ValueError) as fault:
        print(f"fence: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    sys.stderr.write(outcome.output)
    if outcome.ended_by:
        if outcome.output and not outcome.output.endswith("\n"):
            print(file=sys.stderr)
        print(f"{name}: stopped by {outcome.ended_by}", file=sys.stderr)
    return 1 if outcome.status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
