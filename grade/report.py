"""Put verdicts together: points, a page for the person at the terminal, results.json for a machine.

A check's points count when all its cases passed. results.json has Gradescope's shape; two gradings with one seed
differ in it in nothing but the times.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from grade.check import Check
from grade.labs import Exercise, Lab
from grade.bench import STUB
from grade.plugin import Verdict


@dataclass
class Tally:
    """One check and how its cases have ended so far."""

    lab: Lab
    exercise: Exercise
    check: Check
    cases: int
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return len(self.verdicts) >= self.cases

    @property
    def failures(self) -> list[Verdict]:
        """In the order of the cases, not of the clock."""
        return sorted((verdict for verdict in self.verdicts if verdict.ended == "failed"), key=lambda verdict: verdict.number)

    @property
    def score(self) -> int:
        return self.check.points if self.done and all(verdict.ended == "passed" for verdict in self.verdicts) else 0


class Progress:
    """Says how far the grading is: a line rewritten in place on a terminal, a line a check elsewhere."""

    def __init__(self, tallies: Sequence[Tally], out: TextIO = sys.stdout) -> None:
        self._tallies = tallies
        self._out = out
        self._total = sum(tally.cases for tally in tallies)

    def seen(self, tally: Tally) -> None:
        """A case of this check has ended."""
        done = sum(len(each.verdicts) for each in self._tallies)
        if self._out.isatty():
            self._out.write(f"\r\033[K{done} of {self._total} boots: {tally.check.exercise} {tally.check.name}")
        elif tally.done:
            self._out.write(f"{done} of {self._total} boots, {tally.check.exercise} {tally.check.name}\n")
        self._out.flush()

    def clear(self) -> None:
        """Make room for the report."""
        if self._out.isatty():
            self._out.write("\r\033[K")
            self._out.flush()


def _check_line(tally: Tally) -> str:
    mark = "ok  " if tally.score == tally.check.points else "FAIL"
    return f"  {mark} {tally.check.exercise} {tally.check.name:<12} {tally.check.title:<62} {tally.score}/{tally.check.points}"


def page(tallies: Sequence[Tally], *, seed: str, submission: str, notes: Sequence[str] = ()) -> str:
    """The report for a person. Its last line is `Score: N/M`."""
    lines: list[str] = []
    for lab in dict.fromkeys(tally.lab for tally in tallies):
        lines += ["", f"Lab {lab.number}. {lab.title}"]
        lines += [_check_line(tally) for tally in tallies if tally.lab == lab]
    told: dict[str, Tally] = {}
    for tally in (tally for tally in tallies if tally.failures):
        first = told.setdefault(_cause(tally.failures[0]), tally)
        if first is tally:
            lines += ["", *_failure(tally, seed=seed, submission=submission)]
        else:
            lines += [*[""] * (not lines[-1].startswith("--- ")),
                      f"--- {tally.check.exercise} {tally.check.name}: {_again(tally, first)}"]
    lines += ["", *notes] if notes else []
    score, points = sum(tally.score for tally in tallies), sum(tally.check.points for tally in tallies)
    return "\n".join([*lines, "", f"Score: {score}/{points}"])


def _failure(tally: Tally, *, seed: str, submission: str) -> list[str]:
    """One failed check: the first case that failed, in full."""
    verdict, check, lab = tally.failures[0], tally.check, tally.lab
    others = len(tally.failures) - 1
    again = shlex.join(["make", "grade", f"LAB={lab.number}", f"TEST={check.name}",
                        *([f"SEED={seed}"] if seed else []), *([f"SUBMISSION={submission}"] if submission else [])])
    more = f" (and {others} more of its {tally.cases} cases)" if others else ""
    hint, section, waits = verdict.hint or check.hint, tally.exercise.section, _stub_of(verdict)
    if not verdict.aftermath:
        hint = "nothing was booted; the lines above say why"
    elif waits > check.exercise and not verdict.hint and f"LAB {waits}:" in verdict.got:
        hint = (f"{waits} is not written yet. If it was right to come there, this check waits for it, and says nothing "
                f"of {check.exercise} before")
    story = [f"    case      {verdict.case}{more}",
             *_indented("    looked at ", verdict.what),
             *_indented("    expected  ", verdict.expected),
             *_indented("    got       ", verdict.got),
             *_indented("    machine   ", verdict.aftermath or "was not started"),
             *_indented("    hint      ", hint)]
    if waits and waits <= check.exercise:
        story = [f"    missing   {_missing(check, waits)}: {verdict.aftermath}"]
        section = next((exercise.section for exercise in lab.exercises if exercise.number == waits), section)
    return [f"--- {check.exercise} {check.name}: {check.title}",
            *story,
            f"    read      {lab.handout}, section {section!r}",
            f"    again     {again}"]


def _missing(check: Check, exercise: str) -> str:
    """In words, that an exercise without which the check cannot go on is a stub."""
    own = exercise == check.exercise
    return "not written yet" if own else f"{exercise}, which this check needs, is not written yet"


def _again(tally: Tally, first: Tally) -> str:
    """What is told of a failed check when its cause was told at another."""
    waits = _stub_of(tally.failures[0])
    if waits and waits <= tally.check.exercise:
        return _missing(tally.check, waits)
    return f"for the same reason as {first.check.exercise} {first.check.name}"


def _stub_of(verdict: Verdict) -> str:
    """The exercise in whose stub the machine stood, or ""."""
    first = verdict.aftermath.partition("\n")[0]
    return first.removeprefix(f"{STUB} LAB ").partition(":")[0] if first.startswith(STUB) else ""


def _cause(verdict: Verdict) -> str:
    """What failures have in common that need telling only once: a build that failed, a stub that comes first; of an
    exercise, what the checks say, or the same end on the way to what they look at."""
    if not verdict.aftermath:
        return verdict.got
    stub = _stub_of(verdict)
    if stub and stub <= verdict.exercise:
        return f"stub {stub}"
    told = (verdict.cause,) if verdict.cause else (verdict.what, verdict.expected, verdict.got)
    return "\n".join((verdict.exercise, *told))


def _indented(label: str, text: str) -> list[str]:
    first, *rest = text.splitlines() or [""]
    return [label + first, *(" " * len(label) + line for line in rest)]


def results(tallies: Sequence[Tally], *, seed: str, seconds: float) -> dict:
    """results.json, in the shape that Gradescope reads. With seed "" it does not tell the seed: a class must not."""
    tests = []
    for tally in tallies:
        failed = tally.failures
        output = "\n".join(_failure(tally, seed=seed, submission="")) if failed else ""
        tests.append({"name": f"{tally.check.name}: {tally.check.title}", "number": tally.check.exercise,
                      "score": tally.score, "max_score": tally.check.points,
                      "status": "passed" if tally.score == tally.check.points else "failed", "output": output,
                      "tags": [tally.lab.name, tally.check.name], "visibility": "visible"})
    return {"score": sum(tally.score for tally in tallies), "max_score": sum(tally.check.points for tally in tallies),
            "execution_time": round(seconds, 1), "output": f"seed {seed}" if seed else "",
            "visibility": "visible", "tests": tests}


def write_results(path: Path, told: dict) -> None:
    """Whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    os.replace(new, path)
