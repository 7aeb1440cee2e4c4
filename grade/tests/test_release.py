"""The release: no line of a solution in it, objects that link as the originals do, and an ABI check."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from grade import release, stubs
from grade.labs import load_labs, tree_root
from grade.marks import find_marks

LAB = """\
title   = "Sector 0"
handout = "handouts/1-mbr.md"
[files]
"boot0.S" = "boot/boot0/boot0.S"
"menu.c" = "boot/boot0/menu.c"
[[exercise]]
number  = "1.1"
title   = "Relocate"
file    = "boot0.S"
points  = 2
section = "relocate"
[[exercise]]
number  = "1.2"
title   = "Menu"
file    = "menu.c"
points  = 3
section = "menu"
"""
BOOT0 = """\
#include "boot/boot.h"
\t.globl\tstart
start:
\t/* LAB 1.1 BEGIN */
\tmov\t$SECTOR, %ecx\t/* a secret comment of 1.1 */
\t.set	SECRET_STEP, 1
secret_label:
\tsub\t$SECRET_STEP, %ecx
\tjnz\tsecret_label
\tcall\tmenu
\t/* LAB 1.1 STUB lab_stub "LAB 1.1" */
\t/* LAB 1.1 END */
\tret
#ifdef SIO
\tnop
#endif
"""
MENU = """\
#include <stdint.h>
#include "boot/boot.h"
/* LAB 1.2 BEGIN */
static int __attribute__((noinline))
secret_helper(int secret_argument)
{
\treturn secret_argument * SECTOR + 41;
}
/* LAB 1.2 STUB int menu_missing; */
/* LAB 1.2 END */
int menu(void);
int
menu(void)
{
\treturn secret_helper(7);
}
"""
# Stands for the real one: objects with debug information, one source built twice, dependency files.
MAKEFILE = """\
CC = {cc}
OBJ = build/ref/boot/boot0
all: $(OBJ)/boot0.o $(OBJ)/boot0sio.o $(OBJ)/menu.o
$(OBJ)/boot0.o: boot/boot0/boot0.S
$(OBJ)/boot0sio.o: boot/boot0/boot0.S
$(OBJ)/boot0sio.o: CPPFLAGS = -DSIO
$(OBJ)/menu.o: boot/boot0/menu.c
%.o:
\t@mkdir -p $(@D)
\t$(CC) -m32 -g -O1 -ffreestanding -fno-pic -I. $(CPPFLAGS) -MMD -MP -c -o $@ $<
print-solved:
\t@echo boot/boot0/boot0.S $(OBJ)/boot0.o
\t@echo boot/boot0/boot0.S $(OBJ)/boot0sio.o
\t@echo boot/boot0/menu.c $(OBJ)/menu.o
"""


def tool(name: str) -> str:
    """Return the i386 toolchain's `name`, as GNUmakefile would choose it."""
    for prefix in ("i686-elf-", "i686-linux-gnu-", ""):
        if found := shutil.which(f"{prefix}gcc") and shutil.which(prefix + name):
            return found
    raise FileNotFoundError(name)


def run(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, text=True, capture_output=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small reference under git, with an instructor's own attempt in labs/."""
    tree = tmp_path / "tree"
    for name, text in {
        "README.md": "proc0\n",
        ".gitignore": "/build/\n",
        "GNUmakefile": MAKEFILE.format(cc=tool("gcc")),
        "boot/boot.h": "#define SECTOR 512\n",
        "boot/boot0/boot0.S": BOOT0,
        "boot/boot0/menu.c": MENU,
        "handouts/1-mbr.md": "# Sector 0\n",
        "labs/1-mbr/lab.toml": LAB,
        "labs/1-mbr/boot0.S": BOOT0,
        "grade/stubs.py": "# stands for the harness\n",
        "grade/tests/test_mbr.py": "# secret_label\n",
        "grade/mutants/1-mbr/wrong.S": "# secret_label\n",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "README.md").chmod(0o755)
    run("git", "init", "-q", folder=tree)
    run("git", "add", ".", folder=tree)
    (tree / "notes.txt").write_text("secret_label: not tracked\n")
    return tree


def make(tree: Path, out: Path) -> int:
    return release.main(["--out", str(out), "--objcopy", tool("objcopy")], tree=tree)


@pytest.fixture
def student(tree: Path, tmp_path: Path) -> Path:
    """The release of `tree`."""
    assert make(tree, tmp_path / "out" / "student") == 0
    return tmp_path / "out" / "student"


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def solution_lines(source: str, text: str) -> set[str]:
    """Return the lines between the marks of `text` that stand nowhere outside them."""
    lines = text.split("\n")
    marked = find_marks(text, source)
    inside = {number for mark in marked for number in range(mark.begin + 1, mark.end) if number != mark.stub_line}
    outside = {line.strip() for number, line in enumerate(lines, start=1) if number not in inside}
    return {lines[number - 1].strip() for number in inside} - outside


def solution_runs(source: str, text: str) -> set[str]:
    """Return each three of those lines that follow each other, but for very short ones, unless a stub has them, too."""
    secret = solution_lines(source, text)

    def runs(part: list[str]) -> set[str]:
        lines = [line.strip() for line in part if len(line.strip()) > 16]
        return {" ".join(" ".join(run).split()) for run in zip(lines, lines[1:], lines[2:]) if secret.issuperset(run)}
    lines, found = text.split("\n"), set()
    for mark in find_marks(text, source):
        found |= runs(lines[mark.begin:mark.stub_line - 1]) - runs(mark.stub.split("\n"))
    return found


def test_the_release_holds_what_it_says_and_nothing_else(student: Path) -> None:
    assert files(student) == [
        ".gitignore", "GNUmakefile", "README.md", "boot/boot.h", "grade/stubs.py", "handouts/1-mbr.md",
        "labs/1-mbr/.generated", "labs/1-mbr/boot0.S", "labs/1-mbr/lab.toml", "labs/1-mbr/menu.c",
        "solved/MANIFEST", "solved/boot/boot0/boot0.o", "solved/boot/boot0/boot0sio.o", "solved/boot/boot0/menu.o",
        "solved/stubs/1-mbr/boot0.S", "solved/stubs/1-mbr/menu.c"]
    assert (student / "README.md").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in student.parent.iterdir()] == ["student"], "the scratch folder stayed"


def test_no_line_of_a_solution_is_in_the_release(student: Path) -> None:
    secrets = solution_lines("boot0.S", BOOT0) | solution_lines("menu.c", MENU)
    secrets |= {"secret_label", "SECRET_STEP", "a secret comment", "secret_argument", "secret_helper(int"}
    assert len(secrets) > 10
    for name in files(student):
        content = (student / name).read_bytes()
        for secret in secrets - {"{", "}"}:
            assert secret.encode() not in content, f"{name} holds {secret!r}"


def test_objects_have_no_debug_information_and_no_local_names(student: Path) -> None:
    for name in files(student / "solved/boot"):
        path = str(student / "solved/boot" / name)
        assert ".debug" not in run(tool("objdump"), "-h", path, folder=student)
        assert "secret" not in run(tool("nm"), path, folder=student)


def test_objects_link_to_the_same_bytes_as_the_originals(tree: Path, student: Path, tmp_path: Path) -> None:
    images = []
    for root in (tree / "build/ref/boot/boot0", student / "solved/boot/boot0"):
        images.append(tmp_path / f"{len(images)}.bin")
        run(tool("ld"), "-m", "elf_i386", "-Ttext", "0x600", "-e", "start", "--oformat", "binary",
            "-o", str(images[-1]), "boot0sio.o", "menu.o", folder=root)
    assert images[0].read_bytes() == images[1].read_bytes()
    assert len(images[0].read_bytes()) > 20


def test_the_stubs_there_are_restored_without_a_reference(tree: Path, student: Path) -> None:
    handed_out = (student / "labs/1-mbr/boot0.S").read_text()
    assert "your code goes here" in handed_out
    (student / "labs/1-mbr/boot0.S").unlink()
    assert stubs.main(["--lab", "1"], tree=student) == 0
    assert (student / "labs/1-mbr/boot0.S").read_text() == handed_out
    assert stubs.main(["--check"], tree=student) == 0


def test_verify_is_content_with_a_fresh_release(student: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert release.main(["--verify"], tree=student) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("remove", [False, True])
def test_verify_names_the_header_that_changed(
        student: Path, remove: bool, capsys: pytest.CaptureFixture[str]) -> None:
    if remove:
        (student / "boot/boot.h").unlink()
    else:
        (student / "boot/boot.h").write_text("#define SECTOR 2048\n")
    (student / "labs/1-mbr/menu.c").write_text("my work\n")
    assert release.main(["--verify"], tree=student) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("boot/boot.h: changed since solved/boot/boot0/boot0.o was compiled against it")
    assert shown.count("\n") == 1


def test_verify_names_an_object_that_changed(student: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (student / "solved/boot/boot0/menu.o").write_bytes(b"mine")
    assert release.main(["--verify"], tree=student) == 1
    assert capsys.readouterr().err.startswith("solved/boot/boot0/menu.o: not the object that was released")


@pytest.mark.parametrize("text", ["", "[]", '{"objects": [{}]}', '{"objects": [{"object": 1, "sha256": "", "headers": {}}]}'])
def test_a_damaged_manifest_is_said_in_one_line(
        student: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (student / "solved/MANIFEST").write_text(text)
    assert release.main(["--verify"], tree=student) == 2
    assert capsys.readouterr().err == "solved/MANIFEST: damaged; restore it from the release\n"


def test_verify_elsewhere_says_that_this_is_no_release(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--verify"], tree=tree) == 2
    assert "is this a release?" in capsys.readouterr().err


def test_a_tarball_holds_the_same_and_is_the_same_each_time(tree: Path, student: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.tar.gz", tmp_path / "second.tar.gz"
    assert make(tree, first) == 0
    (tree / "README.md").touch()
    assert make(tree, second) == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == bytes(4), "gzip's header holds the time"
    with tarfile.open(first) as archive:
        assert sorted(member.name for member in archive if member.isfile()) == [f"proc0/{name}" for name in files(student)]


def test_a_folder_that_is_there_is_never_overwritten(
        tree: Path, student: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (student / "labs/1-mbr/menu.c").write_text("my work\n")
    assert make(tree, student) == 2
    assert "is there already; remove it first" in capsys.readouterr().err
    assert (student / "labs/1-mbr/menu.c").read_text() == "my work\n"


COPIED = BOOT0.split("BEGIN */\n")[1].split("\t/* LAB 1.1 STUB")[0]


@pytest.mark.parametrize(("name", "text", "what"), [
    ("handouts/1-mbr.md", "```\n" + COPIED.replace("\t", "   ") + "```\n",
     "handouts/1-mbr.md: holds part of the solution of LAB 1.1"),
    ("boot/boot0/old.S", BOOT0, "boot/boot0/old.S:4: a mark in a file that no labs/*/lab.toml lists"),
    ("boot/boot0/boot0.S", BOOT0.replace("LAB 1.1 END", "LAB 1.2 END"), "boot/boot0/boot0.S:12: LAB 1.2 END inside LAB 1.1"),
    ("boot/boot0/boot0.S", BOOT0.replace("\tret", "\tnonsense"),
     "make -s build/ref/boot/boot0/boot0.o: boot/boot0/boot0.S:13: Error: no such instruction"),
    ("boot/boot.h", "#error\n", "make -s build/ref/boot/boot0/boot0.o: ./boot/boot.h:1:2: error: #error"),
    ("GNUmakefile", "print-solved:\n\t@echo boot/boot0/menu.c build/ref/boot/boot0/menu.o\n",
     "make print-solved: no object of boot/boot0/boot0.S"),
    ("GNUmakefile", "print-solved:\n\t@echo ../a b\n", "make print-solved: '../a b' is not"),
    ("GNUmakefile", "all:\n", "make -s print-solved: make: *** No rule"),
    ("boot/boot0/menu.c", MENU + '#include "boot/extra.h"\n', "boot/extra.h: an object was compiled against it, but git"),
    ("boot/boot0/menu.c", MENU + '#include "build/extra.h"\n', "boot/boot0/menu.c: includes build/extra.h"),
], ids=range(10))
def test_a_release_that_would_be_wrong_is_not_made(
        tree: Path, tmp_path: Path, name: str, text: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    for header in ("boot/extra.h", "build/extra.h"):
        (tree / header).parent.mkdir(exist_ok=True)
        (tree / header).write_text("")
    (tree / name).write_text(text)
    if name.endswith("old.S"):
        run("git", "add", name, folder=tree)
    assert make(tree, tmp_path / "out") == 2
    shown = capsys.readouterr().err
    assert shown.startswith(what) and shown.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_what_git_tracks_and_is_not_here_is_named(
        tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "README.md").unlink()
    assert make(tree, tmp_path / "out") == 2
    assert capsys.readouterr().err == "README.md: git tracks it, but it is not here\n"


def test_without_git_the_folder_is_said_to_be_none_of_its_own(
        tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(tree / ".git")
    assert make(tree, tmp_path / "out") == 2
    assert "not a git repository" in capsys.readouterr().err


def test_no_line_of_this_trees_solutions_is_in_its_release(tmp_path: Path) -> None:
    """The whole tree, copied so that nothing else that builds here is in the way."""
    tree, out = tmp_path / "tree", tmp_path / "student"
    for name in run("git", "ls-files", folder=tree_root()).splitlines():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(tree_root() / name, tree / name, follow_symlinks=False)
    run("git", "init", "-q", folder=tree)
    run("git", "add", ".", folder=tree)
    assert make(tree, out) == 0
    assert release.main(["--verify"], tree=out) == 0
    shipped = {name: " ".join((out / name).read_bytes().decode("latin-1").split()) for name in files(out)}
    for lab in load_labs(tree):
        assert not shipped.keys() & set(lab.twins)
        for source in lab.files.values():
            assert source not in shipped
            secrets = solution_runs(source, (tree / source).read_text())
            assert len(secrets) > 5, f"{source} has too few lines to look for"
            for name, content in shipped.items():
                assert not [line for line in secrets if line in content], f"{name} holds lines of {source}"
