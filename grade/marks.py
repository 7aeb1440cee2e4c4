"""The marks that cut a student's view out of the reference.

One source serves as solution and as hand-out, so the two can never drift apart.
An exercise is one region of a C or assembly file, between three comments:

    /* LAB 1.2 BEGIN */
            the solution
            /* LAB 1.2 STUB lab_stub "LAB 1.2: scan and validate" */
    /* LAB 1.2 END */

Each mark stands alone on its line. Only the STUB comment may span lines: its text
is dedented, so a stub of several lines starts best on the line below the word STUB.

A mark with a slip in it would otherwise be an ordinary comment, and the solution
under it would reach the student. So whatever resembles a mark must be one; anything
else raises MarkError with file and line. Used by grade.stubs, grade.release and the
handouts.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass

# A comment that speaks of LAB in capitals, or the words of a mark in any dress.
_RESEMBLES_MARK = re.compile(
    r"(?:/\*|//|\#)\W*LAB\b | (?i:\bLAB\s*\d+(?:\.\d+)+\s*(?:BEGIN|STUB|END)\b)",
    re.VERBOSE,
)
_MARK = re.compile(
    r"(?P<indent>[ \t]*)/\*[ \t]*LAB[ \t]+(?P<exercise>[1-9]\d*\.[1-9]\d*)[ \t]+"
    r"(?P<word>BEGIN|STUB|END)(?P<rest>(?:[ \t]|\*/|$).*)"
)


class MarkError(Exception):
    """A mark of the reference is wrong. Its text is `path:line: what is wrong`."""

    def __init__(self, path: object, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")


@dataclass(frozen=True)
class Mark:
    """One exercise's region. Lines count from 1; `stub` is dedented and has no final newline."""

    exercise: str
    begin: int
    stub: str
    stub_line: int
    end: int


@dataclass(frozen=True)
class _Word:
    """One comment of the three: its word, its first and last line, and a STUB's text."""

    word: str
    exercise: str
    line: int
    last_line: int
    text: str


def find_marks(text: str, path: object) -> tuple[Mark, ...]:
    """Return the exercises marked in `text`, in the file's order.

    `path` is what an error calls the file. Raises MarkError.
    """
    found: dict[str, Mark] = {}
    begin: _Word | None = None
    stub: _Word | None = None
    for word in _read_words(text, path):
        name = f"LAB {word.exercise}"
        if word.word == "BEGIN":
            if begin is not None:
                raise MarkError(path, word.line, f"{name} BEGIN inside {_where(begin)}: marks do not nest")
            if word.exercise in found:
                first = found[word.exercise].begin
                raise MarkError(path, word.line, f"{name} is repeated: its region began at line {first}")
            begin, stub = word, None
            continue
        if begin is None:
            raise MarkError(path, word.line, f"{name} {word.word} without a BEGIN before it")
        if word.exercise != begin.exercise:
            raise MarkError(path, word.line, f"{name} {word.word} inside {_where(begin)}: the numbers differ")
        if word.word == "STUB":
            if stub is not None:
                raise MarkError(path, word.line, f"{name} has a second STUB: the first is at line {stub.line}")
            stub = word
            continue
        if stub is None:
            raise MarkError(path, begin.line, f"{name} has no STUB between BEGIN and END")
        found[word.exercise] = Mark(word.exercise, begin.line, stub.text, stub.line, word.line)
        begin = None
    if begin is not None:
        raise MarkError(path, begin.line, f"LAB {begin.exercise} BEGIN is never closed by an END")
    return tuple(found.values())


def cut(text: str, path: object) -> str:
    """Return the student's view of `text`: each solution gives way to its stub.

    The stub stands under a line that says where to write, indented as its mark was.
    Every other line stays as it is. Raises MarkError.
    """
    lines = text.split("\n")
    for mark in reversed(find_marks(text, path)):
        stub_line = lines[mark.stub_line - 1]
        indent = stub_line[: len(stub_line) - len(stub_line.lstrip(" \t"))]
        here = f"/* LAB {mark.exercise}: your code goes here, in place of the stub. */"
        view = [here, *mark.stub.split("\n")]
        lines[mark.begin - 1 : mark.end] = [indent + line if line else line for line in view]
    return "\n".join(lines)


def check_exercises(marks: tuple[Mark, ...], known: Collection[str], path: object) -> None:
    """Raise MarkError for the first mark whose exercise is not among `known`."""
    for mark in marks:
        if mark.exercise not in known:
            raise MarkError(path, mark.begin, f"LAB {mark.exercise} is unknown: no exercise of that number "
                                              "in lab.toml names this file")


def first_mark_line(text: str) -> int | None:
    """Return the first line that resembles a mark, right or wrong, or None."""
    for number, line in enumerate(text.split("\n"), start=1):
        if _RESEMBLES_MARK.search(line):
            return number
    return None


def _read_words(text: str, path: object) -> list[_Word]:
    """Return the marks' comments in order. Raises MarkError for one that is malformed."""
    lines = text.split("\n")
    words: list[_Word] = []
    at = 0
    while at < len(lines):
        if _RESEMBLES_MARK.search(lines[at]):
            word = _read_word(lines, at, path)
            words.append(word)
            at = word.last_line
        else:
            at += 1
    return words


def _read_word(lines: list[str], at: int, path: object) -> _Word:
    """Return the mark that starts at index `at`. Raises MarkError if it is not well formed."""
    match = _MARK.fullmatch(lines[at].rstrip())
    if match is None:
        raise MarkError(path, at + 1, f"malformed mark: {lines[at].strip()!r} is none of /* LAB n.m BEGIN */, "
                                      "/* LAB n.m STUB code */, /* LAB n.m END */ alone on its line")
    word, exercise = match["word"], match["exercise"]
    if word != "STUB":
        if match["rest"].strip() != "*/":
            raise MarkError(path, at + 1, f"malformed mark: LAB {exercise} {word} must be the whole comment "
                                          "and alone on its line")
        return _Word(word, exercise, at + 1, at + 1, "")
    text, last = _read_stub(lines, at, match["rest"], f"LAB {exercise}", path)
    return _Word(word, exercise, at + 1, last + 1, text)


def _read_stub(lines: list[str], at: int, rest: str, name: str, path: object) -> tuple[str, int]:
    """Return a STUB's dedented text and the index of the line that closes its comment."""
    last, first_line, more = at, rest, []
    while "*/" not in (more[-1] if more else first_line):
        last += 1
        if last == len(lines) or "/*" in lines[last]:
            raise MarkError(path, at + 1, f"{name} STUB: the comment is not closed")
        more.append(lines[last].rstrip())
    inside, _, after = (more[-1] if more else first_line).partition("*/")
    if after.strip():
        raise MarkError(path, last + 1, f"malformed mark: text after {name} STUB's comment")
    if more:
        more[-1] = inside
    else:
        first_line = inside
    stub = "\n".join([first_line.strip(), *textwrap.dedent("\n".join(more)).split("\n")])
    stub = "\n".join(line.rstrip() for line in stub.split("\n")).strip("\n")
    if not stub:
        raise MarkError(path, at + 1, f"{name} STUB holds no code: a stub must fail loudly by its own name")
    return stub, last


def _where(begin: _Word) -> str:
    return f"LAB {begin.exercise}, which began at line {begin.line}"
