"""Whole gradings: what they score, what they write, what they leave behind, and how they end when they cannot go on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grade.__main__ import _tallies
from grade.labs import find_labs
from gradings import TREE, Grading, eventually, grade, start

POINTS = {"1.1": 2, "1.2": 4, "1.3": 4, "1.4": 3, "1.5": 3, "1.6": 4}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results.json"


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    """A submission that is the reference, in a folder with a blank in its name."""
    folder = tmp_path / "a b" / "1-mbr"
    folder.mkdir(parents=True)
    for source in (TREE / "boot" / "boot0").glob("*.S"):
        shutil.copyfile(source, folder / source.name)
    return folder.parent


def fault(over: Grading) -> str:
    """The one line of a grading that ended in a fault of ours."""
    assert over.status == 2, over.out + over.err
    assert "Traceback" not in over.out + over.err
    assert "Score:" not in over.out
    lines = over.err.strip().splitlines()
    assert len(lines) == 1, over.err
    return lines[0]


# ---------------------------------------------------------------- scores


def test_stubs_score_nothing(results: Path, tmp_path: Path) -> None:
    """Each fails by its own name."""
    over = grade("--lab", "1", "--seed", "7", f"--junitxml={tmp_path / 'junit.xml'}", results=results)
    assert (over.status, over.last_line, over.err) == (1, "Score: 0/20", "")
    assert "LAB 1.1: relocate" in over.out and "LAB 1.5: list the menu" in over.out
    expect_gradescopes_shape(over.results, score=0)
    text = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert text.startswith("<?xml") and "<testcase" in text and "<failure" in text


def test_checks_of_one_name_in_two_labs_are_two(results: Path) -> None:
    over = grade("--lab", "all", "--test", "entry", "--seed", "7", results=results)
    assert (over.status, over.last_line, over.err) == (1, "Score: 0/3", "")
    assert {test["number"] for test in over.results["tests"]} == {"1.4", "2.4"}


def test_reference_scores_full_marks(results: Path) -> None:
    over = grade("--lab", "1", "--reference", results=results)
    assert (over.status, over.last_line, over.err) == (0, "Score: 20/20", "")
    expect_gradescopes_shape(over.results, score=20)


def expect_gradescopes_shape(told: dict[str, Any], *, score: int) -> None:
    assert (told["score"], told["max_score"], told["visibility"]) == (score, 20, "visible")
    assert isinstance(told["execution_time"], (int, float))
    points: dict[str, int] = {}
    for test in told["tests"]:
        assert set(test) == {"name", "number", "score", "max_score", "status", "output", "tags", "visibility"}
        assert test["status"] == ("passed" if test["score"] == test["max_score"] else "failed")
        assert bool(test["output"]) == (test["status"] == "failed")
        points[test["number"]] = points.get(test["number"], 0) + test["max_score"]
    assert points == POINTS
    assert sum(test["score"] for test in told["tests"]) == told["score"]


def test_a_seed_repeats_a_grading(solution: Path, tmp_path: Path) -> None:
    """To the byte, but for the times; whatever the number of workers, and for failures as for successes."""
    with open(solution / "1-mbr" / "mbr.S", "a", encoding="ascii") as source:
        source.write("\t.text\n\tcall nowhere\n")       # its message comes from the linker, which knows the run's folder
    boot0 = solution / "1-mbr" / "boot0.S"
    boot0.write_text(boot0.read_text(encoding="ascii").replace("mov\t%al, OPT(%bp)", "nop"), encoding="ascii")
    runs = [grade("--lab", "1", "--seed", "7", "--jobs", jobs, "--test", "re", "--submission", str(solution),
                  results=tmp_path / f"{jobs}.json") for jobs in ("1", "2")]
    first, second = (run.results for run in runs)
    assert first["score"] not in (0, first["max_score"])
    assert (first.pop("execution_time"), second.pop("execution_time")) != (0, 0)
    assert first == second
    assert len({run.out[run.out.index("Lab 1."):] for run in runs}) == 1


def test_another_seed_is_another_challenge(solution: Path, results: Path) -> None:
    (solution / "1-mbr" / "mbr.S").unlink()
    runs = [grade("--lab", "1", "--seed", seed, "--test", "packet", "--submission", str(solution), results=results).out
            for seed in ("7", "8")]
    assert len({next(line for line in out.splitlines() if line.strip().startswith("case")) for out in runs}) == 2


# ---------------------------------------------------------------- submissions


def test_a_submission_in_a_folder_with_a_blank(solution: Path, results: Path) -> None:
    over = grade("--lab", "1", "--test", "relocate", "--submission", str(solution), results=results)
    assert (over.status, over.last_line) == (0, "Score: 2/2")


def test_the_command_to_repeat_it_is_one_for_a_shell(solution: Path, results: Path) -> None:
    (solution / "1-mbr" / "mbr.S").unlink()
    over = grade("--lab", "1", "--test", "relocate", "--submission", str(solution), "--seed", "5", results=results)
    again = next(line for line in over.out.splitlines() if line.strip().startswith("again"))
    words = subprocess.run(["sh", "-c", f'printf "%s\\n" {again.split(None, 1)[1]}'], capture_output=True, text=True, check=True)
    assert words.stdout.splitlines() == ["make", "grade", "LAB=1", "TEST=relocate", "SEED=5", f"SUBMISSION={solution}"]


def test_two_gradings_at_once_do_not_disturb_each_other(solution: Path, tmp_path: Path) -> None:
    both = [start("--lab", "1", "--test", "1.2", "--submission", str(solution), results=tmp_path / f"{number}.json")
            for number in range(2)]
    assert [over.finish().last_line for over in both] == ["Score: 4/4"] * 2


# ---------------------------------------------------------------- what a user gets wrong


@pytest.mark.parametrize(("labs", "words", "found"), [
    ("2", "table", ["table"]), ("2", "tab", ["tables", "table"]), ("1 2", "entry", ["entry", "entry"]),
    ("2", "table tas", ["task", "table"])])
def test_a_whole_name_picks_its_check_alone(labs: str, words: str, found: list[str]) -> None:
    assert [tally.check.name for tally in _tallies(find_labs(TREE, labs), "7", words)] == found


def test_an_unknown_lab_is_told_which_there_are(results: Path) -> None:
    assert "1 (1-mbr)" in fault(grade("--lab", "9", results=results))


def test_a_test_that_matches_nothing_is_told_what_there_is(results: Path) -> None:
    told = fault(grade("--lab", "1", "--test", "splay", results=results))
    assert "splay" in told and "relocate" in told and "remember" in told


def test_a_submission_that_is_not_there(results: Path, tmp_path: Path) -> None:
    assert f"{tmp_path}/nobody" in fault(grade("--lab", "1", "--submission", f"{tmp_path}/nobody", results=results))


def test_a_deleted_file_of_labs(solution: Path, results: Path) -> None:
    (solution / "1-mbr" / "boot0.S").unlink()
    over = grade("--lab", "1", "--test", "prompt", "--submission", str(solution), results=results)
    assert (over.status, over.last_line) == (1, "Score: 0/1")
    assert "boot0.S is missing" in over.out


# ---------------------------------------------------------------- what this computer gets wrong


def test_a_missing_emulator_is_named(results: Path) -> None:
    told = fault(grade("--lab", "1", "--reference", "--test", "relocate", "--bochs", "/nowhere/bochs", results=results))
    assert "/nowhere/bochs" in told and "make setup" in told


def test_an_emulator_that_is_none_is_a_fault_of_ours(results: Path) -> None:
    over = grade("--lab", "1", "--reference", "--test", "relocate", "--bochs", "/bin/true", results=results)
    assert (over.status, "Score:" in over.out, "Traceback" in over.err) == (2, False, False)


def test_results_that_cannot_be_written(tmp_path: Path) -> None:
    told = fault(grade("--lab", "1", "--reference", "--test", "relocate", results=tmp_path / "nowhere" / "results.json"))
    assert "nowhere/results.json" in told


def test_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    """The disk is full for this grading alone: no file may grow past some bytes."""
    limited = ("import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
               "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); sys.argv[0] = 'grade'; "
               "runpy.run_module('grade', run_name='__main__')")
    over = subprocess.run([sys.executable, "-c", limited, "--lab", "1", "--reference", "--test", "packet", "--jobs", "1",
                           f"--results={tmp_path / 'results.json'}"], cwd=TREE, capture_output=True, text=True, check=False)
    assert over.returncode == 2, over.stdout + over.stderr
    assert "Traceback" not in over.stderr
    assert len(over.stderr.strip().splitlines()) == 1, over.stderr
    assert "large" in over.stderr or "space" in over.stderr


# ---------------------------------------------------------------- an end before the end


@pytest.fixture
def under_way(results: Path) -> Grading:
    """A grading whose machines are running."""
    running = start("--lab", "1", "--reference", "--jobs", "2", results=results)
    assert eventually(lambda: running.runs("bochs")), "no Bochs was started"
    return running


def test_sigkill_leaves_no_process(under_way: Grading) -> None:
    os.kill(under_way.process.pid, signal.SIGKILL)
    under_way.finish()
    assert eventually(lambda: not under_way.processes())


def test_ctrl_c_leaves_no_process_and_says_so(under_way: Grading) -> None:
    os.killpg(under_way.process.pid, signal.SIGINT)
    under_way.finish()
    assert eventually(lambda: not under_way.processes())
    assert under_way.status == 130
    assert under_way.err.strip() == "grade: interrupted"
    assert not under_way.results_file.exists()


def test_sigterm_leaves_no_process(under_way: Grading) -> None:
    under_way.process.terminate()
    under_way.finish()
    assert eventually(lambda: not under_way.processes())
    assert "Traceback" not in under_way.err
