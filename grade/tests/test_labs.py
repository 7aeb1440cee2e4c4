"""lab.toml is checked to the last field, and a submission cannot reach past itself."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from grade import labs
from grade.labs import SUBMISSION_LIMIT, Lab, LabError, SubmissionError, UnknownLab, collect, find_labs, load_labs, tree_root

GOOD = """\
title   = "Sector 0"
handout = "handouts/1-mbr.md"

[files]
"mbr.S"   = "boot/boot0/mbr.S"
"boot0.S" = "boot/boot0/boot0.S"

[[exercise]]
number  = "1.1"
title   = "Relocate"
file    = "mbr.S"
points  = 2
section = "relocate"

[[exercise]]
number  = "1.2"
title   = "Menu"
file    = "boot0.S"
points  = 3
section = "menu"
"""
OTHER = """\
title   = "BTX"
handout = "handouts/2-btx.md"
[files]
"btx.S" = "boot/btx/btx.S"
[[exercise]]
number  = "2.1"
title   = "Enter"
file    = "btx.S"
points  = 5
section = "enter"
"""


def write_lab(tree: Path, name: str, text: str) -> None:
    folder = tree / "labs" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.toml").write_text(text)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_lab(tmp_path / "tree", "10-last", OTHER.replace("btx", "last").replace('"2.1"', '"10.1"'))
    write_lab(tmp_path / "tree", "2-btx", OTHER)
    write_lab(tmp_path / "tree", "1-mbr", GOOD)
    return tmp_path / "tree"


def test_labs_come_by_number_with_all_that_lab_toml_says(tree: Path) -> None:
    first, *others = load_labs(tree)
    assert [lab.name for lab in others] == ["2-btx", "10-last"]
    assert (first.number, first.name, first.title) == (1, "1-mbr", "Sector 0")
    assert (first.handout, first.points, first.folder) == ("handouts/1-mbr.md", 5, tree / "labs/1-mbr")
    assert first.files == {"mbr.S": "boot/boot0/mbr.S", "boot0.S": "boot/boot0/boot0.S"}
    assert [(exercise.number, exercise.file, exercise.points, exercise.section) for exercise in first.exercises] == [
        ("1.1", "mbr.S", 2, "relocate"), ("1.2", "boot0.S", 3, "menu")]
    assert len({*load_labs(tree), *load_labs(tree)}) == 3


def test_the_labs_of_this_tree_are_right() -> None:
    assert [lab.points for lab in load_labs(tree_root()) if lab.number == 1] == [20]


@pytest.mark.parametrize(("which", "numbers"), [
    ("1", [1]), ("1-mbr", [1]), ("2 1", [1, 2]), (" 2-btx  2 ", [2]), ("all", [1, 2, 10])])
def test_labs_are_found_by_number_name_and_all(tree: Path, which: str, numbers: list[int]) -> None:
    assert [lab.number for lab in find_labs(tree, which)] == numbers


@pytest.mark.parametrize("which", ["3", "mbr", "1 9", "", " ", "1,2", "all 1", "01", "../1-mbr"])
def test_an_unknown_lab_gets_the_list_of_labs(tree: Path, which: str) -> None:
    with pytest.raises(UnknownLab, match=re.escape("there are: 1 (1-mbr), 2 (2-btx), 10 (10-last)")):
        find_labs(tree, which)


# What is replaced in GOOD, by what, and the words that the error must hold.
WRONG = [
    ('title   = "Sector 0"', "", "title: missing"),
    ('title   = "Sector 0"', "title = 7", "title: must be a text, not 7"),
    ('title   = "Sector 0"', 'title = " "', "title: must be a text"),
    ('title   = "Sector 0"', 'title = "a"\npoints = 5', "points: unknown"),
    ('title   = "Sector 0"', "title = ", "Invalid value"),
    ('title   = "Sector 0"', 'title = "a"\ntwins = "boot/x.S"', "twins: must be a list of paths inside the tree"),
    ('title   = "Sector 0"', 'title = "a"\ntwins = ["../x.S"]', "twins: must be a list of paths inside the tree"),
    ("handouts/1-mbr.md", "/handouts/1-mbr.md", "handout: must be a path inside the tree"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "/boot/boot0/mbr.S"', "files.mbr.S: must be a path inside the tree"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "boot/../../mbr.S"', "files.mbr.S: must be a path inside the tree"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "boot//mbr.S"', "files.mbr.S: must be a path inside the tree"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = 1', "files.mbr.S: must be a text"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "grade/mbr.S"', "grade/mbr.S is not in boot, kernel, user"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "boot/boot0/mbr.c"', "boot/boot0/mbr.c is not a .S file"),
    ('"mbr.S"   = "boot/boot0/mbr.S"', '"mbr.S" = "boot/boot0/boot0.S"', "boot/boot0/boot0.S belongs to labs/1-mbr/mbr.S"),
    ('"mbr.S"   =', '"mbr.h" =', "files.mbr.h: must be a plain name ending in .c or .S; a header belongs to no lab"),
    ('"mbr.S"   =', '"a/mbr.S" =', "files.a/mbr.S: must be a plain name"),
    ('"mbr.S"   =', '".mbr.S" =', "files..mbr.S: must be a plain name"),
    ('[files]\n"mbr.S"   = "boot/boot0/mbr.S"\n"boot0.S" = "boot/boot0/boot0.S"', "files = {}", "files: must be a table"),
    ('"boot0.S" = "boot/boot0/boot0.S"', '"boot0.S" = "boot/boot0/boot0.S"\n"x.S" = "boot/x.S"',
     "files.x.S: no exercise is in this file"),
    ('file    = "mbr.S"', 'file = "mbr.s"', "exercise 1.1: file: mbr.s is not among [files]: mbr.S, boot0.S"),
    ('file    = "mbr.S"', "file = []", "exercise 1.1: file: must be a text"),
    ('file    = "mbr.S"', "", "exercise 1.1: file: missing"),
    ('number  = "1.2"', 'number = "1.1"', "exercise 1.1: number: taken"),
    ('number  = "1.2"', 'number = "2.2"', "exercise 2.2: number: must be 1.1, 1.2"),
    ('number  = "1.2"', "number = 1.2", "exercise 1.2: number: must be a text"),
    ('number  = "1.2"', "", "exercise in place 2: number: missing"),
    ("points  = 2", "points = 0", "exercise 1.1: points: must be a whole number above 0, not 0"),
    ("points  = 2", "points = 2.5", "exercise 1.1: points: must be a whole number"),
    ("points  = 2", "points = true", "exercise 1.1: points: must be a whole number"),
    ("points  = 2", "points = 2\nhint = 'x'", "exercise 1.1: hint: unknown"),
    ('section = "relocate"', 'section = ""', "exercise 1.1: section: must be a text"),
    (GOOD, 'title = "t"\nhandout = "h"\nexercise = 3\n[files]\n"a.S" = "boot/a.S"', "exercise: must be [[exercise]] tables"),
]


@pytest.mark.parametrize(("old", "new", "what"), WRONG, ids=[what for *_, what in WRONG])
def test_a_wrong_field_is_named_with_its_file(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert old in GOOD
    write_lab(tmp_path, "1-mbr", GOOD.replace(old, new, 1))
    with pytest.raises(LabError) as caught:
        load_labs(tmp_path)
    assert str(caught.value).startswith("labs/1-mbr/lab.toml: ")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["mbr", "0-mbr", "01-mbr", "1-MBR", "1"])
def test_a_folder_is_named_by_number_and_name(tmp_path: Path, name: str) -> None:
    write_lab(tmp_path, name, GOOD)
    with pytest.raises(LabError, match=f"^labs/{name}/lab.toml: the folder must be named"):
        load_labs(tmp_path)


def test_two_labs_cannot_have_one_number(tree: Path) -> None:
    write_lab(tree, "2-another", OTHER.replace("btx", "another"))
    with pytest.raises(LabError, match="number 2 is taken by labs/2-another"):
        load_labs(tree)


def test_two_labs_cannot_have_one_source(tree: Path) -> None:
    write_lab(tree, "3-more", OTHER.replace('"2.1"', '"3.1"'))
    with pytest.raises(LabError, match=r"labs/3-more/lab\.toml: files\.btx\.S: boot/btx/btx\.S belongs to labs/2-btx/btx\.S"):
        load_labs(tree)


# Submissions.


@pytest.fixture
def lab(tree: Path) -> Lab:
    return find_labs(tree, "2")[0]


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    (tmp_path / "submission").mkdir()
    return tmp_path / "submission"


@pytest.mark.parametrize("place", ["labs/2-btx/btx.S", "2-btx/btx.S", "btx.S"])
def test_a_file_is_found_in_each_of_its_places(lab: Lab, submission: Path, tmp_path: Path, place: str) -> None:
    (submission / place).parent.mkdir(parents=True, exist_ok=True)
    (submission / place).write_text("hlt\n")
    (submission / "lab.toml").write_text("not to be copied")
    assert collect(lab, submission, tmp_path / "into") == (tmp_path / "into/labs/2-btx/btx.S",)
    assert [path.relative_to(tmp_path / "into").as_posix() for path in (tmp_path / "into").rglob("*") if path.is_file()] == [
        "labs/2-btx/btx.S"]
    assert (tmp_path / "into/labs/2-btx/btx.S").read_text() == "hlt\n"


def test_the_first_place_wins(lab: Lab, submission: Path, tmp_path: Path) -> None:
    for place in ("labs/2-btx", "2-btx", "."):
        (submission / place).mkdir(parents=True, exist_ok=True)
        (submission / place / "btx.S").write_text(place)
    copy, = collect(lab, submission, tmp_path / "into")
    assert copy.read_text() == "labs/2-btx"


def test_a_missing_file_is_named(lab: Lab, tree: Path, submission: Path, tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"btx\.S is missing: it may stand in labs/2-btx/"):
        collect(lab, submission, tmp_path / "into")
    with pytest.raises(SubmissionError, match=r"^labs/2-btx/btx\.S is missing; `make stubs LAB=2` restores it"):
        collect(lab, tree, tmp_path / "into")
    with pytest.raises(SubmissionError, match="nowhere: No such file"):
        collect(lab, tmp_path / "nowhere", tmp_path / "into")


def link_file(submission: Path, secret: Path) -> None:
    (submission / "btx.S").symlink_to(secret)


def link_dangling(submission: Path, secret: Path) -> None:
    (submission / "btx.S").symlink_to(secret / "nothing")


def link_folder(submission: Path, secret: Path) -> None:
    (submission / "2-btx").symlink_to(secret.parent)


def link_upper_folder(submission: Path, secret: Path) -> None:
    (submission / "labs").symlink_to(secret.parent)


def make_fifo(submission: Path, secret: Path) -> None:
    os.mkfifo(submission / "btx.S")


def make_socket(submission: Path, secret: Path) -> None:
    here = Path.cwd()
    os.chdir(submission)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("btx.S")
    finally:
        os.chdir(here)


def make_folder(submission: Path, secret: Path) -> None:
    (submission / "btx.S").mkdir()


def make_large(submission: Path, secret: Path) -> None:
    (submission / "btx.S").write_bytes(b"\n" * (SUBMISSION_LIMIT + 1))


def make_binary(submission: Path, secret: Path) -> None:
    (submission / "btx.S").write_bytes(b"hlt\0\n")


@pytest.mark.parametrize(("prepare", "what"), [
    (link_file, "btx.S is a symbolic link"), (link_dangling, "btx.S is a symbolic link"),
    (link_folder, "2-btx is a symbolic link"), (link_upper_folder, "labs is a symbolic link"),
    (make_fifo, "not a regular file"), (make_socket, "not a regular file"), (make_folder, "not a regular file"),
    (make_large, "larger than 256 KiB"), (make_binary, "NUL byte")])
def test_a_hostile_file_is_refused(lab: Lab, submission: Path, tmp_path: Path, prepare, what: str) -> None:
    secret = tmp_path / "secrets" / "btx.S"
    secret.parent.mkdir()
    secret.write_text("the answer")
    prepare(submission, secret)
    with pytest.raises(SubmissionError, match=what):
        collect(lab, submission, tmp_path / "into")
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize("prepare", [link_file, link_folder, link_upper_folder])
def test_a_link_swapped_in_after_the_look_is_not_followed(
        lab: Lab, submission: Path, tmp_path: Path, prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "2-btx" / "btx.S"
    secret.parent.mkdir()
    secret.write_text("the answer")
    (secret.parent / "2-btx").symlink_to(".")
    prepare(submission, secret)
    monkeypatch.setattr(labs, "_refuse_link", lambda name, folder, where: None)
    with pytest.raises(SubmissionError):
        collect(lab, submission, tmp_path / "into")


def test_a_file_of_the_greatest_size_is_taken(lab: Lab, submission: Path, tmp_path: Path) -> None:
    (submission / "btx.S").write_bytes(b"\n" * SUBMISSION_LIMIT)
    copy, = collect(lab, submission, tmp_path / "into")
    assert copy.stat().st_size == SUBMISSION_LIMIT
