"""Sphinx directive `layout`: draws a structure of bytes, or a byte of bits, eight to a row.

    ```{layout} A partition entry
    1 flag
    3 first CHS
    ...
    ```

Each line is a size in units and a label; `|` breaks a label in two lines, and a
label that starts with `*` is drawn strongly. `:base:` is the first offset in
hexadecimal; `:bits:` makes the unit a bit, numbered 7 to 0 in each row. The
drawing is inline SVG, so that it follows the page's colours into dark mode,
and narrow, so that its letters can be read on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

PER_ROW = 8
UNIT = 46  # a unit's width
CELL = 40  # a cell's height
RULER = 17  # the line of offsets above a row
LINE = 14  # from one line of a label to the next


class LayoutError(SphinxError):
    """A layout that cannot be drawn."""

    category = "handouts"


@dataclass(frozen=True)
class Field:
    """One field: where it starts and how many units it takes; it lies within one row."""

    at: int
    size: int
    label: str
    strong: bool


def parse(lines: list[str]) -> list[Field]:
    """The fields in order. Raises LayoutError for a bad line, or a field that runs over a row's end."""
    fields, at = [], 0
    for line in filter(str.strip, lines):
        size, _, label = line.strip().partition(" ")
        if not size.isdigit() or int(size) == 0 or not label:
            raise LayoutError(f"{line!r}: want a size and a label")
        if at // PER_ROW != (at + int(size) - 1) // PER_ROW:
            raise LayoutError(f"{line!r}: the field runs over the end of its row")
        fields.append(Field(at, int(size), label.removeprefix("*"), label.startswith("*")))
        at += int(size)
    if not fields:
        raise LayoutError("a layout without fields")
    return fields


def draw(title: str, fields: list[Field], *, base: int, bits: bool) -> str:
    """The SVG of the fields, titled for those who cannot see it."""
    rows = (fields[-1].at + fields[-1].size - 1) // PER_ROW + 1
    width, height = PER_ROW * UNIT + 2, rows * (RULER + CELL + 6) + 2
    parts = [
        f'<svg class="drawing layout" viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
    ]
    for field in fields:
        parts += _cell(field, base=base, bits=bits)
    return "\n".join([*parts, "</svg>"])


def _cell(field: Field, *, base: int, bits: bool) -> list[str]:
    row, column = divmod(field.at, PER_ROW)
    x, y = 1 + column * UNIT, row * (RULER + CELL + 6) + RULER
    name = "cell strong" if field.strong else "cell"
    parts = [f'<rect class="{name}" x="{x}" y="{y}" width="{field.size * UNIT}" height="{CELL}"/>']
    if bits:
        for i in range(field.size):
            middle = x + i * UNIT + UNIT / 2
            parts.append(f'<text class="offset" x="{middle:g}" y="{y - 4}" text-anchor="middle">{7 - column - i}</text>')
    else:
        offset = f"{base + field.at:X}h" if base else f"+{field.at}"
        parts.append(f'<text class="offset" x="{x + 1}" y="{y - 4}">{offset}</text>')
    labels = field.label.split("|")
    first = y + CELL / 2 + 4.5 - (len(labels) - 1) * LINE / 2
    middle = x + field.size * UNIT / 2
    for i, label in enumerate(labels):
        parts.append(f'<text x="{middle:g}" y="{first + i * LINE:g}" text-anchor="middle">{escape(label.strip())}</text>')
    return parts


class LayoutDirective(SphinxDirective):
    """Draws its content under its title."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"base": directives.unchanged_required, "bits": directives.flag}

    def run(self) -> list[nodes.Node]:
        title = self.arguments[0]
        try:
            base = int(self.options.get("base", "0"), 16)
            fields = parse(list(self.content))
        except (LayoutError, ValueError) as error:
            raise LayoutError(f"{self.env.docname}.md, line {self.lineno}: {error}") from error
        svg = draw(title, fields, base=base, bits="bits" in self.options)
        html = f'<figure class="drawn"><figcaption>{escape(title)}</figcaption>\n{svg}\n</figure>'
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("layout", LayoutDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
