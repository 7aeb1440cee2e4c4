"""pytest's part in a grading: cases from checks, a bench for each, and verdicts that travel back whole.

Every worker draws the same cases from the same seed. What a case came to goes back to the first process as plain
data in the report's user_properties, where grade/report.py puts it together.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import signal
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from grade.bench import Bench, Programs
from grade.check import CHECK, Check
from grade.debugger import Unreadable
from grade.failure import HarnessFault, StudentFailure

VERDICT = "proc0"


@dataclass(frozen=True)
class Verdict:
    """One case. ended: "passed", "failed" (the student's) or "fault" (ours)."""

    lab: int
    exercise: str
    check: str
    case: str
    number: int     # of the case
    ended: str
    what: str = ""
    expected: str = ""
    got: str = ""
    aftermath: str = ""
    hint: str = ""
    cause: str = ""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proc0")
    group.addoption("--proc0-run", help="the grading's folder, with what was built in grading.json")


@dataclass(frozen=True)
class Grading:
    """What every worker must know, handed over in <run>/grading.json."""

    run: Path
    seed: str
    bochs: str
    wanted: str
    programs: dict[int, Programs]
    keep: bool

    @staticmethod
    def load(run: Path) -> Grading:
        told = json.loads((run / "grading.json").read_text(encoding="utf-8"))
        programs = {int(lab): Programs(Path(built["folder"]), {name: Path(path) for name, path in built["images"].items()},
                                       built["errors"], built["toolprefix"]) for lab, built in told["programs"].items()}
        return Grading(run, told["seed"], told["bochs"], told["wanted"], programs, told["keep"])

    def save(self) -> None:
        told = {**asdict(self), "run": None}
        (self.run / "grading.json").write_text(json.dumps(told, default=str), encoding="utf-8")


GRADING = pytest.StashKey[Grading]()
FAILED = pytest.StashKey[Verdict]()


def pytest_configure(config: pytest.Config) -> None:
    if run := config.getoption("--proc0-run"):
        config.stash[GRADING] = Grading.load(Path(run))
    if hasattr(config, "workerinput"):      # a worker dies with the process that started it
        set_pdeathsig = 1
        ctypes.CDLL(None).prctl(set_pdeathsig, signal.SIGKILL)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if check := getattr(metafunc.function, CHECK, None):
        cases = check.draw(metafunc.config.stash[GRADING].seed)
        metafunc.parametrize("case", cases, ids=[str(number) for number in range(len(cases))])


def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> object:
    """A check is collected whatever it is called."""
    if hasattr(obj, CHECK):
        return list(collector._genfunctions(name, obj))
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.stash[GRADING].wanted.split()
    items[:] = [item for item in items
                if not wanted or f"{lab_of(item)}/{getattr(item.function, CHECK).name}" in wanted]


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A bench in an empty folder; a failed case's aftermath is noted when the case is over."""
    grading = request.config.stash[GRADING]
    number = getattr(request.function, CHECK).exercise      # two labs may have checks of one name
    folder = grading.run / "cases" / f"{number}-{request.node.name}".replace("/", "_")
    folder.mkdir(parents=True)
    place = Bench(folder, grading.programs[lab_of(request.node)], bochs=grading.bochs)
    request.node.stash[BENCH] = place
    yield place
    if not grading.keep:
        for image in folder.glob("disk*.img"):
            image.unlink()
        if request.node.stash.get(FAILED, None) is None:
            shutil.rmtree(folder)


BENCH = pytest.StashKey[Bench]()


def lab_of(item: pytest.Item) -> int:
    """The lab whose check file the item comes from: lab_1_mbr.py."""
    return int(item.path.stem.split("_")[1])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """Turn what happened into a Verdict; a fault in set-up counts as ours."""
    if call.when == "call" or call.excinfo:
        verdict = _verdict(item, call)
        item.user_properties.append((VERDICT, json.dumps(asdict(verdict))))
        if verdict.ended != "passed":
            item.stash[FAILED] = verdict
    yield


def _verdict(item: pytest.Item, call: pytest.CallInfo) -> Verdict:
    check: Check = getattr(item.function, CHECK)
    case = str(item.callspec.params["case"])
    place = item.stash.get(BENCH, None)
    common = dict(lab=lab_of(item), exercise=check.exercise, check=check.name, case=case,
                  number=int(item.callspec.id))
    if call.excinfo is None:
        return Verdict(**common, ended="passed")
    error = call.excinfo.value
    aftermath = place.aftermath(error.got if isinstance(error, StudentFailure) else "") if place else ""
    if isinstance(error, StudentFailure):
        return Verdict(**common, ended="failed", what=error.what, expected=error.expected, got=error.got,
                       aftermath=aftermath, hint=error.hint, cause=error.cause)
    if isinstance(error, (HarnessFault, Unreadable)):
        return Verdict(**common, ended="fault", what=str(error), aftermath=aftermath)
    if isinstance(error, OSError):      # a full disk, for one
        return Verdict(**common, ended="fault", what=f"{error.filename or 'this computer'}: {error.strerror or error}")
    return Verdict(**common, ended="fault", aftermath=aftermath,
                   what="".join(traceback.format_exception(type(error), error, error.__traceback__)))
