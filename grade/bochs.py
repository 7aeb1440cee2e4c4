"""One PC in Bochs, driven from outside and read from outside.

A `Machine` is the .bochsrc of the tree plus what one boot adds: disks, options, the log. Bochs runs under its own
debugger, which pexpect drives. The guest runs only inside `run`, for a number of ticks (a tick is one instruction);
whatever is asked or changed between two runs happens while it stands still, so the same tree and seed give the same
answers to the tick.

Three things come out of the guest by themselves, and none of them can imitate the debugger:

    the screen    Bochs' `term` display draws on a terminal that is only emptied here (a full one would hang Bochs);
                  the text is read from video memory. Keys are written to the same terminal.
    COM1          a pseudo-terminal of ours, in `serial`.
    the log       a file. Lines of the devices [BIOS  ] and [VBIOS ] are the guest's own words and never count.

The debugger's replies come on a fourth channel that no guest can reach (.bochsrc keeps port 0xE9 off), each behind
a prompt with a number that is one higher than the last.

A guest may do anything; a `Stop` says what it did. `MachineFault` means that Bochs itself did not do its part.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import select
import signal
import threading
import time
import tty
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pexpect

from grade import debugger
from grade.failure import HarnessFault, StudentFailure

TREE = Path(__file__).resolve().parent.parent

WALL_SECONDS = 120          # a watchdog for the host: no verdict hangs on it
LOOK_SECONDS = 0.1          # while the guest runs, how often the log is looked at
STACK_BYTES = 64            # as much of the stack is kept when a machine is switched off
CODE_BYTES = 8              # and as much of the code before CS:EIP
SERIAL_BYTES = 256 << 10    # more than this on COM1 is a flood
LOG_BYTES = 16 << 20        # more than this in the log is one, too
TIME_BREAKPOINTS = 4        # as many as Bochs keeps at once, less one for a deadline before all others
SCREEN_COLUMNS, SCREEN_ROWS, SCREEN_ADDRESS = 80, 25, 0xB8000
CR0_PG = 1 << 31

# The debugger's line editor, told to write no escape sequences.
INPUTRC = "set enable-bracketed-paste off\n"

# Log lines that end a machine: a device's tag, then what it says.
_ENDS = (
    (re.compile(r"^\d{11}[a-z]\[CPU\d\s*\] .*3rd \(\d+\) exception with no resolution", re.MULTILINE), "triple fault"),
    (re.compile(r"^\d{11}[a-z]\[UNMAP\s*\] .*[Ss]hutdown", re.MULTILINE), "power-off"),
    (re.compile(r"^\d{11}[a-z]\[CPU\d\s*\] .*HLT instruction with IF=0", re.MULTILINE), "halted for good"),
    (re.compile(r"^\d{11}p\[(?!BIOS|VBIOS)[^\]]*\]", re.MULTILINE), "panic"),
)


class MachineFault(HarnessFault):
    """Bochs did not start, did not answer, or cannot be understood."""


@dataclass(frozen=True)
class Stop:
    """Why the guest stands still, at which tick and (while it can be asked) at which physical address.

    `why` is "breakpoint", "watchpoint" or "budget" while the machine can go on; "halted for good" (HLT with
    interrupts off) when it can only be asked; "power-off", "triple fault", "panic" or "flood" when it is gone.
    `line` is Bochs' own word.
    """

    why: str
    tick: int
    address: int = -1
    line: str = ""

    @property
    def over(self) -> bool:
        """Can the machine not go on?"""
        return self.why not in ("breakpoint", "watchpoint", "budget")

    @property
    def gone(self) -> bool:
        """Can the machine not be asked either?"""
        return self.over and self.why != "halted for good"


def _die_with_parent() -> None:
    """In the child, before exec: die when the harness does, however it does; bound what the guest can cost."""
    set_pdeathsig = 1
    ctypes.CDLL(None).prctl(set_pdeathsig, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Drain(threading.Thread):
    """Empties the screen's terminal and keeps what comes on COM1, whatever the main thread is waiting for."""

    def __init__(self, screen: int, com1: int) -> None:
        super().__init__(daemon=True)
        self.received = bytearray()
        self.flooded = False
        self._com1 = com1
        self._sources = [screen, com1]
        self._taking = threading.Lock()     # held from the look at COM1 until what was there is kept
        self._ended, self._wake = os.pipe()

    def run(self) -> None:
        while True:
            ready = select.select([*self._sources, self._ended], [], [])[0]
            if self._ended in ready:
                return
            with self._taking:
                for source in ready:
                    self._take(source)

    def _take(self, source: int) -> None:
        if source not in self._sources or not select.select([source], [], [], 0)[0]:
            return                  # the other thread has taken it
        try:
            data = os.read(source, 65536)
        except OSError:     # Bochs has closed its side
            data = b""
        if not data:
            self._sources.remove(source)
        elif source == self._com1:
            self.received += data[:SERIAL_BYTES - len(self.received)]
            self.flooded |= len(self.received) >= SERIAL_BYTES

    def catch_up(self) -> None:
        """Take what stands on COM1 now. Bochs writes there before it prompts: so of a machine that stands, it is all."""
        with self._taking:
            while self._com1 in self._sources and select.select([self._com1], [], [], 0)[0]:
                self._take(self._com1)

    def stop(self) -> None:
        """End the thread; then take what is still under way on COM1, which the sender has closed."""
        os.write(self._wake, b"!")
        self.join()
        with suppress(OSError):
            while data := os.read(self._com1, 65536):
                self.received += data[:SERIAL_BYTES - len(self.received)]
        os.close(self._ended)
        os.close(self._wake)


class Machine:
    """A PC that is switched on when it is entered and off when it is left.

        with Machine(folder, disks=[(Path("disk.img"), "")], bochs="bochs") as machine:
            machine.break_at(0x7C00)
            stop = machine.run(5_000_000)

    folder: an existing folder for this boot alone (run control, log, memory dumps).
    disks:   raw images, as ata0-master and ata0-slave, written in place; for each, further fields of its
             .bochsrc line ("cylinders=20, heads=16, spt=63") or "".
    options: further .bochsrc lines, which win over the tree's.
    """

    def __init__(self, folder: Path, *, disks: Sequence[tuple[Path, str]], bochs: str, options: Sequence[str] = (),
                 bochsrc: Path = TREE / ".bochsrc") -> None:
        self._folder = folder
        self._disks = tuple(disks)
        self._bochs = bochs
        self._options = tuple(options)
        self._bochsrc = bochsrc
        self._prompts = 0
        self._deadlines: list[int] = []
        self._breakpoints = 0
        self._serial = b""
        self._answers = True        # until Bochs has once failed to
        self.stop = Stop("budget", 0)
        self.last: tuple[debugger.Registers, int] | None = None    # what last_registers says when it is switched off
        self.last_screen: list[str] = []
        self.last_stack = b""
        self._last_code = b""

    # -- on and off

    def __enter__(self) -> Machine:
        self._com1, slave = os.openpty()
        tty.setraw(slave)
        self._write_run_control(os.ttyname(slave))
        try:
            self._child = pexpect.spawn(
                self._bochs, ["-q", "-f", "machine.rc"], cwd=str(self._folder), encoding="latin1",
                timeout=WALL_SECONDS, echo=False, preexec_fn=_die_with_parent, dimensions=(50, 200),
                env={**os.environ, "TERM": "xterm", "INPUTRC": str(self._folder / "inputrc"), "LANG": "C"})
        except pexpect.ExceptionPexpect as error:
            raise MachineFault(f"{self._bochs} cannot be started: {error}; run `make doctor`") from None
        self._child.delaybeforesend = None      # pexpect's courtesies towards people: 0.05 s a line, 0.1 s at the end
        self._child.delayafterclose = self._child.ptyproc.delayafterclose = 0
        try:
            self._connect_screen()
            self._await_prompt()
        except BaseException:
            self._child.close(force=True)
            raise
        finally:
            os.close(slave)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch off and collect what is left of COM1. May be called twice."""
        if self._child.closed:
            return
        try:
            if self._answers:
                self._leave()
        finally:
            self._child.close(force=True)
            self._drain.stop()
            self._serial = bytes(self._drain.received)
            os.close(self._screen)
            os.close(self._com1)

    def _leave(self) -> None:
        """Note the last state, and have Bochs end by itself."""
        with suppress(HarnessFault, StudentFailure, debugger.Unreadable):
            self.last = self.last_registers()
            if not self.stop.gone:
                self._last_code = self.code()
                self.last_screen = self.screen()
                self.last_stack = self.memory(self.segments().ss.base + self.last[0].sp, STACK_BYTES)
        if self._child.isalive() and not self.stop.gone:
            with suppress(OSError, pexpect.ExceptionPexpect):
                self._child.sendline("q")
                self._child.expect(pexpect.EOF, timeout=5)
                self._child.wait()

    def _write_run_control(self, com1: str) -> None:
        """Relative names only, so that no path needs quoting; the disks are links beside the run control."""
        lines = [self._bochsrc.read_text(encoding="utf-8"), f"com1: enabled=1, mode=term, dev={com1}", "log: bochs.log"]
        for number, (disk, fields) in enumerate(self._disks):
            image = self._folder / f"disk{number}.img"
            if disk != image:
                image.symlink_to(disk.resolve())
            lines.append(f"ata0-{'slave' if number else 'master'}: type=disk, path={image.name}, mode=flat"
                         + (f", {fields}" if fields else ""))
        lines += self._options
        (self._folder / "machine.rc").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self._folder / "inputrc").write_text(INPUTRC, encoding="ascii")

    def _connect_screen(self) -> None:
        try:
            self._child.expect(r'connected to screen "(/dev/pts/\d+)"', timeout=WALL_SECONDS)
        except (pexpect.TIMEOUT, pexpect.EOF):
            self._child.close(force=True)
            raise MachineFault(f"Bochs opened no screen:\n{_tail(self._child.before or '', 8)}") from None
        self._screen = os.open(self._child.match[1], os.O_RDWR | os.O_NOCTTY)
        self._drain = _Drain(self._screen, self._com1)
        self._drain.start()

    # -- running

    def run(self, budget: int) -> Stop:
        """Let the guest go on for at most `budget` ticks (HLT's idle time counts too). Returns where it stopped."""
        if self.stop.over:
            return self.stop
        deadline = self.stop.tick + budget
        while True:
            self._set_deadline(deadline)
            self.stop = self._continue()
            self._deadlines = [later for later in self._deadlines if later > self.stop.tick]
            if self.stop.why != "budget" or self.stop.tick >= deadline:
                return self.stop

    def _set_deadline(self, deadline: int) -> None:
        """Have Bochs stop at this tick. Time breakpoints cannot be taken back: with too many of them pending, the
        earliest is waited for, and this is called again."""
        if deadline in self._deadlines:
            return
        if len(self._deadlines) < TIME_BREAKPOINTS or deadline < min(self._deadlines):
            self._tell(f"sb {deadline - self.stop.tick}")
            self._deadlines.append(deadline)

    def _continue(self) -> Stop:
        self._child.sendline("c")
        self._prompts += 1
        started = time.monotonic()
        while True:
            try:
                self._child.expect_exact(f"<bochs:{self._prompts + 1}> ", timeout=LOOK_SECONDS)
            except pexpect.EOF:
                return self._end() or self._end_by_bios() or self._fault("Bochs ended without a word")
            except pexpect.TIMEOUT:
                if stop := self._end():
                    return stop if stop.gone else self._interrupt(stop)
                if time.monotonic() - started > WALL_SECONDS:
                    self._fault(f"the guest has not come back in {WALL_SECONDS} s of this computer's time")
                continue
            return self._parse_stop(self._child.before)

    def _parse_stop(self, text: str) -> Stop:
        tick = re.search(r"^Next at t=(\d+)", text, re.MULTILINE)
        where = re.search(r"^\(0\) \[(?:0x)?([0-9a-f]+)\]", text, re.MULTILINE)
        if (stop := self._end()) and stop.gone:
            return stop
        if not tick:
            self._fault(f"the debugger stopped without saying where: {_tail(text, 4)}")
        why = "budget" if "Caught time breakpoint" in text else "watchpoint" if "Caught write watch point" in text \
            or "Caught read watch point" in text else "breakpoint"
        return Stop(why, int(tick[1]), int(where[1], 16) if where else -1)

    def _end(self) -> Stop | None:
        """The machine's end, if the log or COM1 tells of one."""
        if self._drain.flooded:
            return self._over(Stop("flood", self.stop.tick, line=f"more than {SERIAL_BYTES >> 10} KiB on COM1"))
        log = self.log()
        if len(log) >= LOG_BYTES:
            return self._over(Stop("flood", self.stop.tick, line=f"more than {LOG_BYTES >> 20} MiB in Bochs' log"))
        ends = [(match.start(), why, match[0]) for pattern, why in _ENDS if (match := pattern.search(log))]
        if not ends:
            return None
        _, why, line = min(ends, key=lambda end: end[0])
        return self._over(Stop(why, int(line[:11]), line=_whole_line(log, line)))

    def _interrupt(self, stop: Stop) -> Stop:
        """Bring a guest that spins in HLT back to the debugger, where it can be asked."""
        os.kill(self._child.pid, signal.SIGINT)
        where = re.search(r"^\(0\) \[0x([0-9a-f]+)\]", self._await_prompt(), re.MULTILINE)
        return self._over(replace(stop, address=int(where[1], 16) if where else -1))

    def _end_by_bios(self) -> Stop | None:
        """The end of a Bochs that is gone already, by the BIOS' own panic (or by a guest that called it)."""
        panics = re.findall(r"^(\d{11})p\[.*", log := self.log(), re.MULTILINE)
        return self._over(Stop("panic", int(panics[-1]), line=_whole_line(log, f"{panics[-1]}p["))) if panics else None

    def _over(self, stop: Stop) -> Stop:
        self.stop = stop
        return stop

    def _fault(self, message: str) -> Stop:
        self._answers = False
        raise MachineFault(f"{message}\n{_tail(self.log(), 8)}")

    # -- asking, while the guest stands still

    def _tell(self, command: str) -> str:
        """Give the debugger a command and return its reply, which stands between two prompts of known number."""
        if self.stop.gone:      # only its guest can have ended it
            raise StudentFailure("the machine", "still running", self.stop.why)
        self._child.sendline(command)
        self._prompts += 1
        return self._await_prompt().removeprefix(command).lstrip("\n")

    def _await_prompt(self) -> str:
        try:
            self._child.expect_exact(f"<bochs:{self._prompts + 1}> ", timeout=WALL_SECONDS)
        except (pexpect.EOF, pexpect.TIMEOUT):
            self._fault(f"Bochs' debugger does not answer: {_tail(self._child.before or '', 8)}")
        return self._child.before.replace("\r", "")

    def break_at(self, address: int) -> int:
        """Stop whenever the instruction at this linear address is next. Returns a number for `unbreak`."""
        self._tell(f"lb {address:#x}")
        self._breakpoints += 1
        return self._breakpoints

    def unbreak(self, number: int) -> None:
        """Forget a breakpoint."""
        self._tell(f"d {number}")

    def registers(self) -> debugger.Registers:
        return debugger.parse_registers(self._tell("reg"))

    def segments(self) -> debugger.Segments:
        return debugger.parse_segments(self._tell("sreg"))

    def last_registers(self) -> tuple[debugger.Registers, int] | None:
        """The registers and CS's base: asked for, or from the log when the machine is gone and left them there."""
        if self.stop.gone:
            return debugger.parse_log_dump(self.log())
        return self.registers(), self.segments().cs.base

    def code(self) -> bytes:
        """CODE_BYTES before CS:EIP and the two bytes there, or as they were when the machine was switched off; b""
        where nothing is mapped."""
        if self._child.closed or self.stop.gone:
            return self._last_code
        registers, base = self.last_registers()
        with suppress(StudentFailure):
            return self.memory(max(0, (base + registers.eip & 0xFFFFFFFF) - CODE_BYTES), CODE_BYTES + 2)
        return b""

    def control(self) -> debugger.ControlRegisters:
        return debugger.parse_control(self._tell("creg"))

    def memory(self, address: int, size: int) -> bytes:
        """`size` bytes at a linear address. A StudentFailure where the guest's page tables have nothing there."""
        if size <= 64:
            with suppress(debugger.Unreadable):
                return debugger.parse_bytes(self._tell(f"x /{size}bx {address:#x}"))
            raise StudentFailure(f"memory at {address:#x}", f"{size} bytes", "nothing is mapped there")
        dump = self._folder / "memory.bin"
        dump.unlink(missing_ok=True)
        reply = self._tell(f'writemem "{dump.name}" {address:#x} {size}')
        try:
            data = dump.read_bytes()
        except FileNotFoundError:
            data = b""
        if len(data) != size:
            raise StudentFailure(f"memory at {address:#x}", f"{size} bytes", reply.strip() or "nothing is mapped there")
        return data

    def physical(self, address: int, size: int) -> bytes:
        """`size` bytes at a physical address."""
        return debugger.parse_bytes(self._tell(f"xp /{size}bx {address:#x}"))

    def descriptors(self, table: debugger.TableRegister | debugger.Segment) -> tuple[debugger.Descriptor | debugger.Gate, ...]:
        """The GDT, or an LDT by its segment."""
        return debugger.parse_table(self.memory(table.base, table.limit + 1))

    def gates(self) -> tuple[debugger.Gate, ...]:
        """The IDT of protected mode."""
        idtr = self.segments().idtr
        raw = self.memory(idtr.base, idtr.limit + 1)
        return tuple(debugger.parse_gate(raw[at:at + 8]) for at in range(0, len(raw) - 7, 8))

    def task_state(self) -> debugger.TaskState:
        """The TSS that TR points at."""
        return debugger.parse_tss(self.memory(self.segments().tr.base, 104))

    def page_entries(self, address: int) -> tuple[debugger.PageEntry, debugger.PageEntry | None]:
        """The page-directory entry of a linear address, and its page-table entry where there is one."""
        directory = self.control().cr3 & 0xFFFFF000
        entry = debugger.parse_page_entry(self.physical(directory + (address >> 22) * 4, 4))
        if not entry.present or entry.large:
            return entry, None
        return entry, debugger.parse_page_entry(self.physical(entry.address + (address >> 12 & 0x3FF) * 4, 4))

    def vector(self, number: int) -> int:
        """In real mode, the linear address that INT `number` goes to."""
        raw = self.physical(4 * number, 4)
        return int.from_bytes(raw[:2], "little") + int.from_bytes(raw[2:], "little") * 16

    def screen(self) -> list[str]:
        """The text on the screen, a string a row, without trailing blanks."""
        # Bochs dumps linear memory faster; but a kernel that pages has the screen elsewhere.
        read = self.physical if self.control().cr0 & CR0_PG else self.memory
        cells = read(SCREEN_ADDRESS, SCREEN_COLUMNS * SCREEN_ROWS * 2)[::2]
        rows = (cells[at:at + SCREEN_COLUMNS] for at in range(0, len(cells), SCREEN_COLUMNS))
        return [row.decode("cp437").replace("\0", " ").rstrip() for row in rows]

    # -- changing

    def set_register(self, name: str, value: int) -> None:
        """Set a 32-bit register, "edx", "eip", or in real mode a segment register, "es"."""
        self._tell(f"set {name} = {value:#x}")

    def poke(self, address: int, data: bytes) -> None:
        """Write physical memory."""
        for offset, byte in enumerate(data):
            self._tell(f"setpmem {address + offset:#x} 1 {byte:#x}")

    def write(self, address: int, data: bytes) -> None:
        """Write at a linear address of a guest that pages; all of it is mapped."""
        while data:
            part = data[:0x1000 - (address & 0xFFF)]
            self.poke(self.translate(address), part)
            address, data = address + len(part), data[len(part):]

    def translate(self, address: int) -> int:
        """The physical address behind a linear one of a guest that pages."""
        directory, entry = self.page_entries(address)
        if entry is None:
            entry, size = directory, 0x400000
        else:
            size = 0x1000
        if not entry.present:
            raise StudentFailure(f"memory at {address:#x}", "a page", "nothing is mapped there")
        return entry.address + address % size

    def press(self, keys: bytes) -> None:
        """Type on the keyboard, as an xterm sends its keys. The guest sees them when it goes on."""
        os.write(self._screen, keys)

    def send(self, data: bytes) -> None:
        """Send bytes to COM1. The guest sees them when it goes on."""
        os.write(self._com1, data)

    # -- what came out

    @property
    def serial(self) -> bytes:
        """What the guest has sent on COM1 so far; while it runs there may be more under way."""
        if self._drain.is_alive():
            self._drain.catch_up()
        return self._serial or bytes(self._drain.received)

    def log(self) -> str:
        """Bochs' log so far, at most LOG_BYTES of it."""
        try:
            with open(self._folder / "bochs.log", "rb") as log:
                return log.read(LOG_BYTES).decode("latin1")     # and no line begins where a guest wrote a CR
        except FileNotFoundError:
            return ""


def _tail(text: str, lines: int) -> str:
    return "\n".join(text.replace("\r", "").strip().splitlines()[-lines:])


def _whole_line(log: str, part: str) -> str:
    start = log.index(part)
    return log[start:log.find("\n", start)].rstrip()
