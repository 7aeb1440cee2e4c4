"""The model of lab 3 agrees with what is written down: tables by their bytes, decisions by worked examples."""

from __future__ import annotations

from random import Random

import pytest

from grade.debugger import parse_descriptor
from grade.kerneldisk import fill, placeholder
from grade.models import init386 as model
from grade.models.init386 import NT, VM, Soft

LABELS = {"Xlcall_syscall": 0xC0101000,
          **{name: 0xC0102000 + 16 * number for number, name in enumerate(sum(model.EXPECTED, ()))}}
USER, KERNEL = 0x1F, 0x08


@pytest.mark.parametrize(("soft", "raw"), [
    (Soft(0, 0xFFFFF, 0x1B), "ffff0000009bcf00"),                                   # as manuals have the flat ones
    (Soft(0, 0xFFFFF, 0x13, 3), "ffff000000f3cf00"),
    (Soft(0xC0123456, 103, 9, wide=0, pages=0), "67005634128900c0"),
    (Soft(0x89ABCDEF, 0x12345, 0, 0, 0, 0, 0), "4523efcdab000189"),
])
def test_a_descriptor_by_its_bytes(soft: Soft, raw: str) -> None:
    assert soft.descriptor() == bytes.fromhex(raw)


def test_a_descriptor_is_read_as_the_debugger_reads_it() -> None:
    draw = Random(3)
    for soft in (*model.CORNERS, *(model.draw_soft(draw) for _ in range(100))):
        read = parse_descriptor(soft.descriptor())
        assert model.unpack_descriptor(soft.descriptor()) == (soft, 0)
        assert (read.base, read.limit >> (12 if soft.pages else 0)) == (soft.base, soft.limit)
        assert (read.type | (not read.system) << 4, read.dpl) == (soft.type, soft.dpl)
        assert (read.present, read.big, read.granular) == (soft.present, soft.wide, soft.pages)


def test_the_soft_form_is_twelve_bytes_with_dirt_where_nothing_is() -> None:
    assert Soft(1, 2, 0x1B, 3, 1, 0, 1).pack().hex() == "01000000" "02000000" "fb020000"
    assert Soft(0, 0, 0, 0, 0, 0, 0).pack(0x3FFFFF).hex() == "00000000" "00000000" "00fcffff"


@pytest.mark.parametrize(("raw", "arguments"), [
    ("3412080000ef10c0", (0xC0101234, 8, model.TRAP_GATE, 3)),
    ("0000480000850000", (0, 0x48, model.TASK_GATE, 0)),
    ("3412080001ec10c0", (0xC0101234, 8, model.CALL_GATE, 3, 1)),
])
def test_a_gate_by_its_bytes(raw: str, arguments: tuple[int, ...]) -> None:
    assert model.gate(*arguments).hex() == raw
    assert model.gate_words(bytes.fromhex(raw), {}).startswith(f"{model.KINDS[arguments[2]]}, ")


def test_a_gate_tells_of_its_reserved_bits() -> None:
    assert model.gate_words(bytes.fromhex("3412080060ef10c0"), {}) == "32-bit trap gate, 0x8:0xc0101234, DPL 3, 0 words, gd_xx 3"


def test_the_vectors_are_those_of_the_table() -> None:
    assert [number for number in range(256) if model.vector(number)[2] == 3] == [3, 4]
    assert [number for number in range(256) if model.vector(number)[1] == model.INTERRUPT_GATE] == [
        1, 2, 3, 14, *range(32, 48)]
    assert [model.vector(number)[0] for number in (0, 6, 9, 13, 14, 19, 32, 47)] == [
        "Xdiv", "Xill", "Xfpusegm", "Xprot", "Xpage", "Xxmm", "Xintr0", "Xintr15"]
    assert {model.vector(number)[0] for number in (8, 15, 20, 31, 48, 0x80, 255)} == {"Xrsvd"}


@pytest.mark.parametrize(("number", "fields", "onfault", "expected"), [
    (model.T_DIVIDE, {"cs": USER}, 0, "TRAP_SIGNAL SIGFPE, code 0x2"),
    (model.T_BOUND, {"cs": USER}, 0, "TRAP_SIGNAL SIGFPE, code 0x8"),
    (model.T_XMMFLT, {"cs": USER}, 0, "TRAP_SIGNAL SIGFPE, code 0x0"),
    (model.T_PROTFLT, {"cs": USER, "err": 0x48}, 7, "TRAP_SIGNAL SIGBUS, code 0x66 = error code 0x48 + 30"),
    (model.T_PROTFLT, {"cs": USER, "err": 0xFFFFFFFF}, 0, "TRAP_SIGNAL SIGBUS, code 0x1d = error code 0xffffffff + 30"),
    (model.T_TRCTRAP, {"cs": USER, "eip": LABELS["Xlcall_syscall"]}, 0, "TRAP_SIGNAL SIGTRAP, code 0xa"),
    (model.T_PAGEFLT, {"cs": 0xF000, "eflags": VM}, 0, "TRAP_PAGE"),
    (model.T_PRIVINFLT, {"cs": 0xF000, "eflags": VM}, 0, "TRAP_SIGNAL SIGILL, code 0x1"),
    (model.T_DNA, {"cs": USER}, 0, "TRAP_FPU"),
    (model.T_DNA, {"cs": KERNEL}, 0, "TRAP_FATAL"),
    (99, {"cs": USER}, 0, "TRAP_SIGNAL SIGBUS, code 0x1e = error code 0x0 + 30"),
    (99, {"cs": KERNEL}, 0x1234, "TRAP_FATAL"),
    (model.T_DIVIDE, {"cs": KERNEL}, 0x1234, "TRAP_FATAL"),
    (model.T_PROTFLT, {"cs": KERNEL}, 0, "TRAP_FATAL"),
    (model.T_PROTFLT, {"cs": KERNEL}, 0x1234, "TRAP_RESUME at 0x1234"),
    (model.T_SEGNPFLT, {"cs": KERNEL, "eip": LABELS["doreti_popl_es"]}, 0x1234,
     f"TRAP_RESUME at {LABELS['doreti_popl_es_fault']:#x}"),
    (model.T_STKFLT, {"cs": KERNEL, "eip": LABELS["doreti_iret"]}, 0x1234, "TRAP_FATAL"),
    (model.T_TSSFLT, {"cs": KERNEL, "eflags": NT}, 0, "TRAP_CLEAR_NT"),
    (model.T_TSSFLT, {"cs": KERNEL, "eflags": 0}, 0, "TRAP_FATAL"),
    (model.T_TRCTRAP, {"cs": KERNEL}, 0, "TRAP_DEBUGGER"),
    (model.T_TRCTRAP, {"cs": KERNEL, "eip": LABELS["Xlcall_syscall"]}, 0, "TRAP_NOTHING"),
    (model.T_TRCTRAP, {"cs": KERNEL, "eip": LABELS["Xlcall_syscall"] + 1}, 0, "TRAP_CLEAR_T"),
    (model.T_TRCTRAP, {"cs": KERNEL, "eip": LABELS["Xlcall_syscall"] - 1}, 0, "TRAP_DEBUGGER"),
    (model.T_NMI, {"cs": KERNEL}, 0, "TRAP_NMI"),
])
def test_a_decision(number: int, fields: dict[str, int], onfault: int, expected: str) -> None:
    frame = {**dict.fromkeys(model.FRAME_FIELDS, 0), "trapno": number, **fields}
    assert str(model.decide(frame, onfault, LABELS)) == expected


def test_a_decision_tells_of_fields_that_it_has_no_use_for() -> None:
    assert str(model.Decision.unpack((2, 0, 12, 0))) == "TRAP_PAGE, td_code 0xc, which it has no use for"
    assert model.Decision.unpack((2, 0, 0, 0)) == model.Decision("TRAP_PAGE")


# ---------------------------------------------------------------- the disk


def test_files_take_the_place_of_placeholders_wherever_their_sectors_are() -> None:
    one, other = placeholder("one", 3), placeholder("other", 1)
    image = b"".join((bytes(512), one[1024:], other, b"x" * 512, one[:1024]))
    filled = fill(image, {"one": b"A" * 600 + b"B" * 600, "other": b""})
    assert filled == b"".join((bytes(512), b"B" * 176 + bytes(336), bytes(512), b"x" * 512, b"A" * 600 + b"B" * 424))


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="one has 513 bytes; the disk has room for 512"):
        fill(placeholder("one", 1), {"one": bytes(513)})
    with pytest.raises(ValueError, match="room for 0"):
        fill(placeholder("one", 1), {"two": b"x"})
