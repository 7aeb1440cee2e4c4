"""Where a check puts a student's programs to the test.

A `Bench` knows the view that was built (the student's programs with the reference's for the rest) and boots disks
that a check has made with them, one machine a boot. It remembers the machine, so that a failure can tell what state
it was left in. What stands where in memory is each lab's own matter: a `Guide` of its checks says that.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine, MachineFault, Stop
from grade.elf import read_labels
from grade.failure import StudentFailure

POST_BUDGET = 40_000_000      # the BIOS' own work before it loads sector 0: 4.3 million ticks
LOADED = 0x7C00
BIOS_ROM = 0xC0000            # from here on: option ROMs and the BIOS
SHOWN = 72                    # of a line on COM1, in a report
ALWAYS = 2                    # in EFLAGS

STUB = "it stands in the stub of"      # and then the stub's own words

# The end of boot/lab_stub.h's code, in 16 and in 32 bits, and of kernel/kern/lab_stub.c: MOV DX, 3F8h; OUT; JMP; and the JMP
# to itself where it stays.
STUB_LOOP = re.compile(rb"\xba\xf8\x03(\0\0)?\xee\xeb.\xeb\xfe", re.DOTALL)


@dataclass(frozen=True)
class Guide:
    """What a lab knows of its machine. place: what a linear address is, in lines for a report. dump: when the program
    has told of its own end, what that was in a line, and what it said; none otherwise."""

    place: Callable[[Machine, int], list[str]]
    dump: Callable[[Machine], list[str]] = lambda machine: []


@dataclass(frozen=True)
class Programs:
    """What was built: each program by its name, its bytes or why there are none. Its symbols stand beside, in an .elf."""

    folder: Path                      # the view
    images: dict[str, Path]           # program -> .bin
    errors: dict[str, str]            # program -> what the build said
    toolprefix: str = ""              # of the binutils that it was built with

    def image(self, program: str) -> bytes:
        """The program's bytes; a StudentFailure with the build's own lines when there are none."""
        if program in self.errors:
            raise StudentFailure(f"the build of {program}", "a program", self.errors[program])
        return self.images[program].read_bytes()


class Bench:
    """One check's place: a folder of its own, the programs, the emulator."""

    def __init__(self, folder: Path, programs: Programs, *, bochs: str) -> None:
        self.folder = folder
        self._programs = programs
        self._bochs = bochs
        self._machine: Machine | None = None
        self._guide = Guide(lambda machine, address: [])
        self._symbols: dict[str, dict[str, int]] = {}

    @contextmanager
    def power_on(self, disks: Sequence[tuple[Path, str]], *, guide: Guide) -> Iterator[Machine]:
        """Switch on a PC with these images, each with further fields of its .bochsrc line, and stop at 0:7C00 before
        the first instruction of what stands in sector 0."""
        with Machine(self.folder, disks=disks, bochs=self._bochs) as machine:
            self._machine, self._guide = machine, guide
            entry = machine.break_at(LOADED)
            if machine.run(POST_BUDGET).why != "breakpoint":
                raise MachineFault(f"the BIOS does not get as far as 0:7C00: {machine.stop.line or machine.stop.why}")
            machine.unbreak(entry)
            yield machine

    def program(self, name: str) -> bytes:
        """A program's bytes as they were built."""
        return self._programs.image(name)

    def symbol(self, program: str, name: str) -> int:
        """The address of a label in a program; a StudentFailure when it has none of that name."""
        if program not in self._symbols:
            self._programs.image(program)
            self._symbols[program] = read_labels(self._programs.images[program].with_suffix(".elf"))
        if name in self._symbols[program]:
            return self._symbols[program][name]
        raise StudentFailure(f"the label `{name}` in {program}", "a place in the program", "no such label")

    def function(self, program: str, address: int) -> str:
        """`lgdt + 1b` for a linked address of a program that has a label at or before it."""
        self.symbol(program, "btext")
        name, at = max(((name, at) for name, at in self._symbols[program].items() if at <= address),
                       key=lambda label: label[1])
        return f"{name} + {address - at:x}"

    def line(self, program: str, address: int) -> str:
        """`labs/1-mbr/mbr.S:57` for a linked address."""
        place = self._binutil("addr2line", program, f"{address:#x}").split(" (")[0].strip()
        known = re.search(r"(?:labs|boot|kernel|grade)/\S+:\d+$", place)
        return known[0] if known else f"address {address:#x}"

    def _binutil(self, tool: str, program: str, *arguments: str) -> str:
        self._programs.image(program)
        elf = self._programs.images[program].with_suffix(".elf")
        return subprocess.run([self._programs.toolprefix + tool, *(["-e"] if arguments else []), str(elf), *arguments],
                              capture_output=True, text=True, check=not arguments).stdout

    def aftermath(self, told: str = "") -> str:
        """What the machine was left in, for a failure's report: its end, its registers, its last words; not those that
        were told already. In a stub, only that."""
        machine = self._machine
        if machine is None:
            return ""
        if stub := stub_reached(machine):
            return f"{STUB} {stub}"
        if dump := self._guide.dump(machine):
            end, *said = dump
            again = all(line in told for line in said)
            return end if again else "\n".join([end, *(f"  {line[:SHOWN]}" for line in said)])
        tail = [plain(line) for line in machine.serial.decode("ascii", "replace").splitlines()[-6:]]
        lines = [describe(machine.stop)]
        if machine.last:
            registers, base = machine.last
            lines.append(f"eip {registers.eip:04x}  eax {registers.eax:08x}  ebx {registers.ebx:08x}  "
                         f"ecx {registers.ecx:08x}  edx {registers.edx:08x}")
            flags = f"  eflags {registers.eflags:08x}" if registers.eflags & ALWAYS else ""    # else not known
            lines.append(f"esp {registers.esp:04x}  esi {registers.esi:08x}  edi {registers.edi:08x}  "
                         f"ebp {registers.ebp:08x}{flags}")
            lines += self._guide.place(machine, base + registers.eip & 0xFFFFFFFF)
        if shown := [row for row in below_bios(machine.last_screen) if row]:
            lines += ["on the screen:", *(f"  {printable(row)}" for row in shown[-8:])]
        lines += ["COM1's last lines:", *(f"  {printable(line[:SHOWN])}" for line in tail)] if tail else ["nothing on COM1"]
        return "\n".join(lines)


def stub_reached(machine: Machine) -> str:
    """`LAB 1.2: scan and validate` when the last thing on COM1 is a stub's name and the machine stands in a stub's
    loop, else "". (A check may have led it past a stub that has spoken.)"""
    lines = machine.serial.decode("ascii", "replace").splitlines()
    spoken = bool(lines) and re.fullmatch(r"LAB \d+\.\d+: .*", lines[-1])
    return lines[-1] if spoken and STUB_LOOP.search(machine.code()) else ""


def below_bios(rows: list[str]) -> list[str]:
    """What is on the screen below the BIOS' own last line."""
    first = next((number + 1 for number, row in enumerate(rows) if row.startswith("Booting from")), 0)
    return rows[first:]


def describe(stop: Stop) -> str:
    """A stop in a student's words."""
    return {
        "budget": "the program was still running when its time was up",
        "triple fault": "triple fault: an exception had no handler, nor had the exceptions after it",
        "halted for good": "the program halted with interrupts off, so that nothing can wake it",
        "power-off": "the machine was switched off",
        "panic": f"the emulator gave up: {stop.line[11:]}",
        "flood": f"the program flooded its output: {stop.line}",
    }.get(stop.why, "the machine stood at a point that the check looks at")


def plain(line: str) -> str:
    """A line of COM1's as it looks in the end: without a twirl's characters that were wiped out, blanks for tabs."""
    return re.sub(r".\x08", "", line).expandtabs()


def printable(text: str) -> str:
    """Text from a guest, with nothing in it that moves a cursor."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
