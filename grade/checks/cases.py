"""The case of a check that is told by a line and drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Case:
    """One boot. about says it in a line; what the check draws for it comes from seed."""

    about: str
    seed: int

    def __str__(self) -> str:
        return self.about

    @property
    def draw(self) -> Random:
        return Random(self.seed)
