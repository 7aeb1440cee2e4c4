"""kernel/kern and kernel/libkern on this computer: the kernel's own sources, around stubs, under the sanitizers.

What C's library has too is compared with the host's, with drawn arguments; what BSD alone has, with models here. What
comes from outside the kernel (environment, metadata, an old message buffer) is fed in damaged.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import TREE, tool

SOURCES = ("kern/kvprintf", "kern/subr_prf", "kern/subr_msgbuf", "kern/kern_environment", "kern/subr_param",
           "kern/subr_module", "kern/subr_eventhandler", "kern/subr_autoconf", "kern/tty_cons", "kern/kern_shutdown", "libkern/string", "libkern/strtoul",
           "libkern/qdivrem", "i386/memory")
TESTS = ("kern_host", "kern_host_draws", "kern_host_sets", "kern_host_events", "kern_host_hooks")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.", "-Ikernel")
# Names that the host's own library has: ours get another. The compiler itself calls the second ones.
RENAMED = """printf vprintf log sprintf snprintf vsnprintf getenv memcmp bcmp strlen strnlen strlcpy strlcat strcmp
    strncmp strchr strrchr strstr strtoul strtol strtouq malloc free""".split()
RENAMED_IN = {"memory": "memcpy memmove memset bcopy bzero".split(),
              "qdivrem": "__udivmoddi4 __divmoddi4 __udivdi3 __umoddi3 __divdi3 __moddi3".split()}
WALL_SECONDS = 60               # a watchdog
STARTED = 3                     # lines that say how cninit() went


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that kern_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("kern-host")
    compiler = [tool("gcc"), *FLAGS]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    objects = []
    for source in (*(f"kernel/{name}.c" for name in SOURCES), *(f"grade/tests/{name}.c" for name in TESTS)):
        stem = Path(source).stem
        names = [f"-D{name}=kern_{name}" for name in RENAMED + RENAMED_IN.get(stem, [])]
        objects.append(folder / f"{stem}.o")
        subprocess.run([*compiler, *names, *sanitizers, "-c", "-o", objects[-1], source], cwd=TREE, check=True)
    program = folder / "kern_host"
    subprocess.run([tool("gcc"), *sanitizers, "-o", program, *objects], check=True)
    return program


def run(host: Path, *words: object, status: int = 0) -> str:
    """What a command prints. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == status, (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    return done.stdout.decode("latin-1")


def block(*strings: str, end: str = "\0") -> str:
    """An environment's bytes, in hex."""
    return ("".join(f"{string}\0" for string in strings) + end).encode().hex()


# ---------------------------------------------------------------- libc's part


@pytest.mark.parametrize("command, count", [("printf", 60_000), ("numbers", 30_000), ("strings", 40_000),
                                            ("divide", 30_000)])
def test_like_the_host(host: Path, command: str, count: int) -> None:
    """Formats, numbers, strings, divisions: what the host's library makes of them."""
    for seed in (1, 2):
        assert run(host, command, seed, count) == ""


# ---------------------------------------------------------------- BSD's formats


def in_base(number: int, base: int) -> str:
    """A number's digits."""
    digits = ""
    while number or not digits:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[number % base] + digits
        number //= base
    return digits


def bits_model(value: int, base: int, names: list[tuple[int, str]]) -> str:
    """What %b prints."""
    shown = [name for bit, name in names if value >> (bit - 1) & 1]
    return in_base(value, base) + (f"<{','.join(shown)}>" if shown else "")


def test_bits(host: Path) -> None:
    """%b: base, and the names of the bits that are set, among them the 32nd, whose number is a blank."""
    random = Random(1)
    for _ in range(25):
        base, value = random.choice([2, 8, 10, 16]), random.getrandbits(32) >> random.randrange(32)
        bits = sorted(random.sample(range(1, 33), random.randrange(33)))
        names = [(bit, f"BIT{bit}") for bit in bits]
        text = chr(base) + "".join(chr(bit) + name for bit, name in names)
        assert run(host, "b", value, text.encode().hex()) == bits_model(value, base, names) + "\n"
    assert run(host, "b", 0x80000001, b"\x10\x01FPU\x20PBE".hex()) == "80000001<FPU,PBE>\n"
    # No base, no bit's number, an empty string: no reading behind the end.
    assert run(host, "b", 5, b"\x01ONE".hex()) == "5\n"
    assert run(host, "b", 5, b"\x10ONE\x03THREE".hex()) == "5<THREE>\n"
    assert run(host, "b", 5, "") == "5\n"


def test_dump(host: Path) -> None:
    """%D: so many bytes as the width says, 16 without one."""
    random = Random(2)
    for width in (1, 2, 6, 16, 40, 0):
        data = random.randbytes(width or 16)
        for separator in (":", "", ", "):
            expected = separator.join(f"{byte:02x}" for byte in data)
            assert run(host, "D", width, separator.encode().hex(), data.hex()) == expected + "\n"


@pytest.mark.parametrize("radix, fmt, value, expected", [
    (16, "%r", 255, "ff"), (8, "%r", 8, "10"), (2, "%r", 5, "101"), (36, "%r", 35, "z"), (16, "%r", -1, "ffffffff"),
    (16, "%+r", -1, "-1"), (10, "%+r", 7, "7"), (10, "%-6r|", 7, "7     |"), (16, "%#r", 16, "0x10"),
    (0, "%r", 11, "11"),
    (10, "%z", -255, "-ff"), (10, "%#z", -255, "-0xff"), (10, "%z", 255, "ff"), (10, "%8z|", -1, "      -1|"),
    (10, "%z%", 10, "a%"), (10, "%p", 0, "0"), (10, "%p", 0x1000, "0x1000"), (10, "%8p", 0x1000, "    1000"),
    # What is no conversion, and all behind it, stands as it is.
    (10, "%d %y %d", 1, "1 %y %d"), (10, "100%", 1, "100%"), (10, "%n", 1, "%n"), (10, "%5", 1, "%5"),
    (10, "%l", 1, "%l"),
    (10, "%99999.99999d", 1, "0" * 4095 + "1"), (10, "%-99999999999c|", 97, "a" + " " * 4095 + "|")],
                         ids=lambda value: ascii(value)[:24])
def test_own_formats(host: Path, radix: int, fmt: str, value: int, expected: str) -> None:
    """%r in the current radix, %z signed hex, %p, and what is none."""
    assert run(host, "n", radix, fmt, value) == expected + "\n"


# ---------------------------------------------------------------- lists and sets


def insert(items: list[str], op: str, x: str, y: str) -> bool:
    """Do an operation to a list; return False where it cannot be done to it."""
    if op in "htabc" and x in items or op in "ab" and y not in items or op == "r" and x not in items:
        return False
    if op == "c" and (y in items or x == y) or op == "f" and not items:
        return False
    match op:
        case "h":
            items.insert(0, x)
        case "t":
            items.append(x)
        case "a":
            items.insert(items.index(y) + 1, x)
        case "b":
            items.insert(items.index(y), x)
        case "r":
            items.remove(x)
        case "f":
            items.pop(0)
        case "c":
            items += [x, y]
        case "s":
            items[:] = [item for item in items if item <= x]
    return True


@pytest.mark.parametrize("kind, ops", [("slist", "haaarfs"), ("list", "haabbrs"), ("stailq", "htaarfcs"),
                                       ("tailq", "htabbrfcs")])
def test_queues(host: Path, kind: str, ops: str) -> None:
    """Each kind of list under 3000 drawn operations, against a list of Python's."""
    random, items, program, expected = Random(kind), [], "", []
    while len(expected) < 3000:
        op, x, y = random.choice(ops), random.choice("abcdefghijkl"), random.choice("abcdefghijkl")
        if op == "s" and random.random() < 0.7 or not insert(items, op, x, y):
            continue
        program += op + x + y
        text = "".join(items)
        extra = {"stailq": f"/{text[-1:] or '-'}", "tailq": f"/{text[::-1]}"}.get(kind, "")
        expected.append(text + extra)
    assert run(host, "queue", kind, program).splitlines() == expected


def test_bitset(host: Path) -> None:
    """Sets of 70 numbers under 2000 drawn operations, against Python's."""
    random, one, other, program, expected = Random(3), set(), set(), "", []
    for _ in range(2000):
        op, n = random.choice("+++++--?01&|~=xx"), random.randrange(70)
        program += op + chr(ord("0") + n)
        prefix = f"{int(n in one)} " if op == "?" else ""
        if op == "x":
            one, other = other, one
        one = {"+": one | {n}, "-": one - {n}, "0": set(), "1": set(range(70)), "&": one & other, "|": one | other,
               "~": one - other, "=": set(other)}.get(op, one)
        numbers = (len(one), min(one, default=-1) + 1, not one, bool(one & other), one >= other, one != other)
        expected.append(prefix + " ".join(str(int(number)) for number in numbers))
    assert run(host, "bitset", program).splitlines() == expected


class Events:
    """A list of handlers, as sys/eventhandler.h describes it. said: what is printed."""

    def __init__(self) -> None:
        self.entries: list[list] = []           # name, priority, alive
        self.jobs: dict[str, tuple[str, str]] = {}
        self.said = ""

    def enter(self, name: str, priority: int) -> None:
        if not any(entry[0] == name and entry[2] for entry in self.entries):
            later = (at for at, entry in enumerate(self.entries) if entry[2] and entry[1] > priority)
            self.entries.insert(next(later, len(self.entries)), [name, priority, True])

    def leave(self, name: str) -> None:
        for entry in self.entries:
            if entry[0] == name:
                entry[2] = False

    def invoke(self) -> None:
        number = 0
        while number < len(self.entries):
            entry = self.entries[number]
            if entry[2]:
                self.said += f"{entry[0]}."
                self._work(*self.jobs.pop(entry[0], ("", "")))
                number = next(at for at, other in enumerate(self.entries) if other is entry)
            number += 1

    def _work(self, job: str, other: str) -> None:
        if job == "k":
            self.leave(other)
        elif job == "n":
            self.enter(other, 5)
        elif job == "i":
            self.invoke()

    def do(self, op: str) -> None:
        if op[0] == "r":
            self.enter(op[1], int(op[2]))
        elif op[0] == "d":
            self.leave(op[1])
        elif op[0] == "!":
            self.invoke()
            self.said += "\n"
            self.entries = [entry for entry in self.entries if entry[2]]
        else:
            self.jobs[op[1]] = (op[0], op[2])


def test_event_handlers(host: Path) -> None:
    """Priorities, order of registration; handlers that come and go while their list is gone through."""
    draw = Random(3)
    for _ in range(40):
        model, program = Events(), ""
        for _ in range(150):
            kind, names = draw.choice("rrrdkni!"), "".join(draw.choices("abcdefghij", k=2))
            op = kind + names[0] + (str(draw.randrange(10)) if kind == "r" else names[1])
            program += op
            model.do(op)
        assert run(host, "events", program) == model.said


def test_two_make_the_list(host: Path) -> None:
    """Somebody registers first in a list while another, who wants to make it, sleeps for its memory: both are called."""
    assert run(host, "events", "sab!aarc5!aa") == "b.a.\nb.a.c.\n"


@pytest.mark.parametrize("kinds, seen", [
    ("", ""), ("..", ". . "), ("+.", "+ . . "), ("i", "i woken "), ("i.i", "i . i woken woken "),
    ("n", "n " + 5 * "late "), ("ni", "n i woken " + 5 * "late "),
])
def test_configuration_hooks(host: Path, kinds: str, seen: str) -> None:
    """The boot waits for each, also for who is taken back by an interrupt just before it sleeps; but not for ever."""
    assert run(host, "hooks", kinds) == seen + "\n"


# ---------------------------------------------------------------- environment


def test_tunable_macros(host: Path) -> None:
    """Each TUNABLE_ sets its variable from the environment; one without a value, or with nonsense, is left alone."""
    env = block("test.int=-7", "test.ulong=0xffffffff", "test.quad=3g", "test.text=longer")
    assert run(host, "tunables", env).splitlines()[STARTED:] == ["-7 4294967295 3221225472 longe"]
    assert run(host, "tunables", block("a=1")).splitlines()[STARTED:] == ["1 2 3 four"]
    nonsense = block("test.int=7x", "test.ulong=-1", "test.quad=", "test.text=")
    *told, values = run(host, "tunables", nonsense).splitlines()[STARTED:]
    assert sorted(told) == ['test.int="7x" makes no sense', 'test.quad="" makes no sense',
                            'test.ulong="-1" makes no sense']
    assert values == "1 2 3 "


def test_environment(host: Path) -> None:
    """Values as strings and numbers, with suffixes; the first of two counts; a prefix of a name is no name."""
    env = block("a=1", "no equals sign", "=empty name", "a=2", "ab=0x10", "c=", "size=64M", "big=4294967296", "neg=-5",
                "bad=12x", "octal=010", "spare=a=b", "huge=99999999999999999999", "most=2147483648", "many=16777216g",
                "over=17179869184g", "least=-2147483648")
    lines = run(host, "env", env, "a", "b", "ab", "c", "size", "big", "neg", "bad", "octal", "spare", "huge", "most",
                "many", "over", "least").splitlines()[STARTED:]
    assert [line for line in lines if not line.startswith("have ")] == [
        "a=1 string 1 int 1 ulong 1 quad 1", "b=[none]", "ab=0x10 string 0x10 int 16 ulong 16 quad 16", "c= string ",
        "size=64M string 64M quad 67108864", "big=4294967296 string 4294967 ulong 4294967296 quad 4294967296",
        "neg=-5 string -5 int -5", "bad=12x string 12x", "octal=010 string 010 int 8 ulong 8 quad 8",
        "spare=a=b string a=b", "huge=99999999999999999999 string 9999999",
        "most=2147483648 string 2147483 ulong 2147483648 quad 2147483648",
        "many=16777216g string 1677721 quad 18014398509481984", "over=17179869184g string 1717986",
        "least=-2147483648 string -214748 int -2147483648"]
    assert sum(line.startswith("have ") for line in lines) == 17


NO_END = "The loader's environment has no end: what is whole of it counts"


@pytest.mark.parametrize("env, expected", [
    ("", ["a=[none]"]), (block(), ["a=[none]"]), (block("a=1", end=""), [NO_END, "have a=1",
                                                                         "a=1 string 1 int 1 ulong 1 quad 1"]),
    (block("b=1", end="a=5"), [NO_END, "have b=1", "a=[none]"]), (b"a=1".hex(), [NO_END, "a=[none]"]),
    (block("x" * 60_000 + "=1", "a=7"), ["have " + "x" * 60_000 + "=1", "have a=7",
                                         "a=7 string 7 int 7 ulong 7 quad 7"]),
    (block("a", "ab", "=", "=a"), ["have a", "have ab", "have =", "have =a", "a=[none]"])],
                         ids=range(7))
def test_bad_environment(host: Path, env: str, expected: list[str]) -> None:
    """No double NUL, no NUL at all, no '=', an over-long name: what is whole counts, nothing behind is read."""
    assert run(host, "env", env, "a").splitlines()[STARTED:] == expected


def parameters(host: Path, pages: int, *strings: str) -> tuple[list[str], dict[str, int]]:
    """The messages of init_param1 and 2, and what they set."""
    lines = run(host, "param", block(*strings), pages).splitlines()
    words = lines[-1].split()
    return lines[:-1], dict(zip(words[::2], map(int, words[1::2])))


@pytest.mark.parametrize("pages, users", [(2048, 32), (16384, 32), (65536, 128), (1 << 18, 384), (3 << 18, 384)])
def test_parameters(host: Path, pages: int, users: int) -> None:
    """FreeBSD's formulas, from 8 MB to 3 GB."""
    procs = min(20 + 16 * users, pages // 12)
    messages, values = parameters(host, pages)
    assert values == {"hz": 100, "tick": 10_000, "maxusers": users, "maxproc": procs, "maxprocperuid": procs * 9 // 10,
                      "maxfiles": 2 * procs, "maxfilesperproc": 2 * procs * 9 // 10, "ncallout": 16 + 3 * procs,
                      "nbuf": 0}
    assert not any("=" in message for message in messages)


@pytest.mark.parametrize("variable, name, value, message", [
    ("kern.hz=1000", "hz", 1000, None), ("kern.hz=0", "hz", 19, "kern.hz=0 is not between 19 and 10000: 19 is used"),
    ("kern.hz=fast", "hz", 100, 'kern.hz="fast" makes no sense: 100 is used'),
    ("kern.maxusers=10", "maxproc", 180, None),
    ("kern.hz=", "hz", 100, 'kern.hz="" makes no sense: 100 is used'), ("kern.maxproc=50", "maxfiles", 100, None),
    ("kern.maxproc=-1", "maxproc", 20, "kern.maxproc=-1 is not between 20 and 1365: 20 is used"),
    ("kern.maxproc=100000", "maxproc", 1365, "kern.maxproc=100000 is not between 20 and 1365: 1365 is used"),
    ("kern.maxfiles=5", "maxfiles", 532, "kern.maxfiles=5 is not between 532 and 1000000: 532 is used"),
    ("kern.nbuf=77", "nbuf", 77, None), ("kern.ncallout=1000", "ncallout", 1000, None)])
def test_tunables(host: Path, variable: str, name: str, value: int, message: str | None) -> None:
    """What is set is used; nonsense is told, with the variable's name."""
    messages, values = parameters(host, 16384, variable)
    assert values[name] == value
    assert [text for text in messages if "=" in text] == ([message] if message else [])


# ---------------------------------------------------------------- metadata


def record(kind: int, data: bytes) -> bytes:
    """One record, padded."""
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4)


def file(name: str, kind: str, address: int, *more: bytes) -> bytes:
    """The records of one file."""
    return b"".join([record(1, name.encode() + b"\0"), record(2, kind.encode() + b"\0"),
                     record(3, struct.pack("<I", address)), record(4, struct.pack("<I", 4096)), *more])


END = bytes(8)
KERNEL = file("/kernel", "elf kernel", 0x100000, record(6, b"-v\0"), record(0x8003, b"\1\2\3\4"),
              record(0x9001, bytes(60)))
MODULE = file("/boot/modules/linux.ko", "elf module", 0x300000)
SOUND = KERNEL + MODULE + END


def test_metadata(host: Path) -> None:
    """Two files and what is known of them; addresses are moved, those of symbols too."""
    lines = run(host, "metadata", SOUND.hex()).splitlines()[STARTED:]
    assert lines == ["1:8 2:b 3:4 at c0100000 4:4 6:3 8003:4 9001:3c /kernel",
                     "1:17 2:b 3:4 at c0300000 4:4 /boot/modules/linux.ko", "kernel 1 module 1 sum 1"]
    assert run(host, "metadata", END.hex()).splitlines()[STARTED:] == ["kernel 0 module 0 sum 1"]


@pytest.mark.parametrize("name, line", [(b"/kern", "1:6"), (b"/kernel!", "1:8")], ids=["in the padding", "cut"])
def test_a_string_is_given_its_end(host: Path, name: bytes, line: str) -> None:
    """GRUB leaves out the NUL behind a module's arguments."""
    lines = run(host, "metadata", (record(1, name) + record(2, b"elf kernel\0") + END).hex()).splitlines()[STARTED:]
    assert lines[0].split()[0] == line and lines[-1].startswith("kernel 1 ")


@pytest.mark.parametrize("records, fault", [
    (SOUND[:-8], "record 12 at {}: there is no end"), (SOUND[:-1], "record 12 at {}: there is no end"),
    (record(1, b"x\0") + struct.pack("<II", 2, 0xFFFFFFFF) + END, "record 2 at {}: longer than what is left"),
    (record(1, b"x\0") + struct.pack("<II", 2, 0xFFFFFFF8) + END, "record 2 at {}: longer than what is left"),
    (record(1, b"x\0") + struct.pack("<II", 0x9001, 9) + END, "record 2 at {}: longer than what is left"),
    (record(1, b"") + END, "record 1 at {}: an empty string"),
    (record(1, b"x\0") + record(3, b"ab") + END, "record 2 at {}: too short for a word"),
    (record(1, b"x\0") + record(0x8007, b"") + END, "record 2 at {}: too short for a word"),
    (record(3, bytes(4)) + END, "record 1 at {}: before the first name"), (b"", "record 1 at {}: there is no end")],
                         ids=lambda value: ascii(value)[:24])
def test_lying_metadata(host: Path, records: bytes, fault: str) -> None:
    """A size that lies, no end: told, and nothing is found."""
    lines = run(host, "metadata", records.hex()).splitlines()[STARTED:]
    before, after = f"The loader's metadata is ignored: {fault}".split("{}")
    assert lines[0].startswith(before) and lines[0].endswith(after), lines
    assert lines[1:] == ["kernel 0 module 0 sum 1"]


def test_metadata_fuzz(host: Path) -> None:
    """Thousands of damaged lists: no read behind the end, no walk without one."""
    out = run(host, "fuzz", SOUND.hex(), 4, 5000)
    assert out.count("is ignored") > 2000 and "longer than" in out


# ---------------------------------------------------------------- message buffer

STRUCTURE = 16 + struct.calcsize("P")       # behind the text


def test_msgbuf(host: Path, tmp_path: Path) -> None:
    """What was printed early is kept; a warm boot adds to what was there; the oldest goes first."""
    memory = tmp_path / "memory"
    memory.write_bytes(Random(5).randbytes(512))
    room = 512 - STRUCTURE - 1
    text = run(host, "msgbuf", memory, 512, "first boot\n", "one\n")
    assert text == "first boot\n<6>one\n"
    for number in range(40):
        text = (text + f"boot {number}\n<6>two\n<6>three\n")[-room:]
        assert run(host, "msgbuf", memory, 512, f"boot {number}\n", "two\n", "three\n") == text


@pytest.mark.parametrize("offset, value", [(0, 0x063061), (4, 487), (4, 0xFFFFFFFF), (8, 488), (12, 488),
                                           (12, 0xFFFFFFFF)])
def test_msgbuf_damaged(host: Path, tmp_path: Path, offset: int, value: int) -> None:
    """Another magic, or an index behind the end: the buffer begins anew."""
    memory = tmp_path / "memory"
    memory.write_bytes(bytes(512))
    assert run(host, "msgbuf", memory, 512, "before ") == "before "
    assert run(host, "msgbuf", memory, 512, "kept ") == "before kept "
    data = bytearray(memory.read_bytes())
    struct.pack_into("<I", data, 512 - STRUCTURE + offset, value)
    memory.write_bytes(data)
    assert run(host, "msgbuf", memory, 512, "after") == "after"


def test_msgbuf_early(host: Path, tmp_path: Path) -> None:
    """More early text than there is room for: the first of it is kept, and the rest counted."""
    memory = tmp_path / "memory"
    memory.write_bytes(bytes(8192))
    text = "".join(chr(ord("a") + n % 26) for n in range(5000))
    assert run(host, "msgbuf", memory, 8192, text) == text[:4096] + "\n[904 characters lost]\n"


# ---------------------------------------------------------------- console

SERIAL, MULTIPLE, MUTE, PAUSE = 0x1000, 0x20000000, 0x10000, 0x100000


@pytest.mark.parametrize("howto, variables, there, expected", [
    (0, [], "11", ["vga"]), (SERIAL, [], "11", ["sio0"]), (MULTIPLE, [], "11", ["vga", "sio0"]),
    (SERIAL | MULTIPLE, [], "11", ["sio0", "vga"]), (SERIAL, [], "10", ["vga"]), (0, [], "01", ["sio0"]),
    (MULTIPLE, [], "10", ["vga"]), (0, [], "00", []), (0, ["console=comconsole"], "11", ["sio0"]),
    (0, ["console=vidconsole"], "11", ["vga"]), (0, ["console=comconsole,vidconsole"], "11", ["sio0", "vga"]),
    (0, ["console=vidconsole comconsole"], "11", ["vga", "sio0"]), (0, ["console=comconsole"], "10", ["vga"]),
    (SERIAL, ["console=vidconsole"], "11", ["sio0"]), (0, ["console=comconsole,comconsole"], "11", ["sio0"]),
    (0, ["console=teletype"], "11", ["vga"]), (0, ["console="], "11", ["vga"])])
def test_console(host: Path, howto: int, variables: list[str], there: str, expected: list[str]) -> None:
    """The flags choose, else console=; what is not there is made up for; early text comes too, once."""
    out = run(host, "console", howto, block(*variables), *there, "")
    assert [name for name in ("vga", "sio0") if f"[probe {name}]" in out] == [
        name for name, bit in zip(("vga", "sio0"), there) if bit == "1"]
    assert [line[6:-1] for line in out.splitlines() if line.startswith("[init ")] == expected
    screen, _, line = out.partition("[sio0 has ")
    assert screen.count("early") == screen.count("late\r\n") == ("vga" in expected)
    assert line.startswith("early late\n") == ("sio0" in expected)
    assert out.count("names a console that there is not") == (variables == ["console=teletype"])


def test_keys(host: Path) -> None:
    """Enter is a newline from any console; a muted one has neither output nor keys."""
    assert run(host, "console", 0, block(), 1, 1, "x ~").splitlines()[-2].endswith("[key 120][none][key 10]")
    for howto, variables in ((MUTE, []), (0, ["console=vidconsole,nullconsole"])):
        out = run(host, "console", howto, block(*variables), 1, 1, "")
        assert "early" not in out and "late" not in out


def test_pause(host: Path) -> None:
    """RB_PAUSE: each line waits for a key, until a dot."""
    assert run(host, "console", PAUSE, block(), 1, 1, " .").count("<pause;") == 1


# ---------------------------------------------------------------- panic

UPTIME = "Uptime: 2d3h4m5s"
ABORT = "Automatic reboot in 15 seconds - press a key on the console to abort"


def last_words(host: Path, how: str, keys: str = "", *variables: str) -> list[str]:
    """The lines on the screen."""
    return run(host, "panic", 0, block(*variables), keys, how).replace("\r\n", "\n").splitlines()[STARTED:]


def test_panic(host: Path) -> None:
    """Message, uptime, 15 seconds, reset; the console is started for it."""
    assert last_words(host, "") == ["panic: nothing at 99%", UPTIME, "Cannot dump. No dump device defined.", ABORT,
                                    "Rebooting...", "[reset after 16000 ms]"]
    assert last_words(host, "cold") == ["panic: nothing at 99%", UPTIME, ABORT, "Rebooting...",
                                        "[reset after 16000 ms]"]
    assert last_words(host, "", "   x      y") == [
        "panic: nothing at 99%", UPTIME, "Cannot dump. No dump device defined.", ABORT,
        "--> Press a key on the console to reboot,", "--> or switch off the system now.", "Rebooting...",
        "[reset after 1400 ms]"]
    assert last_words(host, "f")[2:4] == ["Cannot dump. No dump device defined.", "[final]"], "a dump needs its disk"
    assert last_words(host, "D")[:2] == ["panic: nothing at 99%", "[debugger: panic]"]


def test_panic_in_panic(host: Path) -> None:
    """A panic of the debugger's resets at once; one of the console's does, too, and does not come back for ever."""
    assert last_words(host, "d") == ["panic: nothing at 99%", "[debugger: panic]", "panic: in the debugger",
                                     "Rebooting...",
                                     "[reset after 1000 ms]"]
    assert last_words(host, "p") == ["[reset after 0 ms]"]


def test_halt(host: Path) -> None:
    """The words of a halt; a key reboots; without a console it stays."""
    assert last_words(host, "H", "x") == [UPTIME, "", "The operating system has halted.",
                                          "Please press any key to reboot.",
                                          "", "Rebooting...", "[reset after 1000 ms]"]
    assert run(host, "panic", 0, block(), "x", "h") == "[halt]\n"
