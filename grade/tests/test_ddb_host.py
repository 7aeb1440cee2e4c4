"""The kernel debugger on this computer: its own sources, around one block of memory, under the sanitizers.

The disassembler is compared with binutils' over all that the reference is made of, expressions with Python's, symbol
tables with what was put into them; and what lies or is damaged is fed in.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import TREE, make, tool

DDB = ("access", "break", "command", "examine", "expr", "input", "lex", "output", "sym", "variables", "watch", "write")
SOURCES = (*(f"ddb/db_{name}" for name in DDB), "i386/db_disasm", "i386/db_disasm_tab", "kern/kvprintf",
           "kern/subr_symtab", "libkern/string", "libkern/strtoul")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.", "-Ikernel")
# Names that the host's own library has: ours get another.
RENAMED = """printf vprintf log sprintf snprintf vsnprintf getenv memcmp bcmp strlen strnlen strlcpy strlcat strcmp
    strncmp strchr strrchr strstr strtoul strtol strtouq""".split()
BASE = 0xC0100000
WALL_SECONDS = 120              # a watchdog


@pytest.fixture(scope="session", name="host")
def build_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that ddb_host.c describes, with the sanitizers where the compiler has them."""
    folder = tmp_path_factory.mktemp("ddb-host")
    compiler = [tool("gcc"), *FLAGS, *(f"-D{name}=kern_{name}" for name in RENAMED)]
    (folder / "empty.c").write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", folder / "empty", folder / "empty.c"],
                           capture_output=True, check=False)
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    objects = []
    for source in (*(f"kernel/{name}.c" for name in SOURCES), "grade/tests/ddb_host.c"):
        objects.append(folder / f"{Path(source).stem}.o")
        subprocess.run([*compiler, *sanitizers, "-c", "-o", objects[-1], source], cwd=TREE, check=True)
    program = folder / "ddb_host"
    subprocess.run([tool("gcc"), *sanitizers, "-o", program, *objects], check=True)
    return program


def run(host: Path, *words: object, keys: bytes = b"") -> str:
    """What the program prints. A sanitizer's report, or a signal, fails the test."""
    done = subprocess.run([host, *map(str, words)], input=keys, capture_output=True, check=False, timeout=WALL_SECONDS,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, (done.stdout[-1000:] + done.stderr[-3000:]).decode(errors="replace")
    return done.stdout.decode("latin-1")


@dataclass
class Debugger:
    """The debugger over a block of memory."""

    host: Path
    folder: Path
    memory: bytes = bytes(range(256)) * 4
    base: int = BASE
    symbols: bytes = b""

    def __call__(self, *lines: str) -> list[str]:
        """What each line makes it print."""
        (self.folder / "memory").write_bytes(self.memory)
        (self.folder / "symbols").write_bytes(self.symbols)
        printed = run(self.host, "commands", self.folder / "memory", f"{self.base:x}",
                      *([self.folder / "symbols"] if self.symbols else []),
                      keys="".join(f"{line}\n" for line in lines).encode())
        return re.split(r"^\.\n", printed, flags=re.MULTILINE)[:-1]

    def value(self, expression: str) -> str:
        """An expression's value in hex, or what is wrong with it."""
        return self(f"print/x {expression}")[0].strip()


@pytest.fixture(name="ddb")
def debugger(host: Path, tmp_path: Path) -> Debugger:
    """A debugger over bytes 0 to 255, four times."""
    return Debugger(host, tmp_path)


def symbol_tables(symbols: Sequence[tuple[str, int, int]]) -> bytes:
    """What a loader leaves: names, values, st_info."""
    strings, table = bytearray(1), bytearray(16)
    for name, value, info in symbols:
        table += struct.pack("<IIIBBH", len(strings), value, 0, info, 0, 1)
        strings += name.encode() + b"\0"
    return struct.pack("<I", len(table)) + table + struct.pack("<I", len(strings)) + strings


FUNC, LOCAL_FUNC, OBJECT = 0x12, 0x02, 0x11
SYMBOLS = symbol_tables([("btext", BASE, FUNC), ("main", BASE + 0x40, FUNC), ("helper", BASE + 0x40, LOCAL_FUNC),
                         ("table", BASE + 0x80, OBJECT), ("foo.part.0", BASE + 0x90, LOCAL_FUNC)])


# ---------------------------------------------------------------- disassembler

SUFFIXED = re.compile(r"(add|or|adc|sbb|and|sub|xor|cmp|mov|push|pop|test|inc|dec|not|neg|mul|imul|div|idiv|rol|ror|"
                      r"rcl|rcr|shl|shr|sar|lea|xchg|bt|bts|btr|btc|bsf|bsr|shld|shrd|in|out|cmpxchg|xadd|pusha|popa|"
                      r"pushf|popf|les|lds|lss|lfs|lgs|nop|bound|lar|lsl|lods|stos|scas|movs|cmps|ins|outs|lgdt|lidt|"
                      r"sgdt|sidt)[bwl]")
CONDITIONS = {"z": "e", "nz": "ne", "nb": "ae", "nbe": "a", "nl": "ge", "nle": "g"}
OTHER_NAMES = {"wait": "fwait", "loopz": "loope", "loopnz": "loopne"}
# What binutils shows that says nothing: the segment that is meant anyhow, an index that is none, a distance of 0.
NOISE = re.compile(r"\s*<[^>]*>|\s+#.*|%ds:(?=\(%e?[sb][ix]\))|,%eiz,\d|(?<!\w)0(x0)?(?=\()|\bdata16 |\baddr16 ")


def normal(text: str) -> str:
    """An instruction in words that both disassemblers have."""
    text = re.sub(r"\s+", " ", NOISE.sub("", text)).strip()
    text = re.sub(r"^tzcnt ", "repz bsf ", text)            # a name that our CPUs do not know
    prefix = ""
    while found := re.match(r"(repn?z|rep|lock|[c-gs]s) (?=\w)", text):
        prefix, text = prefix + found[0], text[found.end():]
    name, _, operands = text.partition(" ")
    if found := SUFFIXED.fullmatch(name):
        name = found[1]
    if found := re.fullmatch("(j|set|cmov)(n?z|nb|nbe|nl|nle)", name):
        name = found[1] + CONDITIONS[found[2]]
    name = OTHER_NAMES.get(name, name)
    operands = operands.replace("(%dx)", "%dx").replace("%db", "%dr")
    if re.match("j|call|loop", name) and re.fullmatch("[0-9a-f]+", operands):
        operands = f"0x{operands}"
    operands = re.sub(r"\b0x([0-9a-f]+)\b", lambda number: f"{int(number[1], 16):#x}", operands)
    operands = re.sub(r"(?<![\w(])0(?!x)", "0x0", operands) if "st(" not in operands else operands
    if (name, operands) in (("xchg", "%ax,%ax"), ("xlat", "(%ebx)")):
        name, operands = {"xchg": "nop", "xlat": "xlat"}[name], ""
    return f"{prefix}{name} {operands}".strip()


@dataclass(frozen=True)
class Difference:
    """Two opinions about an instruction."""

    where: str
    binutils: str
    ours: str


def instructions(program: Path) -> tuple[int, bytes, list[tuple[int, int, str]]]:
    """An object's text: where it is, its bytes, and what binutils makes of it: address, length, text."""
    headers = subprocess.run([tool("objdump"), "-h", program], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\s\.text\s+([0-9a-f]+)\s+([0-9a-f]+)\s+\S+\s+([0-9a-f]+)", headers)
    if not found:
        return 0, b"", []
    size, base, offset = (int(number, 16) for number in found.groups())
    listing = subprocess.run([tool("objdump"), "-d", "-w", "-z", "-j", ".text", program], capture_output=True,
                             text=True, check=True).stdout
    lines = re.findall(r"^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(?:\t(.*))?$", listing, flags=re.MULTILINE)
    return base, program.read_bytes()[offset:offset + size], [(int(address, 16), len(data.split()), text)
                                                              for address, data, text in lines]


def compare(ddb: Debugger, program: Path) -> tuple[int, list[Difference], list[Difference]]:
    """Disassemble an object. Returns how many instructions there were, the wrong lengths, the other texts."""
    ddb.base, ddb.memory, wanted = instructions(program)
    if not wanted:
        return 0, [], []
    lengths, texts = [], []
    answers = ddb(*(f"@{address:x}" for address, _, _ in wanted))
    for (address, length, text), answer in zip(wanted, answers, strict=True):
        *shown, after = answer.splitlines()
        one = Difference(f"{program.name}:{address:x}", text, "".join(shown) or after)
        if after != f"{address + length:x}":
            lengths.append(one)
        elif normal(text) != normal(one.ours):
            texts.append(one)
    return len(wanted), lengths, texts


def compare_all(ddb: Debugger, programs: Sequence[Path]) -> int:
    """The same of many; any difference fails. Returns how many instructions there were."""
    count, lengths, texts = 0, [], []
    for program in programs:
        some, *differences = compare(ddb, program)
        count += some
        lengths += differences[0]
        texts += differences[1]
    kinds = Counter(normal(one.binutils).split()[0] for one in texts)
    assert not lengths, lengths[:20]
    assert not texts, (kinds, texts[:20])
    return count


def test_disassembler(ddb: Debugger) -> None:
    """Each instruction of our assembly and of some of our C, as binutils has it: length and text."""
    make("build/ref/kernel/kernel")
    folder = TREE / "build/ref/kernel"
    programs = [folder / f"{name}.o" for name in ("i386/locore", "i386/exception", "i386/support", "i386/db_access",
                                                  "i386/trap", "kern/kvprintf", "libkern/qdivrem")]
    assert compare_all(ddb, programs) > 2500


@pytest.mark.long
def test_disassembler_on_everything(ddb: Debugger) -> None:
    """The same of all that the kernel and the loader are made of."""
    make("build/ref/kernel/kernel", "build/ref/boot/loader/loader", "build/ref/boot/loader/testkernel/kernel")
    programs = [*(TREE / "build/ref/kernel").rglob("*.o"), *(TREE / "build/ref/boot/loader").rglob("*.o")]
    assert compare_all(ddb, sorted(programs)) > 20_000


FORMS = """
    fld1; fchs; faddp; fsubrp %st,%st(3); fxch %st(2); fildl (%eax); fistpll 8(%ebp); fldt (%ecx); fnstcw -2(%ebp)
    fldcw (%esp); fnstsw %ax; fucompp; fnsave (%eax); frstor 0x1000(%ebx); fninit; fwait; nop; fdivrs (%edx,%ecx,4)
    movb %ah,%bl; movw %cx,(%esi); movw $0x1234,%dx; xchg %ax,%dx; addw $-1,%cx; imul $3,%eax,%edx; imul (%edi),%ecx
    shld $3,%eax,(%edx); shrd %cl,%ebx,%ecx; bswap %esi; cmpxchg8b (%edi); lock cmpxchg %ecx,(%edx); lock incl (%eax)
    rep movsl; repz cmpsb; repnz scasb; rep stosw; lodsw; insl (%dx),%es:(%edi); rep outsw %ds:(%esi),(%dx); xlat
    lgdt (%eax); lidt 6(%ecx); sgdt (%eax); ltr %ax; str %cx; lldt %bx; sldt %eax; lmsw %ax; smsw %eax; invlpg (%eax)
    mov %cr0,%eax; mov %eax,%cr3; mov %db7,%ecx; mov %ecx,%db0; clts; wbinvd; invd; rdtsc; rdmsr; wrmsr; cpuid; ud2
    lcall $7,$0; ljmp $8,$0xc0100000; lcall *(%eax); ljmp *4(%edx); lret; lret $4; iret; int $0x80; int3; into
    mov %ds,%eax; mov %ax,%es; mov %fs:4,%eax; mov %gs:(%eax),%cl; push %fs; pop %gs; les (%eax),%ecx; lss 8(%ebx),%esp
    cmovne %eax,%edx; setle %cl; setbe (%eax); movzbl (%eax,%ecx),%edx; movswl %ax,%ecx; movsbw %al,%dx; bsf %eax,%ecx
    btsl $5,(%eax); btr %ecx,%edx; enter $16,$0; leave; bound %eax,(%ecx); arpl %ax,(%edx); lar %ax,%ecx; verr %ax
    in $0x60,%al; in (%dx),%eax; out %al,$0x20; out %ax,(%dx); aam; aad; daa; das; aaa; aas; cwtl; cbtw; cltd; cwtd
    pushal; popal; pushf; popf; pushw $5; push $-1; push $0x12345678; sahf; lahf; hlt; cli; sti; cmc; clc; std
    addr16 mov (%bx),%eax; addr16 mov 4(%bp,%si),%cx; addr16 lea -3(%di),%ax; mov 0x1234(,%eax,8),%ecx; jmp *(%eax)
    call *%eax; call *8(%esp); testb $1,0xc0123456; notl (%eax); negb %cl; divl (%ecx); mull %ebx; rcl %cl,%dl
    sarl %eax
"""


def test_forms(ddb: Debugger, tmp_path: Path) -> None:
    """The instructions that a kernel has few of or none."""
    source, target = tmp_path / "forms.s", tmp_path / "forms.o"
    source.write_text(FORMS.replace("\n", ";\n"), encoding="ascii")
    subprocess.run([tool("as"), "--32", "-o", target, source], check=True)
    assert compare_all(ddb, [target]) > 130


def test_instructions_as_written(ddb: Debugger) -> None:
    """FreeBSD's names and operands; symbols where there are some; what is none."""
    ddb.memory = bytes.fromhex("55 89e5 8b45fc c705800010c078563412 74fe e829000000 8b0485800010c0 f00f0f").ljust(64)
    ddb.symbols = SYMBOLS
    plain, with_bytes = ddb("x/i btext,9", "x/I btext+1")
    assert plain.splitlines() == [
        "btext:\tpushl\t%ebp", "btext+0x1:\tmovl\t%esp,%ebp", "btext+0x3:\tmovl\t-0x4(%ebp),%eax",
        "btext+0x6:\tmovl\t$0x12345678,table", "btext+0x10:\tjz\tbtext+0x10", "btext+0x12:\tcall\tmain",
        "btext+0x17:\tmovl\ttable(,%eax,4),%eax", "btext+0x1e:\t???\t0xf0", "btext+0x1f:\t???\t0xf"]
    assert with_bytes == "btext+0x1:\tmovl\t%esp,%ebp\t\t/* 89 e5 */\n"


def test_unreadable_instructions(ddb: Debugger) -> None:
    """One that ends behind the end of memory: that is said."""
    ddb.memory = bytes.fromhex("90 c705 8000")
    assert ddb(f"x/i {BASE + 1:#x}") == ["0xc0100001:\tBad address 0xc0100003\n"]


# ---------------------------------------------------------------- words and values

SIGNED = 1 << 31


def wrap(number: int) -> int:
    """A number in 32 bits, signed."""
    return (number + SIGNED) % (1 << 32) - SIGNED


def quotient(a: int, b: int) -> int:
    """C's division."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def draw_expression(random: Random, depth: int) -> tuple[str, int]:
    """An expression in which everything binds by itself, in parentheses, and its value."""
    if depth == 0:
        number = random.getrandbits(random.choice([3, 8, 31, 32]))
        return random.choice([f"0x{number:x}", f"0t{number}", f"0o{number:o}", f"0{number:x}"]), wrap(number)
    sign = random.choice(["-", "~", "!", "(", *"+-*/%#", "<<", ">>"])
    left, a = draw_expression(random, depth - 1)
    if sign in "-~!":
        return f"{sign}({left})", wrap({"-": -a, "~": ~a, "!": int(not a)}[sign])
    if sign == "(":
        return f"({left})", a
    right, b = draw_expression(random, random.randrange(depth))
    if sign in ("<<", ">>"):
        b = random.randrange(34)
        right = f"0{b:x}"
    if sign in "/%#" and b == 0:
        right, b = "3", 3
    unsigned = a % (1 << 32)
    value = 0
    if sign in "+-*":
        value = {"+": a + b, "-": a - b, "*": a * b}[sign]
    elif sign in ("<<", ">>"):
        value = unsigned << b if sign == "<<" else unsigned >> b
    else:
        rest = a - quotient(a, b) * b
        value = {"/": quotient(a, b), "%": rest, "#": (quotient(a, b) + (rest > 0)) * b if b != -1 else a}[sign]
    return f"({left}) {sign} ({right})", wrap(value)


def test_expressions(ddb: Debugger) -> None:
    """Drawn expressions have the values that Python gives them."""
    random = Random(3)
    drawn = [draw_expression(random, random.randrange(4)) for _ in range(3000)]
    drawn = [(text, value) for text, value in drawn if len(text) < 100]
    answers = ddb(*(f"print/x {text}" for text, _ in drawn))
    assert [(text, answer.strip()) for (text, _), answer in zip(drawn, answers, strict=True)] == [
        (text, f"{value % (1 << 32):x}") for text, value in drawn]


@pytest.mark.parametrize("text, value", [
    ("2+3*4", "e"), ("0t10 - 3 - 2", "5"), ("1 << 2 + 1", "8"), ("10 # 0t12", "18"), ("-1", "ffffffff"),
    (f"*{BASE:#x}", "3020100"), (f"*({BASE:#x}+4)+1", "7060505"), ("~0 >> 0t28", "f"), ("1 << 20", "0"),
    ("-0x80000000 / -1", "80000000"), ("5 % 0", "Divide by 0"), ("1 << -1", "Negative shift amount"),
    ("5 +", "Syntax error"), ("(5", "Syntax error"), ("5 6", "Syntax error"), ("12g", "Bad character in number"),
    ("0t1a", "Bad character in number"), ("0x", "Bad character in number"), ("nothing", "Symbol not found"),
    ("$nothing", "Unknown variable"), ("$", "Bad character"), ("@", "Bad character"), ("*0", "Bad address 0"),
    ("-" * 60 + "1", "Expression too deep"), ("(" * 60, "Expression too deep"), ("\\", "Symbol not found"),
])
def test_values(ddb: Debugger, text: str, value: str) -> None:
    """How operators bind, and what is wrong with what is none."""
    assert ddb.value(text) == value


def test_commands(ddb: Debugger) -> None:
    """A command may be cut short where that leaves no doubt."""
    assert ddb("frob", "sho", "show", "show fr", "sh reg", "wh", "tr", "se", "s", "st", "unt", "x/q 0", "x/", "p/s 0",
               "print ,", "break ,5x", "1") == [
        "No such command\n", "No such command\n", "No such command\n", "No such command\n", "db_show_regs_cmd\n",
        "db_stack_trace_cmd\n", "db_stack_trace_cmd\n", "Ambiguous\n", "db_single_step_cmd\n", "db_single_step_cmd\n",
        "db_trace_until_call_cmd\n", "Bad modifier\n", "Bad modifier\n", "Bad modifier\n", "Count missing\n",
        "Bad character in number\n", "No such command\n"]
    assert len(ddb("help")[0].splitlines()) > 20


def test_hostile_lines(ddb: Debugger) -> None:
    """Drawn words in any order: an answer, and no report of a sanitizer's."""
    random = Random(4)
    words = ["x", "print", "search", "write", "break", "delete", "watch", "dwatch", "set", "show", "breaks", "watches",
             "/", "/x", "/bhlg", "/i", ",", "(", ")", "*", "$", "$radix", "$eip", "$lines", "=", "1", f"{BASE:x}", "-1",
             ".", "..", "+", '"', "\\", "<<", "#", "0t", "btext", "4", "help", "", " "]
    ddb.symbols = SYMBOLS
    lines = ["".join(random.choices(words, k=random.randrange(1, 9))) for _ in range(3000)]
    lines = [f"{line[:110]}" for line in lines if not re.search(r"panic|reset|call", line)]
    assert len(ddb(*lines)) == len(lines)


# ---------------------------------------------------------------- memory


def test_examine(ddb: Debugger) -> None:
    """Formats, sizes, counts, going on by an empty line."""
    ddb.symbols = SYMBOLS
    ddb.memory = ddb.memory[:0x80] + b"text\n\0" + struct.pack("<iI", -2, BASE + 0x41) + bytes(2) + ddb.memory[0x90:]
    asked = {
        "x/x btext": "btext:\t3020100\n", "": "btext+0x4:\t7060504\n", "x/bx btext,3": "btext:\t0   1   2\n",
        "x/x btext,5": "btext:\t3020100         7060504         b0a0908         f0e0d0c\nbtext+0x10:\t13121110\n",
        "x/hd btext+10": "btext+0x10:\t4368\n", "x/c table,5": "table:\ttext\\012\n",
        "x/s table": "table:\ttext\\012\n",
        "x/d table+6": "table+0x6:\t-2\n", "x/u table+6": "table+0x6:\t4294967294\n",
        "x/a table+0a": "table+0xa:\tmain+0x1\n",
        "x/o btext": "btext:\t0300400400\n", "x/r table+6": "table+0x6:\t-2\n", "x/z table+6": "table+0x6:\t-2\n",
        "x/gx btext": "btext:\t706050403020100\n", "x/i 1": "0x1:\tBad address 0x1\n",
        "x/x btext+3fe": "foo.part.0+0x36e:\tBad address 0xc01003fe\n",
        "x/bx btext+3ff,2": "foo.part.0+0x36f:\tff  Bad address 0xc0100400\n",
    }
    answers = [re.sub(" *\n", "\n", answer) for answer in ddb(*asked)]
    assert dict(zip(asked, answers, strict=True)) == asked


def test_print(ddb: Debugger) -> None:
    """One value, in each format; the addresses that have names of their own."""
    ddb.symbols = SYMBOLS
    asked = {
        "print main": "c0100040", "print/r main": "-3fefffc0", "print/d -2": "-2", "print/u -2": "4294967294",
        "print/o 10": "020", "print/c 41": "A", "print/c 0a": "\\012", "print/a main+4": "main+0x4", "print/z -1": "-1",
        "x/bx btext+8,3": "btext+0x8:\t8   9   a", "print .": "c010000a", "print +": "c010000b", "print ..": "c010000a",
        'print "': "c010000a",
    }
    answers = [answer.strip() for answer in ddb(*asked)]
    assert dict(zip(asked, answers, strict=True)) == asked


def test_search(ddb: Debugger) -> None:
    """Values, masks, counts; where it ends."""
    ddb.symbols = SYMBOLS
    assert ddb("search/b btext 42", "", "search btext 47464544", "search/h btext 4000 0f000,0t100",
               "search/b btext 42,10", "search btext 1", "search", "search btext", "search/g btext 1") == [
        "main+0x2:\t0x42\n", "foo.part.0+0xb2:\t0x42\n", "main+0x4:\t0x47464544\n", "main:\t0x4140\n",
        "Not found\n", "Bad address 0xc0100400\n", "Address missing\n", "Value missing\n", "Bad modifier\n"]


def test_write(ddb: Debugger) -> None:
    """Old and new contents; several values; what cannot be written."""
    ddb.symbols = SYMBOLS
    assert ddb("write btext 0cafe", "write/b btext 1 2", "x/x btext", "write 0 5", "write", "write btext",
               "w/g btext 1") == [
        "btext\t\t0x3020100\t=\t  0xcafe\n",
        "btext\t\t    0xfe\t=\t     0x1\nbtext+0x1\t\t    0xca\t=\t     0x2\n", "btext:\t201             \n",
        "Bad address 0\n", "Address missing\n", "Value missing\n", "Bad modifier\n"]


def test_breakpoints_and_watchpoints(ddb: Debugger) -> None:
    """Their tables, and what is wrong."""
    ddb.symbols = SYMBOLS
    assert ddb("show breaks", "break main,3", "break main", "show breaks", "delete btext", "delete main", "show breaks",
               "break 0", "show watches", "watch table", "watch main,8", "watch main", "show watches", "dwatch btext",
               "dwatch main", "dwatch table", "show watches", "watch 0", "watch table,1000") == [
        "No breakpoints set\n", "", "Already set.\n", " Map      Count    Address\n*       0     3    main\n",
        "Not set.\n", "", "No breakpoints set\n", "Bad address 0\n", "No watchpoints set\n", "", "", "Already set.\n",
        " Map        Address  Size\n*       0  c0100080  4\n*       0  c0100040  8\n", "Not set.\n", "", "",
        "No watchpoints set\n", "Bad address 0\n", "Bad size\n"]
    answers = ddb(*(f"break {BASE + number:#x}" for number in range(101)),
                  *(f"watch {BASE + number:#x}" for number in range(17)))
    assert answers[100] == "All breakpoints used.\nToo many breakpoints.\n" and set(answers[:100]) == {""}
    assert answers[117] == "All watchpoints used.\n"


def test_variables(ddb: Debugger) -> None:
    """They can be read, set to what makes sense, and are obeyed."""
    assert ddb("print $radix", "set $radix = 0t10", "print 10", "set $radix 10", "set $radix = 1", "set $radix 0x10",
               "set $maxoff=0", "set $tabstops = 0", "set $tabstops = 4", "x/bx 0c0100000", "set $eip = 0c0100004",
               "print/x $eip", "set 5", "set $lines", "set $nothing 1") == [
        "10\n", "", "a\n", "", "Bad radix\n", "", "", "Bad tab stops\n", "",
        "0xc0100000: 0   \n", "", "c0100004\n", "Unknown variable\n", "Value missing\n", "Unknown variable\n"]


# ---------------------------------------------------------------- symbols


def test_symbols(ddb: Debugger) -> None:
    """By value: the nearest, a global one before a local one. By name, with dots."""
    ddb.symbols = SYMBOLS
    assert ddb("print/a main", "print/a main+3f", "print/a table+4") == ["main\n", "main+0x3f\n", "table+0x4\n"]
    assert ddb("print/x foo.part.0", "print/a btext-1", "print/a btext+20000", "print/x helper") == [
        "c0100090\n", "0xc00fffff\n", "0xc0120000\n", "c0100040\n"]


def lying_tables() -> dict[str, tuple[bytes, str]]:
    """Tables that lie, and what is said of them."""
    good = SYMBOLS
    size, = struct.unpack_from("<I", good)
    outside = bytearray(good)
    struct.pack_into("<I", outside, 4 + 2 * 16, len(good))
    return {
        "empty": (good[:4], "no room for its sizes"),
        "too large": (struct.pack("<I", 0x7FFFFFF0) + good[4:], "its size is wrong"),
        "a huge size": (struct.pack("<I", 0xFFFFFFF0) + good[4:], "its size is wrong"),
        "half a symbol": (struct.pack("<I", size - 8) + good[4:], "its size is wrong"),
        "strings too large": (good[:4 + size] + struct.pack("<I", 1 << 20) + good[8 + size:],
                              "its strings' size is wrong"),
        "no strings": (good[:4 + size] + struct.pack("<I", 0), "its strings' size is wrong"),
        "no end": (good[:-1] + b"x", "its strings do not end"),
        "a name outside": (bytes(outside), "a name is outside of its strings"),
    }


@pytest.mark.parametrize("lie", lying_tables())
def test_symbols_that_lie(ddb: Debugger, lie: str) -> None:
    """They are told, and not used."""
    ddb.symbols, wrong = lying_tables()[lie]
    assert ddb("print/a 0c0100040") == [f"WARNING: the loader's symbol table is not used: {wrong}\n0xc0100040\n"]


def test_damaged_symbols(host: Path, tmp_path: Path) -> None:
    """Ten thousand damaged tables: no reading behind their ends."""
    (tmp_path / "symbols").write_bytes(SYMBOLS)
    run(host, "fuzz", tmp_path / "symbols", 1, 10_000)


# ---------------------------------------------------------------- the line, and pages


@pytest.mark.parametrize("keys, line", [
    (b"abc\r", "abc"), (b"abd\x7fc\r", "abc"), (b"ab\x01x\x05y\r", "xaby"), (b"abc\x02\x02\x04\r", "ac"),
    (b"one two\x17three\r", "one three"), (b"abc\x15d\r", "d"), (b"abc\x02\x02\x0b\r", "a"),
    (b"abc\x1b[D\x1b[Dx\r", "axbc"),
    (b"abc\x1b[H\x1b[Cx\r", "axbc"), (b"abc\x03", ""), (b"\x7f\x02\x04\x17\x10a\r", "a"), (b"a\x07\x00b\x1bZ\r", "ab"),
    (b"y" * 200 + b"\r", "y" * 120), (b"y" * 110 + b"\x01z\r", "z" + "y" * 110), (b"a\tb\r", "a b"),
])
def test_editing(host: Path, keys: bytes, line: str) -> None:
    """Keys, and the line that comes of them."""
    assert re.findall("<(.*)>", run(host, "edit", keys=keys))[0] == line


def test_screen_while_editing(host: Path) -> None:
    """What a terminal shows of it: the line as it is, its window where it is long."""
    shown = run(host, "edit", keys=b"hello\x01\x06x\x05!\r")
    screen, at = [" "] * 200, 0
    for character in shown[:shown.index("\n")]:
        if character == "\b":
            at -= 1
        else:
            screen[at] = character
            at += 1
    assert "".join(screen).strip() == "hxello!"
    assert max(len(run(host, "edit", keys=b"y" * 110 + b"\r").split("\n")[0].split("\b")[0]), 0) <= 72


def test_history(host: Path) -> None:
    """Lines before, each once; back to the new one."""
    lines = re.findall("<(.*)>", run(host, "edit", keys=b"one\rtwo\rtwo\r\x10\x10\r\x1b[A\x1b[A\x1b[B!\r\x10\x0e\r" +
                                     b"n\r" * 20 + b"\x10" * 30 + b"\r"))
    assert lines[:6] == ["one", "two", "two", "one", "one!", ""]
