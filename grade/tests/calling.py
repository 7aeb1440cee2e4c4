"""The kernel's functions, called from outside.

The machine stands at the first instruction of some function, interrupts off. A call is a frame on the stack and a new
EIP; the function comes back to where the machine stood. One that panics, or touches what is not mapped, is stopped
there, and the machine put back to where it stood, too.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grade.bochs import Machine
from grade.debugger import Registers
from grade.tests.emulation import TREE, make, tool
from grade.tests.loading import loader_disk, loader_root

KERNEL = TREE / "build/ref/kernel/kernel"
SHAPE = "cylinders=65, heads=16, spt=63"
KERNBASE = 0xC0000000
BOOT_BUDGET, CALL_BUDGET = 60_000_000, 2_000_000


@dataclass
class Kernel:
    """The machine, and its functions by name."""

    pc: Machine
    symbols: Mapping[str, int]
    ticks: int = 0                  # what the last call has taken

    def call(self, name: str, *arguments: int) -> int:
        """What a function returns."""
        home = self._enter(name, arguments)
        self._run_to(home.eip, name)
        after = self.pc.registers()
        assert after.esp == home.esp - 0x200 + 4
        assert (after.ebx, after.esi, after.edi, after.ebp) == (home.ebx, home.esi, home.edi, home.ebp), \
            "registers that belong to the caller"
        self.pc.set_register("esp", home.esp)
        return after.eax

    def panics(self, name: str, *arguments: int) -> str:
        """What a function panics with."""
        home = self._enter(name, arguments)
        self._run_to(self.symbols["panic"], name)
        stack = self.pc.registers().esp
        text = self._format(stack + 4)
        self._go_home(home)
        return text

    def faults(self, name: str, *arguments: int) -> int:
        """The address of a function's page fault."""
        home = self._enter(name, arguments)
        self._run_to(self.symbols["trap"], name)
        address = self.pc.control().cr2
        self._go_home(home)
        return address

    def word(self, address: int | str) -> int:
        """The word at an address, or of a variable."""
        at = self.symbols[address] if isinstance(address, str) else address
        return int.from_bytes(self.pc.memory(at, 4), "little")

    def string(self, address: int) -> str:
        """A C string of up to 63 characters."""
        return self.pc.memory(address, 64).split(b"\0")[0].decode("ascii")

    def write(self, address: int, data: bytes) -> None:
        """Into the kernel's memory."""
        self.pc.write(address, data)

    def _enter(self, name: str, arguments: Sequence[int]) -> Registers:
        """Stand at the function's first instruction. Returns the registers before."""
        home = self.pc.registers()
        self.write(home.esp - 0x200, struct.pack(f"<{len(arguments) + 1}I", home.eip, *arguments))
        self.pc.set_register("esp", home.esp - 0x200)
        self.pc.set_register("eip", self.symbols[name])
        return home

    def _run_to(self, address: int, name: str) -> None:
        door = self.pc.break_at(address)
        before = self.pc.stop.tick
        stop = self.pc.run(CALL_BUDGET)
        assert stop.why == "breakpoint", f"{name} does not come to {address:#x}"
        self.ticks = stop.tick - before
        self.pc.unbreak(door)

    def _go_home(self, home: Registers) -> None:
        """Back out of what will not return; the interrupt level is what it was."""
        for name in ("esp", "eip", "ebx", "esi", "edi", "ebp"):
            self.pc.set_register(name, getattr(home, name))
        self.write(self.symbols["cpl"], bytes(4))

    def _format(self, at: int) -> str:
        """What printf() makes of the format and the arguments that stand there."""
        words = iter(range(at + 4, at + 64, 4))

        def one(found: re.Match[str]) -> str:
            value = self.word(next(words))
            return {"s": lambda: self.string(value), "p": lambda: f"{value:#x}", "x": lambda: f"{value:x}",
                    "u": lambda: str(value)}[found[2]]() if found[1] != "#" else f"{value:#x}"

        return re.sub(r"%(#?)([spxu])", one, self.string(self.word(at)))


@contextmanager
def kernel_at(folder: Path, symbol: str, *, conf: str = "", options: Sequence[str] = ()) -> Iterator[Kernel]:
    """A machine whose kernel has come to the first instruction of a function."""
    make("build/ref/kernel/kernel")
    listed = subprocess.run([tool("nm"), str(KERNEL)], capture_output=True, text=True, check=True).stdout
    symbols = {name: int(address, 16) for address, name in re.findall(r"^(\w+) \w (\w+)$", listed, re.MULTILINE)}
    root = loader_root(folder / "root", conf=f'autoboot_delay="-1"\n{conf}', boot_config="-h -n",
                       files={"kernel": KERNEL.read_bytes()})
    image = loader_disk(folder / "disk.img", root)
    with Machine(folder, disks=[(image, SHAPE)], bochs=tool("bochs"), options=options) as pc:
        door = pc.break_at(symbols[symbol])
        assert pc.run(BOOT_BUDGET).why == "breakpoint", pc.serial.decode("ascii", "replace")
        pc.unbreak(door)
        yield Kernel(pc, symbols)
