"""Runs of one function of SYSINIT's engine, in the small kernel: what is set up, what is called, what is kept of it.

Where a function calls another exercise's, the driver's own stands for that, so that each can be judged alone. What the
checks expect of all this is theirs (grade/checks/lab_4_sysinit.py).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from grade.bench import Bench
from grade.bochs import Machine
from grade.checks.scripts import Results, Script, boot, run_script
from grade.checks.sysinit import (
    FUNCTIONS, SYSINIT, Call, Calls, Field, Functions, Printed, expect_calls, expect_entries, expect_lines, name,
    put_in_place)
from grade.failure import expect
from grade.models import sysinit as model
from grade.models.sysinit import Entry


@contextmanager
def ran(bench: Bench, script: Script) -> Iterator[tuple[Machine, Results]]:
    """Boot the small kernel, and run a script to its end."""
    with boot(bench, SYSINIT, script, goal="mi_startup") as machine:
        yield machine, run_script(machine, script, at_once=False)


def numbered(keys: Sequence[tuple[int, int]], first: int = 1, *, called_from: int | None = None) -> list[Entry]:
    """Entries with these keys. Their numbers are their own in a check; reports may count them otherwise."""
    return [Entry(number, *key, name="" if called_from is None else f"entry {called_from + number - first}")
            for number, key in enumerate(keys, first)]


def beside_the_set(*key: int) -> Entry:
    """What the pointers lead to that stand in front of a set and behind it."""
    return Entry(999, *key, name="the entry that the pointer at set_end leads to")


# ---------------------------------------------------------------- insert


class Inserted:
    """Lists into which sysinit_insert() was to insert entries."""

    def __init__(self, bench: Bench, draw: Random, orders: Iterable[tuple[str, Sequence[tuple[int, int]]]]) -> None:
        """orders: what a list is, and the keys in the order in which they are inserted."""
        script = Script(bench, SYSINIT)
        self.lists: list[tuple[str, list[Entry]]] = []
        for about, keys in orders:
            count = sum(len(entries) for _, entries in self.lists)
            self.lists.append((about, numbered(keys, count + 1, called_from=1)))
        every = [entry for _, entries in self.lists for entry in entries]
        self.field = Field(script, draw, Functions(script, draw), every)
        self.heads = [self.field.list() for _ in self.lists]
        for head, (about, entries) in zip(self.heads, self.lists):
            for count, entry in enumerate(entries):
                script.call(script.symbol("sysinit_insert"), head, self.field.at[entry],
                            about=f"sysinit_insert() of {entry} into a list of {count}, on the way to {about}")
        saved, heads = self.field.save(), [script.save(head, 8) for head in self.heads]
        with ran(bench, script) as (_, results):
            self.memory = results.memory(saved, "sysinit_insert(), called for some lists")
            self.words = [results.words(head, "a list's head") for head in heads]

    def found(self) -> Iterator[tuple[str, list[Entry], list[Entry]]]:
        """Of each list: about it, what was inserted, and what is in it."""
        for (about, entries), words in zip(self.lists, self.words):
            about = f"the list after inserting {about}"
            yield about, entries, self.field.follow(self.memory, words[0], about)


# ---------------------------------------------------------------- run

RUN = "sysinit_run(), called for some lists"


class Runs:
    """Lists that are run one after the other in one boot. before: what the first one's done list has already."""

    def __init__(self, bench: Bench, draw: Random, lists: Sequence[Sequence[Entry]], *, before: Sequence[Entry] = (),
                 others: Sequence[Entry] = ()) -> None:
        self.script = Script(bench, SYSINIT)
        self._bench, self._lists = bench, lists
        entries = [entry for each in lists for entry in each]
        self.field = Field(self.script, draw, Functions(self.script, draw), [*entries, *before, *others])
        self.pending = [self.field.list(each) for each in lists]
        self.done = [self.field.list(before if not number else ()) for number in range(len(lists))]

    def announce(self, verbose: bool) -> None:
        """Set verbose_sysinit or not, with the driver's announcements."""
        put_in_place(self.script, "sysinit_announce", "lab4_announce")
        self.script.poke(self.script.symbol("verbose_sysinit"), struct.pack("<I", verbose))

    def outcomes(self) -> list[Outcome]:
        """Run them."""
        script, field = self.script, self.field
        saved = []
        for entries, pending, done in zip(self._lists, self.pending, self.done):
            script.poke(script.symbol("lab4_list"), struct.pack("<I", pending))
            script.poke(script.symbol("lab4_done_list"), struct.pack("<I", done))
            printed = Printed(script)
            script.call(script.symbol("sysinit_run"), pending, done, about=f"sysinit_run() of a list of {len(entries)}")
            printed.over()
            saved.append((printed, *(script.save(at, size) for at, size in (
                (script.symbol("lab4_used"), 4), (pending, 8), (done, 8)))))
        calls, kept = Calls(script, len(field.entries)), field.save()
        with ran(self._bench, script) as (machine, results):
            every, memory, start, outcomes = calls.read(results, RUN), results.memory(kept, RUN), 0, []
            for printed, used, pending, done in saved:
                end = results.word(used, RUN)
                outcomes.append(Outcome(every[start:end], memory, results.words(pending, RUN), results.words(done, RUN),
                                        printed.text(machine, results)))
                start = end
        return outcomes


@dataclass(frozen=True)
class Outcome:
    """What came of a list that was run: the calls, the entries' memory, the heads of both lists, and the text."""

    calls: list[Call]
    memory: bytes
    pending: tuple[int, ...]
    done: tuple[int, ...]
    printed: str


ADDED = 500         # the number of the first that is added


class Adding:
    """Plans, made while the model runs a list: some functions add entries at the head, at the end or in between."""

    def __init__(self, draw: Random, entries: Sequence[Entry], more: int) -> None:
        self.entries, self.more = entries, numbered([(5, 5)] * more, ADDED)
        self.plans: list[tuple[Entry, Entry, Entry | None]] = []       # whose function adds which one behind which
        self._draw, self._left = draw, list(self.more)
        self.done, _ = model.run(entries, self._add)

    def _add(self, entry: Entry, rest: list[Entry]) -> list[Entry]:
        while self._left and (not rest or self._draw.random() < 0.3):
            new, place = self._left.pop(), self._draw.choice((0, len(rest), self._draw.randint(0, len(rest))))
            self.plans.append((entry, new, rest[place - 1] if place else None))
            rest = [*rest[:place], new, *rest[place:]]
        return rest


# ---------------------------------------------------------------- add

ADD = "sysinit_add(), called for some sets"
NOTHING_JOINED = ("Nothing has joined the list. When sysinit_mklist() is called, is `set' still the beginning of the "
                  "set, or has the loop before moved it?")


class Additions:
    """Sets that are added to sysinit_list, each in a state of its own."""

    def __init__(self, bench: Bench, draw: Random, trials: Sequence[tuple[list[Entry], list[Entry]]]) -> None:
        """trials: what is pending, and the set."""
        script = Script(bench, SYSINIT)
        for function in ("insert", "mklist"):
            put_in_place(script, f"sysinit_{function}", f"lab4_{function}")
        self.head, functions = script.symbol("sysinit_list"), Functions(script, draw)
        self.trials, self.fields, saved = trials, [], []
        for pending, entries in trials:
            beside = beside_the_set(model.MASK, model.MASK)
            field = Field(script, draw, functions, [*pending, *entries, beside])
            field.link(entries)
            field.list(pending, self.head)
            script.call(script.symbol("sysinit_add"), *field.set(entries, beside),
                        about=f"sysinit_add() of {set_words(entries, pending)}")
            saved.append((script.save(script.symbol("script_returned"), 4), script.save(self.head, 8), field.save()))
            self.fields.append(field)
        with ran(bench, script) as (_, results):
            self.returned = [results.word(returned, ADD) for returned, _, _ in saved]
            self.words = [results.words(head, ADD) for _, head, _ in saved]
            self.memories = [results.memory(memory, ADD) for _, _, memory in saved]

    def judge(self, expected: Sequence[tuple[Entry | None, list[Entry]]]) -> None:
        """Was this returned, and is this pending?"""
        for trial, field, returned, words, memory, (refused, pending) in zip(
                self.trials, self.fields, self.returned, self.words, self.memories, expected):
            about = f"after adding {set_words(trial[1], trial[0])}"
            expect(f"what it returns, {about}", str(refused or "NULL"),
                   str(field.by_address.get(returned, f"{returned:#x}")) if returned else "NULL")
            about = f"sysinit_list {about}"
            found = field.found(memory, self.head, words, about)
            expect_entries(about, pending, found, hint=NOTHING_JOINED if found == trial[0] else "")


def set_words(entries: Sequence[Entry], pending: Sequence[Entry]) -> str:
    return f"a set of {len(entries)} to {f'a list of {len(pending)}' if pending else 'an empty list'}"


# ---------------------------------------------------------------- undo


def judge_undone(bench: Bench, draw: Random, sets: Sequence[list[Entry]], *, replaced: bool) -> None:
    """Have sysuninit_run() run sets, with the driver's functions in the place of 4.1 and 4.2 or not, and judge that."""
    script = Script(bench, SYSINIT)
    for function in ("insert", "mklist") if replaced else ():
        put_in_place(script, f"sysinit_{function}", f"lab4_{function}")
    beside = beside_the_set(5, 5)
    field = Field(script, draw, Functions(script, draw), [*(entry for entries in sets for entry in entries), beside])
    script.poke(script.symbol("verbose_sysinit"), struct.pack("<I", 1))
    printed, used = Printed(script), []
    for entries in sets:
        field.link(entries)
        script.call(script.symbol("sysuninit_run"), *field.set(entries, beside),
                    about=f"sysuninit_run() of a set of {len(entries)}")
        used.append(script.save(script.symbol("lab4_used"), 4))
    printed.over()
    calls, what = Calls(script, len(field.entries)), "sysuninit_run(), called for some sets"
    with ran(bench, script) as (machine, results):
        every, ends = calls.read(results, what), [results.word(count, what) for count in used]
        text = printed.text(machine, results)
    for start, end, entries in zip([0, *ends], ends, sets):
        expect_calls(f"the calls for a set of {len(entries)}", field, model.undo(entries), every[start:end])
    expect_lines("what is printed", [], text.split("\n") if text else [])


# ---------------------------------------------------------------- announce

ANNOUNCE = "sysinit_announce(), called for some entries"


def draw_names(draw: Random, field: Field, named: bool) -> Iterator[tuple[int, str]]:
    """Names of functions and udata: of all, or of half of the functions, and of both kinds' udata every second one."""
    functions = draw.sample(list(field.functions.numbers), FUNCTIONS if named else FUNCTIONS // 2)
    yield from ((at, f"init_{draw.getrandbits(16):x}") for at in functions)
    for with_name in (True, False):
        part = [field.udata[entry] for entry in field.entries
                if field.udata[entry] and (field.function[entry] in functions) is with_name]
        yield from ((udata, f"data_{draw.getrandbits(16):x}") for udata in part[::1 if named else 2])


def announcements(bench: Bench, draw: Random, keys: Sequence[tuple[int, int]], *, named: bool
                  ) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Have sysinit_announce() announce entries with these keys, with names for all addresses or for half of them.
    Returns what it must print and return, and what it did."""
    script = Script(bench, SYSINIT)
    entries = numbered(keys)
    field = Field(script, draw, Functions(script, draw), entries)
    field.set_udata(entries[-1], 0)
    names = dict(draw_names(draw, field, named))
    name(script, names)
    said, returned = [], []
    for entry in entries:
        said.append(Printed(script))
        script.call(script.symbol("sysinit_announce"), field.at[entry], about=f"sysinit_announce() of {entry}")
        returned.append(script.save(script.symbol("script_returned"), 4))
        said[-1].over()
    with ran(bench, script) as (machine, results):
        got = [(printed.text(machine, results), results.word(number, ANNOUNCE))
               for printed, number in zip(said, returned)]
    return model.announced([(entry, field.function[entry], field.udata[entry]) for entry in entries], names), got
