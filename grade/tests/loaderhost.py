"""The loader's user side on this computer, for tests: prompt, scripts, loader.conf, ELF, what the kernel is told.

The loader's own sources are built around a disk and a memory that are ours (loader_prompt.c), under the sanitizers.
So each dialogue takes milliseconds, what the kernel would find can be read byte by byte, and files damaged in
thousands of ways show that none of them leads astray. A module of tests imports the fixture `make_disk`.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool
from grade.tests.test_loader_host import FLAGS, RENAMED, SANITIZERS
from grade.tests.test_loader_host import SOURCES as LIBRARY

SOURCES = ("interp_parse", "interp", "line", "pager", "commands", "help", "ls", "loaderconf", "boot", "autoboot",
           "module", "load_elf", "load_elf_obj", "bootinfo", "elf_exec")
CONSOLE = ["getchar", "ischar"]
HEAP = {"malloc"}                               # the library's heap is tested by itself: here the host's serves
# What boot/loader/loader.ld does for the table of commands.
TABLE = """SECTIONS {
    Xcommand_set : { __start_Xcommand_set = .; KEEP(*(SORT(Xcommand_set.*))) __stop_Xcommand_set = .; }
}
INSERT AFTER .data;
"""
MEGABYTE, MEMORY_TOP = 0x100000, 0x500000
SECOND = "\x1e"                                 # in the input: a second passes
NO_COUNTDOWN = 'autoboot_delay="NO"\n'


@cache
def build_program(folder: Path) -> Path:
    """What loader_prompt.c describes, with the sanitizers where the compiler has them."""
    folder.mkdir()
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([tool("gcc"), *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    (folder / "names").write_text("".join(f"{name} stand_{name}\n" for name in RENAMED + CONSOLE), encoding="ascii")
    (folder / "table.ld").write_text(TABLE, encoding="ascii")
    objects = []
    sources = [f"boot/loader/{name}.c" for name in (*SOURCES, *sorted(set(LIBRARY) - HEAP))]
    for source in (*sources, "grade/tests/loader_prompt.c"):
        objects.append(folder / f"{Path(source).stem}.o")
        subprocess.run([tool("gcc"), *FLAGS, "-fno-pie", *sanitizers, "-c", "-o", objects[-1], source], cwd=TREE,
                       check=True)
        subprocess.run([tool("objcopy"), f"--redefine-syms={folder / 'names'}", objects[-1]], check=True)
    program = folder / "loader_prompt"
    subprocess.run([tool("gcc"), *sanitizers, "-no-pie", "-Wl,-z,noexecstack", f"-Wl,-T,{folder / 'table.ld'}", "-o",
                    program, *objects], check=True)
    return program


@dataclass(frozen=True)
class Started:
    """What a kernel found: its entry, the words on its stack, the bootinfo, and memory from 1 MB on."""

    entry: int
    howto: int
    bootdev: int
    modulep: int
    kernend: int
    bootinfo: tuple[int, ...]
    memory: bytes

    def bytes_at(self, address: int, size: int) -> bytes:
        assert MEGABYTE <= address and address + size <= self.kernend
        return self.memory[address - MEGABYTE:address - MEGABYTE + size]

    def word(self, address: int) -> int:
        return int.from_bytes(self.bytes_at(address, 4), "little")

    def environment(self) -> list[str]:
        """The strings, as they come."""
        text = self.memory[self.bootinfo[19] - MEGABYTE:]
        return text[:text.index(b"\0\0")].decode("ascii").split("\0")

    def records(self) -> list[tuple[int, bytes]]:
        """Type and data of each, up to the end."""
        at, found = self.modulep, []
        while True:
            kind, size = self.word(at), self.word(at + 4)
            if kind == 0:
                assert size == 0 and self.kernend == -(-(at + 8) // 4096) * 4096
                return found
            found.append((kind, self.bytes_at(at + 8, size)))
            at += 8 + -(-size // 4) * 4


class Loader:
    """The loader, with a disk of its own."""

    def __init__(self, program: Path, folder: Path, files: Mapping[str, str | bytes]) -> None:
        self.program = program
        self.image = folder / "ufs"
        self.memory = folder / "memory"
        root = folder / "root"
        for path, content in {"boot/loader.conf": NO_COUNTDOWN, **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content if isinstance(content, bytes) else content.encode("latin1"))
        subprocess.run([tool("makefs"), "-t", "ffs", "-B", "le", "-s", "3m", "-o", "version=1,bsize=8192,fsize=1024",
                        self.image, root], check=True, capture_output=True)

    def run(self, *words: object, typed: str = "") -> str:
        done = subprocess.run([self.program, self.image, *map(str, words)], input=typed.encode("latin1"),
                              capture_output=True, check=False, timeout=300)
        assert done.returncode == 0 and not done.stderr, done.stderr.decode()[-3000:]
        return done.stdout.decode("latin1")

    def talk(self, typed: str = "") -> str:
        """What is on the console when this has been typed."""
        return self.run(self.memory, typed=typed)

    def answers(self, *commands: str) -> list[str]:
        """What the loader says to each."""
        said = self.talk("".join(f"{command}\r" for command in commands))
        _, *parts = re.split(r"^OK ", said, flags=re.MULTILINE)
        return [part.partition("\n")[2] for part in parts[:len(commands)]]

    def start(self, typed: str = "boot\r") -> Started:
        """Boot, and see what the kernel sees."""
        said = self.talk(typed)
        line = re.search(r"^exec (.*)$", said, flags=re.MULTILINE)
        assert line, said
        entry, howto, bootdev, *zero, _, modulep, kernend = (int(word, 16) for word in line[1].split())
        assert zero == [0, 0, 0]
        dump = self.memory.read_bytes()
        started = Started(entry, howto, bootdev, modulep, kernend, struct.unpack("<21I", dump[:84]), dump[84:])
        assert started.bootinfo[20] == modulep and started.bootinfo[18] == kernend
        return started


MakeDisk = Callable[..., Loader]


@pytest.fixture(name="disk")
def make_disk(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> MakeDisk:
    """Make a loader of the files of its disk; the program is built once, for all modules."""
    program = build_program(tmp_path_factory.getbasetemp() / "loader-prompt")

    def make(files: Mapping[str, str | bytes] | None = None) -> Loader:
        return Loader(program, tmp_path, files or {})
    return make


def string(text: str) -> bytes:
    """As a record holds it."""
    return text.encode() + b"\0"


def word(value: int) -> bytes:
    return struct.pack("<I", value)
