"""The kernel debugger in a kernel that runs: over the serial line, in QEMU.

What needs no machine is in test_ddb_host.py. Here are stopping, running on, the stack and the registers; addresses that
lead nowhere; and symbols that are not there or lie.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, make, tool
from grade.tests.loading import Loader, loader_disk, loader_root

KERNEL = "build/ref/kernel/kernel"
PROMPT = "db> "
REGISTERS = """cs ds es fs ss eax ecx edx ebx esp ebp esi edi eip efl dr0 dr1 dr2 dr3 dr4 dr5 dr6 dr7""".split()
NOWHERE = 0xE0000000            # nothing is mapped there


@pytest.fixture(scope="session", name="kernel")
def build_kernel() -> bytes:
    """The kernel, as it stands on the disk."""
    make(KERNEL)
    return (TREE / KERNEL).read_bytes()


class Debugger:
    """The prompt of a kernel that has stopped."""

    def __init__(self, pc: Loader) -> None:
        self.pc = pc
        self.before = ""            # what was printed before the prompt

    def __call__(self, line: str) -> str:
        """Type a line; what comes up to the next prompt."""
        self.pc.com1.send(f"{line}\r")
        self.pc.com1.expect_exact("\n")
        return self.stop()

    def stop(self) -> str:
        """Come to the next prompt."""
        self.pc.com1.expect_exact(PROMPT)
        return str(self.pc.com1.before).replace("\r", "").strip("\n")


@contextmanager
def booted(folder: Path, kernel: bytes, *commands: str) -> Iterator[Debugger]:
    """A kernel that was started with -d and has stopped, after these commands to the loader."""
    disk = loader_disk(folder / "disk.img", loader_root(folder / "root", files={"/kernel": kernel}))
    with Loader([disk]) as pc:
        pc.start()
        for command in commands:
            pc.run(command)
        pc.com1.send("boot -d\r")
        ddb = Debugger(pc)
        ddb.before = ddb.stop()
        ddb("set $lines 0")
        yield ddb


def where(text: str) -> tuple[str, str]:
    """What stopped the kernel, and the symbol where: of the last lines before a prompt."""
    found = re.search(r"\[thread pid \d tid \d+ \]\n(Breakpoint|Watchpoint|Stopped) at\t([^:]*):\t[^\n]+$", text)
    assert found, text
    return found[1], found[2]


def test_session(tmp_path: Path, kernel: bytes) -> None:
    """boot -d, and what one does then."""
    with booted(tmp_path, kernel) as ddb:
        assert "KDB: enter: Boot flags requested debugger\n" in ddb.before
        why, place = where(ddb.before)
        assert why == "Stopped" and place.startswith("kdb_enter+")

        frames = ddb("trace").splitlines()
        assert re.fullmatch(r"kdb_enter\(0x[^)]*\) at kdb_enter\+0x[0-9a-f]+", frames[0])
        assert re.fullmatch(r"init386\(0x[^)]*\) at init386\+0x[0-9a-f]+", frames[1]) and len(frames) == 2

        lines = ddb("show registers").splitlines()
        assert [line[:12].rstrip() for line in lines] == REGISTERS
        assert re.fullmatch(r"cs {17}0x8", lines[0])
        assert re.fullmatch(r"eip {9}0xc01[0-9a-f]{5}\t" + re.escape(place), lines[REGISTERS.index("eip")])
        assert ddb("x/i btext,2").splitlines() == ["btext:\tmovw\t$0x1234,0x472", "btext+0x9:\tpushl\t%ebp"]

        bad_addresses(ddb)
        running(ddb)


def bad_addresses(ddb: Debugger) -> None:
    """No command faults on one: each says so."""
    for command in ("x", "x/i", "x/s", "search", "write", "break", "watch", "trace", "p *"):
        line = f"{command} {NOWHERE:#x}" + (" 1" if command in ("search", "write") else "")
        assert ddb(line).endswith(f"Bad address {NOWHERE + 4 * (command == 'trace'):#x}"), command
    assert ddb(f"search {NOWHERE - 8:#x} 1").endswith(f"Bad address {NOWHERE - 8:#x}")
    answer = ddb(f"call {NOWHERE:#x}")
    assert "Fatal trap 12: page fault" in answer and answer.endswith(f"KDB: reentering: trap 0xc, eip = {NOWHERE:#x}")
    assert ddb("call strlen(kernelname)") == "= 0x7"
    assert ddb("x/s kernelname") == "kernelname:\t/kernel"


def running(ddb: Debugger) -> None:
    """Breakpoints, steps, calls, returns, watchpoints."""
    ddb("watch physmem")
    assert where(ddb("continue"))[0] == "Watchpoint"
    assert int(ddb("print/x *physmem"), 16) > 0
    ddb("dwatch physmem")
    ddb("hwatch Maxmem,6")
    assert re.fullmatch(r"No watchpoints set\ndr0 +c0\w{6}  4\ndr1 +c0\w{6}  2", ddb("show watches"))
    assert ddb("hwatch physmem,0d") == "All watchpoints used."
    ddb("dhwatch Maxmem,6")
    assert ddb("dhwatch Maxmem") == "Not set."
    ddb("hwatch msgbufp")
    why, place = where(ddb("c"))
    assert why == "Watchpoint" and place.startswith("msgbufinit+")
    ddb("dhwatch msgbufp")
    assert ddb("show watches") == "No watchpoints set"

    ddb("break printcpuinfo")
    assert "printcpuinfo" in ddb("show breaks")
    assert where(ddb("c")) == ("Breakpoint", "printcpuinfo")
    callers = ddb("trace").splitlines()
    assert callers[0].endswith(" at printcpuinfo") and callers[1].startswith("cpu_startup(")

    esp = int(ddb("print $esp"), 16)
    assert where(ddb("step")) == ("Stopped", "printcpuinfo+0x1")
    assert int(ddb("print $esp"), 16) == esp - 4
    for _ in range(4):
        assert ddb("trace").splitlines()[1] == callers[1]
        ddb("step")
    text = ddb("step/p,3")
    assert text.startswith("\t\tprintcpuinfo+") and text.count("\t\t") == 2
    assert "After 3 instructions (0 loads, 0 stores),\n" in text

    text = ddb("until")
    assert re.search(r"\tcall\t\w+$", text), text
    text = ddb("next")
    assert re.search(r"\tret$", text) and where(text)[1].startswith("printcpuinfo+"), text
    assert re.search("After [0-9]{3,} instructions", text) and "CPU: " in text
    assert ddb("trace").splitlines()[1] == callers[1]
    assert where(ddb("step"))[1].startswith("cpu_startup+")
    ddb("delete printcpuinfo")
    assert ddb("show breaks") == "No breakpoints set"

    ddb("break kvprintf,3")
    assert where(ddb("c")) == ("Breakpoint", "kvprintf")
    ddb("delete kvprintf")
    ddb("break intr_execute")
    assert where(ddb("c")) == ("Breakpoint", "intr_execute")
    callers = ddb("trace").splitlines()
    assert callers[0].startswith("intr_execute(0x") and callers[-1].startswith("mi_startup(")
    assert re.fullmatch("--- interrupt, eip = 0xc01[0-9a-f]{5}, esp = 0xc[0-9a-f]{7}, ebp = 0xc[0-9a-f]{7} ---",
                        callers[1])
    interrupted(ddb)
    assert ddb("break trap") == ddb("break doreti_iret") == "The debugger itself comes by there"
    assert re.match(r"KDB: stack backtrace:\n(kdb_backtrace\(.*\n)?db_fncall_cmd\(", ddb("call kdb_backtrace"))


def interrupted(ddb: Debugger) -> None:
    """A breakpoint in a handler that comes between two steps: no step is left over when all goes on."""
    ddb("delete intr_execute")
    ddb("break inittimecounter")
    assert where(ddb("c")) == ("Breakpoint", "inittimecounter"), "the clock ticks from here on"
    ddb("delete inittimecounter")
    ddb("break intr_run")
    assert where(ddb("c")) == ("Breakpoint", "intr_run")
    ddb("delete intr_run")
    ddb("break intr_execute")
    assert where(ddb("next")) == ("Breakpoint", "intr_execute")
    ddb("delete intr_execute")
    ddb.pc.com1.send("c\r")
    ddb.pc.com1.expect("switch the machine off.")
    ddb.pc.ask("send-key", keys=[{"type": "qcode", "data": key} for key in ("ctrl", "alt", "esc")])
    assert where(ddb.stop())[0] == "Stopped" and "KDB: enter: manual" in ddb.pc.com1.before


def own_code(ddb: Debugger) -> None:
    """Code of ours, where the kernel has no use for the memory: what it pushes, and what led to it."""
    place = "early_text+800"
    ddb(f"write/b {place} 9c 9d 55 89 0e5 90 90")       # pushf; popf; push %ebp; mov %esp, %ebp; nop; nop
    callers = ddb("trace").splitlines()
    ddb(f"set $eip = {place}")
    ddb("step")
    assert not int(ddb("print *$esp"), 16) & 0x100, "PUSHF pushed the debugger's own trace flag"
    for _ in range(5):
        ddb("step")
        assert ddb("trace").splitlines()[-1] == callers[-1]


def test_ways_in(tmp_path: Path, kernel: bytes) -> None:
    """Ctrl-Alt-Esc, a page fault, a panic; and a page at a time."""
    with booted(tmp_path, kernel) as ddb:
        ddb.pc.com1.send("c\r")
        ddb.pc.com1.expect("switch the machine off.")
        ddb.pc.ask("send-key", keys=[{"type": "qcode", "data": key} for key in ("ctrl", "alt", "esc")])
        text = ddb.stop()
        assert "KDB: enter: manual escape to debugger\n" in text and where(text)[1].startswith("kdb_enter+")
        assert re.search(r"\n--- interrupt, .*\n(.*\n)?idle_proc\(", ddb("trace"))

        eip = ddb("print $eip")
        own_code(ddb)
        ddb("set $eip = 5")
        text = ddb("c")
        assert "Fatal trap 12: page fault while in kernel mode\nfault virtual address\t= 0x5\n" in text
        assert text.endswith("Stopped at\t0x5:\tBad address 0x5")
        assert ddb("trace").startswith("?(")
        assert "\n 14\tXpage\n" in ddb("show idt")
        assert "\nFatal trap 12: page fault" in ddb("show msgbuf")
        ddb(f"set $eip = 0{eip}")
        ddb.pc.com1.send("c\r")
        ddb.pc.ask("send-key", keys=[{"type": "qcode", "data": key} for key in ("ctrl", "alt", "esc")])
        assert where(ddb.stop())[0] == "Stopped"

        ddb("set $lines 4")
        ddb.pc.com1.send("help\r")
        for key in "\r \rq":
            ddb.pc.com1.expect_exact("--More--")
            ddb.pc.com1.send(key)
        ddb.stop()
        ddb("set $lines 0")
        ddb.pc.com1.send("panic\r")
        ddb.pc.com1.expect_exact("panic: from debugger")


# ---------------------------------------------------------------- symbols


def symbol_table(kernel: bytes) -> tuple[int, int]:
    """Where a kernel has its symbol table, and how long it is."""
    sections, = struct.unpack_from("<I", kernel, 32)
    size, count = struct.unpack_from("<HH", kernel, 46)
    for number in range(count):
        header = struct.unpack_from("<10I", kernel, sections + size * number)
        if header[1] == 2:
            return header[4], header[5]
    raise AssertionError("no symbol table")


def test_no_symbols(tmp_path: Path, kernel: bytes) -> None:
    """From a kernel without any: those that are built in, which are the same."""
    (tmp_path / "kernel").write_bytes(kernel)
    subprocess.run([tool("objcopy"), "--strip-all", tmp_path / "kernel"], check=True)
    listing = subprocess.run([tool("nm"), TREE / KERNEL], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^(\w+) [TtDdBb] (\w+)$", listing, flags=re.MULTILINE)
    symbols = {name: int(value, 16) for value, name in found}
    with booted(tmp_path, (tmp_path / "kernel").read_bytes()) as ddb:
        assert "syms=" not in ddb.before
        assert where(ddb.before)[1].startswith("kdb_enter+")
        for name in ("btext", "mi_startup", "bootinfo", "idt", "end"):
            assert int(ddb(f"print/x {name}"), 16) == symbols[name]


def test_symbols_that_lie(tmp_path: Path, kernel: bytes) -> None:
    """They are told and not used; and where panics are not to stop, a fatal trap does not either."""
    lying = bytearray(kernel)
    table, size = symbol_table(kernel)
    struct.pack_into("<I", lying, table + size // 2 // 16 * 16, 0x7FFFFFFF)
    with booted(tmp_path, bytes(lying), "set debug.debugger_on_panic=0") as ddb:
        assert "WARNING: the loader's symbol table is not used: a name is outside of its strings\n" in ddb.before
        assert where(ddb.before)[1].startswith("kdb_enter+")
        ddb("set $eip = 5")
        ddb.pc.com1.send("c\r")
        ddb.pc.com1.expect_exact("panic: page fault")


def test_show_callouts(tmp_path: Path, kernel: bytes) -> None:
    """None before there is a wheel; then by the names of the functions, and in how many ticks."""
    with booted(tmp_path, kernel) as ddb:
        assert ddb("show callouts") == "No callouts are pending"
        ddb("break softclock")
        ddb("continue")
        lines = ddb("show callouts").splitlines()
        assert lines[0].split() == ["callout", "ticks"] and len(lines) > 1
        for line in lines[1:]:
            assert re.fullmatch(r" +\w+ +-?\d+ (timeout|       ) \w+\(\w+\)", line), line
