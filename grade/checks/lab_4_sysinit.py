"""Lab 4: is everything done, once, in the order that the keys say, whoever comes late?

Each exercise is judged alone, by calling its function on entries that were drawn, in a small kernel; where it calls
another exercise's, something of the driver's stands for that. What the whole engine does in the whole kernel, with a
module, is judged at the end of 4.2 and of 4.4.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from grade.bench import Bench
from grade.check import check
from grade.checks.engine import (
    ADDED, Adding, Additions, Inserted, Runs, announcements, beside_the_set, judge_undone, numbered, ran)
from grade.checks.scripts import Case, Script, boots, instead
from grade.checks.sysinit import (
    ENDED_EARLY, LINK, SYSINIT, Field, Functions, Insertions, Printed, expect_calls, expect_entries, expect_lines,
    message_buffer, name, plan, put_in_place)
from grade.checks.wholekernel import Whole
from grade.failure import StudentFailure, expect
from grade.models import sysinit as model
from grade.models.sysinit import Entry


def key_words(entry: Entry) -> str:
    return f"subsystem {entry.subsystem:x}, order {entry.order:x}"


# ---------------------------------------------------------------- 4.1 insert


def orders(draw: Random) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Keys, in the order in which they are inserted."""
    same = draw.choice(model.CORNERS)
    yield "one entry", [same]
    yield "one that comes first", [model.CORNERS[5], model.CORNERS[4]]
    yield "six equal entries", [same] * 6
    yield "entries in order", list(model.CORNERS)
    yield "entries, the last first", list(model.CORNERS[::-1])
    yield "entries of one subsystem", [
        (same[0], order) for order in draw.sample((0, 1, 2, 3, model.ANY, 1 << 31, model.MASK), 7)]
    yield "entries whose orders fall as subsystems rise", draw.sample(
        [(step << 24, 9 - step) for step in range(1, 9)], 8)
    yield "the least and the largest numbers", draw.sample(model.CORNERS * 2, 2 * len(model.CORNERS))
    for subsystems in (1, 4, 12, 60):
        yield f"60 drawn entries of {subsystems} subsystem{'s' * (subsystems > 1)}", model.draw_keys(
            draw, 60, subsystems=subsystems, wide=True)


NOT_SORTED = "not sorted"       # a cause


@check("4.1", "sorted", points=2, title="a list sorted by subsystem and order", cases=boots("drawn entries"),
       hint="The order within a subsystem counts only where the subsystems are equal. A new entry may belong in front "
            "of all others, or behind them.")
def sorted_by_keys(bench: Bench, case: Case) -> None:
    draw = case.draw
    for about, entries, found in Inserted(bench, draw, orders(draw)).found():
        expect_sorted(about, entries, found)


def expect_sorted(about: str, entries: Sequence[Entry], found: Sequence[Entry]) -> None:
    """A list is sorted, whatever is the first among equals."""
    expect_lines(about, list(map(key_words, model.in_order(entries))), list(map(key_words, found)), cause=NOT_SORTED)


@check("4.1", "equals", points=2, title="equals stay as they came", cases=boots("drawn entries"),
       hint="An entry goes behind all that are equal to it: in front of the first that is larger, not of the first "
            "that is not smaller. Entries are numbered as they were inserted.")
def equals(bench: Bench, case: Case) -> None:
    draw = case.draw
    for about, entries, found in Inserted(bench, draw, orders(draw)).found():
        expect_sorted(about, entries, found)
        expect_entries(about, model.in_order(entries), found)


@check("4.1", "ends", points=1, title="the list's end, and nothing beside the links", cases=boots("drawn entries"),
       hint="stqh_last is the address of the last entry's link, or of stqh_first in an empty list; the STAILQ macros "
            "care for it. Other fields of an entry are not yours to write.")
def ends(bench: Bench, case: Case) -> None:
    draw = case.draw
    lists = Inserted(bench, draw, orders(draw))
    for head, words, (about, entries, found) in zip(lists.heads, lists.words, lists.found()):
        expect_entries(f"{about}, by their numbers", entries, sorted(found, key=lambda entry: entry.number))
        lists.field.found(lists.memory, head, words, about)
    changed = lists.field.others(lists.field.before) != lists.field.others(lists.memory)
    expect("the memory beside the links", "as it was", "changed" if changed else "as it was")


# ---------------------------------------------------------------- 4.2 from the set to the list


@check("4.2", "set", points=1, title="each entry of a set is inserted, once", cases=boots("drawn sets"),
       hint="A set is an array of pointers to entries. set_end is behind its last one: what stands there is no longer "
            "of the set. An empty set has set == set_end.")
def sets(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = Script(bench, SYSINIT)
    put_in_place(script, "sysinit_insert", "lab4_insert")
    entries = numbered(model.draw_keys(draw, 120, subsystems=8))
    dummy, another = (Entry(number, model.DUMMY, draw.getrandbits(28), runs=False) for number in (900, 901))
    beside = beside_the_set(1, 1)
    field = Field(script, draw, Functions(script, draw), [*entries, dummy, another, beside])
    parts = [[], entries[:1], entries[1:3], [], [dummy], entries[3:40], [*entries[40:60], another, *entries[60:]]]
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
       hint="func is NULL, and the subsystem is not SI_SUB_DUMMY: sysinit_panic(), with the entry, not the pointer to "
            "it.")
def no_function(bench: Bench, case: Case) -> None:
    draw = case.draw
    script = Script(bench, SYSINIT)
    put_in_place(script, "sysinit_insert", "lab4_insert")
    wrong = Entry(0, draw.randrange(1, 1 << 28), draw.getrandbits(28), runs=False)
    also, dummy = Entry(100, 1, 1, runs=False), Entry(101, model.DUMMY, 5, runs=False)
    entries = numbered(model.draw_keys(draw, 12, subsystems=4))
    beside = beside_the_set(1, 1)
    field = Field(script, draw, Functions(script, draw), [*entries, wrong, also, dummy, beside])
    names = {field.at[also]: "another"}
    if case.about != FIRST:
        names[field.at[wrong]] = f"x{draw.getrandbits(20):x}"
    name(script, names)
    parts = {FIRST: [wrong, *entries], MIDDLE: [*entries[:5], wrong, *entries[5:], also], LAST: [*entries, wrong]}
    right = Printed(script)
    only = "a set in which only an entry of SI_SUB_DUMMY has no function"
    script.call(script.symbol("sysinit_mklist"), field.list(), *field.set([dummy, *entries[:3]], beside),
                about=f"sysinit_mklist() of {only}")
    right.over()
    script.call(script.symbol("sysinit_mklist"), field.list(), *field.set(parts[case.about], beside))
    with ran(bench, script) as (machine, results):
        said = message_buffer(machine, script)
        if text := right.text(machine, results).strip():
            raise StudentFailure(only, "no word", text)
        panic = next((line for line in said.split("\n") if line.startswith("panic: ")), "")
        if not panic:
            raise StudentFailure(f"a set with {wrong}, which has no function", "a panic", instead(machine))
    at = field.at[wrong]
    expect(f"the panic about {wrong}, which has no function",
           f"panic: {model.no_function(wrong, at, names.get(at))}", panic)


@check("4.2", "boot", points=1, title="a kernel that starts by its set: with 4.1 and 4.3",
       cases=boots("with the kernel's own entries and others"),
       hint="Where other checks of 4.1 to 4.3 fail, mend those first. mi_startup() calls sysinit_mklist(), then "
            "sysinit_run(): which entry is missing, or too early?")
def kernel_boot(bench: Bench, case: Case) -> None:
    Whole(bench, case.draw, late=False).judge("more entries in its set")


# ---------------------------------------------------------------- 4.3 run

def drawn_lists(draw: Random, *, dummies: bool) -> list[list[Entry]]:
    """Lists to be run; the short ones first."""
    lists: list[list[Entry]] = []
    for count in (0, 1, 2, 5, 40, 80):
        keys = sorted(model.draw_keys(draw, count, subsystems=1 + count // 6, dummies=False))
        if dummies:
            orders = draw.sample(range(1 << 20, 1 << 24), 3 if count else 1)
            keys = [(model.DUMMY, order) for order in sorted(orders)] + keys
        entries = numbered(keys, 1 + sum(map(len, lists)), called_from=1)
        if dummies:
            without = len(orders) // 2
            entries[without] = replace(entries[without], runs=False)
        lists.append(entries)
    return lists


ONE_ONLY = ("It has ended after one entry. As soon as an entry stands at the end of the done list, its link is NULL: it "
            "has no next one. Take it from the list first, then put it there; and ask the list for its first each time.")


@check("4.3", "called", points=1, title="each function is called, once, in order, with its udata",
       cases=boots("drawn lists"),
       hint="Take the first of the list until there is none.")
def called(bench: Bench, case: Case) -> None:
    draw = case.draw
    lists = drawn_lists(draw, dummies=False)
    runs = Runs(bench, draw, lists)
    for entries, outcome in zip(lists, runs.outcomes()):
        expect_calls(f"the calls for a list of {len(entries)}", runs.field, entries, outcome.calls,
                     early=ONE_ONLY * (len(outcome.calls) == 1))


PLAIN, DUMMIES = "drawn lists", "drawn lists, with entries of SI_SUB_DUMMY in front"


@check("4.3", "done", points=1, title="done before it is called; SI_SUB_DUMMY without a call",
       cases=boots(PLAIN, DUMMIES),
       hint="Off the list and on the other one first, then the call: whoever looks at the lists from the function must "
            "find its own entry among what is done. STAILQ_REMOVE_HEAD and STAILQ_INSERT_TAIL care for both ends.")
def done(bench: Bench, case: Case) -> None:
    if case.about == PLAIN:
        done_before_the_call(bench, case.draw)
        return
    try:
        dummies_done(bench, case.draw)
    except StudentFailure as failure:
        failure.hint = f"{failure.hint} {OF_DUMMIES}".strip()
        raise


def done_before_the_call(bench: Bench, draw: Random) -> None:
    """Look at both lists at each call, and at the end."""
    lists, before = drawn_lists(draw, dummies=False), numbered([(7, 0), (3, 1)], 800)
    runs = Runs(bench, draw, lists, before=before)
    for number, (entries, outcome) in enumerate(zip(lists, runs.outcomes())):
        about, after = f"a list of {len(entries)}", f"the done list after running a list of {len(entries)}"
        expect(f"the number of calls for {about}", len(entries), len(outcome.calls),
               cause=ENDED_EARLY * (len(outcome.calls) < len(entries)))
        expect_entries(after, [*(before if not number else ()), *entries],
                       runs.field.found(outcome.memory, runs.done[number], outcome.done, after))
        first, last = outcome.pending
        expect(f"the list's head after running {about}", "stqh_first: NULL, stqh_last: &stqh_first",
               f"stqh_first: {f'{first:#x}' if first else 'NULL'}, "
               f"stqh_last: {runs.field.link_words(last, runs.pending[number])}")
        _, following = model.run(entries)
        for entry, call, later in zip(entries, outcome.calls, following):
            expect(f"the first of {about}, when {entry} was called", place_words(later and runs.field.at[later], runs),
                   place_words(call.first, runs))
            expect(f"the last of the done list, when {entry} of {about} was called",
                   place_words(runs.field.at[entry], runs),
                   place_words(0 if call.last in (0, runs.done[number]) else call.last - LINK, runs))


def place_words(at: int | None, runs: Runs) -> str:
    """An entry by its address."""
    return str(runs.field.by_address.get(at, f"what is at {at:#x}, no entry")) if at else "none"


OF_DUMMIES = ("This is about SI_SUB_DUMMY. A function of NULL must not be called, and one that is there is not called "
              "either, nor announced. The entry goes to the done list like any other, and the next one has its turn.")


def dummies_done(bench: Bench, draw: Random) -> None:
    """Some of the entries are to be done without a call."""
    lists = drawn_lists(draw, dummies=True)
    runs = Runs(bench, draw, lists)
    runs.announce(True)
    for entries, outcome in zip(lists, runs.outcomes()):
        about = f"a list of {len(entries)}, some of SI_SUB_DUMMY"
        expect_calls(f"the calls for {about}", runs.field, [entry for entry in entries if not entry.dummy],
                     outcome.calls)
        expect_entries(f"the done list after running {about}", entries, runs.field.follow(
            outcome.memory, outcome.done[0], f"the done list after running {about}"))
        for entry in (entry for entry in entries if entry.dummy):
            expect(f"an announcement of {entry}", "none", "one" if f"<{entry.order:x}>" in outcome.printed else "none")


@check("4.3", "added", points=2, title="what a function adds is run in its turn",
       cases=boots("drawn lists", "more lists"),
       hint="At each step the list's first entry is the next, whatever was there a step before: keep no pointer into "
            "the list over a call.")
def added(bench: Bench, case: Case) -> None:
    draw = case.draw
    adding = Adding(draw, numbered(model.draw_keys(draw, draw.choice((1, 12, 30)), subsystems=5, dummies=False)), 30)
    runs = Runs(bench, draw, [adding.entries], others=adding.more)
    field = runs.field
    plan(runs.script, ((field.udata[entry], field.at[new], field.at[after] if after else 0, 0, 0)
                       for entry, new, after in adding.plans))
    outcome, = runs.outcomes()
    who = {entry for entry, *_ in adding.plans}
    expect_calls(f"the calls; the entries with numbers from {ADDED} were added by {len(who)} of the functions", field,
                 adding.done, outcome.calls)


@check("4.3", "announced", points=1, title="verbose_sysinit: announced, called, done",
       cases=boots("verbose_sysinit = 0", "verbose_sysinit = 1"),
       hint="sysinit_announce() comes before the call, and only if verbose_sysinit is set and the entry is run at all; "
            "`done.' comes only if it has returned nonzero. (The check's own returns 1 for every second entry or so.)")
def announced(bench: Bench, case: Case) -> None:
    draw, verbose = case.draw, case.about.endswith("1")
    subsystems = [subsystem for subsystem, _ in model.draw_keys(draw, 24, subsystems=5, dummies=False)]
    entries = numbered(sorted(zip(subsystems, draw.sample(range(1 << 28), len(subsystems)))))
    runs = Runs(bench, draw, [entries])
    runs.announce(verbose)
    runs.script.poke(runs.script.symbol("lab4_prints"), struct.pack("<I", 1))
    outcome, = runs.outcomes()
    expect_calls("the calls", runs.field, entries, outcome.calls)
    expected = [event for entry in entries for event in (
        *[f"announced: {entry}"] * verbose, f"called: {entry}", *[DONE] * (verbose and entry.order & 1))]
    expect_lines("what is announced, called and printed", expected, list(events(outcome.printed, entries)))


DONE = r"printed: 'done.\n'"


def events(printed: str, entries: Sequence[Entry]) -> Iterator[str]:
    """What the driver's announcements and functions, and others, have printed, a line for each. Called were these."""
    by_order, called = {entry.order: entry for entry in entries}, iter(entries)
    for text in filter(None, re.split(r"(<[0-9a-f]+> |\([0-9a-f]+\) |done\.\n)", printed)):
        if text[0] == "<":
            order = int(text[1:-2], 16)
            yield f"announced: {by_order.get(order, f'what has the order {order:x}')}"
        elif text[0] == "(":
            yield f"called: {next(called, 'nobody')}"
        else:
            yield f"printed: {text!r}"


# ---------------------------------------------------------------- 4.4 late arrivals

def drawn_additions(draw: Random) -> Iterator[tuple[list[Entry], list[Entry]]]:
    """What is pending, and a set that comes behind all of that, in order."""
    for pending, more in ((0, 0), (5, 0), (0, 1), (1, 1), (0, 7), (6, 20)):
        entries = numbered(sorted(model.draw_keys(draw, pending + more, subsystems=4, dummies=False)))
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
        wrong, other = (Entry(400 + number, draw.randrange(1, 1 << 28), 0, runs=False) for number in range(2))
        dummy, middle = Entry(300, model.DUMMY, 0, runs=False), draw.randint(0, len(entries))
        trials += [(pending, [wrong, *entries]), (pending, [*entries, wrong]),
                   (pending, [*entries[:middle], dummy, other, *entries[middle:], wrong])]
    Additions(bench, draw, trials).judge([(model.refused(entries), pending) for pending, entries in trials])


@check("4.4", "module", points=1, title="a module joins a kernel that starts: with 4.1, 4.2 and 4.3",
       cases=boots("with a module, and functions that add sets"),
       hint="Where other checks of 4.1 to 4.4 fail, mend those first. What is added is earlier, equal or later than "
            "what runs at that moment. What is earlier is simply the next; of equals the one that came first is first.")
def module(bench: Bench, case: Case) -> None:
    Whole(bench, case.draw, late=True).judge("a module")


# ---------------------------------------------------------------- 4.5 undo


def drawn_sets(draw: Random, *, ordered: bool) -> list[list[Entry]]:
    """Sets in order or in none; in the large ones some of SI_SUB_DUMMY, with a function and without. Reports count the
    entries as they stand in the set."""
    sets: list[list[Entry]] = []
    for count in (0, 1, 2, 12, 40):
        entries = numbered(model.draw_keys(draw, count, subsystems=1 + count // 8, dummies=False), 100 * len(sets) + 1)
        if count > 2:
            entries += [Entry(100 * len(sets) + count + number, model.DUMMY, draw.getrandbits(28), runs=number % 2 == 0)
                        for number in range(1, 5)]
        draw.shuffle(entries)
        if ordered:
            entries = model.in_order(entries)
        sets.append([replace(entry, name=f"entry {place}") for place, entry in enumerate(entries, 1)])
    return sets


@check("4.5", "backwards", points=1, title="a set that is in order is run from its end", cases=boots("drawn sets"),
       hint="Everything is the other way round, equals too; SI_SUB_DUMMY is skipped. Nothing is said of it.")
def backwards(bench: Bench, case: Case) -> None:
    draw = case.draw
    judge_undone(bench, draw, drawn_sets(draw, ordered=True), replaced=True)


@check("4.5", "undo", points=1, title="any set is run the last by its keys first: with 4.1", cases=boots("drawn sets"),
       hint="Of equals the one that stands last in the set is the first; entries are numbered as they stand there. "
            "(Your sysinit_mklist() and sysinit_insert() are used here, if you call them.)")
def undo(bench: Bench, case: Case) -> None:
    draw = case.draw
    judge_undone(bench, draw, drawn_sets(draw, ordered=False), replaced=False)


# ---------------------------------------------------------------- 4.6 say what is done

@check("4.6", "lines", points=1, title="a line for each entry, by the names of function and udata",
       cases=boots("drawn names"),
       hint="A name of udata has a & before it, an address has none. Where the function has no name, udata has an "
            "address, too. The line is left open, behind three dots and a blank: it is the caller's `done.' that ends "
            "it.")
def lines(bench: Bench, case: Case) -> None:
    draw = case.draw
    keys = [(model.LAST, 0)] + model.draw_keys(draw, 24, subsystems=4, dummies=False)
    expected, got = announcements(bench, draw, [(min(key[0], model.LAST), key[1]) for key in keys], named=False)
    expect_lines("the entries' lines",
                 *([repr(text.rpartition("\n")[2]) for text, _ in said] for said in (expected, got)))
    expect_lines("what it returns", *([str(answer) for _, answer in said] for said in (expected, got)))


@check("4.6", "subsystems", points=1, title="silent up to the copyright, then a line for each new subsystem",
       cases=boots("the corners", "drawn subsystems", "more subsystems"),
       hint="Only a subsystem that is larger than any before has a line, and from the first of them on nothing is "
            "silent, not even what is smaller than SI_SUB_COPYRIGHT.")
def subsystems(bench: Bench, case: Case) -> None:
    draw = case.draw
    first, second, third = sorted(draw.sample(range(model.COPYRIGHT + 1, 1 << 31), 3))
    keys = [1, model.COPYRIGHT, model.COPYRIGHT - 1, first, first, 1, model.COPYRIGHT, first, third, second, third,
            first, model.MASK, third, model.MASK]
    if case.about != "the corners":
        pool = [model.COPYRIGHT, *(draw.randrange(1, 1 << 32) for _ in range(6)),
                *(draw.randrange(1, model.COPYRIGHT) for _ in range(3))]
        keys = [*sorted(draw.choices(pool, k=12)), *draw.choices(pool, k=12)]
    expected, got = announcements(bench, draw, [(key, draw.getrandbits(28)) for key in keys], named=True)

    def words(said: list[tuple[str, int]]) -> list[str]:
        """Of an entry's line, that it is there."""
        short = [re.sub(r"^   .*", "   its line", text, flags=re.MULTILINE) for text, _ in said]
        return [f"an entry of subsystem {key:x}: {text!r}, returns {answer}"
                for key, text, (_, answer) in zip(keys, short, said)]
    expect_lines("what it prints and returns", words(expected), words(got))
