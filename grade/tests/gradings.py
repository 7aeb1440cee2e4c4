"""What the tests of whole gradings share: `python3 -m grade` on a folder, and whether it left a process behind.

A grading's processes start sessions of their own, and outlive it if it dies badly. So each carries a tag in its
environment, by which it is found wherever it went.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grade.labs import Lab, tree_root
from grade.marks import cut

TREE = tree_root()
TAG = "PROC0_TEST_TAG"
WALL_SECONDS = 240      # a watchdog: the longest of them takes a tenth of it on an idle computer


@dataclass
class Grading:
    """A grading under way, or over. Use `start` or `grade`."""

    process: subprocess.Popen[str]
    tag: str
    results_file: Path
    out: str = ""
    err: str = ""

    @property
    def status(self) -> int:
        return self.process.returncode

    @property
    def last_line(self) -> str:
        return (self.out.strip().splitlines() or [""])[-1]

    @property
    def results(self) -> dict[str, Any]:
        return json.loads(self.results_file.read_text(encoding="utf-8"))

    def finish(self) -> Grading:
        """Wait for its end."""
        self.out, self.err = self.process.communicate(timeout=WALL_SECONDS)
        return self

    def processes(self) -> list[int]:
        """Those of its processes that live."""
        mark = f"{TAG}={self.tag}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def runs(self, program: str) -> bool:
        """Does one of its processes run this program now?"""
        return any(name_of(process) == program for process in self.processes())


def name_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def start(*arguments: str, results: Path, tree: Path = TREE, environment: Mapping[str, str] | None = None) -> Grading:
    """Start `python3 -m grade` with these arguments, in a process group of its own."""
    tag = secrets.token_hex(8)
    process = subprocess.Popen([sys.executable, "-m", "grade", f"--results={results}", *arguments], cwd=tree, text=True,
                               env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {}), TAG: tag},
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    return Grading(process, tag, results)


def grade(*arguments: str, results: Path, **options: Any) -> Grading:
    """Start one, and wait for its end."""
    return start(*arguments, results=results, **options).finish()


def eventually(condition: Callable[[], bool]) -> bool:
    """Does the condition come true within a minute?"""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# ---------------------------------------------------------------- half a solution


def partly_solved(lab: Lab, folder: Path, solved: Collection[str]) -> Path:
    """A submission with these exercises of a lab solved, and the others as they were handed out."""
    for file, source in lab.files.items():
        text = (TREE / source).read_text(encoding="utf-8")
        for exercise in solved:
            text = re.sub(rf"^[ \t]*/\* LAB {re.escape(exercise)} (BEGIN|STUB|END)\b.*?\*/[ \t]*\n", "", text,
                          flags=re.MULTILINE | re.DOTALL)
        place = folder / file
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(cut(text, source), encoding="utf-8")
    return folder


def changed(folder: Path, file: str, changes: Mapping[str, str]) -> Path:
    """The submission, with texts in one of its files replaced; each stands there once."""
    text = (folder / file).read_text(encoding="utf-8")
    for there, instead in changes.items():
        assert text.count(there) == 1, there
        text = text.replace(there, instead)
    (folder / file).write_text(text, encoding="utf-8")
    return folder


def judge_of(lab: Lab, tmp_path: Path) -> Callable[..., Grading]:
    """What grades a submission: a folder, and the checks that are asked for. Whatever is in it, the grading ends in a
    score."""
    def run(folder: Path, test: str = "") -> Grading:
        over = grade("--lab", str(lab.number), "--test", test, "--seed", "7", "--submission", str(folder),
                     results=tmp_path / "results.json")
        assert over.err == "" and "Traceback" not in over.out
        assert over.status in (0, 1), over.out
        assert over.last_line == f"Score: {over.results['score']}/{over.results['max_score']}"
        return over
    return run


def judge_fixture(lab: Lab) -> Callable[..., Callable[..., Grading]]:
    """The fixture `judge` of a lab's tests: see judge_of()."""
    @pytest.fixture
    def judge(tmp_path: Path) -> Callable[..., Grading]:
        return judge_of(lab, tmp_path)
    return judge


def earned(over: Grading) -> dict[str, int]:
    """The points of each exercise."""
    points: dict[str, int] = {}
    for test in over.results["tests"]:
        points[test["number"]] = points.get(test["number"], 0) + test["score"]
    return points
