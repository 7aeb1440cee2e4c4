"""The whole kernel on a student's maps and faults: does it come up, and does memory do what it should?

grade/drivers/lab5_user.c does what it is told in ring 3 and by copyin(): it maps, forks, reads and writes. What must come of
each is plain: pages have words and rights, and a child has copies of them.
"""

from __future__ import annotations

import re
import struct
from random import Random

from grade.bench import Bench, stub_reached
from grade.checks.maps import NONE, PAGE, WHOLE
from grade.checks.scripts import SCRIPT_TYPE, boot_with, run_to, word
from grade.failure import StudentFailure, expect

_MAP, _FIND, _REMOVE, _PROTECT, _FORK, _ENTER, _READ, _WRITE, _COPYIN, _COPYOUT, _LOOK = range(1, 12)
CODE = 0x08048000               # ring 3's own page
SIGBUS, SIGSEGV, EFAULT = 10, 11, 14
SIGNALLED, REFUSED = 0xDEAD0000, 0xBAD00000
SPACES, CALLS, BUDGET = 5, 150, 60_000_000
LOW, HIGH = 0x10000000, 0x10040000      # where most of it is
WRONG = ("both are whole", "a list that is none", "a tree that is none", "a wrong adj_free", "a wrong max_free",
         "a wrong nentries or size")
NAMES = {SIGNALLED + SIGBUS: "SIGBUS", SIGNALLED + SIGSEGV: "SIGSEGV", REFUSED + EFAULT: "EFAULT", SIGBUS: "SIGBUS",
         SIGSEGV: "SIGSEGV", EFAULT: "EFAULT", 0: "success"}


class Workload:
    """Operations that were drawn, with what must come of each."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self.words: list[int] = []
        self.expected: list[tuple[str, int]] = []
        self._rights: dict[int, dict[int, int]] = {0: {}}       # by space and page: what may be done
        self._contents: dict[int, dict[int, int]] = {0: {}}     # the word that a page begins with, if it is not 0
        self._space = 0
        self._look()
        self._map(LOW, 12, 3)
        for call in range(CALLS):
            self._one(call)
            if call % 10 == 9:
                self._look()

    def _say(self, operation: int, a: int, b: int = 0, c: int = 0, *, answer: int = 0, about: str) -> None:
        self.words += [operation, a & NONE, b & NONE, c]
        self.expected.append((about, answer))

    @property
    def rights(self) -> dict[int, int]:
        return self._rights[self._space]

    @property
    def contents(self) -> dict[int, int]:
        return self._contents[self._space]

    def _one(self, call: int) -> None:
        draw, choice = self._draw, self._draw.random()
        at, pages = draw.randrange(LOW, HIGH - 8 * PAGE, PAGE), draw.randint(1, 8)
        if call in (30, 60, 80, 100):
            self._fork()
        elif choice < 0.08:
            self._map(at, pages, draw.choice((3, 3, 1)))
        elif choice < 0.14:
            self._find(at, pages)
        elif choice < 0.18:
            self._remove(at, pages)
        elif choice < 0.24:
            self._protect(at, pages, draw.choice((1, 3, 0)))
        elif choice < 0.34 and len(self._rights) > 1:
            self._space = draw.choice(list(self._rights))
            self._say(_ENTER, self._space, about=f"going over to space {self._space}")
        else:
            self._touch()

    def _pages(self, at: int, pages: int) -> range:
        return range(at, at + pages * PAGE, PAGE)

    def _map(self, at: int, pages: int, rights: int) -> None:
        self._say(_MAP, at, pages, rights, about=f"mapping {pages} pages at {at:x}")
        for page in self._pages(at, pages):
            self.rights[page] = rights
            self.contents.pop(page, None)

    def _find(self, start: int, pages: int) -> None:
        at = start
        while taken := [page for page in self._pages(at, pages) if page in self.rights]:
            at = taken[-1] + PAGE
        self._say(_FIND, start, pages, 3, answer=at, about=f"looking for {pages} free pages from {start:x} on")
        for page in self._pages(at, pages):
            self.rights[page] = 3

    def _remove(self, at: int, pages: int) -> None:
        self._say(_REMOVE, at, pages, about=f"removing {pages} pages at {at:x}")
        for page in self._pages(at, pages):
            self.rights.pop(page, None)
            self.contents.pop(page, None)

    def _protect(self, at: int, pages: int, rights: int) -> None:
        self._say(_PROTECT, at, pages, rights, about=f"allowing {rights:02b}b for wr in {pages} pages at {at:x}")
        for page in self._pages(at, pages):
            if page in self.rights:
                self.rights[page] = rights

    def _fork(self) -> None:
        child = len(self._rights)
        self._say(_FORK, child, answer=1, about=f"forking space {self._space}: space {child}")
        self._rights[child], self._contents[child] = dict(self.rights), dict(self.contents)

    def _look(self) -> None:
        self._say(_LOOK, 0, about=f"looking whether the map of space {self._space}, and kernel_map, are whole")

    def _touch(self) -> None:
        """Mostly where something is."""
        draw = self._draw
        address = draw.choice((0, LOW - PAGE, HIGH, CODE + PAGE, 0xC0100000, 0xBFC00000, *[None] * 24))
        if address is None:
            address = draw.choice(list(self.rights)) if draw.random() < 0.9 else draw.randrange(LOW, HIGH, PAGE)
        rights, write, by_kernel = self.rights.get(address), draw.random() < 0.5, draw.random() < 0.3
        value = draw.randrange(1, 1 << 31)
        about = f"{'a write' if write else 'a read'} at {address:x} by {'the kernel' if by_kernel else 'ring 3'}, in space " \
                f"{self._space}"
        wrong = EFAULT if by_kernel else SIGSEGV if rights is None else SIGBUS
        right = rights is not None and rights & (2 if write else 1)
        if write:
            self._say(_COPYOUT if by_kernel else _WRITE, address, value, answer=0 if right else wrong, about=about)
            if right:
                self.contents[address] = value
        else:
            answer = self.contents.get(address, 0) if right else (REFUSED if by_kernel else SIGNALLED) + wrong
            self._say(_COPYIN if by_kernel else _READ, address, answer=answer, about=about)

    # -- running

    def judge(self, bench: Bench) -> None:
        script = struct.pack(f"<{len(self.words) + 1}I", *self.words, 0)
        with boot_with(bench, WHOLE, bench.program(WHOLE), script, SCRIPT_TYPE) as machine:
            used = bench.symbol(WHOLE, "lab5_user_used")
            try:
                run_to(machine, bench.symbol(WHOLE, "lab5_user_end"), "a kernel on all of lab 5's files, at work",
                       expected="that it comes to the end of it", budget=BUDGET)
            except StudentFailure as failure:
                if missing := re.match(r"LAB (\d+\.\d+)", stub_reached(machine)):
                    failure.hint = f"{missing[1]} is not written yet. This check needs it, and says nothing before."
                elif not machine.stop.gone and (count := word(machine, used)):
                    failure.got += f",\nin the midst of {self.expected[min(count, len(self.expected) - 1)][0]}"
                raise
            count = word(machine, used)
            data = machine.memory(bench.symbol(WHOLE, "lab5_user_answers"), 4 * len(self.expected))
        expect("how many operations were done", len(self.expected), count)
        for number, ((about, answer), (got,)) in enumerate(zip(self.expected, struct.iter_unpack("<I", data)), 1):
            names = dict(enumerate(WRONG)) if about.startswith("looking whether") else NAMES
            expect(f"what comes of {about} (operation {number})", names.get(answer, f"{answer:x}"), names.get(got, f"{got:x}"))
