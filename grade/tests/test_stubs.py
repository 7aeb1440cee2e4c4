"""`make stubs`: what it writes, what it leaves, and that no work is ever lost."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from grade import stubs

LAB = """\
title   = "Sector 0"
handout = "handouts/1-mbr.md"
[files]
"mbr.S" = "boot/boot0/mbr.S"
"menu.c" = "boot/boot0/menu.c"
[[exercise]]
number  = "1.1"
title   = "Relocate"
file    = "mbr.S"
points  = 2
section = "relocate"
[[exercise]]
number  = "1.2"
title   = "Menu"
file    = "menu.c"
points  = 3
section = "menu"
"""
MBR = """\
start:
\t/* LAB 1.1 BEGIN */
\tmovw $512, %cx
\t/* LAB 1.1 STUB lab_stub "LAB 1.1" */
\t/* LAB 1.1 END */
"""
MENU = """\
/* LAB 1.2 BEGIN */
int menu = 3;
/* LAB 1.2 STUB int menu; */
/* LAB 1.2 END */
"""
MBR_STUB = 'start:\n\t/* LAB 1.1: your code goes here, in place of the stub. */\n\tlab_stub "LAB 1.1"\n'
MENU_STUB = "/* LAB 1.2: your code goes here, in place of the stub. */\nint menu;\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {"labs/1-mbr/lab.toml": LAB, "boot/boot0/mbr.S": MBR, "boot/boot0/menu.c": MENU}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.fixture
def folder(tree: Path) -> Path:
    """The lab's folder, its stubs written."""
    assert stubs.main([], tree=tree) == 0
    return tree / "labs/1-mbr"


def change_reference(tree: Path) -> None:
    """Give exercise 1.1 another stub."""
    (tree / "boot/boot0/mbr.S").write_text(MBR.replace('"LAB 1.1"', '"LAB 1.1, again"'))


def test_the_stubs_are_written_with_a_record_that_sha256sum_reads(folder: Path) -> None:
    assert (folder / "mbr.S").read_text() == MBR_STUB
    assert (folder / "menu.c").read_text() == MENU_STUB
    assert (folder / ".generated").read_text().splitlines()[0] == hashlib.sha256(MBR_STUB.encode()).hexdigest() + "  mbr.S"
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", ".generated"], cwd=folder, check=True)


def test_a_second_run_changes_nothing(tree: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in folder.iterdir():
        os.utime(path, ns=(1, 1))
    capsys.readouterr()
    assert stubs.main(["--lab", "1"], tree=tree) == 0
    assert all(path.stat().st_mtime_ns == 1 for path in folder.iterdir())
    assert capsys.readouterr().out == "labs/ is as the marks generate it: nothing to do\n"


def test_only_what_the_reference_changed_is_rewritten(tree: Path, folder: Path) -> None:
    os.utime(folder / "menu.c", ns=(1, 1))
    change_reference(tree)
    assert stubs.main([], tree=tree) == 0
    assert "again" in (folder / "mbr.S").read_text()
    assert (folder / "menu.c").stat().st_mtime_ns == 1
    assert stubs.main(["--check"], tree=tree) == 0


@pytest.mark.parametrize("changed", [False, True])
def test_an_edited_file_is_refused_and_named_and_the_others_are_done(
        tree: Path, folder: Path, changed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mbr.S").write_text("my work\n")
    (folder / "menu.c").unlink()
    if changed:
        change_reference(tree)
    assert stubs.main([], tree=tree) == 1
    assert "labs/1-mbr/mbr.S: refused: it has been edited" in capsys.readouterr().err
    assert (folder / "mbr.S").read_text() == "my work\n"
    assert (folder / "menu.c").read_text() == MENU_STUB
    assert stubs.main([], tree=tree) == 1, "a second try must not take the work for something generated"
    assert sorted(path.name for path in folder.iterdir()) == [".generated", "lab.toml", "mbr.S", "menu.c"]


def test_force_keeps_numbered_backups(tree: Path, folder: Path) -> None:
    for work in ("first\n", "second\n"):
        (folder / "mbr.S").write_text(work)
        assert stubs.main(["--force"], tree=tree) == 0
        assert (folder / "mbr.S").read_text() == MBR_STUB
    assert (folder / "mbr.S.1.bak").read_text() == "first\n"
    assert (folder / "mbr.S.2.bak").read_text() == "second\n"
    assert not (folder / "menu.c.1.bak").exists()


def test_a_file_without_a_record_counts_as_edited(tree: Path, folder: Path) -> None:
    (folder / ".generated").unlink()
    change_reference(tree)
    assert stubs.main([], tree=tree) == 1
    assert (folder / "mbr.S").read_text() == MBR_STUB
    assert (folder / ".generated").read_text().split()[1::2] == ["menu.c"]


def test_a_broken_record_is_named_and_nothing_is_written(
        tree: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".generated").write_text("<<<<<<< HEAD\n")
    change_reference(tree)
    assert stubs.main([], tree=tree) == 2
    assert "labs/1-mbr/.generated:1: not a digest" in capsys.readouterr().err
    assert (folder / "mbr.S").read_text() == MBR_STUB


def test_a_link_is_refused_even_by_force(tree: Path, folder: Path) -> None:
    (tree / "elsewhere.S").write_text("my work\n")
    (folder / "mbr.S").unlink()
    (folder / "mbr.S").symlink_to(tree / "elsewhere.S")
    assert stubs.main(["--force"], tree=tree) == 1
    assert (tree / "elsewhere.S").read_text() == "my work\n"


def test_check_is_quiet_when_all_is_right(tree: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert stubs.main(["--check"], tree=tree) == 0
    assert capsys.readouterr() == ("", "")


def test_check_shows_a_short_diff_and_writes_nothing(
        tree: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mbr.S").write_text(MBR_STUB.replace("lab_stub", "nop"))
    (folder / "menu.c").write_text("".join(f"line {number}\n" for number in range(100)))
    assert stubs.main(["--check"], tree=tree) == 1
    shown = capsys.readouterr().out
    assert '-\tnop "LAB 1.1"\n+\tlab_stub "LAB 1.1"\n' in shown
    assert "labs/1-mbr/menu.c" in shown and "more lines" in shown
    assert shown.count("\n") < 40
    assert "nop" in (folder / "mbr.S").read_text()


def test_check_finds_what_is_missing_stale_or_listed_by_none(
        tree: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mbr.S").unlink()
    (folder / "old.c").write_text("int old;\n")
    (folder / ".generated").write_text("")
    assert stubs.main(["--check"], tree=tree) == 1
    shown = capsys.readouterr().out
    for what in ("mbr.S: missing", "old.c: lab.toml does not list it", ".generated: does not record"):
        assert f"labs/1-mbr/{what}" in shown


@pytest.mark.parametrize(("path", "text", "what"), [
    ("boot/boot0/mbr.S", MBR + MBR, "boot/boot0/mbr.S:7: LAB 1.1 is repeated"),
    ("boot/boot0/mbr.S", MBR.replace("1.1", "1.7"), "boot/boot0/mbr.S:2: LAB 1.7 is unknown"),
    ("boot/boot0/mbr.S", MBR + MENU, "boot/boot0/mbr.S:6: LAB 1.2 is unknown"),
    ("boot/boot0/mbr.S", "start:\n", "labs/1-mbr/lab.toml: exercise 1.1: boot/boot0/mbr.S has no mark"),
    ("boot/boot0/mbr.S", None, "boot/boot0/mbr.S: No such file"),
    ("boot/boot0/mbr.S", b"\xff\n", "boot/boot0/mbr.S: byte 0 is not UTF-8"),
    ("kernel/vm/splay.c", "\n" + MENU, "kernel/vm/splay.c:2: a mark in a file that no labs/*/lab.toml lists"),
    ("user/x.h", "// LAB 1.2 BEGIN\n", "user/x.h:1: a mark in a file that no labs/*/lab.toml lists"),
    ("labs/1-mbr/lab.toml", LAB.replace("title ", "name "), "labs/1-mbr/lab.toml: name: unknown"),
])
def test_marks_and_lab_toml_must_agree_before_anything_is_written(
        tree: Path, path: str, text: str | bytes | None, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        (tree / path).unlink()
    else:
        (tree / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert stubs.main([], tree=tree) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(what) and shown.count("\n") == 1
    assert [path.name for path in (tree / "labs/1-mbr").iterdir()] == ["lab.toml"]


def test_an_unknown_lab_gets_the_list(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stubs.main(["--lab", "9"], tree=tree) == 2
    assert "there are: 1 (1-mbr)" in capsys.readouterr().err


def test_a_release_restores_a_stub_from_its_copy(tree: Path, folder: Path) -> None:
    copies = tree / stubs.PRISTINE / "1-mbr"
    copies.mkdir(parents=True)
    for file in ("mbr.S", "menu.c"):
        (folder / file).rename(copies / file)
    (tree / "boot/boot0/mbr.S").unlink()
    (tree / "boot/boot0/menu.c").unlink()
    (folder / "menu.c").write_text("my work\n")
    assert stubs.main([], tree=tree) == 1
    assert (folder / "mbr.S").read_text() == MBR_STUB
    assert (folder / "menu.c").read_text() == "my work\n"


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
        tree: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Root may write anywhere, so the refusal comes from os.replace itself."""
    def refuse(source: Path, target: Path) -> None:
        raise OSError(30, "Read-only file system", str(source))

    (folder / "mbr.S").write_text("my work\n")
    monkeypatch.setattr(os, "replace", refuse)
    assert stubs.main(["--force"], tree=tree) == 2
    assert capsys.readouterr().err == "labs/1-mbr/mbr.S.1.bak: cannot be written: Read-only file system\n"
    assert (folder / "mbr.S").read_text() == "my work\n"
    assert sorted(path.name for path in folder.iterdir()) == [".generated", "lab.toml", "mbr.S", "menu.c"]
