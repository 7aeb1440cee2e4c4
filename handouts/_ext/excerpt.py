"""Finds a named piece of a source file: a function, a labelled routine, an exercise, the opening comment.

The handouts name what they show; they never give line numbers, which would
rot at the first edit. This module turns the name into lines. It knows nothing
of Sphinx (source.py does) nor of the tree: text in, lines out.

Everything here leans on the house style: a C function has its return type on
its own line, its name in column 0 and its closing brace in column 0; an
assembly routine has its comment directly above its label and ends at a blank
line or at the next label; a file opens with a block comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LABEL = re.compile(r"^([A-Za-z_.$][\w.$]*):")
BLOCK_COMMENT_END = re.compile(r"\*/\s*$")


class ExcerptError(Exception):
    """The text holds no such piece, or holds it twice."""


@dataclass(frozen=True)
class Excerpt:
    """Consecutive lines of a file, and the number (from 1) of the first of them."""

    lines: tuple[str, ...]
    first: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def opening(text: str) -> Excerpt:
    """The block comment that the file opens with (a licence line may stand before it)."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if line.startswith("/*") and not BLOCK_COMMENT_END.search(line):
            return _cut(lines, start, _comment_end(lines, start))
    raise ExcerptError("it has no opening comment")


def c_function(text: str, name: str) -> Excerpt:
    """A C function, from the line of its return type to the closing brace in column 0."""
    lines = text.splitlines()
    at = _only(lines, re.compile(rf"^{re.escape(name)}\("), f"function {name}")
    start = at
    while start > 0 and re.match(r"[A-Za-z_]", lines[start - 1]) and not LABEL.match(lines[start - 1]):
        start -= 1
    for end in range(at, len(lines)):
        if lines[end].startswith("}"):
            return _cut(lines, start, end)
    raise ExcerptError(f"function {name} has no closing brace in column 0")


def asm_routine(text: str, name: str) -> Excerpt:
    """A labelled routine: the comment above its label, to the line before a blank one or the next label.

    IDTVEC(name) makes the label, too, of an entry of exception.S.
    """
    lines = text.splitlines()
    at = _only(lines, re.compile(rf"^({re.escape(name)}:|IDTVEC\({re.escape(name)}\))"), f"label {name}")
    end = at
    while end + 1 < len(lines) and lines[end + 1].strip() and not LABEL.match(lines[end + 1]):
        end += 1
    return _cut(lines, _contract_start(lines, at), end)


def exercise(text: str, number: str) -> Excerpt:
    """Exercise `number` as the student's file has it: the contract, and where to write.

    The stub names its exercise on every line that matters ("LAB 1.2"); the
    excerpt runs from the contract above the first such line to the last.
    """
    lines = text.splitlines()
    named = re.compile(rf"\bLAB {re.escape(number)}(?!\d)")
    at = [i for i, line in enumerate(lines) if named.search(line)]
    if not at:
        raise ExcerptError(f"it has no exercise {number}")
    return _cut(lines, _contract_start(lines, at[0]), at[-1])


def _only(lines: list[str], pattern: re.Pattern[str], what: str) -> int:
    """The index of the one line that matches; none and two are errors."""
    at = [i for i, line in enumerate(lines) if pattern.match(line)]
    if not at:
        raise ExcerptError(f"it has no {what}")
    if len(at) > 1:
        raise ExcerptError(f"it has {what} twice, in lines {at[0] + 1} and {at[1] + 1}")
    return at[0]


def _comment_end(lines: list[str], start: int) -> int:
    for end in range(start, len(lines)):
        if BLOCK_COMMENT_END.search(lines[end]):
            return end
    raise ExcerptError(f"the comment of line {start + 1} is not closed")


def _contract_start(lines: list[str], at: int) -> int:
    """Where the text that explains line `at` begins: the unbroken lines above it, and the comment above those.

    A blank line may stand between the comment and what it explains.
    """
    start = at
    while start > 0 and lines[start - 1].strip():
        start -= 1
    if any("/*" in line for line in lines[start:at]):
        return start
    above = start - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above < 0 or not BLOCK_COMMENT_END.search(lines[above]):
        return start
    while above > 0 and "/*" not in lines[above]:
        above -= 1
    return above


def _cut(lines: list[str], start: int, end: int) -> Excerpt:
    return Excerpt(lines=tuple(lines[start : end + 1]), first=start + 1)
