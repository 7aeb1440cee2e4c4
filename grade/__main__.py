"""`python3 -m grade`: grade the labs of a tree, as `make grade` does.

The steps: draw a seed, copy and build what is graded, let pytest run the cases on as many workers as there are
cores, put the verdicts together, say so. Exit status 0 is full marks, 1 is not, 2 is a fault of this computer or of
proc0, for which nobody is given a score.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from grade import doctor, fence
from grade.build import build_view
from grade.check import CHECK, Check, judges_of
from grade.failure import HarnessFault
from grade.labs import Exercise, Lab, LabError, find_labs
from grade.plugin import VERDICT, Grading, Verdict
from grade.report import Progress, Tally, page, results, write_results

TREE = Path(__file__).resolve().parent.parent


class Collector:
    """pytest's view of a grading from the first process: it gathers verdicts and shows progress."""

    def __init__(self, tallies: Sequence[Tally]) -> None:
        self.progress = Progress(tallies)
        self.faults: list[Verdict] = []
        self._tallies = {(tally.lab.number, tally.check.name): tally for tally in tallies}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = [value for name, value in report.user_properties if name == VERDICT]
        if not told or report.when == "setup" and report.passed or report.when == "teardown" and report.passed:
            return
        verdict = Verdict(**json.loads(told[-1]))
        tally = self._tallies[verdict.lab, verdict.check]
        tally.verdicts.append(verdict)
        if verdict.ended == "fault":
            self.faults.append(verdict)
        self.progress.seen(tally)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade; see the module. Prints what is wrong in one line, never a traceback, for what a user can cause."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _grade(options)
    except (HarnessFault, LabError, fence.FenceUnavailable) as error:
        print(f"grade: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"grade: {error.filename or 'this computer'}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ngrade: interrupted", file=sys.stderr)
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m grade", description="Grade the labs of a tree.",
                                     epilog="exit status: 0 full marks, 1 not, 2 a fault that is not the student's")
    parser.add_argument("--lab", default="all", help='"1", "1-mbr", "1 2" or "all" (the default)')
    parser.add_argument("--test", default="",
                        help="only checks with one of these names, or with the word in name, exercise or section")
    parser.add_argument("--seed", default="", help="grade with the challenges of this seed (default: a fresh one)")
    parser.add_argument("--submission", type=Path, help="take the labs' files from this folder, behind the fence")
    parser.add_argument("--reference", action="store_true", help="grade the reference solution")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="boots at a time (default: the cores)")
    parser.add_argument("--results", type=Path, help="where results.json goes (default: build/grade/results.json)")
    parser.add_argument("--junitxml", type=Path, help="write pytest's JUnit XML too")
    parser.add_argument("--bochs", default="bochs", help="the emulator (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep every case's disks and logs")
    return parser.parse_args(arguments)


def _grade(options: argparse.Namespace) -> int:
    started = time.monotonic()
    seed = options.seed or str(secrets.randbelow(10**9))
    labs = find_labs(TREE, options.lab or "all")
    submission = None if options.reference else options.submission or TREE
    if options.submission and not options.submission.is_dir():
        raise HarnessFault(f"SUBMISSION={options.submission} is not a folder")
    if not shutil.which(options.bochs):
        raise HarnessFault(f"{options.bochs} is missing: run `make setup`")
    fenced = options.submission is not None
    if fenced and (why := fence.available()):
        raise HarnessFault(f"a submission is built behind a fence only, and there is none here: {why}")
    tallies = _tallies(labs, seed, options.test)
    if not tallies:
        names = ", ".join(tally.check.name for tally in _tallies(labs, seed, ""))
        raise HarnessFault(f'no check matches TEST="{options.test}"; there are: {names}')
    place = TREE / "build" / "grade"
    place.mkdir(parents=True, exist_ok=True)
    _clear_away(place)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=place))
    collector = Collector(tallies)
    claim = os.open(run, os.O_RDONLY)
    fcntl.flock(claim, fcntl.LOCK_EX)
    try:
        print(f"seed {seed}", flush=True)
        built = build_view(TREE, run, labs, submission=submission, fenced=fenced)
        _run_pytest(options, run, seed, tallies, collector, built)
        collector.progress.clear()
        if collector.faults:
            fault = collector.faults[0]
            raise HarnessFault(f"{fault.exercise} {fault.check}, case {fault.case}: {fault.what}\n{fault.aftermath}".rstrip())
        return _conclude(options, seed, tallies, time.monotonic() - started)
    finally:
        if not options.keep:
            _keep_failures(run, place)
        os.close(claim)


def _clear_away(place: Path) -> None:
    """Remove the folders of gradings that were killed: nobody holds their lock any more."""
    for run in place.glob("run-*"):
        with suppress(OSError):
            claim = os.open(run, os.O_RDONLY)
            try:
                if time.time() - os.fstat(claim).st_mtime > 60:     # not one that is only just being made
                    fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(run, ignore_errors=True)
            finally:
                os.close(claim)


def _tallies(labs: Sequence[Lab], seed: str, wanted: str) -> list[Tally]:
    """The checks of these labs in the order of their files, those that `wanted` matches. A word that is a check's whole
    name means that check alone: a report's `again` names one."""
    words = wanted.split()
    found = [(lab, {exercise.number: exercise for exercise in lab.exercises}[check.exercise], check)
             for lab in labs for check in _checks(lab)]
    names = {check.name for _, _, check in found}

    def matches(word: str, exercise: Exercise, check: Check) -> bool:
        return word == check.name if word in names else word in f"{check.name} {check.exercise} {exercise.section}"

    return [Tally(lab, exercise, check, len(check.draw(seed))) for lab, exercise, check in found
            if not words or any(matches(word, exercise, check) for word in words)]


def _check_file(lab: Lab) -> Path:
    return TREE / "grade" / "checks" / f"lab_{lab.name.replace('-', '_')}.py"


def _checks(lab: Lab) -> list[Check]:
    """Every check of a lab, and proof that they are worth what lab.toml says."""
    module = __import__(f"grade.checks.{_check_file(lab).stem}", fromlist=["*"])
    found = [getattr(judge, CHECK) for judge in judges_of(module)]
    for exercise in lab.exercises:
        points = sum(check.points for check in found if check.exercise == exercise.number)
        if points != exercise.points:
            raise HarnessFault(f"labs/{lab.name}/lab.toml: exercise {exercise.number} has {exercise.points} points, "
                               f"its checks in {_check_file(lab).name} have {points}")
    return found


def _run_pytest(options: argparse.Namespace, run: Path, seed: str, tallies: Sequence[Tally], collector: Collector,
                built: dict) -> None:
    wanted = " ".join(f"{tally.lab.number}/{tally.check.name}" for tally in tallies) if options.test else ""
    Grading(run, seed, options.bochs, wanted, built, options.keep).save()
    files = [str(_check_file(lab)) for lab in dict.fromkeys(tally.lab for tally in tallies)]
    arguments = ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "xdist.plugin", "-p", "grade.plugin", f"--proc0-run={run}",
                 f"--rootdir={TREE}", "-c", os.devnull, f"--basetemp={run / 'tmp'}", *files]
    if options.junitxml:
        arguments.append(f"--junitxml={options.junitxml}")
    if options.jobs > 1 and sum(tally.cases for tally in tallies) > 2:
        arguments += ["-n", str(options.jobs)]
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"      # the user's own plugins and options are not for this run
    status = pytest.main(arguments, plugins=[collector])
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise HarnessFault(f"pytest ended with {status!r}")
    missing = [tally.check.name for tally in tallies if not tally.done]
    if missing and not collector.faults:
        raise HarnessFault(f"no verdict came back for {', '.join(missing)}: a worker died")


def _conclude(options: argparse.Namespace, seed: str, tallies: Sequence[Tally], seconds: float) -> int:
    """Report, unless nothing at all was earned and this computer turns out to be why."""
    notes = []
    if not any(tally.score for tally in tallies) and not options.reference and not options.test:
        troubles = doctor.examine(TREE, bochs=options.bochs, fenced=options.submission is not None)
        if troubles:
            raise HarnessFault("every check failed, and so does this computer:\n" + "\n".join(troubles))
        notes.append("Every check failed; `make doctor` finds nothing wrong with this computer.")
    path = options.results or TREE / "build" / "grade" / "results.json"
    write_results(path, results(tallies, seed="" if options.submission else seed, seconds=seconds))
    print(page(tallies, seed=seed, submission=str(options.submission or ""), notes=notes), flush=True)
    return 0 if all(tally.score == tally.check.points for tally in tallies) else 1


def _keep_failures(run: Path, place: Path) -> None:
    """Leave the logs of the last grading's failed cases in build/grade/last, and nothing else of the run."""
    last = place / "last"
    cases = run / "cases"
    if cases.is_dir() and any(cases.iterdir()):
        shutil.rmtree(last, ignore_errors=True)
        try:
            cases.rename(last)
        except OSError:      # another grading was quicker
            pass
    shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
