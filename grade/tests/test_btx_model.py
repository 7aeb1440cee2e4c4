"""The model of BTX agrees with what is written down: the tables by their bytes, v86 code by worked examples."""

from __future__ import annotations

from random import Random

import pytest

from grade.checks.v86code import V86Program
from grade.debugger import parse_gate
from grade.models import btx as model
from grade.models.btx import Row, Step


def stored(*steps: Step, flags: int = 0x202, stack: int = 0x400) -> list[int]:
    """What a program stores."""
    return [slot.value for slot in model.run(steps, flags=flags, stack=stack)]


def test_the_idts_gates_are_those_of_the_table() -> None:
    """The rows as btx.S has them, packed, built and put in words, against the list of vectors."""
    rows = (Row(0x00, 16, 0x8E, 0x7DFB, 0x9100), Row(0x10, 16, 0x8E, 0x0001, 0x9200), Row(0x20, 16, 0x8E, 0xFFFF, 0x9300),
            Row(0x30, 1, 0xEE, 0x0001, 0x9400), Row(0x31, 2, 0xEE, 0x0001, 0x9500))
    built = model.idt(rows)
    gates = [parse_gate(built[at:at + 8]) for at in range(0, len(built), 8)]
    assert [model.gate_words(gate) for gate in gates] == [model.expected_gate(vector) for vector in range(model.VECTORS)]
    assert [vector for vector in range(0x20) if not gates[vector].present] == [2, 9, 15, *range(0x11, 0x20)]
    some = {0: 0, 1: 1, 3: 2, 8: 7, 10: 8, 13: 11, 14: 12}      # vector: stub
    assert {vector: (gates[vector].offset - 0x9100) // 4 for vector in some} == some


def test_a_drawn_table_fits_where_it_is_put_and_keeps_vectors_apart() -> None:
    room = 5 * 7 + 2        # five rows and the end, as in btx.S
    for seed in range(300):
        rows = model.draw_rows(Random(seed), 5, full=bool(seed % 2))
        taken = [vector for row in rows for vector in range(row.first, row.first + row.count)]
        assert rows and len(model.pack_rows(rows)) <= room
        assert len(taken) == len(set(taken)) and max(taken) < model.VECTORS
        assert any(model.idt(rows))


@pytest.mark.parametrize(("steps", "expected"), [
    ((Step("flags"),), [0x202]),
    ((Step("cli"), Step("flags"), Step("sti"), Step("flags", width=32)), [0x002, 0x202]),
    ((Step("popf", 0xFFFF), Step("flags")), [0x0ED7]),                               # no TF, no IOPL, no NT
    ((Step("popf", 0x0000), Step("flags")), [0x0002]),
    ((Step("popf", 0xFFFFFFFF, 32), Step("flags", width=32)), [0x200ED7]),           # ID, and no VM
    ((Step("popf", 0xFFFFFFFF, 32), Step("popf", 0), Step("flags", width=32)), [0x200002]),
    ((Step("iret", 0x0001), Step("flags"), Step("sp")), [0x0003, 0x400]),
    ((Step("push", 0xBEEF), Step("sp"), Step("pop"), Step("sp")), [0x3FE, 0xBEEF, 0x400]),
    ((Step("arith", 0xFF), Step("std"), Step("flags")), [0x06D7]),
    ((Step("hlt"), Step("int3"), Step("sp")), [0x400]),
])
def test_v86_code_by_example(steps: tuple[Step, ...], expected: list[int]) -> None:
    assert stored(*steps) == expected


def test_a_handler_starts_with_interrupts_off_and_changes_no_flag_for_good() -> None:
    body = (Step("flags"), Step("sp"), Step("std"), Step("flags"))
    assert stored(Step("int", 0x90, body=body), Step("flags"), Step("sp")) == [0x202, 0x002, 0x3FA, 0x402, 0x202, 0x400]


@pytest.mark.parametrize(("linear", "expected"), [
    (0x9EBFC, (0x9E7F, 0x40C)), (0x400, (0, 0x400)), (0x3F4, (0, 0x3F4)), (0x412, (1, 0x402))])
def test_where_a_v86_stack_is(linear: int, expected: tuple[int, int]) -> None:
    assert model.v86_stack(linear) == expected


def test_code_and_prediction_have_as_many_slots() -> None:
    kinds = ("int", "nested", "iret", "iretd", "flags", "flagsd", "popf", "popfd", "pop", "sp", "cr0", "hlt", "int3")
    for seed in range(50):
        steps = model.draw_steps(Random(seed), kinds, 20)
        program = V86Program(0xA00, 0x100, 0x800)
        program.add(steps)
        assert program.used == len(model.run(steps, flags=0, stack=0x400))


def test_the_dump_to_the_character() -> None:
    names = ("eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "efl", "eip")
    data = dict.fromkeys(("ds", "es", "fs", "gs", "ss"), 0x33)
    frame = model.Frame({name: number for number, name in enumerate(names, 0x10)}, {"cs": 0x2B, **data},
                        bytes(range(32)), bytes(32))
    assert "\n".join(model.dump(0x0D, 0x42, frame)) == """
int=0000000d  err=00000042  efl=00000018  eip=00000019
eax=00000010  ebx=00000011  ecx=00000012  edx=00000013
esi=00000014  edi=00000015  ebp=00000016  esp=00000017
cs=002b  ds=0033  es=0033    fs=0033  gs=0033  ss=0033
cs:eip=00 01 02 03 04 05 06 07-08 09 0a 0b 0c 0d 0e 0f
       10 11 12 13 14 15 16 17-18 19 1a 1b 1c 1d 1e 1f
ss:esp=00 00 00 00 00 00 00 00-00 00 00 00 00 00 00 00
       00 00 00 00 00 00 00 00-00 00 00 00 00 00 00 00"""
