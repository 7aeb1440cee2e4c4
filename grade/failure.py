"""The two ways in which a grading goes wrong, kept apart so that neither can pass for the other.

A `StudentFailure` costs points and ends in exit status 1. A `HarnessFault` (this computer, its tools, or proc0
itself) costs nobody points and ends in exit status 2.
"""

from __future__ import annotations

from dataclasses import dataclass


class HarnessFault(Exception):
    """Something other than the student's work is wrong. The message says what, and what to do."""


@dataclass
class StudentFailure(Exception):
    """A check's verdict: what was looked at, what should have been there, and what was. hint: what this very failure
    makes one think of, in place of the check's own hint. cause: a name for what is behind it, if that is known: of an
    exercise's failures by one cause a report tells the first."""

    what: str
    expected: str
    got: str
    hint: str = ""
    cause: str = ""

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, got {self.got}"


def expect(what: str, expected: object, got: object, *, hint: str = "", cause: str = "") -> None:
    """Raise a StudentFailure when `got` is not `expected`; both are shown as `show` puts them."""
    if got != expected:
        if isinstance(expected, list) and isinstance(got, list):
            expected, got = marked(expected, got)
        raise StudentFailure(what, show(expected), show(got), hint, cause)


def marked(expected: list, got: list) -> tuple[list, list]:
    """Two lists of lines that have some in common, with `>` before those that differ; other lists as they are."""
    same = [one == other for one, other in zip(expected, got)]
    if not any(same):
        return expected, got
    alike = dict(enumerate(same))

    def mark(lines: list) -> list[str]:
        return [f"{' ' if alike.get(number) else '>'} {line}".rstrip() for number, line in enumerate(lines)]
    return mark(expected), mark(got)


def show(value: object) -> str:
    """A value for a student's eyes: bytes and numbers in hexadecimal, a sequence of lines as lines."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex(" ")
    if isinstance(value, bool) or not isinstance(value, int):
        return "\n".join(map(str, value)) or "none" if isinstance(value, (list, tuple)) else str(value)
    return f"{value:#x}" if value > 9 else str(value)
