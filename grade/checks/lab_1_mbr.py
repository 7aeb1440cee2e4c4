"""Lab 1: does a boot manager in sector 0 find, load, and start what the table says?

Each check asks one question of the machine, so that a fault costs only the points of what it breaks. The disks are
drawn: the types, the order and the holes of the table, where slices start, what their first sectors hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from grade.bench import Bench, stub_reached
from grade.check import check
from grade.checks.drawing import SMALL, activate, active_number, draw_disk, draw_far, draw_geometry, move, with_entry
from grade.checks.sector0 import (Case, PACKET_ANSWERS, Run, TICK, boot, expect_loaded, expected_outcome, finish,
                                  next_answer, open_menu, outcome_of, press_until_answer, probe_report, run_choice,
                                  run_mbr, sector0, ticks, with_probes)
from grade.disk import Disk, Geometry, pack_table, random_sector
from grade.failure import StudentFailure, expect, show
from grade.models import sector0 as model

BEYOND_CHS = 1024 * 255 * 63      # 8.4 GB: the first sector that no CHS address reaches
BEYOND_24_BITS = 1 << 24          # a little further on
READS = (0x02, 0x42)
LONG_WAIT = 15                    # ticks after which a longer time-out is known to be one


# ---------------------------------------------------------------- 1.1 relocate

def relocations(draw: Random) -> Iterator[Case]:
    yield Case("DL = 80", (activate(draw_disk(draw), draw.randrange(4)),), drive=0x80)
    drive = draw.choice((0x00, 0x7F, 0x81, 0xFF))
    yield Case(f"DL = {drive:02x}, CS:IP is 07C0:0000, DS, ES, SS and SP are garbage",
               (activate(draw_disk(draw), draw.randrange(4)),), drive=drive, dirty=True)


@check("1.1", "relocate", points=2, title="the sector runs on at 0:0600, all of it", cases=relocations,
       hint="Every label is linked at 0600h and up; until the far jump the code runs at 7C00h and up.")
def relocate(bench: Bench, case: Case) -> None:
    goal = bench.symbol("mbr", "main")
    expect("the place of `main`", "an address from 0x600 to 0x7ff",
           "an address from 0x600 to 0x7ff" if 0x600 <= goal < 0x800 else f"{goal:#x}")
    with boot(bench, "mbr", case.disks, drive=case.drive, dirty=case.dirty) as machine:
        machine.break_at(goal)
        if machine.run(100_000).why != "breakpoint":
            raise StudentFailure("the way from 0:7C00 to `main` in the copy", f"a stop at 0000:{goal:04x}",
                                 "the copy's first instruction is never reached")
        registers, segments = machine.registers(), machine.segments()
        expect("CS:IP", f"0000:{goal:04x}", f"{segments.cs.selector:04x}:{registers.ip:04x}")
        expect("DS, ES, SS, SP", "0000, 0000, 0000, 7c00",
               f"{segments.ds.selector:04x}, {segments.es.selector:04x}, {segments.ss.selector:04x}, {registers.sp:04x}")
        expect("DL", f"{case.dl:02x}", f"{registers.dl:02x}")
        moved, sector = machine.memory(0x600, 512), sector0(bench)
        wrong = next((at for at in range(512) if moved[at] != sector[at]), None)
        if wrong is not None:
            raise StudentFailure(f"memory from 0:{0x600 + wrong:04x} on (byte {wrong} of the sector)",
                                 show(sector[wrong:wrong + 16]), show(moved[wrong:wrong + 16]))


# ---------------------------------------------------------------- 1.2 scan

def active_entries(draw: Random) -> Iterator[Case]:
    for number in range(4):
        yield Case(f"entry {number + 1} of 4 is active", (activate(draw_disk(draw), number),))
    disk = draw_disk(draw, used=draw.randint(1, 3))
    disk = replace(disk, table=tuple(draw.sample(disk.table, 4)))
    number = draw.choice([number for number, entry in enumerate(disk.table) if entry.type])
    yield Case(f"entry {number + 1} is active, with holes around it", (activate(disk, number),))


@check("1.2", "active", points=1, title="the active entry's sector is the one that is read", cases=active_entries,
       hint="Which register holds the entry's address when the scan is over, and is it the active one's?")
def active(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    reads = [call.lba for call in run.calls if call.function in READS]
    number = active_number(case.disks[0])
    if not reads and stub_reached(run.machine).startswith("LAB 1.3") and run.registers:
        entry = model.TABLE_ADDRESS + 16 * number
        expect("SI, with exercise 1.3 still to be written", f"{entry:04x} (entry {number + 1})",
               f"{run.registers.si:04x}" + (f" (entry {number + 1})" if run.registers.si == entry else ""))
        return
    expect("the first sector that is read", f"{case.disks[0].table[number].lba} (entry {number + 1})",
           _named(reads[0], case.disks[0]) if reads else "none is")


def _named(lba: int, disk: Disk) -> str:
    owner = next((f" (entry {number + 1})" for number, entry in enumerate(disk.table) if entry.type and entry.lba == lba), "")
    return f"{lba}{owner}"


def sound(draw: Random) -> Case:
    """A disk with nothing wrong. A check that asks for a refusal has it among its cases: who refuses everything
    earns nothing."""
    return Case("a sound disk, for comparison", (activate(draw_disk(draw), draw.randint(1, 3)),))


def inactive_tables(draw: Random) -> Iterator[Case]:
    yield Case("an empty table", (Disk(SMALL),))
    yield Case("four entries, none active", (draw_disk(draw),))
    yield Case("some entries, none active", (draw_disk(draw, used=draw.randint(1, 3)),))
    yield sound(draw)


@check("1.2", "none", points=1, title="no active entry ends in INT 18h", cases=inactive_tables,
       hint="INT 18h comes after all four entries were found inactive, and before anything is read.")
def none(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    expect_scanned(run, case)
    if run.door == "int18":
        reads = [call for call in run.calls if call.function in READS]
        expect("disk reads before INT 18h", "none", f"{len(reads)}" if reads else "none")


def nonsense_flags(draw: Random) -> Iterator[Case]:
    for number, flag in ((0, 0x01), (3, 0x7F)):
        yield Case(f"flag {flag:02x} in entry {number + 1}, no active entry", (activate(draw_disk(draw), number, flag),))
    for first, second in ((draw.randint(0, 1), draw.randint(2, 3)), (draw.randint(2, 3), draw.randint(0, 1))):
        flag = draw.randint(1, 0x7F)
        disk = activate(activate(draw_disk(draw), first), second, flag)
        yield Case(f"entry {first + 1} active, flag {flag:02x} in entry {second + 1}", (disk,))
    yield sound(draw)


@check("1.2", "nonsense", points=1, title="a flag from 01 to 7F is refused", cases=nonsense_flags,
       hint="All four flags count, those behind the active entry too.")
def nonsense(bench: Bench, case: Case) -> None:
    expect_scanned(run_mbr(bench, case), case)


def two_active(draw: Random) -> Iterator[Case]:
    for first, second in ((0, 1), (0, 3), tuple(sorted(draw.sample(range(4), 2)))):
        flag = draw.choice((0x80, 0x81))
        yield Case(f"entries {first + 1} and {second + 1} are active",
                   (activate(activate(draw_disk(draw), first), second, flag),))
    yield sound(draw)


@check("1.2", "two-active", points=1, title="two active entries are refused", cases=two_active,
       hint="What does the scan do when SI already points at an entry?")
def two(bench: Bench, case: Case) -> None:
    expect_scanned(run_mbr(bench, case), case)


def expect_scanned(run: Run, case: Case) -> None:
    """The scan ended as the model says; that it found an entry shows by a disk read, whatever comes of that, or by
    standing in the stub of the next exercise."""
    if isinstance(model.mbr(case.disks, drive=case.dl), model.Started):
        if stub_reached(run.machine).startswith("LAB 1.3"):
            return
        expect("after the scan", "a disk read", "a disk read" if any(call.function in READS for call in run.calls)
               else outcome_of(run, case))
    else:
        expect_outcome(run, case)


def expect_outcome(run: Run, case: Case) -> None:
    """The run ended as the model says."""
    outcome = model.mbr(case.disks, drive=case.dl, packet_bios=case.packets == "yes")
    expect("the end", expected_outcome(outcome), outcome_of(run, case))


# ---------------------------------------------------------------- 1.3 read

def packet_reads(draw: Random) -> Iterator[Case]:
    """CHS fields that lie, and starts that CHS cannot name."""
    shapes = (("a small disk", 300, 100, 300_000), ("past cylinder 1024", 2000, 1024 * 16 * 63, 2_000_000),
              ("past 8.4 GB", 30_000, BEYOND_24_BITS, 30_000_000))
    for (about, cylinders, low, high), number in zip(shapes, draw.sample(range(4), 3)):
        disk = draw_disk(draw, geometry=Geometry(cylinders, 16, 63))
        lba = draw.randint(low, high)
        decoy = disk.table[(number + 1) % 4].first_chs
        disk = move(activate(disk, number), number, lba, random_sector(draw), first_chs=decoy)
        yield Case(f"{about}: LBA {lba}, CHS fields of another slice", (disk,))


@check("1.3", "packet", points=1, title="the packet calls read the LBA, however far", cases=packet_reads,
       hint="AH=42h takes DS:SI to the packet. All 32 bits of the LBA belong in it, and the CHS fields nowhere.")
def packet(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    reads = [f"AH={call.function:02x}h of sector {call.lba}" for call in run.calls if call.function in READS]
    entry = case.disks[0].table[active_number(case.disks[0])]
    expect("the disk reads", [f"AH=42h of sector {entry.lba}"], reads)
    expect_loaded(run, case.disks[0].sectors[entry.lba], entry.lba, 0x80)


def chs_reads(draw: Random) -> Iterator[Case]:
    """Disks of odd shapes, whose CHS fields were written for 255 heads and 63 sectors. On the last disk, the
    cylinder needs more than 8 bits."""
    ways = ((0x00, "yes", "the flag is off"), (0x00, "yes", "the flag is off"),
            *((0x80, packets, f"AH=41h has {packets}") for packets in PACKET_ANSWERS))
    shapes = (replace(draw_geometry(draw), cylinders=draw.randint(600, 1000)), *(draw_geometry(draw) for _ in ways[1:]))
    for (flags, packets, about), shape in zip(ways, shapes):
        number = draw.randrange(4)
        disk = draw_disk(draw, geometry=shape)
        lba = draw_far(draw, shape)
        disk = move(activate(disk, number), number, lba, random_sector(draw), first_chs=Geometry(1024, 255, 63).chs(lba))
        yield Case(f"{about}: LBA {lba}, {shape.heads} heads, {shape.sectors} sectors",
                   (replace(disk, flags=flags),), packets=packets)


@check("1.3", "chs", points=1, title="without packet calls, CHS by the BIOS' geometry", cases=chs_reads,
       hint="AH=08h tells the last head and the last sector, not how many there are. Where do cylinder bits 9 and 8 go?")
def chs(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    reads = [f"AH={call.function:02x}h of sector {call.lba}" for call in run.calls if call.function in READS]
    entry = case.disks[0].table[active_number(case.disks[0])]
    expect("the disk reads", [f"AH=02h of sector {entry.lba}"], reads)
    expect_loaded(run, case.disks[0].sectors[entry.lba], entry.lba, 0x80)


def unreadable(draw: Random) -> Iterator[Case]:
    disk = draw_disk(draw)
    number, other = draw.sample(range(4), 2)
    yield Case("the slice starts past the end of the disk",
               (move(activate(disk, number), number, disk.geometry.size + draw.randrange(20_000), None),))
    disk = draw_disk(draw, geometry=Geometry(30_000, 16, 63))
    disk = activate(disk, other)
    for about, lba in (("the first sector of cylinder 1024", BEYOND_CHS), ("past it", draw.randint(BEYOND_CHS, 25_000_000))):
        far = move(disk, other, lba, random_sector(draw))
        decoy = lba - BEYOND_CHS or 1    # where an address wraps to that keeps ten bits of the cylinder
        far = replace(far, flags=0, sectors={**far.sectors, decoy: random_sector(draw)})
        yield Case(f"no packet calls, LBA {lba}: {about}", (far,))
    yield sound(draw)


@check("1.3", "unreadable", points=1, title="a sector that cannot be read is said so", cases=unreadable,
       hint="The BIOS sets carry. And a cylinder that does not fit in ten bits is never asked for.")
def cannot_read(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    outcome = model.mbr(case.disks, drive=case.dl)
    if isinstance(outcome, model.Started):
        expect_loaded(run, case.disks[0].sectors[outcome.lba], outcome.lba, outcome.drive)
    else:
        expect_outcome(run, case)


def drives(draw: Random) -> Iterator[Case]:
    """Two disks with slices at the same places: only the drive tells them apart."""
    ways = ((0x81, 0x80), (0x00, 0x81), (0xFF, 0x80), (draw.randint(0x82, 0xFE), 0x81))
    for (drive, flag), number in zip(ways, draw.sample(range(4), 4)):
        first = activate(draw_disk(draw), number, flag)
        second = replace(first, sectors={lba: random_sector(draw) for lba in first.sectors})
        yield Case(f"two disks, DL = {drive:02x}, the entry's flag is {flag:02x}", (first, second), drive=drive)


@check("1.3", "drive", points=1, title="DL is believed only when there is such a disk", cases=drives,
       hint="The byte at 0475h counts the hard disks; the first is drive 80h.")
def drive(bench: Bench, case: Case) -> None:
    run = run_mbr(bench, case)
    outcome = model.mbr(case.disks, drive=case.dl)
    reads = {f"{call.drive:02x}" for call in run.calls if call.function in READS}
    expect("the drive that is read", f"{outcome.drive:02x}", ", ".join(sorted(reads)) or "none")
    expect_loaded(run, case.disks[outcome.drive - 0x80].sectors[outcome.lba], outcome.lba, outcome.drive)


# ---------------------------------------------------------------- 1.4 hand over

def handovers(draw: Random) -> Iterator[Case]:
    for number in (draw.randint(1, 3), draw.randrange(4)):
        yield Case(f"entry {number + 1} is active", (activate(draw_disk(draw), number),))
    disk = activate(draw_disk(draw, geometry=draw_geometry(draw)), number := draw.randrange(4))
    disk = move(disk, number, draw_far(draw, disk.geometry), random_sector(draw))
    yield Case(f"entry {number + 1} is active, read by CHS", (replace(disk, flags=0),))
    first = activate(draw_disk(draw), number, 0x81)
    second = replace(first, sectors={lba: random_sector(draw) for lba in first.sectors})
    yield Case("the drive is the entry's, 81", (first, second), drive=0x00)


@check("1.4", "registers", points=1, title="0:7C00 is entered with DL, segments and SP as agreed", cases=handovers,
       hint="Is DL still what it was? INT 13h may change DX, and a push that is never popped moves SP.")
def registers(bench: Bench, case: Case) -> None:
    run = _handed_over(bench, case)
    outcome = model.mbr(case.disks, drive=case.dl)
    have, segments = run.registers, run.segments
    expect("DL", f"{outcome.drive:02x}", f"{have.dl:02x}")
    expect("CS, DS, ES, SS, SP", "0000, 0000, 0000, 0000, 7c00",
           ", ".join(f"{segment.selector:04x}" for segment in (segments.cs, segments.ds, segments.es, segments.ss))
           + f", {have.sp:04x}")


@check("1.4", "entry", points=1, title="DS:SI leads the next stage to its entry", cases=handovers,
       hint="SI is busy: it holds the packet's address while AH=42h runs.")
def entry(bench: Bench, case: Case) -> None:
    """Each slice holds a probe, which tells on COM1 what it was given; that must be so seen from outside, too."""
    case = with_probes(bench, case)
    run = _handed_over(bench, case)
    outcome = model.mbr(case.disks, drive=case.dl)
    expect("DS:SI", f"0000:{outcome.entry_address:04x}", f"{run.segments.ds.selector:04x}:{run.registers.si:04x}")
    expect("the table at 0:07be", pack_table(case.disks[0].table), run.table)
    expect("what the slice's probe says", model.probe_report(case.disks, outcome), probe_report(run))


def _handed_over(bench: Bench, case: Case) -> Run:
    run = run_mbr(bench, case)
    expect_outcome(run, case)
    return run


def unsigned(draw: Random) -> Iterator[Case]:
    for about, flags in (("by packet", 0x80), ("by CHS", 0x00)):
        disk = activate(draw_disk(draw, signed=False), draw.randrange(4))
        yield Case(f"a boot sector without its signature, read {about}", (replace(disk, flags=flags),))
    yield sound(draw)


@check("1.4", "signature", points=1, title="a sector without 55 AA is not started", cases=unsigned,
       hint="Compare the last word of the sector as a word: its bytes are 55 AA, so the word is AA55h.")
def signature(bench: Bench, case: Case) -> None:
    expect_outcome(run_mbr(bench, case), case)


# ---------------------------------------------------------------- 1.5 menu

def draw_boot0(draw: Random, **settings: int) -> Disk:
    """A disk with boot0: a full table, a quiet time-out, and what `settings` says of model.Config."""
    disk = draw_disk(draw)
    return replace(disk, config=model.Config(**{"ticks": 0xFFFF, **settings}).pack())


def set_types(disk: Disk, types: tuple[int, ...]) -> Disk:
    for number, kind in enumerate(types):
        disk = with_entry(disk, number, type=kind)
    return disk


def tables_for_menu(draw: Random) -> Iterator[Case]:
    known = [0x01, 0x06, 0x07, 0x0B, 0x0C, 0x0E, 0x83, 0xA5, 0xA6, 0xA9]
    yield Case("FreeBSD, Linux, DOS and a type without a name", (set_types(draw_boot0(draw), (0xA5, 0x83, 0x06, 0xEE)),))
    yield Case("an unused entry and two extended partitions", (set_types(draw_boot0(draw), (0x05, 0xA6, 0x00, 0x0F)),))
    yield Case("F2 and F4 are disabled", (set_types(draw_boot0(draw, flags=0x85), tuple(draw.sample(known, 4))),))
    mask = draw.randrange(1, 16)
    yield Case(f"flags {0x80 | mask:02x}, drawn types",
               (set_types(draw_boot0(draw, flags=0x80 | mask), tuple(draw.choices(known + [0x0F, 0x04, 0xB7, 0x63], k=4))),))


@check("1.5", "lines", points=1, title="a line for each partition that may be chosen", cases=tables_for_menu,
       hint="Bits 0 to 3 of FLAGS enable F1 to F4. Which types are left out, and what is the name of an unknown one?")
def lines(bench: Bench, case: Case) -> None:
    _expect_rows(bench, case, lambda rows: [row for row in rows if row[:2] in ("F1", "F2", "F3", "F4")])


def neighbours(draw: Random) -> Iterator[Case]:
    one, two = draw_boot0(draw), draw_disk(draw)
    yield Case("one disk: no F5", (one,))
    yield Case("two disks, run from the first", (one, two))
    yield Case("two disks, run from the second", (one, two), drive=0x81)
    yield Case("one disk, and DL says a drive past it", (one,), drive=draw.randint(0x81, 0x84))


@check("1.5", "next-drive", points=1, title="F5 names the next drive, if there is another", cases=neighbours,
       hint="The next drive is ours plus one if the BIOS has it, else the first; and never ourselves.")
def next_drive(bench: Bench, case: Case) -> None:
    _expect_rows(bench, case, lambda rows: [row for row in rows if row.startswith("F5")])


def defaults(draw: Random) -> Iterator[Case]:
    for default in (0, 3, draw.randint(1, 2), 4):
        yield Case(f"the default is F{default + 1}", (draw_boot0(draw, default=default),))


@check("1.5", "prompt", points=1, title="an empty line, and the default", cases=defaults,
       hint="OPT counts from 0. The prompt begins with a line feed of its own.")
def prompt(bench: Bench, case: Case) -> None:
    _expect_rows(bench, case, lambda rows: rows[-2:])


def _expect_rows(bench: Bench, case: Case, part) -> None:
    """That part of the screen which `part` picks is as in the model's menu, whatever comes after the menu."""
    with boot(bench, "boot0", case.disks, drive=case.drive) as machine:
        menu = open_menu(machine, case)
        expected = model.menu(case.disks, drive=case.dl).lines
        expect("on the screen", part(list(expected)) or ["(no such line)"], part(menu.rows) or ["(no such line)"])


# ---------------------------------------------------------------- 1.6 choose

def good_choices(draw: Random) -> Iterator[Case]:
    for key in ("F1", "F4", draw.choice("23"), "Enter"):
        disk = set_types(draw_boot0(draw, default=draw.choice((1, 2))), tuple(draw.sample((0x06, 0x83, 0xA5, 0xA6), 4)))
        yield Case(f"{key} is pressed", (disk,), keys=(key,))
    disk = set_types(draw_boot0(draw, flags=0x0F), (0x06, 0x83, 0xA5, 0xA6))
    yield Case("without the packet flag, the CHS fields count", (_lie_in_lba(draw, disk),), keys=(draw.choice("1234"),))
    first = set_types(draw_boot0(draw, flags=0xAF, setdrv=0x81), (0x06, 0x83, 0xA5, 0xA6))
    second = replace(first, sectors={lba: random_sector(draw) for lba in first.sectors})
    yield Case("setdrv names the second disk", (first, second), keys=(draw.choice("1234"),))
    second = Disk(SMALL, sectors={0: random_sector(draw)})
    yield Case(f"{(key := draw.choice(('F5', '5')))} is pressed, there are two disks", (draw_boot0(draw), second), keys=(key,))
    yield Case("F5 from the second disk leads to the first", (draw_boot0(draw), second), drive=0x81, keys=("F5",))


def _lie_in_lba(draw: Random, disk: Disk) -> Disk:
    """LBAs that lead to each other's slices; the CHS fields and the sectors stay."""
    for number, entry in enumerate(disk.table):
        disk = with_entry(disk, number, lba=disk.table[(number + 1) % 4].lba if number < 3 else 1)
    return disk


@check("1.6", "keys", points=1, title="F1 to F5, 1 to 5 and Enter start what they name", cases=good_choices,
       hint="INT 16h gives a scan code in AH: 3Bh to 3Fh for F1 to F5, 02h to 06h for the digits.")
def keys(bench: Bench, case: Case) -> None:
    run, answers = run_choice(bench, case)
    expect("after the key", "0:7C00 is entered", "0:7C00 is entered" if run.door else
           "a beep" if answers and answers[-1] == "beep" else "neither a beep nor a start")
    started = _expected_start(case)
    disk = case.disks[started.drive - 0x80]
    sector = disk.sectors[started.lba] if started.lba else disk.sector0(bench.program("boot0"))
    expect_loaded(run, sector, started.lba, started.drive)
    expect("DL", f"{started.drive:02x}", f"{run.registers.dl:02x}")
    expect("DS:SI", f"0000:{started.entry_address:04x}", f"{run.segments.ds.selector:04x}:{run.registers.si:04x}")
    expect("SS:SP", "0000:7c00", f"{run.segments.ss.selector:04x}:{run.registers.sp:04x}")


def _choice_of(key: str, case: Case) -> int:
    """The choice that a key means, from 0; above 4 for none."""
    if key == "Enter":
        return model.unpack_config(case.disks[0].config).default
    return int(key[-1]) - 1 if key[-1].isdigit() else 99


def _expected_start(case: Case) -> model.Started:
    return model.choose(case.disks, _choice_of(case.keys[-1], case), drive=case.dl)


def bad_choices(draw: Random) -> Iterator[Case]:
    disk = set_types(draw_boot0(draw, flags=0x8B), (0xA5, 0x00, 0x83, 0x06))
    yield Case("an unused entry, a disabled one, no next drive, no such key; then F4", (disk,),
               keys=("F2", "3", "F5", draw.choice("qxz6789"), "F4"))
    disk = draw_boot0(draw)
    past, unsigned_ = draw.sample(range(4), 2)
    disk = move(set_types(disk, (0xA5, 0x83, 0x06, 0xA6)), past, disk.geometry.size + 7, None)
    disk = replace(disk, sectors={**disk.sectors, disk.table[unsigned_].lba: random_sector(draw, signed=False)})
    good = next(number for number in range(4) if number not in (past, unsigned_))
    yield Case("an unreadable slice, one without a signature; then a good one", (disk,),
               keys=(f"F{past + 1}", f"F{unsigned_ + 1}", f"F{good + 1}"))


@check("1.6", "refuse", points=1, title="a bad choice beeps and asks again", cases=bad_choices,
       hint="What is not in MENU, cannot be read, or lacks 55 AA goes to `beep`, and the prompt lives on.")
def refuse(bench: Bench, case: Case) -> None:
    _, answers = run_choice(bench, case)
    given = [f"{key}: {answer or 'neither a beep nor a start'}" for key, answer in zip(case.keys, answers)]
    expect("the answers", [f"{key}: beep" for key in case.keys[:-1]] + [f"{case.keys[-1]}: entered"], given)


def waits(draw: Random) -> Iterator[Case]:
    for about, count in (("a short time-out", draw.randint(3, 6)), ("a longer one", draw.randint(9, 14))):
        disk = set_types(draw_boot0(draw, ticks=count, default=draw.randrange(4)), (0x06, 0x83, 0xA5, 0xA6))
        yield Case(f"{about}, {count} ticks, no key", (disk,))
    yield Case("a time-out of more than 255 ticks, no key", (draw_boot0(draw, ticks=0x100 + draw.randint(2, 5)),))
    count = draw.randint(8, 10)
    disk = set_types(draw_boot0(draw, ticks=count, default=draw.randrange(4)), (0x06, 0x83, 0xA5, 0xA6))
    yield Case(f"{count} ticks, and a bad key when two are left", (disk,), keys=("q",))


@check("1.6", "time-out", points=1, title="no key in time: the default; a bad key: the time anew", cases=waits,
       hint="INT 1Ah AH=0 counts ticks in CX:DX. A difference of two counts survives the count's overflow.")
def time_out(bench: Bench, case: Case) -> None:
    count = model.unpack_config(case.disks[0].config).ticks
    with boot(bench, "boot0", case.disks) as machine:
        menu = open_menu(machine, case)
        expect("after the menu", "a wait for a key", "a wait for a key" if menu.keyboard else "no look at the keyboard")
        if case.keys:
            machine.run((count - 2) * TICK)
            expect("after a bad key", "beep", press_until_answer(menu, case.keys[0]) or "nothing")
        began = ticks(machine)
        if count > LONG_WAIT:
            answer = next_answer(menu, LONG_WAIT * TICK)
            expect(f"after {LONG_WAIT} of {count} ticks", "still waiting", answer or "still waiting")
            return
        answer = next_answer(menu, (count + 12) * TICK)
        expect("with no key", "the default is started", "the default is started" if answer == "entered" else
               "a beep" if answer else f"still waiting {ticks(machine) - began} ticks later")
        waited = ticks(machine) - began
        if not count - 1 <= waited <= count + 2:
            raise StudentFailure("the wait, in ticks", f"{count}", f"{waited}")
        run = finish(menu.watch, answer)
    started = model.choose(case.disks, model.unpack_config(case.disks[0].config).default, drive=case.dl)
    expect_loaded(run, case.disks[0].sectors[started.lba], started.lba, started.drive)


def memories(draw: Random) -> Iterator[Case]:
    types = (0x06, 0x83, 0xA5, 0xA6)
    disk = set_types(draw_boot0(draw, default=0), types)
    yield Case("another entry was active", (activate(disk, 0),), keys=(draw.choice(("F2", "F3", "4")),))
    yield Case("by CHS", (set_types(draw_boot0(draw, default=3, flags=0x0F), types),), keys=(draw.choice(("1", "F2")),))
    for about, flags in (("noupdate: nothing is written", 0xCF), ):
        yield Case(about, (activate(set_types(draw_boot0(draw, flags=flags, default=1), types), 1),), keys=("F4",))
    yield Case("DL names a floppy: drive 80 is used, nothing is written", (set_types(draw_boot0(draw), types),),
               drive=0x00, keys=("3",))
    disk = set_types(draw_boot0(draw), types)
    yield Case("a choice that cannot start, then another", (replace(disk, sectors={
        **disk.sectors, disk.table[1].lba: random_sector(draw, signed=False)}),), keys=("2", "4"))
    yield Case("F5", (draw_boot0(draw, default=2), Disk(SMALL, sectors={0: random_sector(draw)})), keys=("F5",))


@check("1.6", "remember", points=1, title="sector 0 remembers the choice, and nothing else in it changes", cases=memories,
       hint="One entry has flag 80h, OPT is the choice, the rest is as it was; with noupdate, all of it is.")
def remember(bench: Bench, case: Case) -> None:
    run, answers = run_choice(bench, case)
    before = case.disks[0].sector0(bench.program("boot0"))
    expected = model.remembered(case.disks, bench.program("boot0"), [_choice_of(key, case) for key in case.keys], drive=case.dl)
    expect("after the keys", "0:7C00 is entered", "0:7C00 is entered" if run.door else "no start")
    after = bytearray(sector0(bench))
    after[0x1B8] = expected[0x1B8]      # the next drive's digit: run-time data, whoever keeps it
    wrong = next((at for at in range(512) if after[at] != expected[at]), None)
    if wrong is not None:
        raise StudentFailure(f"byte {wrong:#x} of sector 0, {_field(wrong)} (it was {before[wrong]:02x})",
                             f"{expected[wrong]:02x}", f"{after[wrong]:02x}")


def _field(at: int) -> str:
    if at >= 0x1FE:
        return "the signature"
    if at >= 0x1BE:
        number, offset = divmod(at - 0x1BE, 16)
        return f"entry {number + 1} of the table, " + ("its flag" if offset == 0 else f"byte {offset}")
    return {0x1B9: "the default", 0x1BA: "setdrv", 0x1BB: "the flags"}.get(at, "the time-out" if at >= 0x1BC else "the code")
