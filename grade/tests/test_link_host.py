"""kernel/kern/link_elf_obj.c on this computer, under the sanitizers: relocatable objects, right and wrong.

What comes of a right one is compared with ld's own link of the same object at the same addresses. Wrong ones must be
told by name, and no byte outside of the module may be touched.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import TREE, make, tool
from grade.tests.objects import (
    ADDR, ALIGN, ALLOC, COMMON, ENTSIZE, FLAGS, INFO, LINK, MERGE, NAME, NOBITS, OFFSET, REL_SECTION, RELA, SHDR, SIZE,
    SYM, TYPE, UNDEF, Object, change, compile_object, lay_out, records)

SOURCES = ("kern/link_elf_obj", "kern/link_elf_check", "kern/subr_symtab", "kern/subr_module", "i386/elf_machdep")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS_HOST = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.",
              "-Ikernel")
RENAMED = "printf vprintf log malloc free realloc".split()
WALL_SECONDS = 300              # a watchdog
ADDRESS = 0x10000000
HELLO, HEARTBEAT = "build/ref/kernel/modules/hello/hello.ko", "build/ref/kernel/modules/heartbeat/heartbeat.ko"
ENOENT, ENOEXEC, ENOMEM = 2, 8, 12


@dataclass(frozen=True)
class Result:
    """What came of a case: "linked", "refused 8" ..., the messages before, the exported symbols, the memory."""

    verdict: str
    said: str
    symbols: dict[str, int]
    memory: bytes


@dataclass(frozen=True)
class Host:
    """The program that link_host.c describes."""

    program: Path
    folder: Path

    def run(self, cases: Sequence[bytes], symbols: dict[str, int]) -> list[Result]:
        """Link them, one behind the other. A sanitizer's report, or a signal, fails the test."""
        path = self.folder / "cases"
        path.write_bytes(b"".join(cases))
        words = [f"{name}={value:#x}" for name, value in symbols.items()]
        done = subprocess.run([self.program, path, *words], capture_output=True, check=False, timeout=WALL_SECONDS,
                              env={"ASAN_OPTIONS": "detect_leaks=0"})
        output = done.stdout.decode("latin1")
        assert done.returncode == 0, f"case {output.count('= ')}:\n{output[-500:]}{done.stderr.decode()[-3000:]}"
        results = parse(output)
        assert len(results) == len(cases)
        return results

    def link(self, data: bytes, symbols: dict[str, int] | None = None) -> Result:
        """Link one at ADDRESS."""
        case = loaded(data)
        assert case is not None
        return self.run([case], symbols or {})[0]


def parse(output: str) -> list[Result]:
    results, said, lines = [], "", iter(output.split("\n"))
    for line in lines:
        if not line.startswith("= "):
            said += f"{line}\n"
            continue
        symbols, memory = {}, b""
        if line == "= linked":
            while not (of_it := next(lines)).startswith("memory "):
                name, _, value = of_it[1:].rpartition("=")
                symbols[name] = int(value, 0)
            memory = bytes.fromhex(of_it[7:])
        results.append(Result(line[2:], said, symbols, memory))
        said = ""
    return results


def loaded(data: bytes, *, size: int | None = None, address: int | None = None, sections: list[list[int]] | None = None,
           name: str = "/boot/kernel/test.ko") -> bytes | None:
    """A case: the object as the loader leaves it; or None where it refuses. `sections` are other headers to be
    told, `size` and `address` another place."""
    laid_out = lay_out(data, 0x200000)
    if laid_out is None:
        return None
    headers, memory = laid_out
    told = records(name, data, ADDRESS if address is None else address, len(memory) if size is None else size,
                   headers if sections is None else sections)
    return struct.pack("<III", ADDRESS, len(told), len(memory)) + told + memory


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The program, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("link-host")
    compiler = [tool("gcc"), *FLAGS_HOST, *(f"-D{name}=kern_{name}" for name in RENAMED)]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    sources = (*(f"kernel/{name}.c" for name in SOURCES), "grade/tests/link_host.c", "kernel/libkern/string.c")
    program = folder / "link_host"
    subprocess.run([*compiler, *sanitizers, "-o", program, *sources], cwd=TREE, check=True)
    return Host(program, folder)


@pytest.fixture(scope="session", name="hello")
def build_hello() -> bytes:
    make(HELLO, HEARTBEAT)
    return (TREE / HELLO).read_bytes()


# ---------------------------------------------------------------- as ld does it


def draw_symbols(data: bytes, random: Random) -> dict[str, int]:
    """A value for each symbol that the object does not define itself, but for weak ones and the ends of sets."""
    return {name: random.getrandbits(32) for name, (_, _, _, info, _, section) in Object(data).symbols()
            if section == UNDEF and name and info >> 4 == 1 and not name.startswith(("__start_", "__stop_"))}


def link_with_ld(folder: Path, data: bytes, symbols: dict[str, int]) -> Object:
    """ld's own link of it: each section at the address where the loader would put it."""
    laid_out = lay_out(data, ADDRESS)
    assert laid_out is not None
    view = Object(data)
    lines = [f"{name} {one[ADDR]:#x} : {{ *({name}) }}" for name, one in zip(view.names(), laid_out[0], strict=True)
             if one[ADDR] and one[FLAGS] & ALLOC]
    lines += [f"{name} = {value:#x};" for name, value in symbols.items()]
    lines.append("/DISCARD/ : { *(.comment .note* .eh_frame) }")
    for name, one in zip(view.names(), view.sections(), strict=True):
        if one[FLAGS] & MERGE:                  # else ld merges strings that end alike, which we do not
            data = field(data, name, FLAGS, one[FLAGS] & ~MERGE)
    (folder / "ld.o").write_bytes(data)
    (folder / "ld.script").write_text("SECTIONS {\n" + "\n".join(lines) + "\n}\n", encoding="ascii")
    subprocess.run([tool("ld"), "-m", "elf_i386", "-e", "0", "--no-check-sections", "--no-warn-rwx-segments", "-T",
                    folder / "ld.script", "-o", folder / "ld.elf", folder / "ld.o"], check=True)
    return Object((folder / "ld.elf").read_bytes())


def common_places(data: bytes, ours: Result) -> dict[str, int]:
    """Where we have made room for COMMON symbols: each aligned as it has to be, none in another."""
    places, end = {}, 0
    found = [(ours.symbols[name], name, symbol) for name, symbol in Object(data).symbols() if symbol[5] == COMMON]
    for place, name, (_, align, size, *_) in sorted(found):
        assert place % align == 0 and place >= end
        places[name], end = place, place + size
    return places


def compare(host: Host, folder: Path, data: bytes, random: Random) -> int:
    """Link it with both. Returns how many bytes were compared."""
    symbols = draw_symbols(data, random)
    ours = host.link(data, symbols)
    assert ours.verdict == "linked", ours.said
    places = common_places(data, ours)
    ld = link_with_ld(folder, data, symbols | places)
    exported = {name: symbol[1] for name, symbol in ld.symbols()
                if name and symbol[3] >> 4 and name not in symbols and not name.startswith(("__start_", "__stop_"))}
    assert {name: value for name, value in exported.items() if name in ours.symbols} == ours.symbols
    compared = 0
    for name, one in zip(ld.names(), ld.sections(), strict=True):
        if one[FLAGS] & ALLOC and one[TYPE] != NOBITS:
            at = one[ADDR] - ADDRESS
            theirs = ld.data[one[OFFSET]:one[OFFSET] + one[SIZE]]
            assert ours.memory[at:at + one[SIZE]] == theirs, name
            compared += one[SIZE]
    return compared


@pytest.mark.parametrize("module", [HELLO, HEARTBEAT])
def test_modules_as_ld_links_them(host: Host, module: str, tmp_path: Path) -> None:
    make(module)
    assert compare(host, tmp_path, (TREE / module).read_bytes(), Random(module)) > 200


@pytest.mark.long
def test_the_kernels_own_objects_as_ld_links_them(host: Host, tmp_path: Path) -> None:
    """Every object that the kernel is made of would do as a module."""
    make("build/ref/kernel/kernel")
    objects, compared = sorted((TREE / "build/ref/kernel").glob("*/*.o")), 0
    assert len(objects) > 60
    for path in objects:
        subprocess.run([tool("objcopy"), "--strip-debug", path, tmp_path / "stripped.o"], check=True)
        compared += compare(host, tmp_path, (tmp_path / "stripped.o").read_bytes(), Random(path.name))
    assert compared > 100_000


ODD = r"""
#include <sys/linker_set.h>
extern int kernel_data[], missing_weak[] __attribute__((weak));
extern void kernel_function(int), weak_function(void) __attribute__((weak));
char common_byte;
int common_array[100];
static int zeros[1000], numbers[] = { 1, 2, 3 };
int *const pointers[] = { &kernel_data[5], missing_weak, &zeros[999], numbers + 2, &common_array[3], (int *)-4 };
static int one = 1, two = 2;
DATA_SET(odd_set, one);
DATA_SET(odd_set, two);
SET_DECLARE(odd_set, int);
SET_DECLARE(no_set, int);
static __attribute__((noinline)) int twice(int n) { kernel_function(n); return (2 * n); }
int odd_sum(int n)
{
	int **p, sum = twice(n) + common_array[n] + zeros[n] + common_byte;

	SET_FOREACH(p, odd_set)
		sum += **p;
	SET_FOREACH(p, no_set)
		sum += **p;
	if (weak_function)
		weak_function();
	return (sum);
}
"""


@pytest.mark.parametrize("flags", [("-fcommon",), ("-fcommon", "-O0")], ids=["optimized", "not"])
def test_odd_symbols_as_ld_links_them(host: Host, flags: tuple[str, ...], tmp_path: Path) -> None:
    """COMMON, weak and undefined, the ends of a set that is its own, calls into other sections, addends."""
    data = compile_object(tmp_path, "odd", ODD, *flags)
    assert any(symbol[5] == COMMON for _, symbol in Object(data).symbols())
    assert compare(host, tmp_path, data, Random(1)) > 200


ASSEMBLER = """
	.text
	.globl start, absolute
	.set absolute, 0x12345678
start:	call kernel_function@PLT
	call kernel_function
	jmp .
	movl $start+7, %eax
	movl absolute, %eax
	jmp absolute
	.reloc ., R_386_NONE, start
	.data
	.byte 1
	.long start - ., kernel_data - 8 - .
"""


def test_relocations_as_ld_does_them(host: Host, tmp_path: Path) -> None:
    """Each kind, at odd addresses, forwards and backwards."""
    data = compile_object(tmp_path, "relocations", ASSEMBLER, "-xassembler")
    kinds = {data[one[OFFSET] + at + 4] for one in Object(data).sections() if one[TYPE] == REL_SECTION
             for at in range(0, one[SIZE], 8)}
    assert kinds == {0, 1, 2, 4}
    assert compare(host, tmp_path, data, Random(2)) > 30


# ---------------------------------------------------------------- what is wrong


def field(data: bytes, section: str, number: int, value: int) -> bytes:
    """The object with another value in the header of a section."""
    view = Object(data)
    at = view.table + SHDR.size * view.names().index(section) + 4 * number
    return data[:at] + struct.pack("<I", value) + data[at + 4:]


def content(data: bytes, section: str, at: int, new: bytes) -> bytes:
    """The object with other bytes in a section; a negative place counts from its end."""
    view = Object(data)
    one = view.sections()[view.names().index(section)]
    place = one[OFFSET] + at + (one[SIZE] if at < 0 else 0)
    return data[:place] + new + data[place + len(new):]


def symbol_at(data: bytes, name: str) -> int:
    """Where in .symtab a symbol stands."""
    return [one for one, _ in Object(data).symbols()].index(name) * SYM.size


def refused(host: Host, data: bytes, message: str) -> None:
    result = host.link(data)
    assert (result.verdict, result.said) == (f"refused {ENOEXEC}", f"link_elf_obj: /boot/kernel/test.ko: {message}\n")


def test_missing_symbols_are_named(host: Host, hello: bytes) -> None:
    result = host.link(hello, {"module_register_init": 1})
    assert result.verdict == f"missing {ENOENT}"
    assert sorted(result.said.splitlines()) == [f"link_elf_obj: symbol {name} undefined"
                                                for name in ("printf", "tunable_init")]


def test_wrong_relocations(host: Host, hello: bytes) -> None:
    text = Object(hello).sections()[Object(hello).names().index(".text")][SIZE]
    count = len(Object(hello).symbols())
    for offset in (text - 3, text, 0xFFFFFFFF, 0x80000000):
        refused(host, content(hello, ".rel.text", 8, struct.pack("<I", offset)),
                f"relocation 1 of section 1: {offset:#x} is outside of it")
    refused(host, content(hello, ".rel.text", 20, bytes([9])), "relocation 2 of section 1: type 9 is unknown")
    for index in (count, 0xFFFFFF):
        refused(host, content(hello, ".rel.text", 5, index.to_bytes(3, "little")),
                f"relocation 0 of section 1: there is no symbol {index}")
    number = Object(hello).names().index(".rel.text")
    refused(host, field(hello, ".rel.text", INFO, 99), f"section {number}: section 99 cannot be relocated")
    bss = Object(hello).names().index(".shstrtab")
    refused(host, field(hello, ".rel.text", INFO, bss), f"section {number}: section {bss} cannot be relocated")
    refused(host, field(hello, ".rel.text", LINK, 1), f"section {number}: its relocations have no symbols")
    refused(host, field(hello, ".rel.text", ENTSIZE, 12), f"section {number}: it is no table of relocations")
    refused(host, field(hello, ".rel.text", SIZE, 12), f"section {number}: it is no table of relocations")
    refused(host, field(hello, ".rel.text", TYPE, RELA),
            f"section {number}: relocations of this machine have no addends")


def test_wrong_symbols(host: Host, hello: bytes) -> None:
    at, index = symbol_at(hello, "hello_say"), symbol_at(hello, "hello_say") // SYM.size
    size = Object(hello).sections()[1][SIZE]
    strings = Object(hello).sections()[Object(hello).names().index(".strtab")][SIZE]
    for name in (strings, 1 << 20, 0xFFFFFFFF):
        refused(host, content(hello, ".symtab", at, struct.pack("<I", name)),
                "its symbol table: a name is outside of its strings")
    refused(host, content(hello, ".symtab", at + 4, struct.pack("<I", size + 1)),
            f"symbol {index}: {size + 1:#x} is outside of section 1")
    for section in (99, 0xFF00, 0xFFFF):
        refused(host, content(hello, ".symtab", at + 14, struct.pack("<H", section)),
                f"symbol {index}: there is no section {section}")
    of_symbol_0 = content(hello, ".rel.text", 5, bytes(3))
    for section in (99, 0x7FFF):
        refused(host, content(of_symbol_0, ".symtab", 14, struct.pack("<H", section)),
                f"symbol 0: there is no section {section}")
    for align in (3, 8192):
        refused(host, content(hello, ".symtab", at + 4, struct.pack("<IIBBH", align, 4, 0x11, 0, COMMON)),
                f"symbol {index}: it cannot be aligned to {align}")
    refused(host, content(hello, ".strtab", -1, b"x"), "its symbols have no names")
    refused(host, field(hello, ".symtab", ENTSIZE, 24), "it has no symbol table")
    huge = content(hello, ".symtab", at + 4, struct.pack("<IIBBH", 16, 0xFFFFFFF0, 0x11, 0, COMMON))
    result = host.link(huge, draw_symbols(huge, Random(3)))
    assert (result.verdict, result.said) == (
        f"missing {ENOMEM}", "link_elf_obj: /boot/kernel/test.ko: no memory for common symbols\n")


def test_wrong_tables(host: Host, hello: bytes) -> None:
    refused(host, content(hello, ".shstrtab", -1, b"x"), "its sections have no names")
    refused(host, field(hello, ".text", NAME, 1 << 16), "section 1: its name is outside of the names")


def told(host: Host, hello: bytes, number: int, word: int, value: int) -> Result:
    """The loader tells another number in a section's header."""
    laid_out = lay_out(hello, 0x200000)
    assert laid_out is not None
    laid_out[0][number][word] = value
    case = loaded(hello, sections=laid_out[0])
    assert case is not None
    return host.run([case], {})[0]


def test_a_loader_that_lies(host: Host, hello: bytes) -> None:
    """Sections that are not where the file is, or cannot be, or are in one another; tables too short."""
    for value in (0x300000, 0xFFFFF000, 0x200800):
        assert "bytes at" in told(host, hello, 1, ADDR, value).said
    for word, value, said in ((SIZE, 1 << 20, "are outside of the file"), (ALIGN, 8192, "cannot be aligned to 8192"),
                              (ALIGN, 3, "cannot be aligned to 3")):
        assert said in told(host, hello, 1, word, value).said
    for place in ({"size": 0xFFFFFFF0}, {"address": 0x1800}, {"address": 0, "size": 0}):
        case = loaded(hello, **place)
        assert case is not None and "are not the loader's" in host.run([case], {})[0].said
    laid_out, names = lay_out(hello, 0x200000), Object(hello).names()
    assert laid_out is not None
    for other in (".text", ".symtab", ".strtab", ".rel.text"):
        place, data = laid_out[0][names.index(other)][ADDR], names.index(".data")
        assert re.fullmatch(rf"link_elf_obj: .*: section {max(data, names.index(other))}: 0x\w+ bytes at 0x\w+ are "
                            "another's, too\n", told(host, hello, data, ADDR, place).said)
    for sections in (laid_out[0][:-1], [], laid_out[0] * 2):
        case = loaded(hello, sections=sections)
        assert case is not None
        assert f"its section table is truncated: {40 * len(sections)} bytes for {len(laid_out[0])} sections" in \
            host.run([case], {})[0].said


def fuzz(host: Host, objects: Sequence[bytes], count: int, seed: int) -> None:
    random, cases, symbols = Random(seed), [], {}
    for data in objects:
        symbols |= draw_symbols(data, random)
    while len(cases) < count:
        case = loaded(change(random.choice(objects), random))
        cases += [] if case is None else [case]
    results = host.run(cases, symbols)
    verdicts = [result.verdict.split()[0] for result in results]
    for verdict in ("linked", "refused", "missing"):
        assert verdicts.count(verdict) > count / 50, verdict
    assert all(result.said.startswith("link_elf_obj: ") for result in results if result.verdict != "linked")


def test_damaged_objects(host: Host, hello: bytes) -> None:
    fuzz(host, [hello, (TREE / HEARTBEAT).read_bytes()], 200, 1)


@pytest.mark.long
def test_many_damaged_objects(host: Host, hello: bytes, tmp_path: Path) -> None:
    odd = compile_object(tmp_path, "odd", ODD, "-fcommon")
    fuzz(host, [hello, (TREE / HEARTBEAT).read_bytes(), odd], 4000, 2)
