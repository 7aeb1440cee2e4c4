"""BTX under a client of the check's own.

A check puts a client together (`Client`: grade/drivers/btx_client.S, a script for it, code and buffers behind), boots
it on the student's BTX, and reads from outside what came of it: the client's memory when its script is done, or the
machine at a place of interest. What the checks expect is never in the machine.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from grade.bench import BIOS_ROM, Bench, Guide, describe, stub_reached
from grade.bochs import Machine, MachineFault
from grade.checks.cases import Case
from grade.checks.drawing import SMALL
from grade.checks.v86code import GENERAL
from grade.debugger import Registers, Segment, Segments, TableRegister
from grade.disk import SECTOR, Disk
from grade.failure import StudentFailure, expect
from grade.models import btx as model

BTX_ENTRY = 0x9010
RESET = 0xFFFF0              # where a PC starts, by F000:FFF0 or FFFF:0
BTX_SECTOR, BTX_SIZE = 1, 0x1000
CLIENT_SECTOR, CLIENT_SIZE = 9, 0x4000
SCRIPT_SIZE = 0x1000         # room for it, behind the client's own code
DISK_FREE = 100              # from this sector on, a disk may hold what a check wants to be read

LOAD_BUDGET = 5_000_000      # the boot sector needs 200,000 for its two reads
START_BUDGET = 500_000       # BTX needs 7,000 to its client's first instruction
SCRIPT_BUDGET = 2_000_000    # a client's script, or a dump, needs less than 200,000
INTERRUPT_BUDGET = 3_000_000 # the longest wait is for the keyboard, some 300,000
SESSION_BUDGET = 5_000_000   # the BIOS' own work, and three ticks of 220,000

BDA_EQUIPMENT, BDA_BASE_MEMORY, BDA_KEYS, BDA_CURSOR, BDA_TICKS, BDA_WARM = 0x410, 0x413, 0x417, 0x450, 0x46C, 0x472
PIC_MASTER, PIC_SLAVE = 0x21, 0xA1

SEGMENT_FIELDS = ("es", "ds", "fs", "gs")
CALL_FIELDS = ("ctl", "addr", *SEGMENT_FIELDS, "eax", "ecx", "edx", "ebx", "efl", "ebp", "esi", "edi")
AFTER_FIELDS = ("esp", "eflags", "cs", "ds", "es", "fs", "gs", "ss")      # what the client keeps behind them
REGISTERS = tuple(name for name in GENERAL if name != "esp")

# Flags that any program may change.
SOME_FLAGS = model.CF | model.PF | model.AF | model.ZF | model.SF | model.DF | model.OF

_DONE, _V86, _RUN, _OUT, _POKE = range(5)


def cases(draw: Random, *abouts: str) -> Iterator[Case]:
    """A case for each line."""
    for about in abouts:
        yield Case(about, draw.getrandbits(64))


@dataclass(frozen=True)
class Answer:
    """What a v86 call came back with: the client's registers and the structure's segments; ESP as before the push."""

    registers: Mapping[str, int]
    segments: Mapping[str, int]
    esp: int
    eflags: int
    selectors: Mapping[str, int]


class Client:
    """A client being put together. Addresses are linear, but for `near`."""

    def __init__(self, bench: Bench, draw: Random) -> None:
        template = bench.program("btx_client")
        self.start, self.done, script = (bench.symbol("btx_client", name) for name in ("start", "done", "script"))
        self.draw = draw
        self.image = bytearray(draw.randbytes(CLIENT_SIZE))
        self.image[:len(template)] = template
        self._script, self._free = script, script + SCRIPT_SIZE
        self._script_end = self._free

    def place(self, data: bytes, *, align: int = 4) -> int:
        """Put code or data behind what is there already; its address."""
        at = -(-self._free // align) * align
        self._free = at + len(data)
        if self._free > CLIENT_SIZE:
            raise MachineFault("a check's client is larger than its disk has room for")
        self.image[at:self._free] = data
        return model.CLIENT + at

    @property
    def next_address(self) -> int:
        """Where `place` puts what needs no alignment."""
        return model.CLIENT + self._free

    def reserve(self, size: int, *, align: int = 4) -> int:
        """Room for results, random until something is stored there."""
        return self.place(self.draw.randbytes(size), align=align)

    def _say(self, *words: int) -> int:
        """The script goes on; where."""
        at, self._script = self._script, self._script + 4 * len(words)
        if self._script + 4 > self._script_end:
            raise MachineFault("a check's script is longer than its client has room for")
        self.image[at:self._script + 4] = struct.pack(f"<{len(words) + 1}I", *(word & 0xFFFFFFFF for word in words), _DONE)
        return at

    def v86(self, *, stack: int = 0, flags: int = model.ALWAYS, **fields: int) -> int:
        """INT 0x31, with the fields of the v86 structure that are given, the flags being these (and IF as it is) and
        ESP being `stack` (0: as it is) before the structure's address is pushed. Returns what `answer` wants."""
        at = self._say(_V86, stack, flags, *(fields.get(name, 0) for name in CALL_FIELDS), *(0,) * len(AFTER_FIELDS))
        return at + 12

    def run(self, code: bytes) -> int:
        """Call 32-bit code of the check's; its address."""
        at = self.place(code)
        self._say(_RUN, near(at))
        return at

    def out(self, port: int, value: int) -> None:
        self._say(_OUT, port, value)

    def poke(self, address: int, value: int) -> None:
        """Write a double word, anywhere in memory."""
        self._say(_POKE, near(address), value)

    def hook(self, vector: int, handler: bytes) -> None:
        """Have a vector of the BIOS' go to a handler: offset and segment, a word each."""
        self.poke(4 * vector, int.from_bytes(handler, "little"))


def near(address: int) -> int:
    """A linear address as the client names it."""
    return address - model.CLIENT & 0xFFFFFFFF


def far(address: int, draw: Random) -> tuple[int, int]:
    """One of the ways to name a linear address by segment and offset."""
    offset = address & 0xF | draw.randrange(0x100) << 4
    return address - offset >> 4, offset


def far_address(address: int, draw: Random) -> int:
    """The same, as the v86 structure's addr has it."""
    segment, offset = far(address, draw)
    return segment << 16 | offset


def random_registers(draw: Random) -> dict[str, int]:
    return {name: draw.getrandbits(32) for name in REGISTERS}


# ---------------------------------------------------------------- booting


@contextmanager
def boot(bench: Bench, client: Client, *, program: str = "btx", header: Mapping[int, bytes] | None = None,
         sectors: Mapping[int, bytes] | None = None, base_memory: int = 0) -> Iterator[Machine]:
    """Switch on a PC with BTX (or `program`) and this client on its disk, and stop at BTX's entry. header: changes to
    the bytes of BTX; sectors: what else is on the disk; base_memory: what the BIOS says of it, in KB."""
    btx = bytearray(bench.program(program))
    if len(btx) > BTX_SIZE:
        raise StudentFailure("the size of BTX", f"at most {BTX_SIZE} bytes, as the client begins there", f"{len(btx)}")
    changes = {model.HEADER_ENTRY: struct.pack("<I", client.start), model.HEADER_FLAGS: b"\0", **(header or {})}
    for offset, change in changes.items():
        btx[offset:offset + len(change)] = change
    first = bytearray(bench.program("btx_boot"))
    first[bench.symbol("btx_boot", "fill") - 0x7C00] = client.draw.randint(1, 0xFF)
    content = {0: bytes(first), **_in_sectors(BTX_SECTOR, btx), **_in_sectors(CLIENT_SECTOR, client.image),
               **(sectors or {})}
    path = bench.folder / "disk0.img"
    disk = Disk(SMALL, sectors=content)
    disk.write(path, b"")
    with bench.power_on([(path, disk.bochs_fields)], guide=_guide(bench, program)) as machine:
        if base_memory:
            machine.poke(BDA_BASE_MEMORY, struct.pack("<H", base_memory))
        entry = machine.break_at(BTX_ENTRY)
        if machine.run(LOAD_BUDGET).why != "breakpoint":
            raise MachineFault("the boot sector does not get as far as BTX")
        machine.unbreak(entry)
        yield machine


def _in_sectors(first: int, data: bytes | bytearray) -> dict[int, bytes]:
    return {first + at // SECTOR: bytes(data[at:at + SECTOR]) for at in range(0, len(data), SECTOR)}


def _guide(bench: Bench, program: str) -> Guide:
    """What stands where while BTX runs, and what its dump says."""
    def place(machine: Machine, address: int) -> list[str]:
        if model.HOME <= address < model.CLIENT:
            return [f"at {bench.line(program, address)}"]
        if model.CLIENT <= address < model.CLIENT + CLIENT_SIZE:
            return ["at the client of the check, or in its v86 code"]
        if BIOS_ROM <= address <= 0xFFFFF:
            return ["at the BIOS"]
        return ["at an address outside BTX, its client and the BIOS"]

    def dump(machine: Machine) -> list[str]:
        lines = [line for line in dump_lines(machine) if line]
        if not lines or lines[-1] != model.HALTED:
            return []
        where = " ".join(place(machine, address)) if (address := dumped_address(lines)) is not None else "somewhere"
        return [f"BTX halted, after an exception {where}", *lines]
    return Guide(place, dump)


def dumped_address(lines: Sequence[str]) -> int | None:
    """The linear address that a dump is about; None when it does not tell."""
    told = dumped(lines)
    if not {"efl", "cs", "eip"} <= told.keys():
        return None
    base = 16 * told["cs"] if told["efl"] & model.VM else {model.SCODE: 0, model.UCODE: model.CLIENT}.get(told["cs"])
    return None if base is None else base + told["eip"] & 0xFFFFFFFF


def dumped(lines: Sequence[str]) -> dict[str, int]:
    """A dump's registers by their names."""
    return {name: int(value, 16) for line in lines
            for name, value in re.findall(r"\b([a-z]{2,3})=([0-9a-f]{4,8})(?: |$)", line)}


def run_to(machine: Machine, address: int, budget: int, what: str, *, hint: str = "") -> None:
    """Run to a linear address, for the first or the next time; a StudentFailure that says `what` when it is not
    reached, and has this hint."""
    number = machine.break_at(address)
    stop = machine.run(budget)
    if stop.why != "breakpoint" or stop.address != address:
        raise StudentFailure(what, f"a stop at {address:#x}", instead(machine), hint or dump_hint(machine))
    machine.unbreak(number)


def dump_hint(machine: Machine) -> str:
    """What a dump of BTX' own makes one think of, or ""."""
    told = dumped(dump_lines(machine))
    if told.get("cs") == model.SCODE and told.get("ds") == 0:
        return "DS is null when BTX comes out of v86 mode: `push %ss', `pop %ds' before it touches memory."
    return ""


def instead(machine: Machine) -> str:
    """Where the machine went in place of where it should have gone, in a few words."""
    if machine.stop.gone:
        return describe(machine.stop)
    if stub := stub_reached(machine):
        return f"the stub of {stub}"
    if lines := dump_lines(machine):
        return f"an exception: {lines[1]}"
    return describe(machine.stop)


def run_client(machine: Machine, client: Client, *, budget: int = SCRIPT_BUDGET) -> bytes:
    """Run the client to the end of its script; its memory there."""
    run_to(machine, model.CLIENT + client.done, budget, "the client, to the end of its script")
    return machine.memory(model.CLIENT, CLIENT_SIZE)


def answer(memory: bytes, call: int) -> Answer:
    """What a v86 call came back with, in the client's memory."""
    found = words(memory[call:call + 4 * (len(CALL_FIELDS) + len(AFTER_FIELDS))])
    fields, after = dict(zip(CALL_FIELDS, found)), dict(zip(AFTER_FIELDS, found[len(CALL_FIELDS):]))
    return Answer({name: fields[name] for name in REGISTERS}, {name: fields[name] & 0xFFFF for name in SEGMENT_FIELDS},
                  after["esp"], after["eflags"], {name: after[name] & 0xFFFF for name in AFTER_FIELDS[2:]})


# ---------------------------------------------------------------- looking


def general(registers: Registers) -> dict[str, int]:
    return {name: getattr(registers, name) for name in REGISTERS}


def selectors(segments: Segments) -> dict[str, int]:
    return {name: getattr(segments, name).selector for name in ("cs", "ds", "es", "fs", "gs", "ss")}


def expect_registers(what: str, expected: Mapping[str, int], got: Mapping[str, int]) -> None:
    """The registers are these; shows those that differ."""
    wrong = [name for name in expected if got[name] != expected[name]]
    expect(what, ", ".join(f"{name} = {expected[name]:x}" for name in wrong),
           ", ".join(f"{name} = {got[name]:x}" for name in wrong))


def dump_lines(machine: Machine) -> list[str]:
    """The lines of a register dump on COM1, from the empty one before it on; none when there is no dump."""
    lines = machine.serial.decode("ascii", "replace").replace("\r", "").split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("int=")), 0)
    return lines[first - 1:] if first else []


def words(data: bytes) -> Sequence[int]:
    """Little-endian double words."""
    return struct.unpack(f"<{len(data) // 4}I", data)


def table_words(table: Segment | TableRegister) -> str:
    return f"base {table.base:#x}, limit {table.limit:#x}"


def expect_reboot(machine: Machine) -> None:
    """The machine comes to F000:FFF0 as a warm boot, in real mode."""
    run_to(machine, RESET, START_BUDGET, "the reboot, F000:FFF0")
    expect("the header's flags, bit 0", 1, machine.memory(model.HOME + model.HEADER_FLAGS, 1)[0] & 1)
    expect("CR0: PE", 0, machine.control().cr0 & 1)
    expect("IDTR", "base 0x0, limit 0x3ff", table_words(machine.segments().idtr))
    expect("the word at 0472h", 0x1234, int.from_bytes(machine.memory(BDA_WARM, 2), "little"))
