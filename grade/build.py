"""Build what a grading judges: the listed files of one submission, and this tree for everything else.

The submission's files are copied first (grade/labs.py refuses what is not a plain file), so that nothing else of the
graded tree is ever read; make then builds the view of that copy in the run's own folder. Two gradings share only
build/ref, and build it one at a time.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from grade import fence
from grade.bench import Programs
from grade.failure import HarnessFault
from grade.labs import Lab, SubmissionError, collect

# What each lab's checks boot, by the name that they use: where make puts it, and the student's files in it.
PROGRAMS: Mapping[int, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    1: {"mbr": ("boot/boot0/mbr.bin", ("mbr.S",)), "boot0": ("boot/boot0/boot0.bin", ("boot0.S",))},
    2: {"btx": ("boot/btx/btx.bin", ("btx.S", "v86.S")), "btx-paging": ("boot/btx/btx-paging.bin", ("btx.S", "v86.S"))},
    3: {"kernel-machdep": ("kernel/kernel-machdep", ("machdep.c",)), "kernel-trap": ("kernel/kernel-trap", ("trap.c",))},
    4: {"kernel-sysinit": ("kernel/kernel-sysinit", ("subr_sysinit.c",)),
        "kernel-whole": ("kernel/kernel-whole", ("subr_sysinit.c",))},
    5: {"kernel-splay": ("kernel/kernel-splay", ("vm_map_splay.c",)), "kernel-map": ("kernel/kernel-map", ("vm_map.c",)),
        "kernel-fault": ("kernel/kernel-fault", ("vm_fault.c",)),
        "kernel-vm": ("kernel/kernel-vm", ("vm_map_splay.c", "vm_map.c", "vm_fault.c"))},
}

# What they boot besides, which is never the student's: where it stands in build/ref.
GIVEN: Mapping[int, Mapping[str, str]] = {
    1: {"probe": "boot/image/probe.bin"},
    2: {"btx_boot": "grade/drivers/btx_boot.bin", "btx_client": "grade/drivers/btx_client.bin"},
    3: {"disk": "grade/drivers/disk.img"},
    4: {"disk": "grade/drivers/disk.img"},
    5: {"disk": "grade/drivers/disk.img"},
}


def build_view(tree: Path, run: Path, labs: Sequence[Lab], *, submission: Path | None, fenced: bool) -> dict[int, Programs]:
    """Build the programs of each lab, from `submission` (None: the reference), under the folder `run` of the tree.

    A file that is missing, refused or does not build is in its Programs' errors: that costs points and nothing else.
    Raises HarnessFault when make itself, the reference or the fence is at fault.
    """
    sources = run / "labs"
    view = run / "view"
    errors: dict[tuple[int, str], str] = {}
    for lab in labs if submission is not None else ():
        for file, source in lab.files.items():
            try:
                collect(replace(lab, files={file: source}), submission, run)
            except SubmissionError as error:
                errors[lab.number, file] = str(error)
    with reference_lock(tree):
        made = _make(tree)
    if made.returncode:
        raise HarnessFault("the reference does not build:\n" + "\n".join(_spoken(made.stderr)))
    if submission is None:
        return {lab.number: _programs(tree, lab, tree / "build/ref", made, errors) for lab in labs}
    made = _make(tree, "-k", f"LAB={' '.join(lab.name for lab in labs)}", f"LABS_FROM={sources.relative_to(tree)}",
                 f"VIEW={view.relative_to(tree)}", f"FENCE={'require' if fenced else 'unfenced'}")
    if re.search(r"^fence: ", made.stderr, re.MULTILINE) and (why := fence.available()):    # a student can print that, too
        raise HarnessFault(why)
    return {lab.number: _programs(tree, lab, view, made, errors) for lab in labs}


def _make(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make view`, by the words of these arguments alone."""
    return subprocess.run(["make", "view", *arguments], cwd=tree, env=_clean_environment(), capture_output=True,
                          text=True, check=False)


def _programs(tree: Path, lab: Lab, folder: Path, made: subprocess.CompletedProcess[str],
              errors: Mapping[tuple[int, str], str]) -> Programs:
    images = {name: tree / "build/ref" / path for name, path in GIVEN[lab.number].items()}
    broken = {}
    for program, (path, files) in PROGRAMS[lab.number].items():
        image = folder / path
        if refused := [error for file in files if (error := errors.get((lab.number, file)))]:
            broken[program] = "\n".join(refused)
        elif image.is_file():
            images[program] = image
        else:
            broken[program] = _told(made.stderr.replace(f"{folder.relative_to(tree)}/", ""), lab, program)
    return Programs(folder, images, broken, _toolprefix(tree))


def _told(text: str, lab: Lab, program: str) -> str:
    """What the tools said of one program, each line once; a line that names none goes with the line before it.
    All that they said, if they named none."""
    names = {name: (f"{name}: ", *(word for file in files for word in (f"labs/{lab.name}/{file}", f"/{Path(file).stem}.o")))
             for name, (_, files) in PROGRAMS[lab.number].items()}
    named, told = "", []
    for line in _spoken(text):
        named = next((name for name, words in names.items() if any(word in line for word in words)), named)
        told += [line] * (named == program and line not in told)
    return "\n".join((told or _spoken(text))[:20]) or "no program, and no word of why"


def _spoken(text: str) -> list[str]:
    """The lines that tools print, without make's own remarks."""
    return [line for line in text.splitlines() if line and not re.match(r"g?make(\[\d+\])?:", line)]


def _toolprefix(tree: Path) -> str:
    """TOOLPREFIX as make has it: the environment's, or what setup.sh found."""
    found = re.search(r"^TOOLPREFIX \?= *(\S*)", (tree / "build" / "tools.mk").read_text(encoding="utf-8"), re.MULTILINE)
    return os.environ.get("TOOLPREFIX") or (found[1] if found else "")


def _clean_environment() -> dict[str, str]:
    """Ours, without what an outer make or the user's own settings would tell the inner one."""
    told = {"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "LAB", "TEST", "SEED", "SUBMISSION", "VIEW", "FENCE", "LABS_FROM"}
    return {name: value for name, value in os.environ.items() if name not in told} | {"LC_ALL": "C"}


@contextmanager
def reference_lock(tree: Path) -> Iterator[None]:
    """Held while make may write to build/ref."""
    (tree / "build").mkdir(exist_ok=True)
    with open(tree / "build" / ".building", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
