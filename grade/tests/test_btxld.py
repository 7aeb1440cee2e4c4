"""btxld joins loader, BTX kernel and client as btxld(8) says, and refuses with one line what cannot be joined.

The model below knows the layout of the three output formats from the formats' own descriptions; the output is
compared with it byte for byte. The tool is built with the address and undefined-behaviour sanitizers where the
compiler has them, so that every test looks for a stray access too.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from grade.tests.btx_files import DATA, PAGE, TEXT, R, W, X, aout, elf, kernel
from grade.tests.emulation import TREE, make, tool

SOURCES = TREE / "boot/btxld"
WARNINGS = ["-std=c11", "-g", "-Wall", "-Wextra", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
FUZZED_ALONE, FUZZED_TOGETHER = 60, 6000


def called(value: object) -> str:
    """A test's name: not the whole input."""
    return f"{len(value)}-bytes" if isinstance(value, bytes) else str(value)


# ---------------------------------------------------------------- the model


def page_up(data: bytes) -> bytes:
    return data + bytes(-len(data) % PAGE)


def joined(form: str, loader: bytes, patched: bytes, client: bytes, *, entry: int = 0) -> bytes:
    """The output file, from the kernel as it should have been patched."""
    if form == "bin":
        return loader + patched + client
    text, data = page_up(loader), page_up(patched + client)
    if form == "aout":
        head = struct.pack("<8I", 0o413, len(text), len(data), 0, 0, entry, 0, 0)
    else:
        head = b"\x7fELF\1\1\1\x09" + bytes(8)
        head += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, entry, 52, 0, 0, 52, 32, 2, 40, 0, 0)
        head += struct.pack("<8I", 1, PAGE, entry, entry, len(text), len(text), R | X, PAGE)
        at = entry + len(text)
        head += struct.pack("<8I", 1, PAGE + len(text), at, at, len(data), len(data), R | W, PAGE)
    return page_up(head) + text + data


def patch(kernel: bytes, *, entry: int, pages: int = 0, map_one: bool = False) -> bytes:
    """The kernel with the client's entry, so many read-only pages, and page 0 left out."""
    patched = bytearray(kernel)
    flags, pgctl = struct.unpack_from("<BH", kernel, 7)
    struct.pack_into("<BH", patched, 7, flags | (0x80 if map_one else 0), pgctl - pages)
    struct.pack_into("<I", patched, 12, entry)
    return bytes(patched)


# ---------------------------------------------------------------- the tool


class Bench:
    """A folder with the three input files, and btxld."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder = folder
        self.program = program
        self.put(loader=Random(1).randbytes(700), kernel=kernel(), client=elf())

    def put(self, **files: bytes) -> None:
        for name, content in files.items():
            (self.folder / name).write_bytes(content)

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, "-l", "loader", "-b", "kernel", "-o", "out", *options, "client"], cwd=self.folder, text=True,
            capture_output=True, check=False, timeout=60, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})

    def join(self, *options: str) -> bytes:
        """The output; nothing may be said about it."""
        done = self.run(*options)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return self.get("out")

    def refuses(self, *options: str) -> str:
        """The one line that says why; nothing may have been written or left behind."""
        before = sorted(self.folder.iterdir())
        done = self.run(*options)
        assert done.returncode == 1 and done.stdout == "", done
        assert done.stderr.count("\n") == 1 and done.stderr.startswith("btxld: "), done.stderr
        assert sorted(self.folder.iterdir()) == before
        return done.stderr[len("btxld: "):-1]

    def warns(self, *options: str) -> str:
        """The one warning about input that is joined all the same."""
        done = self.run(*options)
        assert done.returncode == 0 and done.stderr.count("\n") == 1, done
        assert self.run("-q", *options).stderr == ""
        return done.stderr[len("btxld: "):-1]


def compile_host(out: Path, *arguments: str | Path) -> Path:
    """Compile a program for this machine, with the sanitizers where they are to be had."""
    command = [tool("cc"), *WARNINGS, "-O1", "-o", out, *arguments]
    if subprocess.run([*command, *SANITIZERS], capture_output=True, check=False).returncode != 0:
        subprocess.run(command, check=True)
    return out


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_host(tmp_path_factory.mktemp("btxld") / "btxld", *sorted(SOURCES.glob("*.c")))


@pytest.fixture
def bench(tmp_path: Path, program: Path) -> Bench:
    return Bench(tmp_path, program)


# ---------------------------------------------------------------- what is built


@pytest.mark.parametrize("form", ["bin", "aout", "elf"])
@pytest.mark.parametrize("loader_size", [1, 276, PAGE - 1, PAGE, PAGE + 1])
def test_output_is_as_the_model_says(bench: Bench, form: str, loader_size: int) -> None:
    bench.put(loader=Random(loader_size).randbytes(loader_size))
    expected = joined(form, bench.get("loader"), patch(kernel(), entry=0x40, pages=3), elf(), entry=0x200000)
    assert bench.join("-f", form, "-e", "0x200000") == expected


def test_boot2s_way(bench: Bench) -> None:
    """As FreeBSD makes boot2: a binary at page 2, page 0 left out, zeros in front."""
    bench.put(loader=bytes(276), client=b"boot2" * 700)
    out = bench.join("-E", "0x2000", "-f", "bin", "-P", "1")
    assert out == bytes(276) + patch(kernel(), entry=0x2000, pages=1, map_one=True) + b"boot2" * 700


def test_nothing_in_front(bench: Bench) -> None:
    bench.put(loader=b"")
    assert bench.join("-l", os.devnull) == bench.join() == patch(kernel(), entry=0x40, pages=3) + elf()


@pytest.mark.parametrize(("client", "options", "entry", "pages", "map_one"), [
    (elf(), (), 0x40, 3, False),                                            # the text's pages
    (elf(), ("-E", "0x1234"), 0x1234, 3, False),
    (elf([replace(TEXT, flags=R | W | X)]), (), 0x40, 0, False),            # writable text
    (elf([replace(TEXT, flags=R | W | X)]), ("-W", "7"), 0x40, 7, False),
    (elf(), ("-W", "0"), 0x40, 0, False),
    (elf(), ("-W", "956"), 0x40, 956, False),
    (elf([replace(TEXT, address=PAGE)], entry=PAGE), (), PAGE, 3, True),    # starts behind page 0
    (elf([replace(TEXT, address=PAGE)], entry=PAGE), ("-P", "0"), PAGE, 3, False),
    (elf([replace(TEXT, address=PAGE)], entry=PAGE), ("-W", "0"), PAGE, 0, False),
    (elf([replace(TEXT, address=PAGE, flags=R | W | X)], entry=PAGE), (), PAGE, 1, True),
    (elf(), ("-P", "1", "-E", "4096"), PAGE, 3, True),
    (b"binary", (), 0, 0, False),
    (aout(0o413), (), 0x20, 2, False),
    (aout(0o314), (), 0x20, 2, False),
    (aout(0o407, mid=0), (), 0x20, 0, False),
    (aout(0o413, entry=PAGE), (), PAGE, 2, True),
], ids=called)
def test_header_is_patched(bench: Bench, client: bytes, options: Sequence[str], entry: int, pages: int,
                           map_one: bool) -> None:
    bench.put(kernel=kernel(flags=1), client=client)
    patched = patch(kernel(flags=1), entry=entry, pages=pages, map_one=map_one)
    assert bench.join(*options) == bench.get("loader") + patched + client


def test_last_option_counts_and_octal_is_octal(bench: Bench) -> None:
    assert bench.join("-E", "1", "-E", "010")[700 + 12:700 + 16] == struct.pack("<I", 8)


def test_same_input_same_bytes(bench: Bench) -> None:
    first = bench.join("-f", "elf")
    os.utime(bench.folder / "client", (1, 1))
    assert bench.join("-f", "elf") == first


def test_readelf_believes_the_output(bench: Bench) -> None:
    bench.join("-f", "elf", "-e", "0x200000")
    done = subprocess.run([tool("readelf"), "-W", "-hl", "out"], cwd=bench.folder, text=True, capture_output=True,
                          check=True)
    assert done.stderr == "" and "Warning" not in done.stdout
    assert "Entry point address:               0x200000\n" in done.stdout
    assert [line.split() for line in done.stdout.splitlines() if "LOAD " in line] == [
        "LOAD 0x001000 0x00200000 0x00200000 0x01000 0x01000 R E 0x1000".split(),
        "LOAD 0x002000 0x00201000 0x00201000 0x03000 0x03000 RW 0x1000".split()]


def test_verbose(bench: Bench) -> None:
    done = bench.run("-v", "-f", "aout", "-e", "0x200000")
    assert done.stdout.splitlines() == [
        "kernel: ver=1.01 size=5a3 load=9000 entry=9010 map=16M pgctl=0:3",
        "client: fmt=elf size=280f text=2345 data=456 bss=dde entry=40",
        "output: fmt=aout size=5000 text=1000 data=3000 org=200000 entry=200000",
    ]


def test_verbose_fails_when_nobody_can_read_it(bench: Bench) -> None:
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([bench.program, "-v", "-l", "loader", "-b", "kernel", "client"], cwd=bench.folder,
                              stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"btxld: standard output: No space left on device\n")


def test_rule_of_make_builds_it(bench: Bench) -> None:
    make("build/host/btxld")
    expected = bench.join()
    bench.program = TREE / "build/host/btxld"
    assert bench.join() == expected
    assert bench.run("--help").stdout == bench.run("-h").stdout
    assert bench.run("--help").stdout.startswith("usage: btxld ")


# ---------------------------------------------------------------- what is said


def test_output_is_replaced_whole_with_a_new_files_rights(bench: Bench) -> None:
    bench.put(out=b"old" * 10000)
    (bench.folder / "link").hardlink_to(bench.folder / "out")
    old = os.umask(0o027)
    try:
        out = bench.join()
    finally:
        os.umask(old)
    assert bench.get("link") == b"old" * 10000 and out != b"old" * 10000
    assert (bench.folder / "out").stat().st_mode & 0o777 == 0o640


def test_output_may_be_the_client(bench: Bench) -> None:
    expected = bench.join()
    assert bench.run("-o", "client").returncode == 0
    assert bench.get("client") == expected


def test_output_that_cannot_be_written(bench: Bench) -> None:
    assert bench.refuses("-o", "none/out") == "none/out: No such file or directory"
    assert bench.refuses("-o", ".") == ".: Is a directory"
    assert bench.refuses("-o", "/dev/full") == "/dev/full: No space left on device"
    assert Path("/dev/full").is_char_device()


def test_disk_that_fills_up_keeps_the_old_file(bench: Bench) -> None:
    bench.put(out=b"old", client=elf([replace(TEXT, filesz=0x8000, memsz=0x8000)]))
    command = f"ulimit -f 8; trap '' XFSZ; exec {bench.program} -l loader -b kernel -o out client"
    done = subprocess.run(["sh", "-c", command], cwd=bench.folder, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, "btxld: out: File too large\n")
    assert bench.get("out") == b"old" and len(list(bench.folder.iterdir())) == 4


@pytest.mark.parametrize(("options", "line"), [
    (("-l", "none"), "none: No such file or directory"),
    (("-b", "none"), "none: No such file or directory"),
    (("-l", "."), ".: Is a directory"),
    (("-f", "coff"), '-f: "coff" is not bin, aout or elf'),
    (("-E", "x"), '-E: "x" is not a number'),
    (("-E", ""), '-E: "" is not a number'),
    (("-E", "-1"), '-E: "-1" is not a number'),
    (("-e", "12k"), '-e: "12k" is not a number'),
    (("-e", "0x100000000"), "-e: 0x100000000 is above 0xffffffff"),
    (("-e", "99999999999999999999"), "-e: 99999999999999999999 is above 0xffffffff"),
    (("-P", "2"), "-P: 2 is above 0x1"),
    (("-W", "957"), "-W: 957 is above 0x3bc"),
    (("-f", "aout", "-e", "0xffffe000"), "out: nothing can be loaded at 0xffffe000"),
    (("-f", "elf", "-e", "0x200010"), "out: entry 0x200010 does not start a page"),
    (("-f", "aout", "-l", os.devnull), "/dev/null: empty file: nothing to enter"),
])
def test_options_that_cannot_be(bench: Bench, options: Sequence[str], line: str) -> None:
    assert bench.refuses(*options) == line


@pytest.mark.parametrize("options", [("-x",), ("--none",), ("-b",), ("one", "more")])
def test_usage(bench: Bench, options: Sequence[str]) -> None:
    done = subprocess.run([bench.program, *options], cwd=bench.folder, text=True, capture_output=True, check=False)
    assert done.returncode == 1 and done.stdout == "" and "usage: btxld " in done.stderr


@pytest.mark.parametrize(("broken", "line"), [
    (b"", "not a BTX kernel"),
    (kernel()[:15], "not a BTX kernel"),
    (kernel(magic=b"BTY"), "not a BTX kernel"),
    (kernel(jump=0xE9), "not a BTX kernel"),
    (kernel(header=0x10), "BTX header of 18 bytes, not 16"),
    (kernel(version=(2, 3)), "BTX version 2.03, not 1.x"),
    (kernel(text=0x5A4), "truncated: has 0x5a3 of 0x5a4 bytes"),
    (kernel(text=15), "size 0xf is not 0x10 to 0x1000"),
    (kernel(size=0x1001), "size 0x1001 is not 0x10 to 0x1000"),
    (kernel(pgctl=0x402), "pgctl 0x402 leaves no room for 3 read-only pages"),
], ids=called)
def test_kernels_that_cannot_be(bench: Bench, broken: bytes, line: str) -> None:
    bench.put(kernel=broken)
    assert bench.refuses() == f"kernel: {line}"


ROOM = 0xA0000 - PAGE - 0xA000


@pytest.mark.parametrize(("broken", "line"), [
    (b"", "empty file"),
    (elf()[:51], "ELF file is truncated"),
    (elf()[:52 + 63], "ELF file is truncated"),
    (elf(phoff=0xFFFFFFF0), "ELF file is truncated"),
    (elf(phnum=0xFFFF), "ELF file is truncated"),
    (elf(phnum=0), "ELF file has no program headers"),
    (elf(phentsize=40), "ELF file's program headers are not of 32 bytes"),
    (elf(ident=b"\x7fELF\2\1\1"), "ELF file is not for the i386"),
    (elf(ident=b"\x7fELF\1\2\1"), "ELF file is not for the i386"),
    (elf(machine=62), "ELF file is not for the i386"),
    (elf(version=2), "ELF file of an unknown version"),
    (elf(kind=1), "ELF file is not an executable"),
    (elf([replace(TEXT, type=4)]), "ELF file has nothing to load"),
    (elf()[:-1], "segment 1 is truncated"),
    (elf([replace(TEXT, offset=0xFFFFF000)]), "segment 0 is truncated"),
    (elf([TEXT, replace(DATA, offset=0x1000, filesz=0xFFFFF800)]), "segment 1 is truncated"),
    (elf([replace(TEXT, memsz=0x2344)]), "segment 0 is larger in the file than in memory"),
    (elf([TEXT, replace(DATA, memsz=0xFFFFF000)]), "segment 1 wraps around"),
    (elf(entry=0x2345), "entry 0x2345 is in no segment"),
    (elf([TEXT, replace(DATA, memsz=ROOM - 0x3000 + 1)]), "client ends at 0x9f001, above 0x9f000"),
    (bytes([0x90]) * (ROOM + 1), "client ends at 0x9f001, above 0x9f000"),
    (aout(0o413, short=1), "a.out file is truncated"),
    (aout(0o407, text=0xFFFFFFFF, data=0xFFFFFFFF), "a.out file is truncated"),
    (aout(0o407, bss=0xFFFFFFFF), "bss of 0xffffffff bytes"),
    (aout(0o407, entry=0x2800), "entry 0x2800 is not in the text"),
], ids=called)
def test_clients_that_cannot_be(bench: Bench, broken: bytes, line: str) -> None:
    bench.put(client=broken)
    assert bench.refuses() == f"client: {line}"


def test_largest_clients(bench: Bench) -> None:
    bench.put(client=elf([TEXT, replace(DATA, memsz=ROOM - 0x3000)]))
    bench.join()
    bench.put(client=bytes([0x90]) * ROOM)
    bench.join()
    assert bench.refuses("-E", "1") == "client: client ends at 0x9f001, above 0x9f000"


def test_file_of_more_than_16_mb(bench: Bench) -> None:
    with (bench.folder / "client").open("wb") as big:
        big.truncate(0x1000001)
    assert bench.refuses() == "client: larger than 16 MiB"


def test_warnings(bench: Bench) -> None:
    bench.put(client=elf([replace(TEXT, address=0x2000)], entry=0x2000))
    assert bench.warns() == "client: warning: starts at 0x2000, neither 0 nor 0x1000"
    bench.put(client=elf([TEXT, DATA, replace(DATA, address=0x6000)]))
    assert bench.warns().startswith("client: warning: more than two segments")
    bench.put(client=aout(0o410))
    assert bench.warns() == "client: warning: NMAGIC is taken as OMAGIC"
    bench.put(client=elf())
    assert bench.warns("-P", "1") == "client: warning: entry 0x40 is on page 0, which is not present"
    bench.put(kernel=kernel() + b"more")
    assert bench.warns() == "kernel: warning: 0x4 bytes behind its end are left out"
    assert bench.get("out") == bench.get("loader") + patch(kernel(), entry=0x40, pages=3) + elf()


# ---------------------------------------------------------------- any bytes at all


def mutant(draw: Random) -> bytes:
    """A client with a few bytes or words replaced, mostly in its headers, and sometimes cut short."""
    data = bytearray(draw.choice([elf(), elf([TEXT]), aout(0o413), aout(0o407), aout(0o314)]))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(116 if draw.random() < 0.9 else len(data))
        word = draw.choice([0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, draw.getrandbits(32),
                            len(data) - at])
        size = draw.choice([1, 2, 4])
        data[at:at + size] = struct.pack("<I", word)[:size]
    return bytes(data[:draw.randrange(len(data))] if draw.random() < 0.2 else data)


def test_no_bytes_crash_it(bench: Bench) -> None:
    draw = Random(1)
    for _ in range(FUZZED_ALONE):
        bench.put(client=mutant(draw))
        done = bench.run("-q", "-f", draw.choice(["bin", "aout", "elf"]))
        assert (done.returncode, done.stderr.count("\n")) in ((0, 0), (1, 1)), done


def test_no_bytes_lead_out_of_the_file(tmp_path: Path) -> None:
    program = compile_host(tmp_path / "fuzz", "-I", TREE / "boot", TREE / "grade/tests/btxld_fuzz.c",
                           SOURCES / "client.c")
    draw = Random(2)
    files = [mutant(draw) for _ in range(FUZZED_TOGETHER)]
    done = subprocess.run([program], input=b"".join(struct.pack("<I", len(one)) + one for one in files),
                          capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    taken, refused = (int(word) for word in done.stdout.split())
    assert taken + refused == FUZZED_TOGETHER
    assert min(taken, refused) > FUZZED_TOGETHER // 10, "these mutants do not ask much"
