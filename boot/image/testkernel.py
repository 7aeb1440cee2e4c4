"""Reads the report of the test kernel, boot/loader/testkernel, and knows what it should say of itself.

The test kernel says on COM1 what the loader that started it has handed over. Its lines begin with "testkernel: ";
whatever else stands on the line, a loader's own output, is no concern of this module. Used by tests of boot2, of the
loader and of other systems' loaders, which compare the parts of a `Report` with what they asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from boot.image.probe import checksum
from boot.image.sector import read_sections

_PREFIX = "testkernel: "


@dataclass(frozen=True)
class Segment:
    """A segment that a selector named on entry. `base` and the rest are None when it is outside of the GDT."""

    selector: int
    base: int | None
    limit: int | None
    access: int | None


@dataclass(frozen=True)
class Symbols:
    """The symbols that were loaded: where they begin and end, bytes in the two tables, and where `btext` is."""

    start: int
    end: int
    symtab: int
    strtab: int
    btext: int | None = None


@dataclass(frozen=True)
class Record:
    """A record of the metadata: its kind by name ("NAME", "MD_SMAP"), size and text; `word` is its first four bytes,
    for an ELF header the entry."""

    kind: str
    size: int
    text: str = ""
    word: int | None = None


@dataclass(frozen=True)
class Report:
    """What the test kernel found.

    stack:       the words at ESP: return, howto, bootdev, zero (three), bootinfo, modulep, kernend.
    sum:         over .text and .data; see `expected_sum`.
    bootinfo:    its fields without the bi_, or None when there is none.
    environment: or None when there is none; likewise records.
    symbols:     by who told where they are, "bootinfo" and "record".
    contents:    for each loaded file but the kernel the checksum of its bytes in memory, in the records' order.
    """

    registers: Mapping[str, int]
    segments: Mapping[str, Segment]
    a20: bool
    stack: Mapping[str, int]
    zero: tuple[int, ...]
    sum: int
    bss_zero: bool
    bootinfo: Mapping[str, int] | None
    kernelname: str | None
    geometries: tuple[int, ...]
    environment: Mapping[str, str] | None
    records: tuple[Record, ...] | None
    smap: tuple[tuple[int, int, int], ...]
    symbols: Mapping[str, Symbols]
    contents: tuple[int, ...]

    def files(self) -> list[list[Record]]:
        """The records by loaded file: each NAME begins one."""
        files: list[list[Record]] = []
        for record in self.records or ():
            if record.kind == "NAME":
                files.append([])
            files[-1].append(record)
        return files


def expected_sum(kernel: bytes) -> int:
    """The sum that a test kernel must report, from its file. Raises SectorError when it is no ELF program."""
    sections = {section.name: section.data or b"" for section in read_sections(kernel)}
    return checksum(sections[".text"] + sections[".data"])


def parse_report(text: str) -> Report:
    """Read what came on COM1, which may hold other lines, too. Raises ValueError when no whole report is in it."""
    reader = _Reader()
    for line in re.split(r"\r?\n", text):
        _, found, said = line.partition(_PREFIX)
        if found:
            reader.take(said)
    return reader.report()


def _words(text: str) -> dict[str, int]:
    return {name: int(value, 0) for name, value in re.findall(r"(\w+)=(0x[0-9a-f]+|[0-9]+)", text)}


def _unquoted(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), text)


@dataclass
class _Reader:
    """The report as far as it has been read."""

    registers: dict[str, int] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    a20: bool = False
    stack: dict[str, int] = field(default_factory=dict)
    zero: tuple[int, ...] = ()
    sum: int | None = None
    bss_zero: bool = False
    bootinfo: dict[str, int] | None = None
    kernelname: str | None = None
    geometries: tuple[int, ...] = ()
    environment: dict[str, str] | None = None
    records: list[Record] | None = None
    smap: list[tuple[int, int, int]] = field(default_factory=list)
    symbols: dict[str, Symbols] = field(default_factory=dict)
    contents: list[int] = field(default_factory=list)
    begun: bool = False
    ended: bool = False

    def take(self, said: str) -> None:
        """Read one line, less the prefix. Raises ValueError."""
        kind, _, rest = said.partition(" ")
        reader: Callable[[str], None] | None = getattr(self, f"_take_{kind}", None)
        if reader is None or (not self.begun and kind != "begin") or self.ended:
            raise ValueError(f"this is no line of a test kernel's report: {said!r}")
        reader(rest)

    def report(self) -> Report:
        """What has been read. Raises ValueError when something is missing."""
        if not self.ended or self.sum is None or not self.registers or not self.stack:
            raise ValueError("there is no whole report of a test kernel")
        return Report(self.registers, self.segments, self.a20, self.stack, self.zero, self.sum, self.bss_zero,
                      self.bootinfo, self.kernelname, self.geometries, self.environment,
                      None if self.records is None else tuple(self.records), tuple(self.smap), self.symbols,
                      tuple(self.contents))

    def _take_begin(self, _: str) -> None:
        self.begun = True

    def _take_end(self, _: str) -> None:
        self.ended = True

    def _take_registers(self, rest: str) -> None:
        self.registers = _words(rest)

    def _take_segment(self, rest: str) -> None:
        name, _, described = rest.partition("=")
        words = _words(described)
        self.segments[name] = Segment(int(described.split()[0], 16), words.get("base"), words.get("limit"),
                                      words.get("access"))

    def _take_a20(self, rest: str) -> None:
        self.a20 = rest == "on"

    def _take_stack(self, rest: str) -> None:
        words = _words(rest)
        self.zero = words.pop("zero1"), words.pop("zero2"), words.pop("zero3")
        self.stack = words

    def _take_image(self, rest: str) -> None:
        self.sum = _words(rest)["sum"]

    def _take_bss(self, rest: str) -> None:
        self.bss_zero = rest.endswith(" zero")

    def _take_bootinfo(self, rest: str) -> None:
        if self.bootinfo is None:
            self.bootinfo = {}
        self.bootinfo |= _words(rest)

    def _take_kernelname(self, rest: str) -> None:
        self.kernelname = _unquoted(rest)

    def _take_geometries(self, rest: str) -> None:
        used, *geometries = rest.split()
        self.bootinfo["n_bios_used"] = int(used)
        self.geometries = tuple(int(word, 0) for word in geometries)

    def _take_symbols(self, rest: str) -> None:
        source, _, described = rest.partition(" ")
        if described not in ("absent", "absurd"):
            self.symbols[source] = Symbols(**_words(described))

    def _take_symbol(self, rest: str) -> None:
        source, _, found = rest.partition(" btext=")
        known = self.symbols[source]
        self.symbols[source] = Symbols(known.start, known.end, known.symtab, known.strtab, int(found, 16))

    def _take_env(self, rest: str) -> None:
        if self.environment is None:
            self.environment = {}
        name, _, value = _unquoted(rest).partition("=")
        self.environment[name] = value

    def _take_environment(self, rest: str) -> None:
        if rest.endswith(" bytes") and self.environment is None:
            self.environment = {}
        elif rest == "endless":
            raise ValueError("the environment does not end")

    def _take_record(self, rest: str) -> None:
        if self.records is None:
            self.records = []
        kind, size, described = (*rest.split(" ", 2), "")[:3]
        words = _words(described)
        is_text = kind in ("NAME", "TYPE", "ARGS")
        self.records.append(Record(kind, int(size), _unquoted(described) if is_text else "",
                                   None if is_text else words.get("entry", words.get("word"))))

    def _take_records(self, rest: str) -> None:
        if rest == "endless":
            raise ValueError("the metadata does not end")
        if rest != "absent" and int(rest) != len(self.records or ()):
            raise ValueError(f"{rest} records, and {len(self.records or ())} were reported")
        if rest == "0":
            self.records = []

    def _take_smap(self, rest: str) -> None:
        base, length, kind = rest.split()
        self.smap.append((int(base, 16), int(length, 16), int(kind)))

    def _take_content(self, rest: str) -> None:
        self.contents.append(_words(rest)["sum"])
