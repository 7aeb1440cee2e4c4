"""BTX beyond lab 2's exercises: how its client starts and ends, its pages, and a machine that lives on afterwards.

These parts are given to students, so that no check asks for them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from grade import mutate
from grade.bench import Bench, Programs
from grade.checks.btx import (
    BDA_TICKS, INTERRUPT_BUDGET, PIC_MASTER, SCRIPT_BUDGET, START_BUDGET, Client, answer, boot, dump_lines, expect_reboot,
    run_client, run_to, selectors)
from grade.checks.v86code import POPF32, RET, push
from grade.labs import find_labs, tree_root
from grade.models import btx as model
from grade.tests.emulation import tool

TREE = tree_root()
DIVIDE_BY_ZERO = b"\x31\xc9\xf7\xf1"      # xor ecx, ecx; div ecx
UNMASK_TIMER = 0xFE


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with mutate.workshop(TREE) as folder:
        yield mutate.build_reference(TREE, find_labs(TREE, "2")[0], folder)


@pytest.fixture
def bench(programs: Programs, tmp_path: Path) -> Bench:
    return Bench(tmp_path, programs, bochs=tool("bochs"))


@pytest.fixture
def client(bench: Bench) -> Client:
    return Client(bench, Random(bench.folder.name))


def test_the_clients_first_state(bench: Bench, client: Client) -> None:
    with boot(bench, client, base_memory=617) as machine:
        run_to(machine, model.CLIENT + client.start, START_BUDGET, "the client's start")
        registers = machine.registers()
        assert (registers.eax, registers.esp, registers.eflags) == (model.CLIENT, model.client_stack(617), 0x202)
        assert {registers.ebx, registers.ecx, registers.edx, registers.esi, registers.edi, registers.ebp} == {0}
        data = dict.fromkeys(("ds", "es", "fs", "gs", "ss"), model.UDATA)
        assert selectors(machine.segments()) == {"cs": model.UCODE, **data}


def test_after_a_crash_the_machine_stays_and_its_clock_ticks(bench: Bench, client: Client) -> None:
    """In real mode, with the BIOS' vectors and the controllers where the BIOS has them."""
    client.out(PIC_MASTER, UNMASK_TIMER)
    client.run(DIVIDE_BY_ZERO)
    with boot(bench, client) as machine:
        machine.run(SCRIPT_BUDGET)
        assert dump_lines(machine)[-2:] == [model.HALTED, ""]
        assert machine.control().cr0 & 1 == 0 and machine.registers().interrupts
        before = machine.memory(BDA_TICKS, 4)
        machine.run(INTERRUPT_BUDGET)
        assert machine.memory(BDA_TICKS, 4) > before
        assert dump_lines(machine)[-2:] == [model.HALTED, ""]


def test_with_the_headers_flag_a_crash_reboots(bench: Bench, client: Client) -> None:
    client.run(DIVIDE_BY_ZERO)
    with boot(bench, client, header={model.HEADER_FLAGS: b"\x01"}) as machine:
        expect_reboot(machine)
        assert dump_lines(machine)[1].startswith("int=00000000")


def test_a_single_step_is_told_and_the_client_goes_on(bench: Bench, client: Client) -> None:
    """As long as TF is set: the trap behind what clears it has lost its cause, and is the end."""
    client.run(push(model.TF | model.ALWAYS) + POPF32 + b"\x90" + push(model.ALWAYS) + POPF32 + RET)
    with boot(bench, client) as machine:
        machine.run(SCRIPT_BUDGET)
        lines = dump_lines(machine)
        assert [line.partition("  eip=")[0] for line in lines if line.startswith("int=")] == [
            f"int=00000001  err=00000000  efl={flags:08x}" for flags in (0x302, 0x302, 0x202)]
        assert lines[-2:] == [model.HALTED, ""]


@pytest.mark.parametrize("flags", [0x00, 0x80])
def test_pages(bench: Bench, client: Client, flags: int) -> None:
    """16 MB at their own addresses; the client writes its own pages and page 0; with flag 80h its first page is absent,
    which stops a client that begins there, so that the tables are looked at before."""
    readonly = 3
    pgctl = 0x1000 - (model.HOME >> 12) - readonly
    header = {model.HEADER_FLAGS: bytes([flags]), 8: struct.pack("<H", pgctl)}
    with boot(bench, client, program="btx-paging", header=header) as machine:
        run_to(machine, bench.symbol("btx-paging", "start_client"), START_BUDGET, "protected mode")
        for page in (0, 1, 5, 8, 9, 10, 11, 12, 13, 0xA0, 0xB8, 0x100, 0x7FF, 0xFFF):
            directory, entry = machine.page_entries(page << 12)
            assert directory.present and directory.user and directory.writable and entry is not None
            absent = flags == 0x80 and page == 10
            if absent:
                assert not entry.present
                continue
            assert (entry.address, entry.present, entry.user) == (page << 12, True, True)
            assert entry.writable == (page == 0 or page > (model.HOME >> 12) + readonly)
        assert not machine.page_entries(0x1000000)[0].present


def test_a_v86_call_under_pages(bench: Bench, client: Client) -> None:
    place = 12 << 8 | 34
    client.v86(addr=0x10, eax=0x0200, ebx=0, edx=place)
    handle = client.v86(addr=0x10, eax=0x0300, ebx=0)
    with boot(bench, client, program="btx-paging") as machine:
        assert answer(run_client(machine, client), handle).registers["edx"] & 0xFFFF == place
