"""`make doctor`: is anything wrong with this computer?

A broken compiler or emulator must never be scored as a student's 0. So this goes the way of a grading with nothing
of a student's in it, in three steps of which each needs only those before: are the tools there, does Bochs run a
boot sector that was assembled long ago (no compiler of this computer has touched it), does the reference solution,
built here, do what the checks ask. `make grade` takes the same steps by itself when every check of it fails.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from grade import fence
from grade.bench import Bench, Programs
from grade.bochs import Machine
from grade.build import build_view
from grade.checks import lab_1_mbr
from grade.check import CHECK, Check
from grade.debugger import Unreadable
from grade.disk import Disk, Geometry
from grade.failure import HarnessFault, StudentFailure
from grade.labs import find_labs

TREE = Path(__file__).resolve().parent.parent

# A boot sector that sends SAYS to COM1, waiting for the transmitter before and after, and then writes "Shutdown" to
# port 8900h. Kept as bytes, so that no assembler of this computer has a part in it.
KNOWN_GOOD = bytes.fromhex(
    "31c08ed8bafb03b003eebaf803be407cac84c0741288c3bafd03eca82074fbbaf80388d8"
    "eeebe9bafd03eca84074fbbe487cba0089ac84c07403eeebf8f4ebfd4070726f63300d00"
    "53687574646f776e00")
SAYS = b"@proc0\r"


def examine(tree: Path, *, bochs: str, fenced: bool, say: Callable[[str], None] = lambda line: None) -> list[str]:
    """What is wrong with this computer, in plain words; nothing when all is well. `say` hears of each step. Whether
    there is a fence counts only if `fenced`: a student's own tree is graded without one."""
    why = fence.available()
    say(f"  {'FAIL' if why else 'ok  '} the fence" + (f", which only SUBMISSION= needs: {why}" if why else ""))
    if why and fenced:
        return [f"the fence: {why}"]
    for title, step in (("Bochs, with a boot sector of known worth", _emulator),
                        ("the compiler, with the reference solution", _toolchain)):
        try:
            step(tree, bochs)
        except (HarnessFault, StudentFailure, Unreadable, OSError) as error:
            say(f"  FAIL {title}")
            return [f"{title}: {error}"]
        say(f"  ok   {title}")
    return []


def _emulator(tree: Path, bochs: str) -> None:
    """Boot the known-good sector; its seven bytes must come out of COM1, and the power must go off."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        disk = Disk(Geometry(20, 16, 63), sectors={0: KNOWN_GOOD.ljust(510, b"\0") + b"\x55\xaa"})
        disk.write(place / "disk0.img", b"")
        with Machine(place, disks=[(place / "disk0.img", disk.bochs_fields)], bochs=bochs) as machine:
            stop = machine.run(50_000_000)
        if stop.why != "power-off" or machine.serial != SAYS:
            raise HarnessFault(f"a boot sector that is known to be good ends in {stop.why!r} and says "
                               f"{machine.serial!r} on COM1, instead of {SAYS!r}. Is `bochs` the distribution's 2.7? "
                               f"Run `make setup`")


def _toolchain(tree: Path, bochs: str) -> None:
    """Build the reference and put it through one case of a few checks."""
    place = tree / "build" / "grade"
    place.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="doctor-", dir=place))
    try:
        labs = find_labs(tree, "1")
        programs = build_view(tree, run, labs, submission=None, fenced=False)[1]
        for number, judge in enumerate((lab_1_mbr.relocate, lab_1_mbr.registers, lab_1_mbr.lines)):
            _judge_reference(run / str(number), programs, judge, bochs)
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _judge_reference(folder: Path, programs: Programs, judge: Callable, bochs: str) -> None:
    folder.mkdir()
    check: Check = getattr(judge, CHECK)
    try:
        judge(Bench(folder, programs, bochs=bochs), next(iter(check.cases(Random(0)))))
    except StudentFailure as failure:
        raise HarnessFault(f"the reference solution, built here, fails `{check.name}` ({failure}). The toolchain makes "
                           f"code that does not do what its source says: run `make setup`, or choose another with "
                           f"TOOLPREFIX=") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when all is well, 2 when something is not."""
    parser = argparse.ArgumentParser(prog="python3 -m grade.doctor", description="Is this computer fit to grade on?")
    parser.add_argument("--bochs", default="bochs", help="the emulator (default: %(default)s)")
    options = parser.parse_args(arguments)
    troubles = examine(TREE, bochs=options.bochs, fenced=False, say=lambda line: print(line, flush=True))
    print("\n".join(troubles) if troubles else "Nothing is wrong with this computer.")
    return 2 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
