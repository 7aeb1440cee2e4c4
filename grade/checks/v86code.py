"""Machine code for the checks of lab 2: what a client runs in v86 mode, and what it runs itself.

A v86 program is made from the steps of grade/models/btx.py, which has the prediction for each. It finds nothing in
its registers: what it stores goes into slots of four bytes, addressed by CS.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from grade.models.btx import Step

CLI, STI, STD, CLD, HLT, INT3, IRET, PUSHF, POPF, SAHF = 0xFA, 0xFB, 0xFD, 0xFC, 0xF4, 0xCC, 0xCF, 0x9C, 0x9D, 0x9E
RETF = b"\xcb"
RETF_FLAGS = b"\xca\x02\x00"      # from an interrupt, without its flags
SPIN = b"\xeb\xfe"                # jmp to itself


@dataclass
class V86Program:
    """Code at segment:offset, and how many slots it has filled; the slots begin at offset `slots` of the segment. An
    IRET goes on in another segment, from where both have other offsets.

    handlers: what the vector of each INT must be, by its number."""

    segment: int
    offset: int
    slots: int
    code: bytearray = field(default_factory=bytearray)
    used: int = 0
    handlers: dict[int, bytes] = field(default_factory=dict)

    def add(self, steps: Sequence[Step]) -> None:
        for step in steps:
            getattr(self, f"_{step.name}")(step)

    def store_word(self) -> None:
        """POP AX; MOV CS:[slot], AX."""
        self._emit(0x58, 0x2E, 0xA3, *self._next_slot())

    @property
    def here(self) -> int:
        return self.offset + len(self.code)

    def _next_slot(self) -> bytes:
        self.used += 1
        return struct.pack("<H", self.slots + 4 * (self.used - 1))

    def _emit(self, *code: int) -> None:
        self.code += bytes(code)

    def _wide(self, step: Step, *code: int) -> None:
        """With the prefix for 32-bit operands, where the step has them."""
        self._emit(*([0x66] if step.width == 32 else []), *code)

    def _push_value(self, value: int, width: int) -> None:
        if width == 32:
            self._emit(0x66, 0x68, *struct.pack("<I", value))
        else:
            self._emit(0x68, *struct.pack("<H", value & 0xFFFF))

    def _cli(self, _: Step) -> None:
        self._emit(CLI)

    def _sti(self, _: Step) -> None:
        self._emit(STI)

    def _std(self, _: Step) -> None:
        self._emit(STD)

    def _cld(self, _: Step) -> None:
        self._emit(CLD)

    def _hlt(self, _: Step) -> None:
        self._emit(HLT)

    def _int3(self, _: Step) -> None:
        self._emit(INT3)

    def _arith(self, step: Step) -> None:
        self._emit(0xB4, step.value & 0xFF, SAHF)

    def _popf(self, step: Step) -> None:
        self._push_value(step.value, step.width)
        self._wide(step, POPF)

    def _flags(self, step: Step) -> None:
        self._wide(step, PUSHF)
        self._wide(step, 0x58)
        self._wide(step, 0x2E, 0xA3, *self._next_slot())

    def _sp(self, _: Step) -> None:
        self._emit(0x2E, 0x89, 0x26, *self._next_slot())

    def _push(self, step: Step) -> None:
        self._push_value(step.value, 16)

    def _pop(self, _: Step) -> None:
        self.store_word()

    def _iret(self, step: Step) -> None:
        """Push flags, another CS, and what the place behind the IRET is there; the IRET's own length is known."""
        lower = 1 + step.value % 15
        self._push_value(step.value, step.width)
        self._push_value(self.segment - lower, step.width)
        size = 6 + 2 if step.width == 32 else 3 + 1
        self._push_value(self.here + size + 16 * lower, step.width)
        self._wide(step, IRET)
        self.segment -= lower
        self.offset += 16 * lower
        self.slots += 16 * lower

    def _ax(self, step: Step) -> None:
        self._emit(0xB8, *struct.pack("<H", step.value))

    def _cr0(self, _: Step) -> None:
        """MOV EAX, CR0; MOV CS:[slot], EAX."""
        self._emit(0x0F, 0x20, 0xC0, 0x66, 0x2E, 0xA3, *self._next_slot())

    def _int(self, step: Step) -> None:
        """The handler stores the flags on its stack first, by BP: PUSH BP; MOV BP, SP; MOV AX, [BP+6]; POP BP.

        Its code stands behind the INT, which jumps over it when it is back."""
        self._emit(0xCD, step.value)
        jump = len(self.code)
        self._emit(0xE9, 0, 0)
        entry = len(self.code)
        self._emit(0x55, 0x89, 0xE5, 0x8B, 0x46, 0x06, 0x5D, 0x2E, 0xA3, *self._next_slot())
        self.add(step.body)
        self._emit(IRET)
        self.code[jump + 1:jump + 3] = struct.pack("<H", len(self.code) - entry)
        self.handlers[step.value] = struct.pack("<HH", self.offset + entry, self.segment)


# ---------------------------------------------------------------- 32-bit code of a client

GENERAL = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")     # by number


def load(register: str, value: int) -> bytes:
    """MOV register, value."""
    return bytes([0xB8 + GENERAL.index(register)]) + struct.pack("<I", value & 0xFFFFFFFF)


def load_all(values: dict[str, int]) -> bytes:
    return b"".join(load(name, value) for name, value in values.items())


_MOV_SEGMENT = {"es": 0xC0, "ds": 0xD8, "fs": 0xE0, "gs": 0xE8}


def load_segments(values: dict[str, int]) -> bytes:
    """16-bit code: MOV AX, value; MOV segment register, AX."""
    return b"".join(b"\xb8" + struct.pack("<H", value) + bytes([0x8E, _MOV_SEGMENT[name]])
                    for name, value in values.items())


def store(register: str, address: int) -> bytes:
    """MOV [address], register."""
    return bytes([0x89, 0x05 | GENERAL.index(register) << 3]) + struct.pack("<I", address & 0xFFFFFFFF)


def push(value: int) -> bytes:
    return b"\x68" + struct.pack("<I", value & 0xFFFFFFFF)


# MOV AX, [FFFFh]: beyond the segment's limit, which faults with an opcode that no monitor knows.
BEYOND_LIMIT = b"\xa1\xff\xff"
CARRY_TO_BX = b"\x19\xdb"         # sbb bx, bx
INT30 = b"\xcd\x30"
RET = b"\xc3"
POPF32 = b"\x9d"


def wait_for_byte(address: int) -> bytes:
    """Loop until the byte at an address is not 0: CMP, JE."""
    return b"\x80\x3d" + struct.pack("<I", address & 0xFFFFFFFF) + b"\0\x74\xf7"


# OUT of AL to the first interrupt controller's mask: the same bytes in 16 and in 32 bits.
OUT_MASK = b"\xe6\x21"


def interrupt_handler(seen: int) -> bytes:
    """A handler for any device of a check's: satisfies the keyboard, COM1 and the clock, ends the interrupt, makes the
    byte at CS:`seen` 1, and leaves by RETF 2, which the monitor need not know."""
    return (b"\x50\x52"                         # push ax; push dx
            b"\xe4\x60"                         # in al, 60h
            b"\xba\xfa\x03\xec"                 # mov dx, 3fah; in al, dx
            b"\xb0\x0c\xe6\x70\xe4\x71"         # mov al, 0ch; out 70h, al; in al, 71h
            b"\xb0\x20\xe6\xa0\xe6\x20"         # mov al, 20h; out 0a0h, al; out 20h, al
            b"\x2e\xc6\x06" + struct.pack("<H", seen) + b"\x01"
            b"\x5a\x58" + RETF_FLAGS)


def waiting_loop(seen: int) -> bytes:
    """v86 code: the mask, then CMP byte CS:[seen], 0; JE."""
    return OUT_MASK + b"\x2e\x80\x3e" + struct.pack("<H", seen) + b"\0\x74\xf8"
