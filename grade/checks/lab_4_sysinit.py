"""Lab 4: is everything done, once, in the order that the keys say, whoever comes late?

Each exercise is judged alone, by calling its function on entries that were drawn, in a small kernel; where it calls
another exercise's, something of the driver's stands for that. What the whole engine does in the whole kernel, with a
module, is judged at the end of 4.2 and of 4.4.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from grade.bench import Bench
from grade.bochs import Machine
from grade.check import check
from grade.checks.scripts import Case, Results, Script, boot, boots, instead, run_script
from grade.checks.sysinit import (
    LINK, SYSINIT, Call, Calls, Field, Functions, Insertions, Printed, expect_calls, expect_entries, expect_lines, message_buffer,
    name, plan, put_in_place)
from grade.checks.wholekernel import Whole
from grade.failure import StudentFailure, expect
from grade.models import sysinit as model
from grade.models.sysinit import Entry


@contextmanager
def ran(bench: Bench, script: Script) -> Iterator[tuple[Machine, Results]]:
    """Boot the small kernel, and run a script to its end."""
    with boot(bench, SYSINIT, script, goal="mi_startup") as machine:
        yield machine, run_script(machine, script, at_once=False)


def numbered(keys: Sequence[tuple[int, int]], first: int = 1) -> list[Entry]:
    return [Entry(number, *key) for number, key in enumerate(keys, first)]


def key_words(entry: Entry) -> str:
    return f"subsystem {entry.subsystem:x}, order {entry.order:x}"


# ---------------------------------------------------------------- 4.1 insert


def orders(draw: Random) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Keys, in the order in which they are inserted."""
    same = draw.choice(model.CORNERS)
    yield "one entry", [same]
    yield "one that comes first", [model.CORNERS[5], model.CORNERS[4]]
    yield "all equal", [same] * 6
    yield "in order", list(model.CORNERS)
    yield "the last first", list(model.CORNERS[::-1])
    yield "one subsystem", [(same[0], order) for order in draw.sample((0, 1, 2, 3, model.ANY, 1 << 31, model.MASK), 7)]
    yield "orders that fall as subsystems rise", draw.sample([(step << 24, 9 - step) for step in range(1, 9)], 8)
    yield "the ends of the numbers", draw.sample(model.CORNERS * 2, 2 * len(model.CORNERS))
    for subsystems in (1, 4, 12, 60):
        yield f"{subsystems} subsystems, drawn", model.draw_keys(draw, 60, subsystems=subsystems, wide=True)


class Inserted:
    """Lists into which sysinit_insert() was to insert entries."""

    def __init__(self, bench: Bench, case: Case) -> None:
        draw = case.draw
        script = Script(bench, SYSINIT)
        self.lists: list[tuple[str, list[Entry]]] = []
        for about, keys in orders(draw):
            count = sum(len(entries) for _, entries in self.lists)
            self.lists.append((about, numbered(keys, count + 1)))
        self.field = Field(script, draw, Functions(script, draw), [entry for _, entries in self.lists for entry in entries])
        self.heads = [self.field.list() for _ in self.lists]
        for head, (about, entries) in zip(self.heads, self.lists):
            for count, entry in enumerate(entries):
                script.call(script.symbol("sysinit_insert"), head, self.field.at[entry],
                            about=f"sysinit_insert() of {entry} into a list of {count} ({about})")
        saved, heads = self.field.save(), [script.save(head, 8) for head in self.heads]
        with ran(bench, script) as (_, results):
            self.memory = results.memory(saved, "sysinit_insert(), called for some lists")
            self.words = [results.words(head, "a list's head") for head in heads]

    def found(self) -> Iterator[tuple[str, list[Entry], list[Entry]]]:
        """Of each list: about it, what was inserted, and what is in it."""
        for (about, entries), words in zip(self.lists, self.words):
            about = f"the list after inserting {about}"
            yield about, entries, self.field.follow(self.memory, words[0], about)


@check("4.1", "sorted", points=2, title="a list sorted by subsystem and order", cases=boots("drawn entries"),
       hint="The order within a subsystem counts only where the subsystems are equal. A new entry may belong in front of "
            "all others, or behind them.")
def sorted_by_keys(bench: Bench, case: Case) -> None:
    for about, entries, found in Inserted(bench, case).found():
        expect_lines(about, list(map(key_words, model.in_order(entries))), list(map(key_words, found)))


@check("4.1", "equals", points=2, title="equals stay as they came", cases=boots("drawn entries"),
       hint="An entry goes behind all that are equal to it: in front of the first that is larger, not of the first that "
            "is not smaller. Entries are numbered as they were inserted.")
def equals(bench: Bench, case: Case) -> None:
    for about, entries, found in Inserted(bench, case).found():
        expect_entries(about, model.in_order(entries), found)


@check("4.1", "ends", points=1, title="the list's end, and nothing beside the links", cases=boots("drawn entries"),
       hint="stqh_last is the address of the last entry's link, or of stqh_first in an empty list; the STAILQ macros care "
            "for it. Other fields of an entry are not yours to write.")
def ends(bench: Bench, case: Case) -> None:
    lists = Inserted(bench, case)
    for head, words, (about, entries, found) in zip(lists.heads, lists.words, lists.found()):
        expect_entries(f"{about}, by their numbers", entries, sorted(found, key=lambda entry: entry.number))
        lists.field.found(lists.memory, head, words, about)
    changed = lists.field.others(lists.field.before) != lists.field.others(lists.memory)
    expect("the memory beside the links", "as it was", "changed" if changed else "as it was")


# ---------------------------------------------------------------- 4.2 from the set to the list


@check("4.2", "set", points=1, title="each entry of a set is inserted, once", cases=boots("drawn sets"),
       hint="A set is an array of pointers; set_end is behind its last one. An empty set has set == set_end.")
def sets(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = Script(bench, SYSINIT)
    put_in_place(script, "sysinit_insert", "lab4_insert")
    entries = numbered(model.draw_keys(draw, 120, subsystems=8))
    dummy, beside = Entry(0, model.DUMMY, draw.getrandbits(28), runs=False), Entry(999, 1, 1)
    field = Field(script, draw, Functions(script, draw), [*entries, dummy, beside])
    parts = [[], entries[:1], entries[1:3], [], [dummy], entries[3:40], [*entries[40:60], dummy, *entries[60:]]]
    lists = []
    for part in parts:
        lists.append(field.list())
        script.call(script.symbol("sysinit_mklist"), lists[-1], *field.set(part, beside),
                    about=f"sysinit_mklist() of a set of {len(part)}")
    insertions = Insertions(script, len(entries) + 2)

    def words(at: int, entry: Entry | None) -> str:
        number = lists.index(at) + 1 if at in lists else 0
        return f"{entry or 'what is no entry'}, into {f'list {number}' if number else 'what is no list'}"
    with ran(bench, script) as (_, results):
        got = insertions.read(results, "sysinit_mklist(), called for some sets")
    expect_lines("calls of sysinit_insert()", [words(at, entry) for at, part in zip(lists, parts) for entry in part],
                 [words(at, field.by_address.get(entry)) for at, entry in got])


FIRST, MIDDLE, LAST = "it is the set's first", "it is in the middle", "it is the set's last"


@check("4.2", "no-function", points=1, title="an entry without a function is a panic that names it",
       cases=boots(FIRST, MIDDLE, LAST),
       hint="func is NULL, and the subsystem is not SI_SUB_DUMMY: sysinit_panic(), with the entry, not the pointer to it.")
def no_function(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = Script(bench, SYSINIT)
    put_in_place(script, "sysinit_insert", "lab4_insert")
    wrong = Entry(0, draw.randrange(1, 1 << 28), draw.getrandbits(28), runs=False)
    also, dummy = Entry(100, 1, 1, runs=False), Entry(101, model.DUMMY, 5, runs=False)
    entries = numbered(model.draw_keys(draw, 12, subsystems=4))
    field = Field(script, draw, Functions(script, draw), [*entries, wrong, also, dummy])
    names = {field.at[also]: "another", **({} if case.about == FIRST else {field.at[wrong]: f"x{draw.getrandbits(20):x}"})}
    name(script, names)
    parts = {FIRST: [wrong, *entries], MIDDLE: [*entries[:5], wrong, *entries[5:], also], LAST: [*entries, wrong]}
    right = Printed(script)
    script.call(script.symbol("sysinit_mklist"), field.list(), *field.set([dummy, *entries[:3]]))
    right.over()
    script.call(script.symbol("sysinit_mklist"), field.list(), *field.set(parts[case.about]))
    with ran(bench, script) as (machine, results):
        said = message_buffer(machine, script)
        if right.text(machine, results):
            raise StudentFailure("a set in which only an entry of SI_SUB_DUMMY has no function", "no word",
                                 right.text(machine, results).strip())
        panic = next((line for line in said.split("\n") if line.startswith("panic: ")), "")
        if not panic:
            raise StudentFailure(f"a set with {wrong}, which has no function", "a panic", instead(machine))
    at = field.at[wrong]
    expect(f"the panic about {wrong}, which has no function", f"panic: {model.no_function(wrong, at, names.get(at))}", panic)


@check("4.2", "boot", points=1, title="a kernel that starts by its set: with 4.1 and 4.3",
       cases=boots("with the kernel's own entries and others"),
       hint="mi_startup() calls sysinit_mklist(), then sysinit_run(). Which entry is missing, or too early?")
def kernel_boot(bench: Bench, case: Case) -> None:
    Whole(bench, case.draw, late=False).judge("more entries in its set")


# ---------------------------------------------------------------- 4.3 run

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


def drawn_lists(draw: Random, *, dummies: bool) -> list[list[Entry]]:
    """Lists to be run; the short ones first."""
    lists: list[list[Entry]] = []
    for count in (0, 1, 2, 5, 40, 80):
        first = 1 + sum(map(len, lists))
        keys = model.draw_keys(draw, count, subsystems=1 + count // 6, dummies=False)
        entries = model.in_order(numbered(keys, first))
        if dummies and count:
            orders = sorted(draw.sample(range(1 << 20, 1 << 24), 3))
            entries = [Entry(first + count + number, model.DUMMY, order, draw.random() < 0.5)
                       for number, order in enumerate(orders)] + entries
        lists.append(entries)
    if dummies:
        lists.append([Entry(900, model.DUMMY, 0, runs=False)])
    return lists


@check("4.3", "called", points=1, title="each function is called, once, in order, with its udata",
       cases=boots("drawn lists"),
       hint="Take the first of the list until there is none.")
def called(bench: Bench, case: Case) -> None:
    lists = drawn_lists(case.draw, dummies=False)
    runs = Runs(bench, case.draw, lists)
    for entries, outcome in zip(lists, runs.outcomes()):
        expect_calls(f"the calls for a list of {len(entries)}", runs.field, entries, outcome.calls)


@check("4.3", "done", points=1, title="an entry is at the end of the done list when it is called",
       cases=boots("drawn lists"),
       hint="Off the list and on the other one first, then the call: whoever looks at the lists from the function must "
            "find its own entry among what is done. STAILQ_REMOVE_HEAD and STAILQ_INSERT_TAIL care for both ends.")
def done(bench: Bench, case: Case) -> None:
    lists, before = drawn_lists(case.draw, dummies=False), numbered([(7, 0), (3, 1)], 800)
    runs = Runs(bench, case.draw, lists, before=before)
    for number, (entries, outcome) in enumerate(zip(lists, runs.outcomes())):
        about = f"a list of {len(entries)}"
        expect_entries(f"the done list after running {about}", [*(before if not number else ()), *entries],
                       runs.field.found(outcome.memory, runs.done[number], outcome.done, f"the done list after running {about}"))
        expect(f"the list after running {about}", head_words(0, runs.pending[number], runs), head_words(*outcome.pending, runs))
        _, following = model.run(entries)
        for entry, call, later in zip(entries, outcome.calls, following):
            expect(f"the first of {about}, when {entry} was called", place_words(later and runs.field.at[later], runs),
                   place_words(call.first, runs))
            expect(f"the last of the done list, when {entry} of {about} was called", place_words(runs.field.at[entry], runs),
                   place_words(0 if call.last in (0, runs.done[number]) else call.last - LINK, runs))
        expect(f"the calls for {about}", len(entries), len(outcome.calls))


def head_words(first: int, last: int, runs: Runs) -> str:
    """A list's head."""
    return f"stqh_first {first:#x}, stqh_last {last:#x}"


def place_words(at: int | None, runs: Runs) -> str:
    """An entry by its address."""
    return str(runs.field.by_address.get(at, f"what is at {at:#x}, no entry")) if at else "none"


@check("4.3", "dummy", points=1, title="SI_SUB_DUMMY is done without a call", cases=boots("drawn lists"),
       hint="A function of NULL must not be called, and one that is there is not called either, nor announced. The entry "
            "goes to the done list like any other.")
def dummy(bench: Bench, case: Case) -> None:
    lists = drawn_lists(case.draw, dummies=True)
    runs = Runs(bench, case.draw, lists)
    runs.announce(True)
    for entries, outcome in zip(lists, runs.outcomes()):
        about = f"a list of {len(entries)}, some of SI_SUB_DUMMY"
        expect_calls(f"the calls for {about}", runs.field, [entry for entry in entries if not entry.dummy], outcome.calls)
        expect_entries(f"the done list after running {about}", entries, runs.field.follow(
            outcome.memory, outcome.done[0], f"the done list after running {about}"))
        for entry in (entry for entry in entries if entry.dummy):
            expect(f"an announcement of {entry}", "none", "one" if f"<{entry.order:x}>" in outcome.printed else "none")


class Adding:
    """Plans, made while the model runs a list: some functions add entries at the head, at the end or in between."""

    def __init__(self, draw: Random, entries: Sequence[Entry], more: int) -> None:
        self.entries, self.more = entries, numbered([(5, 5)] * more, 500)
        self.plans: list[tuple[Entry, Entry, Entry | None]] = []       # whose function adds which one behind which
        self._draw, self._left = draw, list(self.more)
        self.done, _ = model.run(entries, self._add)

    def _add(self, entry: Entry, rest: list[Entry]) -> list[Entry]:
        while self._left and (not rest or self._draw.random() < 0.3):
            new, place = self._left.pop(), self._draw.choice((0, len(rest), self._draw.randint(0, len(rest))))
            self.plans.append((entry, new, rest[place - 1] if place else None))
            rest = [*rest[:place], new, *rest[place:]]
        return rest


@check("4.3", "added", points=1, title="what a function adds is run in its turn", cases=boots("drawn lists", "more lists"),
       hint="At each step the list's first entry is the next, whatever was there a step before: keep no pointer into the "
            "list over a call.")
def added(bench: Bench, case: Case) -> None:
    draw = case.draw
    adding = Adding(draw, numbered(model.draw_keys(draw, draw.choice((1, 12, 30)), subsystems=5, dummies=False)), 30)
    runs = Runs(bench, draw, [adding.entries], others=adding.more)
    field = runs.field
    plan(runs.script, ((field.udata[entry], field.at[new], field.at[after] if after else 0, 0, 0)
                       for entry, new, after in adding.plans))
    outcome, = runs.outcomes()
    who = {entry for entry, *_ in adding.plans}
    expect_calls(f"the calls, where {len(who)} functions add {len(adding.more)} entries, from number 500 on", field, adding.done,
                 outcome.calls)


@check("4.3", "announced", points=1, title="verbose_sysinit: announced, called, done",
       cases=boots("verbose_sysinit = 0", "verbose_sysinit = 1"),
       hint="sysinit_announce() comes before the call, and only if verbose_sysinit is set and the entry is run at all; "
            "`done.' comes only if it has returned nonzero. In the check it prints <order>, and a function (its number).")
def announced(bench: Bench, case: Case) -> None:
    draw, verbose = case.draw, case.about.endswith("1")
    entries = numbered(model.draw_keys(draw, 24, subsystems=5, dummies=False))
    runs = Runs(bench, draw, [entries])
    runs.announce(verbose)
    runs.script.poke(runs.script.symbol("lab4_prints"), struct.pack("<I", 1))
    outcome, = runs.outcomes()
    expect_calls("the calls", runs.field, entries, outcome.calls)
    said = [f"{f'<{entry.order:x}> ' * verbose}({runs.field.number_of(entry):x}) "
            + "done.\n" * (verbose and entry.order & 1) for entry in entries]
    expect_lines("what is printed", "".join(said).split("\n"), outcome.printed.split("\n"))


# ---------------------------------------------------------------- 4.4 late arrivals

ADD = "sysinit_add(), called for some sets"


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
            beside = Entry(999, model.MASK, model.MASK)
            field = Field(script, draw, functions, [*pending, *entries, beside])
            field.link(entries)
            script.call(script.symbol("sysinit_add"), *self._placed(field, pending, entries, beside),
                        about=f"sysinit_add() of a set of {len(entries)} to a list of {len(pending)}")
            saved.append((script.save(script.symbol("script_returned"), 4), script.save(self.head, 8), field.save()))
            self.fields.append(field)
        with ran(bench, script) as (_, results):
            self.returned = [results.word(returned, ADD) for returned, _, _ in saved]
            self.words = [results.words(head, ADD) for _, head, _ in saved]
            self.memories = [results.memory(memory, ADD) for _, _, memory in saved]

    def _placed(self, field: Field, pending: list[Entry], entries: list[Entry], beside: Entry) -> tuple[int, int]:
        """Set up what is pending, and the set."""
        field.list(pending, self.head)
        return field.set(entries, beside)

    def judge(self, expected: Sequence[tuple[Entry | None, list[Entry]]]) -> None:
        """Was this returned, and is this pending?"""
        for trial, field, returned, words, memory, (refused, pending) in zip(
                self.trials, self.fields, self.returned, self.words, self.memories, expected):
            about = f"after sysinit_add() of {len(trial[1])} to {len(trial[0])}"
            expect(f"what it returns, {about}", str(refused or "NULL"),
                   str(field.by_address.get(returned, f"{returned:#x}")) if returned else "NULL")
            expect_entries(f"sysinit_list {about}", pending, field.found(memory, self.head, words, f"sysinit_list {about}"))


def drawn_additions(draw: Random) -> Iterator[tuple[list[Entry], list[Entry]]]:
    """What is pending, and a set that comes behind all of that, in order."""
    for pending, more in ((0, 0), (5, 0), (0, 1), (1, 1), (0, 7), (6, 20)):
        entries = model.in_order(numbered(model.draw_keys(draw, pending + more, subsystems=4, dummies=False)))
        yield entries[:pending], entries[pending:]


@check("4.4", "joins", points=1, title="a set joins sysinit_list", cases=boots("drawn sets"),
       hint="NULL is the answer when all of them have joined. An entry of SI_SUB_DUMMY needs no function.")
def joins(bench: Bench, case: Case) -> None:
    draw = case.draw
    trials = [*drawn_additions(draw), ([], [Entry(1, model.DUMMY, 4, runs=False), *numbered([(9, 9), (10, 2)], 2)])]
    Additions(bench, draw, trials).judge([(None, [*pending, *entries]) for pending, entries in trials])


@check("4.4", "refused", points=1, title="all of a set or nothing", cases=boots("drawn sets"),
       hint="Look at all of the set before the first of it joins. What is returned is the first that has no function, "
            "but needs one.")
def refused(bench: Bench, case: Case) -> None:
    draw = case.draw
    trials = []
    for pending, entries in drawn_additions(draw):
        wrong = [Entry(400 + number, draw.randrange(1, 1 << 28), 0, runs=False) for number in range(2)]
        middle = draw.randint(0, len(entries))
        trials += [(pending, [wrong[0], *entries]), (pending, [*entries, wrong[0]]),
                   (pending, [*entries[:middle], Entry(300, model.DUMMY, 0, runs=False), wrong[1], *entries[middle:], wrong[0]])]
    Additions(bench, draw, trials).judge([(model.refused(entries), pending) for pending, entries in trials])


@check("4.4", "module", points=1, title="a module joins a kernel that starts: with 4.1, 4.2 and 4.3",
       cases=boots("with a module, and functions that add sets"),
       hint="What is added is earlier, equal or later than what runs at that moment. What is earlier is simply the next; of "
            "equals the one that came first is first.")
def module(bench: Bench, case: Case) -> None:
    Whole(bench, case.draw, late=True).judge("a module")


# ---------------------------------------------------------------- 4.5 undo


def undone(bench: Bench, draw: Random, sets: Sequence[list[Entry]], *, replaced: bool) -> None:
    """Let sysuninit_run() run sets, with the driver's functions in the place of 4.1 and 4.2 or not."""
    script = Script(bench, SYSINIT)
    for function in ("insert", "mklist") if replaced else ():
        put_in_place(script, f"sysinit_{function}", f"lab4_{function}")
    beside = Entry(999, 5, 5)
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


def drawn_sets(draw: Random) -> list[list[Entry]]:
    sets: list[list[Entry]] = []
    for count in (0, 1, 2, 12, 40):
        keys = model.draw_keys(draw, count, subsystems=1 + count // 8)
        sets.append([Entry(entry.number, entry.subsystem, entry.order, not entry.dummy or draw.random() < 0.5)
                     for entry in numbered(keys, 1 + sum(map(len, sets)))])
    return sets


@check("4.5", "backwards", points=1, title="a set that is in order is run from its end", cases=boots("drawn sets"),
       hint="Everything is the other way round, equals too; SI_SUB_DUMMY is skipped. Nothing is said of it.")
def backwards(bench: Bench, case: Case) -> None:
    draw = case.draw
    undone(bench, draw, [model.in_order(entries) for entries in drawn_sets(draw)], replaced=True)


@check("4.5", "undo", points=1, title="any set is run the last by its keys first", cases=boots("drawn sets"),
       hint="Of equals the one that stands last in the set is the first. (Your sysinit_mklist() and sysinit_insert() are "
            "used here, if you call them.)")
def undo(bench: Bench, case: Case) -> None:
    undone(bench, case.draw, drawn_sets(case.draw), replaced=False)


# ---------------------------------------------------------------- 4.6 say what is done

ANNOUNCE = "sysinit_announce(), called for some entries"


def announcements(bench: Bench, draw: Random, keys: Sequence[tuple[int, int]], *, named: bool
                  ) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Let sysinit_announce() announce entries with these keys, with names for some addresses or for all. Returns what
    it must print and return, and what it did."""
    script = Script(bench, SYSINIT)
    entries = numbered(keys)
    field = Field(script, draw, Functions(script, draw), entries)
    field.set_udata(entries[-1], 0)
    names = {at: f"{word}_{draw.getrandbits(16):x}" for word, places in (("init", field.functions.numbers), ("data", field.by_udata))
             for at in places if named or draw.random() < 0.5}
    name(script, names)
    said, returned = [], []
    for entry in entries:
        said.append(Printed(script))
        script.call(script.symbol("sysinit_announce"), field.at[entry], about=f"sysinit_announce() of {entry}")
        returned.append(script.save(script.symbol("script_returned"), 4))
        said[-1].over()
    with ran(bench, script) as (machine, results):
        got = [(printed.text(machine, results), results.word(number, ANNOUNCE)) for printed, number in zip(said, returned)]
    return model.announced([(entry, field.function[entry], field.udata[entry]) for entry in entries], names), got


@check("4.6", "lines", points=1, title="a line for each entry, by the names of function and udata",
       cases=boots("drawn names"),
       hint="A name of udata has a & before it, an address has none. Where the function has no name, udata has an address, "
            "too. The line is left open: it is the caller's `done.' that ends it.")
def lines(bench: Bench, case: Case) -> None:
    draw = case.draw
    keys = [(model.LAST, 0)] + model.draw_keys(draw, 24, subsystems=4, dummies=False)
    expected, got = announcements(bench, draw, [(min(key[0], model.LAST), key[1]) for key in keys], named=False)
    expect_lines("the entries' lines", *([text.rpartition("\n")[2] for text, _ in said] for said in (expected, got)))
    expect_lines("what it returns", *([str(answer) for _, answer in said] for said in (expected, got)))


@check("4.6", "subsystems", points=1, title="silent up to the copyright, then a line for each new subsystem",
       cases=boots("the corners", "drawn subsystems", "more subsystems"),
       hint="Only a subsystem that is larger than any before has a line, and from the first of them on nothing is silent, "
            "not even what is smaller than SI_SUB_COPYRIGHT.")
def subsystems(bench: Bench, case: Case) -> None:
    draw = case.draw
    first, second, third = sorted(draw.sample(range(model.COPYRIGHT + 1, 1 << 31), 3))
    keys = [1, model.COPYRIGHT, model.COPYRIGHT - 1, first, first, 1, model.COPYRIGHT, first, third, second, third, first,
            model.MASK, third, model.MASK]
    if case.about != "the corners":
        pool = [model.COPYRIGHT, *(draw.randrange(1, 1 << 32) for _ in range(6)), *(draw.randrange(1, model.COPYRIGHT) for _ in range(3))]
        keys = [*sorted(draw.choices(pool, k=12)), *draw.choices(pool, k=12)]
    expected, got = announcements(bench, draw, [(key, draw.getrandbits(28)) for key in keys], named=True)

    def words(said: list[tuple[str, int]]) -> list[str]:
        """Of an entry's line, that it is there."""
        return [f"an entry of subsystem {key:x}: {re.sub(r'^   .*', '   its line', text, flags=re.MULTILINE)!r}, returns {answer}"
                for key, (text, answer) in zip(keys, said)]
    expect_lines("what it prints and returns", words(expected), words(got))
