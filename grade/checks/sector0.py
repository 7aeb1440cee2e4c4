"""A boot manager watched at its doors.

Whatever a program in sector 0 does with the outside world goes through the BIOS, or through 0:7C00. So a run is
watched at the targets of the interrupt vectors, and the state behind each door is read from the machine: what was
asked of the disk, what stands in memory, where DS:SI points. Nothing that the program prints is taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from boot.image.probe import PAYLOAD_SIZE, parse_report, stamp
from grade.bochs import Machine
from grade.bench import BIOS_ROM, LOADED, Bench, Guide, below_bios
from grade.debugger import Registers, Segments
from grade.disk import Disk, Geometry
from grade.failure import StudentFailure, show
from grade.models.sector0 import HOME, MESSAGES, TABLE_ADDRESS, Message, NotBootable, Outcome, Started

VIDEO, DISK, KEYBOARD, BASIC = 0x10, 0x13, 0x16, 0x18     # INT n
BDA_TICKS = 0x46C                                         # BIOS data: 32-bit count of 18.2 Hz ticks
TICK = 219_701                                            # instructions a BIOS tick lasts at ips=4000000
BELL = 7

MBR_BUDGET = 1_000_000        # the reference needs 90,000 for its longest message
PROBE_BUDGET = 4_000_000      # the probe needs 250,000 for its report
MENU_BUDGET = 2_000_000       # the reference needs 60,000 to the first look at the keyboard
CHOICE_BUDGET = 2_500_000     # the reference needs 60,000 from a key to the sector that it starts
CALLS = 64                    # more disk calls than this are a loop
STOPS = 5_000                 # as are more stops at doors: the longest run has some hundred

KEYS = {"F1": b"\x1bOP", "F2": b"\x1bOQ", "F3": b"\x1bOR", "F4": b"\x1bOS", "F5": b"\x1b[15~", "Enter": b"\r",
        **{key: key.encode() for key in "123456789qxz "}}


# INT 13h AH=41h of BIOSes without packet calls: carry, and the registers that are left. Each lacks one thing only.
PACKET_ANSWERS: dict[str, tuple[bool, dict[str, int]]] = {
    "no such function": (True, {"eax": 0x0100, "ebx": 0xAA55, "ecx": 0x0001}),
    "no magic word": (False, {"eax": 0x3000, "ebx": 0x55AA, "ecx": 0x0007}),
    "no packet bit": (False, {"eax": 0x3000, "ebx": 0xAA55, "ecx": 0x0006}),
}
BIOS_IRET = 0xFF53      # in segment F000: where every PC's BIOS has an IRET


def _geometry_answer(shape: Geometry, disks: int) -> dict[str, int]:
    """AH=08h, with BX and DI changed as a BIOS may."""
    last = shape.cylinders - 1
    return {"eax": 0, "ebx": 0x5A5A, "ecx": (last & 0xFF) << 8 | last >> 2 & 0xC0 | shape.sectors,
            "edx": shape.heads - 1 << 8 | disks, "edi": 0xEFC7}

# Garbage for a program to start with: another spelling of its address, a stack elsewhere, segments that lead nowhere.
DIRT = {"cs": 0x07C0, "eip": 0, "ss": 0x3000, "esp": 0x8000, "ds": 0x2345, "es": 0x4321, "ebx": 0xB0B0B0B0,
        "ecx": 0xC0C0C0C0, "esi": 0x51515151, "edi": 0xD1D1D1D1, "ebp": 0xB9B9B9B9}


@contextmanager
def boot(bench: Bench, program: str, disks: Sequence[Disk], *, drive: int | None = None,
         dirty: bool = False) -> Iterator[Machine]:
    """Switch on a PC with these disks, disks[0] having `program` in sector 0, and stop at 0:7C00 before the
    program's first instruction, with DL changed to `drive` if that is given, and everything else changed that a
    boot sector may not rely on if `dirty`."""
    image = bench.program(program)
    shaped = []
    for number, disk in enumerate(disks):
        path = bench.folder / f"disk{number}.img"
        disk.write(path, image)
        shaped.append((path, disk.bochs_fields))
    with bench.power_on(shaped, guide=_guide(bench, program)) as machine:
        if drive is not None:
            machine.set_register("edx", machine.registers().edx & ~0xFF | drive)
        for name, value in DIRT.items() if dirty else ():
            machine.set_register(name, value)
        yield machine


def sector0(bench: Bench, number: int = 0) -> bytes:
    """What stands in a disk's sector 0 now."""
    with open(bench.folder / f"disk{number}.img", "rb") as image:
        return image.read(512)


def _guide(bench: Bench, program: str) -> Guide:
    """What stands where while `program` runs."""
    def place(machine: Machine, address: int) -> str:
        if 0x7C00 <= address < 0x7E00:
            if machine.stop.why == "power-off":
                return "the sector that was read to 0:7C00, which then switched the machine off"
            early = bench.line(program, address - LOADED + HOME)
            return f"{early}, before the move to 0:0600; or in the sector that was read to 0:7C00"
        if not HOME <= address < HOME + 0x200:
            return "an address outside the program" if address < BIOS_ROM else "the BIOS"
        return bench.line(program, address)

    def guide(machine: Machine, address: int) -> list[str]:
        lines = [f"at {place(machine, address)}"]
        if address >= BIOS_ROM and (caller := return_address(machine.last_stack)) is not None:
            lines.append(f"called or interrupted at {place(machine, caller)}")
        return lines
    return Guide(guide)


def return_address(stack: bytes) -> int | None:
    """The first pair of words on a real-mode stack that leads back into a program at 0:0600 with CS = 0."""
    words = [int.from_bytes(stack[at:at + 2], "little") for at in range(0, len(stack) - 1, 2)]
    return next((offset for offset, segment in zip(words, words[1:]) if HOME <= offset < HOME + 0x200 and segment == 0), None)


@dataclass(frozen=True)
class Case:
    """What a program is put before. `about` says it in a line; drive is DL at its start (None: what the BIOS says);
    packets: how the BIOS answers INT 13h AH=41h, a key of PACKET_ANSWERS; keys are pressed one after the other; dirty:
    the registers are garbage at the start, and CS:IP is 07C0:0000, as some BIOSes have it. With probes,
    the slices hold probes (see with_probes)."""

    about: str
    disks: tuple[Disk, ...]
    drive: int | None = None
    packets: str = "yes"
    dirty: bool = False
    keys: tuple[str, ...] = ()
    probes: bool = False

    def __str__(self) -> str:
        return self.about

    @property
    def dl(self) -> int:
        return 0x80 if self.drive is None else self.drive


@dataclass(frozen=True)
class DiskCall:
    """An INT 13h: what was asked for. lba is what the call means, by packet or by the disk's geometry."""

    function: int
    drive: int
    lba: int
    buffer: int


@dataclass
class Run:
    """One run as it was seen, up to where it stood in the end."""

    machine: Machine
    door: str = ""                # "entered", "int18", or "" when the budget or the machine ended
    calls: list[DiskCall] = field(default_factory=list)
    screen: list[str] = field(default_factory=list)
    registers: Registers | None = None
    segments: Segments | None = None
    loaded: bytes = b""           # what stands at 0:7C00
    table: bytes = b""            # what stands at 0:07BE


class Watch:
    """Breakpoints at a program's doors."""

    def __init__(self, machine: Machine, case: Case) -> None:
        self.machine = machine
        self.calls: list[DiskCall] = []
        self._case = case
        self._stops = 0
        self._doors: dict[int, tuple[str, int]] = {}
        self.open("entered", LOADED)

    def open(self, name: str, address: int) -> None:
        """Stop at this address from now on, and call it by this name."""
        self._doors[address] = (name, self.machine.break_at(address))

    def open_int(self, name: str, number: int) -> None:
        self.open(name, self.machine.vector(number))

    def close(self, name: str) -> None:
        for address, (door, breakpoint_) in tuple(self._doors.items()):
            if door == name:
                self.machine.unbreak(breakpoint_)
                del self._doors[address]

    def next(self, budget: int) -> str:
        """Run to the next open door and return its name, or "" at the end. Disk calls are noted in passing."""
        end = self.machine.stop.tick + budget
        while self._stops < STOPS:
            self._stops += 1
            stop = self.machine.run(max(1, end - self.machine.stop.tick))
            if stop.why != "breakpoint":
                return ""
            door = self._doors.get(stop.address, ("", 0))[0]
            if door != "disk":
                return door
            self._note_disk_call()
            if len(self.calls) > CALLS:
                return ""
        return ""

    def _note_disk_call(self) -> None:
        registers, segments = self.machine.registers(), self.machine.segments()
        function = registers.ah
        if function == 0x41 and self._case.packets != "yes":
            self._answer(registers, segments, *PACKET_ANSWERS[self._case.packets])
        elif function == 0x08 and 0 <= (number := registers.dl - 0x80) < len(self._case.disks):
            self._answer(registers, segments, False, _geometry_answer(self._case.disks[number].geometry.bios,
                                                                      len(self._case.disks)))
            self.machine.set_register("es", 0xF000)      # where a BIOS keeps its diskette table
        if function in (0x42, 0x43):
            packet = self.machine.memory(segments.ds.base + registers.si, 16)
            offset, segment = packet[4:6], packet[6:8]
            self.calls.append(DiskCall(function, registers.dl, int.from_bytes(packet[8:], "little"),
                                       int.from_bytes(offset, "little") + 16 * int.from_bytes(segment, "little")))
        elif function in (0x02, 0x03):
            self.calls.append(DiskCall(function, registers.dl, self._lba(registers), segments.es.base + registers.bx))
        else:
            self.calls.append(DiskCall(function, registers.dl, -1, -1))

    def _answer(self, registers: Registers, segments: Segments, carry: bool, answer: dict[str, int]) -> None:
        """Answer a call in the BIOS' stead: these registers, this carry, and the way back by the BIOS' own IRET."""
        flags = segments.ss.base + (registers.sp + 4 & 0xFFFF)
        low, = self.machine.memory(flags, 1)
        self.machine.poke(flags, bytes([low & ~1 | carry]))
        for name, value in answer.items():
            self.machine.set_register(name, value)
        self.machine.set_register("eip", BIOS_IRET)

    def _lba(self, registers: Registers) -> int:
        disks = self._case.disks
        number = registers.dl - 0x80
        shape = disks[number if 0 <= number < len(disks) else 0].geometry.bios
        cylinder = registers.ch | (registers.cl & 0xC0) << 2
        return (cylinder * shape.heads + registers.dh) * shape.sectors + (registers.cl & 0x3F) - 1


def finish(watch: Watch, door: str) -> Run:
    """Read the machine where it stands."""
    machine = watch.machine
    run = Run(machine, door, watch.calls)
    if not machine.stop.gone:
        run.screen = machine.screen()
        run.registers, run.segments = machine.registers(), machine.segments()
        run.loaded = machine.memory(LOADED, 512)
        run.table = machine.memory(TABLE_ADDRESS, 64)
    return run


def run_mbr(bench: Bench, case: Case) -> Run:
    """Run mbr to its end: into the sector it loads, into INT 18h, or into its last message. A sector that was
    entered may then run on by itself: a probe, to the power-off behind its report."""
    with boot(bench, "mbr", case.disks, drive=case.drive, dirty=case.dirty) as machine:
        watch = Watch(machine, case)
        watch.open_int("int18", BASIC)
        watch.open_int("disk", DISK)
        run = finish(watch, watch.next(MBR_BUDGET))
        if run.door == "entered" and case.probes:
            watch.next(PROBE_BUDGET)
        return run


def with_probes(bench: Bench, case: Case) -> Case:
    """The case with a probe in each slice; what was random in its sector is the probe's nonce and payload."""
    template = bench.program("probe")
    disks = tuple(replace(disk, sectors={
        lba: stamp(template, nonce=sector[2:6].hex(), name=f"ad{unit}s{place + 1}", payload=sector[6:6 + PAYLOAD_SIZE])
        for place, (lba, sector) in enumerate(disk.sectors.items())}) for unit, disk in enumerate(case.disks))
    return replace(case, disks=disks, probes=True)


def probe_report(run: Run) -> str:
    """What a probe has said on COM1 of itself and of the entry at DS:SI. Call it when the machine is off.

    (The registers in its report are left to the check that asks for them.)
    """
    for line in run.machine.serial.decode("ascii", "replace").splitlines():
        with suppress(ValueError):
            report = parse_report(line[max(0, line.rfind("@")):])   # somebody may have written in front of it
            return f"@{report.nonce} entry={report.entry.hex()} sum={report.sum:08x} slice={report.name}"
    return "nothing"


def outcome_of(run: Run, case: Case) -> str:
    """How a run ended, in a line."""
    if run.door == "int18":
        return "INT 18h"
    if said := [row for row in run.screen if row in MESSAGES]:
        return f'the message "{said[-1]}"' + (", and then a jump to 0:7C00" if run.door else "")
    if run.door == "entered":
        for number, disk in enumerate(case.disks):
            for lba, sector in disk.sectors.items():
                if sector == run.loaded:
                    return f"sector {lba} of drive {0x80 + number:#x} is started"
        return "0:7C00 is entered, with another sector there than any on the disks"
    return "no message and no jump to 0:7C00"


def expected_outcome(outcome: Outcome) -> str:
    """A model's outcome, in the same words."""
    match outcome:
        case Started(drive, lba):
            return f"sector {lba} of drive {drive:#x} is started"
        case Message(text):
            return f'the message "{text}"'
        case NotBootable():
            return "INT 18h"


def expect_loaded(run: Run, sector: bytes, lba: int, drive: int) -> None:
    """The sector stands at 0:7C00, whatever happened next."""
    if run.loaded != sector:
        raise StudentFailure(f"the 512 bytes at 0:7C00 (sector {lba} of drive {drive:#x})", f"{show(sector[:16])} ...",
                             f"{show(run.loaded[:16])} ..." if run.loaded else "the machine was gone")


# ---------------------------------------------------------------- boot0


@dataclass
class Menu:
    """boot0 with its menu on the screen."""

    watch: Watch
    rows: list[str]
    keyboard: bool      # has it looked for a key?


def menu_rows(machine: Machine) -> list[str]:
    """The screen below the BIOS' own last line, without the empty rows at the end."""
    rows = below_bios(machine.screen())
    while rows and not rows[-1]:
        rows.pop()
    return rows


def open_menu(machine: Machine, case: Case) -> Menu:
    """Run boot0 up to its first look at the keyboard."""
    watch = Watch(machine, case)
    watch.open_int("disk", DISK)
    watch.open_int("key", KEYBOARD)
    door = watch.next(MENU_BUDGET)
    if machine.stop.gone:
        return Menu(watch, [], False)
    watch.close("key")
    return Menu(watch, menu_rows(machine), door == "key")


def ticks(machine: Machine) -> int:
    """The BIOS' tick count."""
    return int.from_bytes(machine.memory(BDA_TICKS, 4), "little")


def press_until_answer(menu: Menu, key: str) -> str:
    """Press a key and run to the answer: "beep", "entered", or "" when neither comes."""
    machine = menu.watch.machine
    machine.press(KEYS[key])
    return next_answer(menu, CHOICE_BUDGET)


def next_answer(menu: Menu, budget: int) -> str:
    """Run to a beep or into 0:7C00."""
    machine = menu.watch.machine
    menu.watch.open_int("print", VIDEO)
    end = machine.stop.tick + budget
    answer = "print"
    while answer == "print":
        answer = menu.watch.next(max(1, end - machine.stop.tick))
        if machine.stop.gone:
            return ""
        if answer == "print" and machine.registers().ax == 0x0E00 | BELL:
            answer = "beep"
    menu.watch.close("print")
    return answer


def run_choice(bench: Bench, case: Case) -> tuple[Run, list[str]]:
    """Run boot0 and press the case's keys, each when the last one has been answered. Returns the answers too."""
    with boot(bench, "boot0", case.disks, drive=case.drive) as machine:
        menu = open_menu(machine, case)
        answers = []
        for key in case.keys if menu.keyboard else ():
            answers.append(press_until_answer(menu, key))
            if answers[-1] != "beep":
                break
        return finish(menu.watch, "entered" if answers and answers[-1] == "entered" else ""), answers
