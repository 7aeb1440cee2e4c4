"""A client's session with the BIOS: calls whose answers the challenge decides, and the questions to ask afterwards."""

from __future__ import annotations

import struct
from collections.abc import Callable

from grade.bochs import Machine
from grade.checks.btx import (
    BDA_CURSOR, BDA_EQUIPMENT, BDA_TICKS, DISK_FREE, Client, answer, far, near, random_registers)
from grade.checks.drawing import SMALL
from grade.checks.v86code import RET
from grade.disk import SECTOR
from grade.failure import expect
from grade.models import btx as model

BUFFER = 0x20000                # where sectors are read to, above the client
MACHINE_MEGABYTES = 64          # .bochsrc
LOW_MEMORY = 0x9F000            # of the map, whatever INT 12h says
ACPI_SIZE = 0x10000             # the BIOS keeps so much of the top for its tables
SMAP = 0x534D4150               # the map's signature
LATE = 4                        # ticks that may pass between setting the clock and asking it

Question = Callable[[Machine, bytes], None]


class Session:
    """What a client asks the BIOS; `questions` are the checks of the answers, and `sectors` belong on its disk."""

    def __init__(self, client: Client, base_memory: int) -> None:
        self.client = client
        self.draw = client.draw
        self.base_memory = base_memory
        self.questions: list[Question] = []
        self.sectors: dict[int, bytes] = {}

    def _call(self, number: int, **fields: int) -> int:
        registers = {**random_registers(self.draw), **{name: value for name, value in fields.items() if len(name) == 3}}
        segments = {name: value for name, value in fields.items() if len(name) == 2}
        return self.client.v86(ctl=model.V86_FLAGS, addr=number, **segments, **registers)

    def _expect(self, what: str, handle: int, register: str, expected: int, mask: int) -> None:
        def ask(_: Machine, memory: bytes) -> None:
            got = answer(memory, handle)
            expect(what, expected & mask, (got.eflags if register == "efl" else got.registers[register]) & mask)
        self.questions.append(ask)

    # -- screen, clock, equipment

    def talk(self) -> None:
        """Calls of all kinds in a drawn order."""
        parts = [self._cursor, self._character, self._clock, self._equipment, self._memory_size]
        self.draw.shuffle(parts)
        for part in parts:
            part()

    def _cursor(self) -> None:
        place = self.draw.randrange(25) << 8 | self.draw.randrange(80)
        self._call(0x10, eax=0x0200, ebx=0, edx=place)
        handle = self._call(0x10, eax=0x0300, ebx=0)
        self._expect("INT 10h AH=03h: the cursor, in DX", handle, "edx", place, 0xFFFF)

        def ask(machine: Machine, _: bytes) -> None:
            expect("the cursor, at 0450h", place, int.from_bytes(machine.memory(BDA_CURSOR, 2), "little"))
        self.questions.append(ask)

    def _character(self) -> None:
        character, attribute = self.draw.randint(0x21, 0x7E), self.draw.randint(1, 0x7F)
        self._call(0x10, eax=0x0900 | character, ebx=attribute, ecx=1)
        handle = self._call(0x10, eax=0x0800, ebx=0)
        self._expect("INT 10h AH=08h: attribute and character, in AX", handle, "eax", attribute << 8 | character, 0xFFFF)

    def _clock(self) -> None:
        ticks = self.draw.randrange(0x180000)
        self._call(0x1A, eax=0x0100, ecx=ticks >> 16, edx=ticks & 0xFFFF)
        handle = self._call(0x1A, eax=0)

        def ask(_: Machine, memory: bytes) -> None:
            got = answer(memory, handle).registers
            found = (got["ecx"] & 0xFFFF) << 16 | got["edx"] & 0xFFFF
            expect("INT 1Ah AH=00h: the ticks, in CX:DX", f"{ticks:#x} or a few more",
                   f"{ticks:#x} or a few more" if 0 <= found - ticks <= LATE else f"{found:#x}")
        self.questions.append(ask)

    def _equipment(self) -> None:
        handle = self._call(0x11)

        def ask(machine: Machine, memory: bytes) -> None:
            expect("INT 11h: the word at 0410h, in AX", int.from_bytes(machine.memory(BDA_EQUIPMENT, 2), "little"),
                   answer(memory, handle).registers["eax"] & 0xFFFF)
        self.questions.append(ask)

    def _memory_size(self) -> None:
        self._expect("INT 12h: base memory in KB, in AX", self._call(0x12), "eax", self.base_memory, 0xFFFF)

    # -- the disk

    def read_disk(self) -> None:
        """A packet read, and a read by cylinder, head and sector, of drawn sectors to drawn places."""
        count, where = self.draw.randint(2, 4), BUFFER + 16 * self.draw.randrange(0x400)
        lba = self._put_sectors(count)
        segment, offset = far(where, self.draw)
        packet = self.client.place(struct.pack("<BBHHHQ", 16, 0, count, offset, segment, lba))
        segment, offset = far(packet, self.draw)
        handle = self._call(0x13, eax=0x4200, edx=0x80, ds=segment, esi=offset)
        self._expect_sectors("INT 13h AH=42h", handle, where, lba, count)
        lba, where = self._put_sectors(1), BUFFER + 0x8000 + 16 * self.draw.randrange(0x400)
        head, sector, cylinder = SMALL.chs(lba)
        segment, offset = far(where, self.draw)
        handle = self._call(0x13, eax=0x0201, ecx=cylinder << 8 | sector, edx=head << 8 | 0x80, es=segment, ebx=offset)
        self._expect_sectors("INT 13h AH=02h", handle, where, lba, 1)

    def _put_sectors(self, count: int) -> int:
        lba = self.draw.randrange(DISK_FREE, SMALL.size - count)
        self.sectors |= {lba + number: self.draw.randbytes(SECTOR) for number in range(count)}
        return lba

    def _expect_sectors(self, call: str, handle: int, where: int, lba: int, count: int) -> None:
        def ask(machine: Machine, memory: bytes) -> None:
            expect(f"{call}: carry", 0, answer(memory, handle).eflags & model.CF)
            for number in range(count):
                at = where + SECTOR * number
                expect(f"{call}: sector {lba + number}, at {at:#x}", self.sectors[lba + number], machine.memory(at, SECTOR))
        self.questions.append(ask)

    # -- memory, time

    def read_memory_map(self) -> None:
        """The map's first entry and the one of extended memory, and what AH=88h says."""
        extended = (MACHINE_MEGABYTES << 20) - ACPI_SIZE - 0x100000
        for entry, base, size in ((0, 0, LOW_MEMORY), (3, 0x100000, extended)):
            buffer = self.client.reserve(20)
            segment, offset = far(buffer, self.draw)
            handle = self._call(0x15, eax=0xE820, ebx=entry, ecx=20, edx=SMAP, es=segment, edi=offset)
            self._expect_map(handle, buffer, struct.pack("<QQI", base, size, 1))
        self._expect("INT 15h AH=88h: extended memory in KB, in AX", self._call(0x15, eax=0x8800), "eax",
                     (MACHINE_MEGABYTES - 1) * 1024, 0xFFFF)

    def _expect_map(self, handle: int, buffer: int, entry: bytes) -> None:
        def ask(machine: Machine, memory: bytes) -> None:
            got = answer(memory, handle)
            expect("INT 15h AX=E820h: carry", 0, got.eflags & model.CF)
            expect("INT 15h AX=E820h: EAX", SMAP, got.registers["eax"])
            expect("INT 15h AX=E820h: an entry", entry, machine.memory(buffer, 20))
        self.questions.append(ask)

    def count_ticks(self, ticks: int) -> None:
        """The client loops until the BIOS' count of ticks has gone on by so many."""
        self.client.run(b"\x8b\x0d" + struct.pack("<I", near(BDA_TICKS))             # mov ecx, ticks
                        + b"\x83\xc1" + bytes([ticks])                                # add ecx, n
                        + b"\x3b\x0d" + struct.pack("<I", near(BDA_TICKS)) + b"\x77\xf8"  # cmp ecx, ticks; ja
                        + RET)
