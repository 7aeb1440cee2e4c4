"""The whole kernel on a student's maps and faults: does it come up, and does memory do what it should?

grade/drivers/lab5_user.c does what it is told in ring 3 and by copyin(): it maps, forks, reads and writes. What must come
of each is plain: pages have words and rights, and a child has copies of them.
"""

from __future__ import annotations

import re
import struct
from random import Random

from grade.bench import Bench, stub_reached
from grade.checks.maps import NONE, PAGE, WHOLE
from grade.checks.scripts import SCRIPT_TYPE, boot_with, run_to, word
from grade.failure import StudentFailure, expect
from grade.models import vm as model

_MAP, _FIND, _REMOVE, _PROTECT, _FORK, _ENTER, _READ, _WRITE, _COPYIN, _COPYOUT, _LOOK = range(1, 12)
CODE = 0x08048000               # ring 3's own page
SIGBUS, SIGSEGV, EFAULT = 10, 11, 14
SIGNALLED, REFUSED = 0xDEAD0000, 0xBAD00000
CALLS, BUDGET = 120, 60_000_000
LOW, HIGH = 0x10000000, 0x10040000      # where drawn operations are
FIRST_STORY = 0x20000000
SECOND = 8                      # the place of a page's second word
WRONG = ("both are whole", "a list that is none", "a tree that is none", "a wrong adj_free", "a wrong max_free",
         "a wrong nentries or size")
NAMES = {SIGNALLED + SIGBUS: "SIGBUS", SIGNALLED + SIGSEGV: "SIGSEGV", REFUSED + EFAULT: "EFAULT", SIGBUS: "SIGBUS",
         SIGSEGV: "SIGSEGV", EFAULT: "EFAULT", 0: "success"}


def came_words(operation: int, answer: int) -> str:
    """What has come of an operation."""
    if operation == _LOOK:
        return WRONG[answer] if answer < len(WRONG) else f"{answer:x}"
    if operation in (_MAP, _REMOVE, _PROTECT) or operation == _FIND and answer < PAGE:
        return model.code(answer)
    if operation == _FIND:
        return f"found at {answer:x}"
    if operation == _FORK:
        return "a child" if answer else "no child"
    if operation in (_READ, _COPYIN):
        return NAMES[answer] if answer in NAMES and answer > PAGE else f"reads {answer:x}"
    return NAMES.get(answer, f"{answer:x}")


class Workload:
    """Operations, with what must come of each: some stories, at drawn addresses, then such as were drawn."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self.words: list[int] = []
        self.expected: list[tuple[str, int]] = []
        self._rights: dict[int, dict[int, int]] = {0: {}}       # by space and page: what may be done
        self._contents: dict[int, dict[int, int]] = {0: {}}     # words that are not 0, by their addresses
        self._space, self._place = 0, FIRST_STORY
        self._look()
        self._grows()
        self._has_holes()
        self._is_cut()
        self._is_cut_and_copied()
        self._is_copied()
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
        if call in (50, 100):
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
            self._enter(draw.choice(list(self._rights)))
        else:
            self._touch()

    def _pages(self, at: int, pages: int) -> range:
        return range(at, at + pages * PAGE, PAGE)

    def _map(self, at: int, pages: int, rights: int) -> None:
        self._say(_MAP, at, pages, rights, about=f"mapping {pages} pages at {at:x}")
        for page in self._pages(at, pages):
            self.rights[page] = rights
            self._forget(page)

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
            self._forget(page)

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

    def _forget(self, page: int) -> None:
        for at in (page, page + SECOND):
            self.contents.pop(at, None)

    def _enter(self, space: int) -> None:
        self._space = space
        self._say(_ENTER, space, about=f"going over to space {space}")

    def _touch(self) -> None:
        """Mostly where something is."""
        draw = self._draw
        page = draw.choice((0, LOW - PAGE, HIGH, CODE + PAGE, 0xC0100000, 0xBFC00000, *[None] * 24))
        if page is None:
            page = draw.choice(list(self.rights)) if draw.random() < 0.9 else draw.randrange(LOW, HIGH, PAGE)
        address = page + draw.choice((0, SECOND))
        (self._write if draw.random() < 0.5 else self._read)(address)

    def _access(self, address: int, words: str, needed: int) -> tuple[bool, int, str]:
        """Is it by the kernel? What is wrong with it, if anything is; and about it."""
        by_kernel, rights = self._draw.random() < 0.3, self.rights.get(address & -PAGE)
        wrong = 0 if rights and rights & needed else EFAULT if by_kernel else SIGSEGV if rights is None else SIGBUS
        who = "the kernel" if by_kernel else "ring 3"
        return by_kernel, wrong, f"a {words} at {address:x} by {who}, in space {self._space}"

    def _write(self, address: int) -> None:
        value = self._draw.randrange(1, 1 << 31)
        by_kernel, wrong, about = self._access(address, "write", 2)
        self._say(_COPYOUT if by_kernel else _WRITE, address, value, answer=wrong, about=about)
        if not wrong:
            self.contents[address] = value

    def _read(self, address: int) -> None:
        by_kernel, wrong, about = self._access(address, "read", 1)
        answer = (REFUSED if by_kernel else SIGNALLED) + wrong if wrong else self.contents.get(address, 0)
        self._say(_COPYIN if by_kernel else _READ, address, answer=answer, about=about)

    # -- stories

    def _somewhere(self) -> int:
        at, self._place = self._place + self._draw.randrange(1000) * PAGE, self._place + 0x01000000
        return at

    def _grows(self) -> None:
        """Memory that continues other memory, which was touched or not, with the same rights or others."""
        for touched in (False, True):
            at = self._somewhere()
            self._map(at, 3, 3)
            if touched:
                self._write(at + 2 * PAGE)
            self._map(at + 3 * PAGE, 2, 3)
            self._look()
            self._map(at + 5 * PAGE, 2, 1)
            self._map(at - 2 * PAGE, 2, 3)
            self._look()
            for page in self._draw.sample(range(-2, 7), 9):
                self._write(at + page * PAGE)
                self._read(at + page * PAGE)
            self._remove(at + PAGE, 1)
            self._find(at, 1)
            self._find(at, 2)
            self._look()

    def _has_holes(self) -> None:
        """Small ones, then one that is large enough, and more behind; and what is mapped anew, in front of what stays."""
        at = self._somewhere()
        for page in (0, 2, 4, 7, 10, 13):
            self._map(at + page * PAGE, 1, 3)
        self._find(at, 2)
        self._look()
        at = self._somewhere()
        self._map(at, 6, 3)
        for page in range(6):
            self._write(at + page * PAGE)
        self._remove(at, 3)
        self._map(at, 3, 3)
        for page in range(6):
            self._read(at + page * PAGE)
        self._look()

    def _is_cut(self) -> None:
        """Memory of which a part gets other rights, touched before or not."""
        for touched in (False, True):
            at = self._somewhere()
            self._map(at, 7, 3)
            for page in range(7) if touched else ():
                self._write(at + page * PAGE)
            self._protect(at + 2 * PAGE, 3, 1)
            self._look()
            self._protect(at, 7, 0)             # so that nothing is mapped any more
            self._protect(at, 2, 3)
            self._protect(at + 2 * PAGE, 3, 1)
            self._protect(at + 5 * PAGE, 2, 3)
            for page in self._draw.sample(range(7), 7):
                self._read(at + page * PAGE)
                self._write(at + page * PAGE + SECOND)
            self._protect(at, 7, 3)
            self._look()
            for page in range(7):
                self._write(at + page * PAGE + SECOND)
                self._read(at + page * PAGE)

    def _write_all(self, at: int, pages: int) -> None:
        for page in range(pages):
            self._write(at + page * PAGE)
            self._write(at + page * PAGE + SECOND)

    def _read_all(self, at: int, pages: int, *spaces: int) -> None:
        for space in spaces:
            self._enter(space)
            for page in range(pages):
                self._read(at + page * PAGE)
                self._read(at + page * PAGE + SECOND)

    def _is_cut_and_copied(self) -> None:
        """A child writes to parts of what was one memory."""
        at, parent = self._somewhere(), self._space
        self._map(at, 7, 3)
        self._write_all(at, 7)
        self._protect(at + 3 * PAGE, 1, 1)
        self._fork()
        child = len(self._rights) - 1
        self._enter(child)
        for page in self._draw.sample(range(7), 7):
            self._write(at + page * PAGE + SECOND)
        self._look()
        self._read_all(at, 7, child, parent)

    def _is_copied(self) -> None:
        """A child's and its parent's memory; what both have is read first, with nothing mapped, then written."""
        at, parent = self._somewhere(), self._space
        self._map(at, 7, 3)
        self._write_all(at, 6)
        self._fork()
        child = len(self._rights) - 1
        for space in (child, parent):
            self._enter(space)
            self._write(at + 6 * PAGE)
            for page in self._draw.sample(range(6), 3):
                self._protect(at, 7, 0)
                self._protect(at, 7, 3)
                self._read(at + page * PAGE)
                self._write(at + page * PAGE + SECOND)
            self._look()
        self._read_all(at, 7, child, parent)

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
        for number, (operation, (about, answer), (got,)) in enumerate(
                zip(self.words[::4], self.expected, struct.iter_unpack("<I", data)), 1):
            expect(f"what comes of {about} (operation {number})", came_words(operation, answer), came_words(operation, got))
