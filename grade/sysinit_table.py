"""What runs when: the ordered table that kernel/sys/kernel.h opens with, and the enums that give its words values.

SYSINIT hides who calls whom; the table is how we pay that back, and it is worth as much as it is true. So it is read,
not only printed: the handouts make a page of it, and grade/tests/test_sysinit_table.py compares it with what the linked
kernel has and with what `boot -v` says.

A row is `subsystem order function file`, in the order of the boot. The file is below kernel/, and has the SYSINIT in
it. `(each MACRO)` behind it makes the row stand for all the entries of a macro, wherever they are; its file is the
function's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HEADER = Path("kernel/sys/kernel.h")
HEAD = re.compile(r"^ \*\tsubsystem\t+order\t+function\t+file$")
ROW = re.compile(r"^ \*\t([A-Z][A-Z0-9_]*)\s+([A-Z]+(?:\+\d+)?)\s+(\w+)\s+([\w/]+\.[cS])(?:\s+\(each (\w+)\))?$")
VALUE = re.compile(r"^\t(SI_\w+?)\s*= (0x[0-9a-f]+),?(?:\s*/\* (.+) \*/)?$")


class TableError(Exception):
    """The header's table or its enums are not what they should be."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `each` is the macro that it stands for, or empty."""

    line: int
    subsystem: str
    order: str
    function: str
    file: str
    each: str


@dataclass(frozen=True)
class Subsystem:
    """One of enum sysinit_sub_id: its name without SI_SUB_, its value, and what it is for."""

    name: str
    value: int
    meaning: str


@dataclass(frozen=True)
class Table:
    """The rows as they stand, and what their words mean."""

    rows: tuple[Row, ...]
    subsystems: dict[str, Subsystem]
    orders: dict[str, int]

    def keys(self, row: Row) -> tuple[int, int]:
        """By what the engine sorts."""
        order, _, more = row.order.partition("+")
        return self.subsystems[row.subsystem].value, self.orders[order] + int(more or 0)


def read_table(root: Path) -> Table:
    """The table of the tree at `root`. Raises TableError, and OSError."""
    return parse_table((root / HEADER).read_text(encoding="utf-8"))


def parse_table(text: str) -> Table:
    """The table in the header's text: every line of it a row, every word of it known, sorted. Or TableError."""
    lines = text.splitlines()
    subsystems = {name.removeprefix("SI_SUB_"): Subsystem(name.removeprefix("SI_SUB_"), value, meaning)
                  for name, value, meaning in _values(lines, "sysinit_sub_id")}
    orders = {name.removeprefix("SI_ORDER_"): value for name, value, _ in _values(lines, "sysinit_elem_order")}
    table = Table(tuple(_rows(lines)), subsystems, orders)
    before = (0, 0)
    for row in table.rows:
        if row.subsystem not in subsystems:
            raise _fault(row.line, f"there is no SI_SUB_{row.subsystem}")
        if row.order.partition("+")[0] not in orders:
            raise _fault(row.line, f"there is no SI_ORDER_{row.order}")
        if table.keys(row) < before:
            raise _fault(row.line, f"{row.function} stands behind something later")
        before = table.keys(row)
    return table


def _rows(lines: list[str]) -> list[Row]:
    """From the line below the table's head to the next that is empty."""
    heads = [at for at, line in enumerate(lines) if HEAD.match(line)]
    if len(heads) != 1:
        raise TableError(f"{HEADER}: {len(heads)} lines read `subsystem order function file', and one should")
    rows = []
    for at, line in enumerate(lines[heads[0] + 1:], heads[0] + 2):
        if line.rstrip() == " *":
            break
        found = ROW.match(line)
        if not found:
            raise _fault(at, f"{line!r} is no row: want a subsystem, an order, a function, a file")
        rows.append(Row(at, *found.groups(default="")))
    if not rows:
        raise _fault(heads[0] + 1, "the table is empty")
    return rows


def _values(lines: list[str], enum: str) -> list[tuple[str, int, str]]:
    """Name, value and comment of each of the enum's."""
    if f"enum {enum} {{" not in lines:
        raise TableError(f"{HEADER}: it has no enum {enum}")
    values = []
    start = lines.index(f"enum {enum} {{") + 1
    for at, line in enumerate(lines[start:], start + 1):
        if line == "};":
            break
        found = VALUE.match(line)
        if not found:
            raise _fault(at, f"{line!r} is no value of an enum")
        values.append((found[1], int(found[2], 16), found[3] or ""))
    return values


def _fault(line: int, message: str) -> TableError:
    return TableError(f"{HEADER}, line {line}: {message}")
