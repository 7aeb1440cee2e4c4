"""mmap(2) and its kin: every error in its order, and what processes read, against models that know nothing of the kernel.

The calls are made in the kernel (grade/drivers/services_mmap.c), by a process with memory of its own.
"""

from __future__ import annotations

import pytest

from grade.models import mmapcall
from grade.models.mmapcall import Answer, Call, File
from grade.tests.services import Fact, parse, run

FILES = dict(enumerate((
    File("regular", "rw"), File("regular", "r"), File("regular", "w"), File("regular", "rw", locked=True),
    File("regular", "rw", locked=True), File("regular", "rw"), File("directory", "rw"), File("pipe", "rw"),
    File("zero", "rw"), File("memory", "rw", pages=3), File("memory", "r", pages=3), File("plain", "rw"))))
KEPT = (0x40000000, 0x40002000)
LOW_ROOM = 0x6000 - 0x2000


def drawn(fact: Fact) -> Call:
    return Call(fact["a"], fact["l"], fact["p"], fact["f"], fact["d"], fact["o"])


def wrong_answers(facts: list[Fact]) -> list[str]:
    found = []
    for fact in facts:
        want = mmapcall.answer(drawn(fact), FILES, [KEPT], room=LOW_ROOM if fact["v"] else None)
        got = Answer(fact["e"], fact["r"] if fact["e"] == 0 else 0)
        if got != want:
            found.append(f"{drawn(fact)} low={fact['v']}: {got}, not {want}")
    return found


def ended(serial: str) -> str:
    assert "@services end" in serial and "panic" not in serial, serial[-3000:]
    return serial


@pytest.mark.parametrize("seed", [1])
def test_errors_in_their_order(seed: int) -> None:
    facts = [fact for fact in parse(ended(run("mmap_errors", seed=seed))) if fact.name == "mmap"]
    assert len(facts) == 1500
    wrong = wrong_answers(facts)
    assert not wrong, f"{len(wrong)}: " + "\n".join(wrong[:10])
    assert {fact["e"] for fact in facts} == {0, mmapcall.EPERM, mmapcall.EBADF, mmapcall.ENOMEM, mmapcall.EACCES,
                                             mmapcall.ENODEV, mmapcall.EINVAL}
