"""mmap(2) and its kin: every error in its order, and what processes read, against models that know nothing of the kernel.

The calls are made in the kernel (grade/drivers/services_mmap.c), by a process with memory of its own.
"""

from __future__ import annotations

import pytest

from grade.models import mmapcall
from grade.models.mmapcall import PAGE, Answer, Call, File
from grade.models.mmapspace import Layer, Space, Stored
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


# ---------------------------------------------------------------- what processes read

MEMFILE_MAX = 24 * PAGE
ROOM = MEMFILE_MAX + 16 * PAGE      # of what may be mapped of a file


def file_bytes(index: int) -> bytes:
    """services_memvnode.c's."""
    return bytes((index * 100 + i // 7) & 0xFF for i in range((4 + index) * PAGE - 1000 * index))


def msync(space: Space, addr: int, length: int, flags: int) -> int:
    """The errno; files' pages are on the disk then, if it was told to wait."""
    if flags & 3 == 3:
        return mmapcall.EINVAL
    if length and not space.whole(addr, length) or addr // PAGE not in space.pages:
        return mmapcall.ENOMEM
    if length and flags & 1 == 0:
        for page in space.inside(addr, length):
            node = page.node
            while isinstance(node, Layer):
                node = node.below
            if node is not None:
                node[0].dirty.discard(node[1])
    return 0


class Replay:
    """The operations of a boot, done by the model; what the kernel has answered otherwise."""

    def __init__(self) -> None:
        self.stored = [Stored(file_bytes(index), ROOM) for index in range(2)]
        kinds = [(0, "rw"), (0, "r"), (1, "rw")]
        self.files = {fd: (self.stored[index], File("regular", mode)) for fd, (index, mode) in enumerate(kinds)}
        self.spaces: dict[int, Space] = {0: Space(self.files)}
        self.compared = 0

    def do(self, op: Fact) -> str | None:
        """What is wrong with it, if something is."""
        expected = self._expected(op)
        for key, value in expected.items():
            if value is not None and op[key] != value:
                return f"{op}: {key} should be {value}"
            self.compared += value is not None
        return None

    def _expected(self, op: Fact) -> dict[str, int | None]:
        space = self.spaces[op["vm"]]
        match op.values["call"]:
            case "mmap":
                answer = space.mmap(drawn(op))
                return {"e": answer.errno} | ({"r": answer.addr} if answer.errno == 0 else {})
            case "munmap":
                return {"e": space.munmap(op["a"], op["l"])}
            case "mprotect":
                return {"e": space.mprotect(op["a"], op["l"], op["p"])}
            case "minherit":
                return {"e": space.minherit(op["a"], op["l"], op["i"])}
            case "madvise":
                return {"e": space.madvise(op["a"], op["l"], op["b"])}
            case "msync":
                return {"e": msync(space, op["a"], op["l"], op["f"])}
            case "read":
                return {"r": space.read(op["a"])}
            case "write":
                return {"e": space.write(op["a"], op["b"])}
            case "disk":
                file = self.stored[op["d"]]
                return {"r": None if op["a"] // PAGE in file.dirty else file.bytes[op["a"]]}
            case "truncate":
                self.stored[op["d"]].truncate(op["l"])
            case "fork":
                self.spaces[op["c"]] = space.fork()
            case call:
                assert call == "switch", call
        return {}

    def wrong_disks(self, facts: list[Fact]) -> list[str]:
        """When all is unmapped, and the vnodes are gone, all has been written."""
        found = []
        for fact in facts:
            file, total = self.stored[fact["d"]], 0
            for byte in [*file.bytes[:file.size], *[0] * (MEMFILE_MAX - file.size)]:
                if byte is None:
                    break
                total = (total * 31 + byte) & 0xFFFFFFFF
            else:
                if (fact["r"], fact["size"]) != (total, file.size):
                    found.append(f"{fact}: {total}, {file.size} bytes")
        return found


def replay(seed: int, count: int) -> int:
    """How many answers were compared; none was wrong."""
    facts = parse(ended(run("mmap_draw", seed=seed, mmap_count=str(count))))
    model = Replay()
    ops = [fact for fact in facts if fact.name == "op"]
    assert len(ops) == count
    for number, op in enumerate(ops):
        wrong = model.do(op)
        assert wrong is None, f"seed {seed}, operation {number} of {count}: {wrong}"
    assert not model.wrong_disks([fact for fact in facts if fact.name == "disk"])
    assert all(fact["r"] == 1 for fact in facts if fact.name == "uses"), "somebody uses a vnode still"
    [census] = [fact for fact in facts if fact.name == "census"]
    assert census["same"] == 1, census
    return model.compared


def test_what_processes_read() -> None:
    assert replay(1, 1500) > 1000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 22))
def test_what_processes_read_with_other_seeds(seed: int) -> None:
    replay(seed, 3000)
