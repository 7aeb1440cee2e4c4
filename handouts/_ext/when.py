"""Sphinx directives `what-runs-when`, `boot-line`, `free-places`: the boot's order, from kernel/sys/kernel.h itself.

    ```{what-runs-when}
    ```

is the table at the top of that header (grade/sysinit_table.py reads it), each row with its keys as numbers and with the
line at which its function begins; and where its SYSINIT stands, if the function is not this row's alone. A function or
a file that is not there stops the build, and so does a row that makes no sense.

    ```{boot-line} From init386 to the first process
    KMEM malloc() works
    ```

draws the subsystems that the table has, from top to bottom, each with what it runs; a line of the content is what holds
from a subsystem on. `free-places` lists the subsystems that the table does not have, with what FreeBSD does there.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

import excerpt
from grade.sysinit_table import HEADER, Row, Subsystem, Table, TableError, read_table
from source import Shown, tree_of

WIDTH, LEFT, LINE = 370, 88, 14     # of the drawing; where its texts begin; from one line to the next
COLUMNS = 40                        # letters in a line


class WhenError(SphinxError):
    """The table says what the tree does not have."""

    category = "handouts"


class FromTable(SphinxDirective):
    """What the three have in common: the table, read once more whenever the header changes."""

    def table(self) -> Table:
        root = Path(self.env.srcdir).parent
        self.env.note_dependency(str(root / HEADER))
        try:
            return read_table(root)
        except TableError as error:
            raise WhenError(str(error)) from error
        except OSError as error:
            raise WhenError(f"{HEADER}: {error.strerror}") from error


class WhatRunsWhen(FromTable):
    """The table, row by row."""

    def run(self) -> list[nodes.Node]:
        table = self.table()
        body = []
        for name, rows in by_subsystem(table):
            subsystem = table.subsystems[name]
            for first, row in zip([True, *[False] * len(rows)], rows):
                head = [whole(f"{subsystem.value:07x}")] if first else []
                runs = [code(f"{row.function}()")]
                if row.each:
                    runs += [nodes.Text(", for each "), code(row.each)]
                body.append([head, named(subsystem) if first else [], [whole(row.order)], runs, self.places(row, table)])
        return [table_of(["value", "subsystem", "order", "function", "file"], body)]

    def places(self, row: Row, table: Table) -> list[nodes.Node]:
        """Where the function begins; and, if others have it run as well, what has it run here."""
        fellows = [other for other in table.rows if other.function == row.function]
        own = self.function(row, row.file)
        if row.each:
            behind = [nodes.Text(", by "), whole(self.macro(row))]
        elif own and len(fellows) == 1:
            behind = []
        else:
            before = [other for other in fellows[:fellows.index(row)] if other.file == row.file]
            behind = [nodes.Text(", SYSINIT at "), whole(self.sysinit(row, len(before)))]
        return [whole(own or self.foreign(row)), *behind]

    def function(self, row: Row, file: str) -> str | None:
        """The place of the row's function in a file, or None."""
        shown = self.shown(row, file)
        search = excerpt.asm_routine if file.endswith(".S") else excerpt.c_function
        try:
            return f"{file}:{search(shown.text, row.function).first}"
        except excerpt.ExcerptError:
            if row.each:
                raise self.fault(row, f"kernel/{file} has no function {row.function}") from None
            return None

    def foreign(self, row: Row) -> str:
        """The same, in whichever file it is."""
        kernel = Path(self.env.srcdir).parent / "kernel"
        files = [str(path.relative_to(kernel)) for path in sorted(kernel.glob("*/*.c"))]
        for place in filter(None, (self.function(row, file) for file in files if file != row.file)):
            return place
        raise self.fault(row, f"no file below kernel/ has the function {row.function}")

    def sysinit(self, row: Row, nth: int) -> str:
        """The place of the file's n-th SYSINIT of the row's function."""
        text = self.shown(row, row.file).text
        found = list(re.finditer(rf"^\w*SYSINIT\([^;]*\b{row.function}\b", text, re.MULTILINE))
        if nth >= len(found):
            raise self.fault(row, f"kernel/{row.file} has no function {row.function}, nor a SYSINIT of it")
        return f"{row.file}:{line_of(text, found[nth])}"

    def macro(self, row: Row) -> str:
        """The place of the macro whose entries the row stands for."""
        kernel = Path(self.env.srcdir).parent / "kernel"
        for path in sorted(kernel.glob("sys/*.h")):
            text = path.read_text(encoding="utf-8")
            if found := re.search(rf"^#define\s+{row.each}\b", text, re.MULTILINE):
                self.env.note_dependency(str(path))
                return f"{path.relative_to(kernel)}:{line_of(text, found)}"
        raise self.fault(row, f"no header in kernel/sys has the macro {row.each}")

    def shown(self, row: Row, file: str) -> Shown:
        tree = tree_of(self.env)
        if not tree.has(f"kernel/{file}"):
            raise self.fault(row, f"{row.function}'s file, kernel/{file}, is not there")
        shown = tree.show(f"kernel/{file}")
        for origin in shown.origins:
            self.env.note_dependency(str(origin))
        return shown

    def fault(self, row: Row, message: str) -> WhenError:
        return WhenError(f"{HEADER}, line {row.line}: {message}")


class FreePlaces(FromTable):
    """The subsystems without a row."""

    def run(self) -> list[nodes.Node]:
        table = self.table()
        used = {row.subsystem for row in table.rows}
        free = [one for one in table.subsystems.values() if one.name not in used]
        body = [[[whole(f"{one.value:07x}")], [whole(one.name)], [nodes.Text(one.meaning)]] for one in free]
        return [table_of(["value", "subsystem", "what comes up in FreeBSD"], body)]


class BootLine(FromTable):
    """The drawing, under its title."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        table = self.table()
        holds: dict[str, str] = {}
        for line in filter(str.strip, self.content):
            name, _, text = line.strip().partition(" ")
            if name not in {row.subsystem for row in table.rows}:
                raise WhenError(f"{self.env.docname}.md, line {self.lineno}: the table runs nothing in {name}")
            if len(text) > COLUMNS:
                raise WhenError(f"{self.env.docname}.md, line {self.lineno}: {text!r} has more than {COLUMNS} letters")
            holds[name] = text
        title = self.arguments[0]
        svg = draw(title, table, holds)
        html = f'<figure class="drawn"><figcaption>{escape(title)}</figcaption>\n{svg}\n</figure>'
        return [nodes.raw("", html, format="html")]


def by_subsystem(table: Table) -> list[tuple[str, list[Row]]]:
    """The rows, a group for each subsystem."""
    return [(name, list(rows)) for name, rows in groupby(table.rows, key=lambda row: row.subsystem)]


def line_of(text: str, found: re.Match[str]) -> int:
    """The number of the line that a match begins in."""
    return text.count("\n", 0, found.start()) + 1


def draw(title: str, table: Table, holds: dict[str, str]) -> str:
    """The SVG: a line down, a stop on it for each subsystem, and below a stop what holds from there on."""
    parts, y = [], 6
    for name, rows in by_subsystem(table):
        subsystem, y = table.subsystems[name], y + 22
        parts += [f'<circle class="stop" cx="{LEFT - 14}" cy="{y - 4}" r="5"/>',
                  f'<text class="offset" x="{LEFT - 26}" y="{y}" text-anchor="end">{subsystem.value:07x}</text>',
                  f'<text class="title" x="{LEFT}" y="{y}">{name}</text>']
        if 3 * len(name) + 2 * len(subsystem.meaning) > 2 * COLUMNS + 8:
            y += LINE
        meaning = escape(subsystem.meaning)
        parts.append(f'<text class="small" x="{WIDTH - 1}" y="{y}" text-anchor="end">{meaning}</text>')
        for line in wrap(" ".join(dict.fromkeys(row.function for row in rows)), COLUMNS):
            y += LINE
            parts.append(f'<text class="mono" x="{LEFT}" y="{y}">{line}</text>')
        if name in holds:
            y += 19
            parts += [f'<path class="line" d="M{LEFT - 14} {y - 4} H{LEFT - 3}"/>',
                      f'<text x="{LEFT}" y="{y}">{escape(holds[name])}</text>']
    y += 14
    road = f'<path class="line" d="M{LEFT - 14} 6 V{y}"/><path class="head" d="M{LEFT - 18} {y} h8 l-4 8z"/>'
    return "\n".join([
        f'<svg class="drawing" viewBox="0 0 {WIDTH} {y + 9}" role="img" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>", road, *parts, "</svg>"])


def code(text: str) -> nodes.Node:
    return nodes.literal("", text)


def whole(text: str) -> nodes.Node:
    """Code that is not broken at the end of a line."""
    return nodes.literal("", text, classes=["whole"])


def named(subsystem: Subsystem) -> list[nodes.Node]:
    """The name, and what it is for."""
    return [whole(subsystem.name), nodes.Text(f": {subsystem.meaning}")]


def table_of(heads: list[str], body: list[list[list[nodes.Node]]]) -> nodes.Node:
    """A table of cells, each a list of inline nodes."""
    group = nodes.tgroup("", *[nodes.colspec(colwidth=1) for _ in heads], cols=len(heads))
    head = nodes.row("", *[nodes.entry("", nodes.paragraph("", head)) for head in heads])
    rows = [nodes.row("", *[nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells]) for cells in body]
    group += [nodes.thead("", head), nodes.tbody("", *rows)]
    return nodes.table("", group, classes=["colwidths-auto"])


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("what-runs-when", WhatRunsWhen)
    app.add_directive("free-places", FreePlaces)
    app.add_directive("boot-line", BootLine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
