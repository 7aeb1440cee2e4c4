"""What a check is: a judge and the cases that it judges, worth points of one exercise.

A check file holds functions under `@check(...)`. Each takes the `bench` and one `case`; it returns when the student's
work is right and raises StudentFailure when it is not. Its cases come from a function of a random generator: fixed
corner cases first, then draws. One case is one boot, and one test of pytest's; a check's points are earned when all
its cases pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import Any

import pytest

CHECK = "_proc0_check"


@dataclass(frozen=True)
class Check:
    """name: as in `make grade TEST=name`, unique in its lab. hint: a first thought for whoever fails it."""

    exercise: str
    name: str
    points: int
    title: str
    hint: str
    cases: Callable[[Random], Iterable[Any]]

    def draw(self, seed: str) -> tuple[Any, ...]:
        """The cases of one seed: the same for the same seed, whatever else is graded."""
        return tuple(self.cases(Random(f"{seed}/{self.exercise}/{self.name}")))


def check(exercise: str, name: str, *, points: int, title: str, hint: str,
          cases: Callable[[Random], Iterable[Any]]) -> Callable[[Callable], Callable]:
    """Make a function a check."""
    def decorate(judge: Callable) -> Callable:
        setattr(judge, CHECK, Check(exercise, name, points, title, hint, cases))
        return pytest.mark.usefixtures("bench")(judge)
    return decorate


def judges_of(module: ModuleType) -> list[Callable]:
    """The functions of a module that are checks, by exercise, and in the order of the file."""
    found = [value for value in vars(module).values() if hasattr(value, CHECK)]
    return sorted(found, key=lambda judge: getattr(judge, CHECK).exercise)
