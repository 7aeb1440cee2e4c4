"""Faults for lab 5's checks: what is in memory, what is accessed, and what each access must find.

An access goes through the whole of vm_fault(), but only the step that is judged is the student's. Pages hold values that
were drawn, and what is free is full of rubbish, so that nothing is right by chance.
"""

from __future__ import annotations

from collections.abc import Callable

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.cases import Case
from grade.checks.maps import PAGE, ran
from grade.checks.scripts import Results, com1
from grade.checks.spaces import (
    BUSY, CACHED, HALF_VALID, NOT_VALID, WRITTEN_OUT, FaultScript, held, map_words, outcome, stepped, value_words)
from grade.failure import expect
from grade.models import vm as model

READ, WRITE, EXECUTE = model.READ, model.WRITE, model.EXECUTE
RW, RWX = READ | WRITE, READ | WRITE | EXECUTE
USER_WIRE, DIRTY = 2, 8                 # VM_FAULT_
BASE = 0x08048000                       # where the first entries are
RUBBISH = 40                            # pages
MANY = 0xFFFFFFF                        # and more than there are
AGAIN = -1                              # FAULT_RETRY
GROW, LOOKUP_WIRE, WAIT_BUSY, WAIT_MEMORY = range(4)        # what stands in others' place
STANDS = ("vm_fault_grow()", "vm_fault_lookup_wire()", "vm_fault_wait_busy()", "vm_fault_wait_memory()")


class Faults:
    """Calls that are said first, then made in one boot, and judged in turn."""

    def __init__(self, bench: Bench, case: Case, *own: str) -> None:
        self._bench, self.draw = bench, case.draw
        self.script = FaultScript(bench, self.draw, own)
        self._judges: list[Callable[[Results], None]] = []
        self._last: list[Callable[[Machine, Results], None]] = []
        self._objects = self._spaces = self.warnings = 0
        self._at = BASE + self.draw.randrange(0x1000) * PAGE

    def judge(self) -> None:
        with ran(self._bench, self.script) as (machine, results):
            for judge in self._judges:
                judge(results)
            for last in self._last:
                last(machine, results)
            warned = [line for line in com1(machine) if "partially invalid on fault" in line]
            expect("warnings of pages that are mapped and not valid", self.warnings, len(warned))

    def then(self, judge: Callable[[Results], None]) -> None:
        self._judges.append(judge)

    def value(self) -> int:
        """One that a page can hold, and no other does."""
        return self.draw.randrange(1 << 12, 1 << 31)

    def space(self) -> int:
        number, self._spaces = self._spaces, self._spaces + 1
        self.script.space(number)
        return number

    def object(self, pages: int) -> int:
        self._objects += 1
        self.script.object(self._objects, pages)
        return self._objects

    def shadow(self, of: int, page: int, pages: int, *, own: bool = False) -> int:
        """own: nobody else refers to that one."""
        self._objects += 1
        self.script.shadow(self._objects, of, page, pages, own=own)
        return self._objects

    def room(self, pages: int) -> int:
        """Addresses for so many pages, which touch no others."""
        at, self._at = self._at, self._at + (pages + self.draw.randint(1, 1500)) * PAGE
        return at

    def access(self, space: int, address: int, *, write: bool, value: int = 0, code: int = model.SUCCESS, holds: int = 0,
               written: int | None = None, writable: bool | None = None, counts: dict[str, int] | None = None,
               about: str = "") -> None:
        """Say an access, and what must come of it: what the page holds before a word of it is written, and that word;
        whether it is mapped for writing then; what is counted."""
        what = f"{'a write' if write else 'a read'} at {address:x}{f', {about}' if about else ''}"
        number = self.script.access(space, address, write, value, what)

        def judge(results: Results) -> None:
            got = outcome(results, number, what)
            expect(f"the answer to {what}", model.code(code), got.code_words)
            if code != model.SUCCESS:
                return
            expect(f"what {what} finds in memory", value_words(holds), got.held.words)
            if written is not None:
                expect(f"the word that was written last, at {what}", written, got.held.written)
            if writable is not None:
                expect(f"how the page is mapped after {what}", "to be written" if writable else "to be read only",
                       got.rights)
            expect(f"the page after {what}", "valid, and nobody's", ("valid" if got.held.valid else "not valid")
                   + (", and busy" if got.held.busy else ", and nobody's"))
            for name, count in (counts or {}).items():
                expect(f"how much {what} adds to cnt.{COUNTED[name]}", count, getattr(got, name))
        self.then(judge)


    def step(self, function: str, about: str, *, space: int = 0, address: int = BASE, page: tuple[int, int] = (0, 0),
             first: tuple[int, int] = (0, 0), asked: int = READ, type: int = READ, prot: int = RWX, **expected: str) -> None:
        """Say one step by itself, with the walk at a page of an object, and what must be left of it. expected: by the
        names of FIELDS."""
        what = f"{function}(), {about}"
        number = self.script.step(function, space, address, *page, *first, asked, type, prot, what)

        def judge(results: Results) -> None:
            told = stepped(results, number, what).told
            for name, words in expected.items():
                expect(f"{FIELDS[name]} after {what}", words, told[FIELDS[name]])
        self.then(judge)


FIELDS = {"code": "what is returned", "asked_map": "fs->asked_map", "map": "fs->map", "use": "fs->type", "may": "fs->prot",
          "made": "fs->made", "copied": "fs->copied", "raised": "splvm()", "level": "the level of interrupts", "m": "fs->m"}
LEVEL = "as before"


def xwr(rights: int) -> str:
    return f"{rights:03b}b (xwr)"


COUNTED = {"zfod": "v_zfod", "ozfod": "v_ozfod", "copied": "v_cow_faults", "moved": "v_cow_optim"}


# ---------------------------------------------------------------- 5.6 lookup


class Lookups(Faults):
    """Accesses that the map allows or not."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_lookup")
        draw, space = self.draw, self.space()
        self.script.dirt(RUBBISH)
        for maximum in draw.sample((RWX, RW, 5, 1, RWX), 5):
            for protection in sorted({maximum, maximum & RW, maximum & 5, READ, 0}, key=lambda _: draw.random()):
                at = self.room(2)
                self.script.map(space, 0, 0, at, at + 2 * PAGE, protection, maximum)
                for write in draw.sample((False, True), 2):
                    right = bool(protection & (WRITE if write else READ))
                    self.access(space, at + draw.randrange(2) * PAGE, write=write,
                                code=model.SUCCESS if right else model.PROTECTION_FAILURE, writable=bool(protection & WRITE),
                                about=f"of memory with {protection:03b}b for wxr")
                for outside in (at - PAGE, at + 2 * PAGE):
                    self.access(space, outside, write=draw.random() < 0.5, code=model.INVALID_ADDRESS,
                                about="where nothing is")
        for outside in (0, PAGE, 0xBFBFF000):
            self.access(space, outside, write=False, code=model.INVALID_ADDRESS, about="where nothing is")
        self._submap(space)

    def _submap(self, space: int) -> None:
        """What is asked for is not changed by what is found."""
        other, at = self.space(), self.room(3)
        self.script.map(space, 0, 0, at, at + 3 * PAGE, RW, RW)
        self.script.map(other, 0, 0, at, at + 3 * PAGE, RW, RW)
        self.script.submap(space, at, other)
        self.step("vm_fault_lookup", "of an address in a submap", space=space, address=at + PAGE,
                  code="KERN_SUCCESS", asked_map=map_words(space), map=map_words(other), use=xwr(READ), may=xwr(RW))


class Answers(Faults):
    """Other functions' answers are vm_fault_lookup()'s; what is wired is got for all that it may be used for."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_lookup")
        self._space = self.space()
        self.script.dirt(RUBBISH)
        self.script.instead("vm_fault_grow", "lab5_grow")
        self.script.instead("vm_fault_lookup_wire", "lab5_lookup_wire")
        for again in (0, 1, 2):
            code = self.draw.choice((1, 5, 6, 8))
            self.ask(self.room(1), READ, 0, code, GROW, again)
        at = self.room(1)
        self.script.map(self._space, 0, 0, at, at + PAGE, READ, RW)
        for code in self.draw.sample((1, 2, 5, 8), 2):
            self.ask(at, WRITE, USER_WIRE, code, LOOKUP_WIRE)
        self.ask(at, WRITE, DIRTY, model.PROTECTION_FAILURE, None)
        for _ in range(3):
            self.wired()

    def ask(self, at: int, type: int, flags: int, code: int, who: int | None, again: int = 0) -> None:
        """A fault that another function answers; so often it says first that the fault begins anew."""
        self.script.answers(*[AGAIN] * again, *[code] * (4 - again))
        what = f"a fault at {at:x} that {STANDS[who] if who is not None else 'nobody else'} answers"
        number = self.script.fault(self._space, at, type, flags, what)

        def judge(results: Results) -> None:
            got = outcome(results, number, what)
            expect(f"the answer to {what}", model.code(code), got.code_words)
            for stand, name in enumerate(STANDS[:2]):
                expect(f"calls of {name} for {what}", again + 1 if stand == who else 0, got.waits[stand])
        self.then(judge)

    def wired(self) -> None:
        """A read of wired memory gets the copy that a write would need."""
        object, value, at = self.object(4), self.value(), self.room(4)
        page = self.draw.randrange(4)
        self.script.page(object, page, value)
        self.script.map(self._space, object, 0, at, at + 4 * PAGE, RW, RW, 0x2)
        eflags = 0xC
        self.script.set_entry(self._space, at, eflags, RW, RW, 1)
        self.access(self._space, at + page * PAGE, write=False, holds=value, writable=True, counts={"copied": 1},
                    about="of wired memory, a private copy of an object")
        at = self.room(1)
        self.script.map(self._space, 0, 0, at, at + PAGE, READ, RWX)
        self.script.set_entry(self._space, at, 0, READ, RWX, 1)
        self.step("vm_fault_lookup", "of wired memory that may be read", space=self._space, address=at,
                  code="KERN_SUCCESS", use=xwr(READ), may=xwr(READ))


class NoFault(Faults):
    """An entry that nobody must touch."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_lookup")
        self.at = self.room(3) + 2 * PAGE
        space = self.space()
        self.script.map(space, 0, 0, self.at - 2 * PAGE, self.at + PAGE, RW, RW, 0x4)
        self.script.fault(space, self.at, READ, 0, f"a fault at {self.at:x}, where MAP_ENTRY_NOFAULT is")


# ---------------------------------------------------------------- 5.7 resident


class Residents(Faults):
    """Pages that are in memory, and others that are not, in objects and in those behind."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_resident")
        draw, space = self.draw, self.space()
        self.script.dirt(RUBBISH)
        for _ in range(5):
            pages, at = draw.randint(6, 12), self.room(16)
            first = draw.randrange(20)
            object = self.object(first + pages)
            values = {page: self.value() for page in draw.sample(range(pages), 4)}
            empty = draw.sample([page for page in values], 1)
            for page, value in values.items():
                self.script.page(object, first + page, value, NOT_VALID if page in empty else 0)
            self.script.map(space, object, first * PAGE, at, at + pages * PAGE, RW, RW)
            for page in draw.sample(range(pages), pages):
                there = page in values and page not in empty
                self.access(space, at + page * PAGE, write=draw.random() < 0.4, holds=values[page] if there else 0,
                            counts={"zfod": 0 if there else 1},
                            about=f"of page {first + page:x}h, which {'is' if there else 'is not'} in memory"
                            + " and not valid" * (page in empty))
        for _ in range(2):
            self._chain(space)
        self._kernel()
        object = self.object(2)
        self.script.page(object, 1, self.value(), HALF_VALID)
        self.step("vm_fault_resident", "of a page that is valid in part", page=(object, 1), first=(object, 1),
                  code="FAULT_ABSENT", m="not valid, busy, active")

    def _chain(self, space: int) -> None:
        """A page that is found in the object behind, unless the first has one."""
        draw, pages = self.draw, 6
        back = self.object(10)
        shift = draw.randrange(1, 5)
        values = {page: self.value() for page in range(shift, shift + pages - 1)}
        for page, value in values.items():
            self.script.page(back, page, value)
        front = self.shadow(back, shift, pages)
        over = {page: self.value() for page in draw.sample(range(pages), 2)}
        for page, value in over.items():
            self.script.page(front, page, value)
        at = self.room(pages)
        self.script.map(space, front, 0, at, at + pages * PAGE, RW, RW)
        for page in draw.sample(range(pages), pages):
            self.access(space, at + page * PAGE, write=draw.random() < 0.3,
                        holds=over.get(page, values.get(page + shift, 0)), about=f"of page {page} of a shadow")

    def _kernel(self) -> None:
        self.warnings += 1          # vm_fault_enter()'s: that page is not valid
        value, what = self.value(), "a fault on a page of kernel_object's that is not marked as valid"
        number = self.script.kernel(value, what)

        def judge(results: Results) -> None:
            got = outcome(results, number, what)
            expect(f"the answer to {what}", model.code(model.SUCCESS), got.code_words)
            expect(f"what {what} adds to cnt.v_zfod, since it is in memory", 0, got.zfod)
        self.then(judge)


class Busy(Faults):
    """Pages that others have, and such as count as free memory."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_resident")
        self._space = self.space()
        self.script.instead("vm_fault_wait_busy", "lab5_wait_busy")
        self.script.instead("vm_fault_wait_memory", "lab5_wait_memory")
        kinds = [(0, "nobody's", None, False), (0, "nobody's, while memory is short", None, True),
                 (BUSY, "PG_BUSY", WAIT_BUSY, False), (WRITTEN_OUT, "being written out", WAIT_BUSY, False),
                 (CACHED, "in the cache", None, False),
                 (CACHED, "in the cache, while memory is short", WAIT_MEMORY, True)]
        for how, about, who, short in self.draw.sample(kinds, len(kinds)):
            for behind in (False,) if short else self.draw.sample((False, True), 2):
                self._one(how, about, who, short, behind)
        self.script.instead("splvm", "lab5_splvm")
        for how, about, who, short in self.draw.sample(kinds, len(kinds)):
            self._step(how, about, who, short)

    def _step(self, how: int, about: str, who: int | None, short: bool) -> None:
        """By itself: the level of interrupts, and the page's queue."""
        object = self.object(2)
        self.script.page(object, 1, self.value(), how)
        if short:
            self.script.short(MANY)
        queue = "in no queue" if how == CACHED and who is None else "active"
        self.step("vm_fault_resident", f"of a page that is {about}", page=(object, 1), first=(object, 1), raised="called",
                  level=LEVEL, code="KERN_SUCCESS" if who is None else "FAULT_RETRY",
                  m=f"valid, {'busy' if who is None else 'not busy'}, {queue}")
        self.script.short(0)

    def _one(self, how: int, about: str, who: int | None, short: bool, behind: bool) -> None:
        """behind: in an object behind the first."""
        value, at = self.value(), self.room(2)
        object = self.object(2)
        self.script.page(object, 1, value, how)
        front = self.shadow(object, 0, 2) if behind else object
        self.script.map(self._space, front, 0, at, at + 2 * PAGE, RW, RW)
        if short:
            self.script.short(MANY)
        what = f"a read of a page that is {about}{', behind the first object' if behind else ''}"
        number = self.script.access(self._space, at + PAGE, False, 0, what)
        self.script.short(0)

        def judge(results: Results) -> None:
            got = outcome(results, number, what)
            for stand in (WAIT_BUSY, WAIT_MEMORY):
                expect(f"calls of {STANDS[stand]} for {what}", 1 if stand == who else 0, got.waits[stand])
            expect(f"the answer to {what}", model.code(model.SUCCESS), got.code_words)
            expect(f"what {what} finds in memory", value_words(value), got.held.words)
            expect(f"the page after {what}", "nobody's", "busy" if got.held.busy else "nobody's")
        self.then(judge)


# ---------------------------------------------------------------- 5.8 zero fill


class Zeros(Faults):
    """Pages that nobody has: free memory is full of rubbish."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_zero_fill")
        draw, space = self.draw, self.space()
        self.script.dirt(RUBBISH)
        for kind in draw.sample(("nothing", "object", "shadow", "shadow of a shadow", "not valid") * 2, 10):
            pages, at = 4, self.room(4)
            object = 0 if kind == "nothing" else self.object(pages)
            if kind == "not valid":
                for page in range(pages):
                    self.script.page(object, page, self.value(), NOT_VALID)
            for _ in range(kind.count("shadow")):
                object = self.shadow(object, 0, pages)
            self.script.map(space, object, 0, at, at + pages * PAGE, RW, RW)
            for page in draw.sample(range(pages), 3):
                word = draw.getrandbits(31)
                self.access(space, at + page * PAGE, write=True, value=word, writable=True,
                            about=f"of memory that nobody has touched ({kind})")
                self.access(space, at + page * PAGE, write=False, written=word, about="of what was written before")
        back = self.object(2)
        front = self.shadow(back, 0, 2)
        self.script.page(front, 1, self.value(), NOT_VALID | BUSY)
        self.step("vm_fault_zero_fill", "at the end of a chain", page=(back, 1), first=(front, 1), made="1",
                  m="valid, busy, active")


class Counted(Faults):
    """Pages that are known as zeros need not be filled; all are counted, and those."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_zero_fill")
        draw, space = self.draw, self.space()
        self.script.dirt(RUBBISH)
        at = BASE
        self.script.map(space, 0, 0, at, at + 64 * PAGE, RW, RW)
        shadow = self.shadow(self.object(64), 0, 64)
        other = at + 100 * PAGE
        self.script.map(space, shadow, 0, other, other + 64 * PAGE, RW, RW)
        self.access(space, at, write=False)         # there is a page table now
        pages = draw.sample(range(1, 64), 10)
        for page in pages[:5]:
            self.script.zeroed(4)
            self.access(space, at + page * PAGE, write=False, counts={"zfod": 1, "ozfod": 1},
                        about="that gets a page with PG_ZERO")
        for page in pages[5:]:
            self.access(space, other + page * PAGE, write=False, counts={"zfod": 1, "ozfod": 0},
                        about="that gets a page without PG_ZERO")


# ---------------------------------------------------------------- 5.9 copy on write


class Copies(Faults):
    """Writes to pages of an object behind the first: copied, or moved where nobody else has them."""

    def __init__(self, bench: Bench, case: Case) -> None:
        super().__init__(bench, case, "vm_fault_copy_on_write")
        self._space = self.space()
        self.script.dirt(RUBBISH)
        for kind in self.draw.sample(("shared", "its own", "two shadows", "far behind") * 2, 8):
            self._one(kind)
        for own in self.draw.sample((False, True), 2):
            self._step("of a read", own, READ, READ)
            self._step("of a write", own, WRITE, WRITE)
            self._step("of a read of what is wired, to be written, too", own, READ, RW)

    def _step(self, about: str, own: bool, asked: int, type: int) -> None:
        """By itself: what is said of the page, and what it may be mapped for."""
        back = self.object(2)
        self.script.page(back, 1, self.value(), BUSY)
        front = self.shadow(back, 0, 2, own=own)
        self.script.page(front, 1, self.value(), NOT_VALID | BUSY)
        writes = bool(type & WRITE)
        copies = str(int(writes and not own))
        self.step("vm_fault_copy_on_write", f"{about}, {'where nobody else has the page' if own else 'of a shared page'}",
                  page=(back, 1), first=(front, 1), asked=asked, type=type, may=xwr(RWX if writes else RWX & ~WRITE),
                  made=copies, copied=copies, m="valid, busy, active")

    def _one(self, kind: str) -> None:
        draw, pages = self.draw, 5
        back, shift = self.object(12), draw.randrange(1, 4)
        values = {page: self.value() for page in draw.sample(range(pages), 3)}
        for page, value in values.items():
            self.script.page(back, page + shift, value)
        if kind == "two shadows":
            self.shadow(back, 0, pages)
        front = self.shadow(back, shift, pages, own=kind == "its own")
        if kind == "far behind":
            front = self.shadow(front, 0, pages)
        at, moves = self.room(pages), kind == "its own"
        self.script.map(self._space, front, 0, at, at + pages * PAGE, RW, RW)
        for page, value in values.items():
            about, word = f"of a page behind the first object ({kind})", draw.getrandbits(31)
            if draw.random() < 0.5:
                self.access(self._space, at + page * PAGE, write=False, holds=value, writable=False,
                            counts={"copied": 0, "moved": 0}, about=about)
            self.access(self._space, at + page * PAGE, write=True, value=word, holds=value, writable=True,
                        counts={"copied": 1, "moved": int(moves)}, about=about)
            self.access(self._space, at + page * PAGE, write=False, holds=value, written=word, about="of what was written")
            self._behind(back, page + shift, about, 0 if moves else value)

    def _behind(self, object: int, number: int, about: str, value: int) -> None:
        """The object behind has its page as it was, or has none any more."""
        what = f"page {number:x}h of the object behind, after a write {about}"
        found = self.script.held(object, number)

        def judge(results: Results) -> None:
            got = held(results, found, what)
            expect(what, value_words(value) if value else "no page", got.words)
            if value:
                expect(f"the word that was written, in {what}", value + 5, got.written)
                expect(what, "nobody's", "busy" if got.busy else "nobody's")
        self.then(judge)
