"""The whole kernel with SYSINITs of a check's own in it, written into its file.

grade/drivers/lab4_set.c has room in the kernel's set, among the kernel's own entries, and for sets that functions add
while it starts. A `Whole` draws them, and says what the model makes of all of them together. The kernel is stopped
before it looks for devices; what is due after that is still pending then.
"""

from __future__ import annotations

import struct
from random import Random

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.kmod import Part, module
from grade.checks.scripts import boot_with, run_to
from grade.checks.sysinit import (
    CODE, ENTRY, FUNCTIONS, PLAN, RECORD, UDATA, Call, code_of, expect_calls, expect_entries)
from grade.failure import StudentFailure
from grade.models import sysinit as model
from grade.models.sysinit import Entry

WHOLE = "kernel-whole"
ENTRIES, LINKED = 256, 160          # lab4_entries, lab4_linked
END = (0x37FFFFF, model.ANY)        # the last that is run: before SI_SUB_CONFIGURE
BEHIND = (END[0] + 1, model.LAST)   # subsystems of what is not
FARTHEST = (model.LAST, model.ANY + 1)      # behind all of the kernel's
PRELOAD = "linker_preload"          # what finds modules
MODULE_ENTRIES, ADDERS, PER_ADDER = 40, 16, 4
BUDGET = 30_000_000
PAGE = 4096

_PHDR = struct.Struct("<8I")        # type, offset, address, physical one, size in the file, in memory, flags, alignment
PT_LOAD = 1


class KernelFile:
    """A kernel's file, by the addresses that it is linked at."""

    def __init__(self, elf: bytes) -> None:
        self._elf = bytearray(elf)
        table, = struct.unpack_from("<I", elf, 28)
        count, = struct.unpack_from("<H", elf, 44)
        self._segments = [segment for segment in _PHDR.iter_unpack(elf[table:table + count * _PHDR.size])
                          if segment[0] == PT_LOAD]

    def _offset(self, at: int, size: int) -> int:
        for _, offset, address, _, in_file, *_ in self._segments:
            if address <= at and at + size <= address + in_file:
                return offset + at - address
        raise StudentFailure(f"the kernel's file at {at:#x}", f"{size} bytes", "nothing")

    def read(self, at: int, size: int) -> bytes:
        offset = self._offset(at, size)
        return bytes(self._elf[offset:offset + size])

    def write(self, at: int, data: bytes) -> None:
        offset = self._offset(at, len(data))
        self._elf[offset:offset + len(data)] = data

    @property
    def bytes(self) -> bytes:
        return bytes(self._elf)


class Whole:
    """A kernel with entries that were drawn; late: with a module, and with functions that add more while others run."""

    def __init__(self, bench: Bench, draw: Random, *, late: bool) -> None:
        self._bench, self._draw = bench, draw
        self._kernel = KernelFile(bench.program(WHOLE))
        self._numbers = draw.sample(range(1 << 12, 1 << 32), FUNCTIONS)
        self._function: dict[Entry, int] = {}       # which of the functions, or lab4_end()
        self._at: dict[int, Entry] = {}             # by address, but for the module's
        self.by_udata: dict[int, Entry] = {}
        self._places = draw.sample(range(ENTRIES), ENTRIES)
        self._module = b""
        for function, number in enumerate(self._numbers):
            at = self._symbol("lab4_code") + CODE * function
            self._kernel.write(at, code_of(number, at, self._symbol("lab4_called")))
        linked = self._linked()
        adds = self._late(linked) if late else {}
        order, _ = model.run(model.in_order(linked), lambda entry, rest: model.in_order([*rest, *adds.get(entry, ())]))
        last = next(number for number, entry in enumerate(order) if entry.key == END)
        self._done, self._pending = order[:last + 1], order[last + 1:]

    def _symbol(self, name: str) -> int:
        return self._bench.symbol(WHOLE, name)

    def number_of(self, entry: Entry) -> int:
        """What its function tells."""
        return self._numbers[self._function[entry]]

    # -- drawing

    def _linked(self) -> list[Entry]:
        """The kernel's set, in its order: its own entries, and ours in random places of our part."""
        draw, at, end = self._draw, self._symbol("__start_set_sysinit_set"), self._symbol("__stop_set_sysinit_set")
        pointers = struct.unpack(f"<{(end - at) // 4}I", self._kernel.read(at, end - at))
        ours = (self._symbol("lab4_linked") - at) // 4
        own = [self._own(pointer) for pointer in (*pointers[:ours], *pointers[ours + LINKED:])]
        keys = draw.choices([self._draw_key(own) for _ in range(LINKED // 2)], k=LINKED - 4)
        entries = [Entry(number, *key, runs=bool(key[0]) or draw.random() < 0.5) for number, key in enumerate(keys, 1)]
        entries += [Entry(LINKED - 3, model.DUMMY, 1), Entry(LINKED - 2, model.DUMMY, 1, runs=False),
                    Entry(LINKED - 1, *FARTHEST), Entry(LINKED, *END, name="the check's last")]
        draw.shuffle(entries)
        self._kernel.write(self._symbol("lab4_linked"), struct.pack(f"<{LINKED}I", *map(self._put, entries)))
        return [*own[:ours], *entries, *own[ours:]]

    def _own(self, at: int) -> Entry:
        """The kernel's entry at an address, by its label."""
        subsystem, order, function, *_ = ENTRY.unpack(self._kernel.read(at, ENTRY.size))
        label = self._bench.function(WHOLE, at).split(" ")[0]
        self._at[at] = Entry(at, subsystem, order, bool(function), f"the kernel's {label}")
        return self._at[at]

    def _draw_key(self, own: list[Entry]) -> tuple[int, int]:
        """A key: one of the kernel's, one of a module's time, any early one, one that is never reached, a dummy's."""
        draw = self._draw
        return draw.choice((draw.choice(own).key, (draw.randrange(1, END[0]), draw.getrandbits(28)),
                            (draw.randrange(1, 1 << 23), draw.choice((0, 1, model.ANY))),
                            (draw.randrange(*BEHIND), draw.getrandbits(28)),
                            *((draw.randrange(1, 0x38) << 20, draw.choice((0, 1, 2, model.ANY))),) * 4,
                            (model.DUMMY, draw.getrandbits(28))))

    def _draw_function(self, entry: Entry) -> tuple[int, int]:
        """Draw what it runs, with what: its place among the functions, and its udata."""
        self._function[entry] = self._draw.randrange(FUNCTIONS)
        udata = next(udata for udata in iter(lambda: self._draw.randrange(1, 1 << 32), 0) if udata not in self.by_udata)
        self.by_udata[udata] = entry
        return self._function[entry], udata

    def _put(self, entry: Entry) -> int:
        """Write an entry into the kernel, somewhere in lab4_entries; its address."""
        function, udata = self._draw_function(entry)
        code = self._symbol("lab4_code") + CODE * function if entry.key != END else self._symbol("lab4_end")
        at = self._symbol("lab4_entries") + ENTRY.size * self._places.pop()
        self._kernel.write(at, ENTRY.pack(entry.subsystem, entry.order, code if entry.runs else 0, udata,
                                          self._draw.getrandbits(31)))      # where nothing is
        self._at[at] = entry
        return at

    def _late(self, linked: list[Entry]) -> dict[Entry, list[Entry]]:
        """Draw the sets that functions add, and the module's, which its finder adds."""
        draw, plans, adds, pointers = self._draw, [], {}, self._symbol("lab4_late")
        early = [entry for entry in linked if entry in self._function and not entry.dummy and entry.key < END]
        udata = {entry: udata for udata, entry in self.by_udata.items()}
        for adder in draw.sample(early, ADDERS):
            first = 1000 + len(adds) * 10
            numbers = range(first, first + draw.randint(1, PER_ADDER))
            adds[adder] = [Entry(number, *self._draw_late_key(adder, linked), name=f"late entry {number}")
                           for number in numbers]
            words = struct.pack(f"<{len(adds[adder])}I", *map(self._put, adds[adder]))
            self._kernel.write(pointers, words)
            plans.append(PLAN.pack(udata[adder], 0, 0, pointers, pointers + len(words)))
            pointers += len(words)
        self._kernel.write(self._symbol("lab4_plans"), b"".join(plans))
        finder = next(entry for at, entry in self._at.items() if self._runs(at) == self._symbol(PRELOAD))
        keys = [self._draw_late_key(finder, linked) for _ in range(MODULE_ENTRIES)]
        entries = [Entry(2000 + number, *key, name=f"the module's entry {number}") for number, key in enumerate(keys)]
        order = draw.sample(range(MODULE_ENTRIES), MODULE_ENTRIES)
        self._module = module([Part(entry, CODE * function, udata) for entry in entries
                               for function, udata in [self._draw_function(entry)]], order, "lab4_code")
        return {**adds, finder: [entries[number] for number in order]}

    def _runs(self, at: int) -> int:
        """The function of the entry at an address."""
        return ENTRY.unpack(self._kernel.read(at, ENTRY.size))[2]

    def _draw_late_key(self, adder: Entry, linked: list[Entry]) -> tuple[int, int]:
        """Earlier than, equal to or later than what runs."""
        draw = self._draw
        return draw.choice((adder.key, (adder.subsystem, draw.choice((0, model.ANY))),
                            (draw.randint(1, adder.subsystem), draw.getrandbits(28)),
                            draw.choice([entry.key for entry in linked if entry.key != END])))

    # -- running

    def judge(self, about: str) -> None:
        """Boot it, and see whether everything was done that the model says."""
        what = f"the boot of a kernel with {about}, up to the check's last entry"
        type = "" if self._module else "check_nothing"
        with boot_with(self._bench, WHOLE, self._kernel.bytes, self._module or b"nothing", type) as machine:
            try:
                run_to(machine, self._symbol("lab4_end"), what, expected="that it is called", budget=BUDGET)
            except StudentFailure as failure:
                failure.got += self._last_call(machine)
                raise
            memory = Pages(machine)
            calls = self._calls(memory)
            done, pending = (self._follow(memory, name) for name in ("sysinit_done_list", "sysinit_list"))
        ours = [entry for entry in self._done[:-1] if entry in self._function and not entry.dummy]
        expect_calls(f"the calls of a kernel with {about}", self, ours, calls)
        expect_entries(f"sysinit_done_list of a kernel with {about}", self._done, done)
        expect_entries(f"sysinit_list of a kernel with {about}", self._pending, pending)

    def _calls(self, memory: Pages) -> list[Call]:
        records = memory.read(self._symbol("lab4_records"), RECORD.size * memory.word(self._symbol("lab4_used")))
        return [Call(*fields) for fields in RECORD.iter_unpack(records)]

    def _last_call(self, machine: Machine) -> str:
        """For a kernel that went elsewhere: how far it came."""
        if machine.stop.gone:
            return ""
        calls = self._calls(Pages(machine))
        entry = self.by_udata.get(calls[-1].udata) if calls else None
        return f",\nafter {len(calls)} calls" + (f", the last for {entry}" if entry else "")

    def _follow(self, memory: Pages, name: str) -> list[Entry]:
        """The entries of a list."""
        entries: list[Entry] = []
        at = memory.word(self._symbol(name))
        while at:
            udata, link = struct.unpack("<II", memory.read(at + UDATA, 8))
            entry = self._at.get(at) or self.by_udata.get(udata)
            if entry is None or entry in entries:
                raise StudentFailure(name, "links that lead from entry to entry, and from the last to NULL",
                                     f"{entries[-1] if entries else 'stqh_first'} leads "
                                     + (f"back to {entry}" if entry else f"to {at:#x}, where no entry is"))
            entries.append(entry)
            at = link
        return entries


class Pages:
    """A machine's memory, read by pages: that is quicker than word by word."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._pages = machine, {}

    def read(self, at: int, size: int) -> bytes:
        pages = range(at // PAGE, (at + size - 1) // PAGE + 1) if size else range(0)
        for page in pages:
            if page not in self._pages:
                self._pages[page] = self._machine.memory(page * PAGE, PAGE)
        return b"".join(self._pages[page] for page in pages)[at % PAGE:at % PAGE + size]

    def word(self, at: int) -> int:
        return int.from_bytes(self.read(at, 4), "little")
