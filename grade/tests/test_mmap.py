"""mmap(2) and its kin: every error in its order, and what processes read, against models that know nothing of the kernel.

The calls are made in the kernel (grade/drivers/services_mmap.c), by a process with memory of its own.
"""

from __future__ import annotations

import subprocess

import pytest

from grade.models import mmapcall
from grade.models.mmapcall import (EACCES, EBADF, EINVAL, ENODEV, ENOMEM, EPERM, PAGE, Answer, Call,
                                   File)
from grade.models.mmapspace import Layer, Space, Stored
from grade.tests.emulation import TREE
from grade.tests.services import Fact, parse, run

FILES = dict(enumerate((
    File("regular", "rw"), File("regular", "r"), File("regular", "w"), File("regular", "rw", locked=True),
    File("regular", "rw", locked=True), File("regular", "rw"), File("directory", "rw"), File("pipe", "rw"),
    File("zero", "rw"), File("memory", "rw", pages=3), File("memory", "r", pages=3), File("plain", "rw"))))
KEPT = (0x40000000, 0x40002000)
EIO, EFAULT, EBUSY, EFBIG, EAGAIN, EOPNOTSUPP = 5, 14, 16, 27, 35, 45
WIRED_AT_MOST = 100                 # pages: what the kernel itself has, and what zones keep
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


@pytest.fixture(scope="module", name="facts")
def boot() -> list[Fact]:
    """One boot of all that needs no variables."""
    return parse(ended(run(" ".join(["mmap_errors", *(f"mmap_{name}" for name in STEPS), "mmap_fuzz"]))))


def named(facts: list[Fact], name: str) -> list[Fact]:
    return [fact for fact in facts if fact.name == name]


def check_errors(calls: list[Fact]) -> None:
    wrong = wrong_answers(calls)
    assert not wrong, f"{len(wrong)}: " + "\n".join(wrong[:10])
    assert {call["e"] for call in calls} == {0, EPERM, EBADF, ENOMEM, EACCES, ENODEV, EINVAL}


def test_errors_in_their_order(facts: list[Fact]) -> None:
    """Of two errors the one that comes first in the table wins."""
    check_errors(named(facts, "mmap"))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_errors_with_other_seeds(seed: int) -> None:
    check_errors(named(parse(ended(run("mmap_errors", seed=seed, mmap_count="2500"))), "mmap"))


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


def census_of(facts: list[Fact], name: str) -> Fact:
    """Nothing is left."""
    [census] = [fact for fact in named(facts, "census") if fact.values["name"] == name]
    assert census["same"] == 1, census
    assert census["wired"] < WIRED_AT_MOST, census
    return census


def replay(seed: int, count: int, *, fail: int = 0) -> int:
    """How many answers were compared; none was wrong."""
    facts = parse(ended(run("mmap_draw", seed=seed, mmap_count=str(count), mmap_fail=str(fail))))
    model = Replay()
    ops = named(facts, "op")
    assert len(ops) == count
    for number, op in enumerate(ops):
        wrong = model.do(op)
        assert wrong is None, f"seed {seed}, operation {number} of {count}: {wrong}"
    assert not model.wrong_disks(named(facts, "disk"))
    assert all(fact["r"] == 1 for fact in named(facts, "uses")), "somebody uses a vnode still"
    census_of(facts, "draw")
    return model.compared


def test_what_processes_read() -> None:
    """Whoever gets no memory at once waits for it, and nobody sees a difference."""
    assert replay(1, 1200, fail=1) > 1000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 23))
def test_what_processes_read_with_other_seeds(seed: int) -> None:
    replay(seed, 3000, fail=seed % 2)


# ---------------------------------------------------------------- one thing at a time

# What each step of services_mmap_calls.c and services_mmap_io.c answers.
STEPS = {
    "lock": [0, 3, ENOMEM, 3, EINVAL, EINVAL, 0, 2, 0, 0, ENOMEM, EAGAIN, ENOMEM, 0, 0,
             EINVAL, EINVAL, 0, 2, 0, ENOMEM, 0, 3, ENOMEM, 0, 0, 0],
    "break": [0, EINVAL, EINVAL, 0, 2, 0, 0, EFAULT, 0, 1, 7, -1, ENOMEM, 0, 4, 0, 0, ENOMEM, ENOMEM, ENOMEM, 0,
              ENOMEM, 0, 1, 0, 0, 0, EOPNOTSUPP, EOPNOTSUPP],
    "files": [0, 25, 32767, 0, EFBIG, 0, 0, 4, 0, 1, 1, 0, 1, 0, 0],
    "mincore": [0, 0, 0, 0, 0, ENOMEM, ENOMEM, ENOMEM, ENOMEM, 0, 0, 0, 0x0B, 99, EFAULT, EFAULT, 0, 0, 0, 0, 0],
    "io": [3, -1, 1, 2, 0, -1, 2, 0, 146, EIO, 146, 0, 77, 2, 0, 2, 0, 0, 55, 0, EBUSY, 0, 0, 66, -1, 2, 0, ENODEV,
           0, 1, 1],
    "readers": [1, 1],
    "windows": [0],
    "cut": [0, 1, -1, 8201 // 7 % 256, 0, 3, 0, 0, 0, 0, 3, 2, 0, -1, 2, 0, 0, -1],
    "cut_page": [0, 12288 // 7 % 256, 1, 12297 // 7 % 256, 0],
    "device": [0, 0, 0, 42, 42, EFAULT, 0, 43, 0, 0, 0, 9],
    "share": [0, 0, 0, 4096 // 7 % 256, 0, 0, 0, 201, 202, 0, 203, 1],
    "places": [-1, EFAULT, EINVAL, EINVAL, 0, -1, EACCES, ENOMEM, 0, 0, 0, 0, 1, 0, 0, 2, -1, 0, 1],
}


@pytest.mark.parametrize("name", STEPS)
def test_steps(facts: list[Fact], name: str) -> None:
    found: list[int] = []
    for fact in facts:
        if fact.name == "step":
            found = found[:fact["n"]] + [fact["r"]]
        elif fact.name == "census" and fact.values["name"] == name:
            break
    assert found == STEPS[name]
    census_of(facts, name)
    assert not named(facts, "wrong")


def test_mincore_bits(facts: list[Fact]) -> None:
    """In memory 1; used 2, written 4 by this process; 8 and 16 by anybody. Nothing more is known of others' mappings."""
    assert [fact.values["v"] for fact in named(facts, "step") if "v" in fact.values] == [
        "b00000000", "b0b1f0000", "b00000000", "b0b1f0b0b", "b09190909"]


# ---------------------------------------------------------------- whatever arguments

def check_fuzz(facts: list[Fact], count: int) -> None:
    assert not named(facts, "wrong")
    assert all(fact["r"] == 1 for fact in named(facts, "uses")), "somebody uses the vnode still"
    [answers] = named(facts, "answers")
    assert answers["e0"] > count // 5 and sum(answers[key] for key in answers.values) == count
    census_of(facts, "fuzz")


def test_fuzz(facts: list[Fact]) -> None:
    check_fuzz(facts, 4000)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
def test_fuzz_100000(seed: int) -> None:
    check_fuzz(parse(ended(run("mmap_fuzz", seed=seed, mmap_count="100000", mmap_fail=str(seed % 2)))), 100_000)


# ---------------------------------------------------------------- numbers

# As FreeBSD 10.4 has them (RLIMIT_: 6.2).
NUMBERS = {
    "sys/mman.h": {
        "PROT_NONE": 0, "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4, "MAP_SHARED": 1, "MAP_PRIVATE": 2,
        "MAP_FIXED": 0x10, "MAP_RENAME": 0x20, "MAP_NORESERVE": 0x40, "MAP_RESERVED0080": 0x80,
        "MAP_RESERVED0100": 0x100, "MAP_HASSEMAPHORE": 0x200, "MAP_STACK": 0x400, "MAP_NOSYNC": 0x800,
        "MAP_ANON": 0x1000, "MAP_GUARD": 0x2000, "MAP_EXCL": 0x4000, "MAP_NOCORE": 0x20000,
        "MAP_PREFAULT_READ": 0x40000, "MAP_ALIGNED_SUPER": 1 << 24, "MAP_FILE": 0, "MCL_CURRENT": 1, "MCL_FUTURE": 2,
        "MS_SYNC": 0, "MS_ASYNC": 1, "MS_INVALIDATE": 2, "MADV_NORMAL": 0, "MADV_RANDOM": 1, "MADV_SEQUENTIAL": 2,
        "MADV_WILLNEED": 3, "MADV_DONTNEED": 4, "MADV_FREE": 5, "MADV_NOSYNC": 6, "MADV_AUTOSYNC": 7,
        "MADV_NOCORE": 8, "MADV_CORE": 9, "MADV_PROTECT": 10, "MINCORE_INCORE": 1, "MINCORE_REFERENCED": 2,
        "MINCORE_MODIFIED": 4, "MINCORE_REFERENCED_OTHER": 8, "MINCORE_MODIFIED_OTHER": 16, "MINCORE_SUPER": 32,
        "INHERIT_SHARE": 0, "INHERIT_COPY": 1, "INHERIT_NONE": 2, "INHERIT_ZERO": 3},
    "sys/resource.h": {
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
        "RLIMIT_MEMLOCK": 6, "RLIMIT_NPROC": 7, "RLIMIT_NOFILE": 8, "RLIMIT_SBSIZE": 9, "RLIMIT_VMEM": 10},
}


@pytest.mark.parametrize("header", NUMBERS)
def test_numbers(header: str) -> None:
    """What programs know by number."""
    lines = "".join(f"_Static_assert({name} == {value}, \"{name}\");\n" for name, value in NUMBERS[header].items())
    source = f"#include <{header}>\n" + lines
    done = subprocess.run(["gcc", "-m32", "-std=gnu11", "-ffreestanding", "-Ikernel", "-fsyntax-only", "-xc", "-"],
                          cwd=TREE, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
