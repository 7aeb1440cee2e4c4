"""Sphinx directive `growth`: draws how costs grow, over a logarithmic axis.

    ```{growth} What a look-up costs
    :axes: entries, instructions
    *ours: 16 28, 256 37, 4096 45
    a balanced tree: 16 29, 256 53, 4096 79
    ```

Each line is a curve: its name, and its points. The one that starts with `*` is
drawn strongly, with its values. A step to the right is a factor of four, so
what grows as a logarithm is a straight line. The drawing is inline SVG, as
layout's, for which see there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, log
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

FACTOR = 4                  # from one mark of the lower axis to the next
GRID = 20                   # and of the left one
LEFT, RIGHT = 26, 366       # where the axes are drawn, and a little further in the curves
INNER = LEFT + 18
TOP, BOTTOM = 34, 224
NAME = 100                  # as much room as a curve's name may need


class GrowthError(SphinxError):
    """Curves that cannot be drawn."""

    category = "handouts"


@dataclass(frozen=True)
class Curve:
    """A name, and the costs of growing sizes."""

    name: str
    points: tuple[tuple[int, float], ...]
    strong: bool


def parse(lines: Sequence[str]) -> list[Curve]:
    """The curves in order. Raises GrowthError for a bad line."""
    curves = []
    for line in filter(str.strip, lines):
        name, _, rest = line.strip().partition(": ")
        try:
            pairs = [pair.split() for pair in rest.split(",")]
            points = tuple((int(size), float(cost)) for size, cost in pairs)
        except ValueError as error:
            raise GrowthError(f"{line!r}: want a name and points, `name: 16 28, 64 32'") from error
        sizes = [size for size, _ in points]
        if len(sizes) < 2 or sizes != sorted(set(sizes)) or sizes[0] < 1:
            raise GrowthError(f"{line!r}: want two sizes or more, each larger than the one before")
        curves.append(Curve(name.removeprefix("*"), points, name.startswith("*")))
    if not curves:
        raise GrowthError("nothing that grows")
    return curves


@dataclass(frozen=True)
class Paper:
    """Where a point is: the sizes from the first to the last, the costs from 0 up to the highest."""

    first: int
    last: int
    highest: int

    def x(self, size: int) -> float:
        return INNER + (RIGHT - 12 - INNER) * log(size / self.first) / log(self.last / self.first)

    def y(self, cost: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * cost / self.highest


def draw(title: str, curves: Sequence[Curve], *, axes: tuple[str, str]) -> str:
    """The SVG of the curves, titled for those who cannot see it."""
    points = [point for curve in curves for point in curve.points]
    paper = Paper(min(size for size, _ in points), max(size for size, _ in points),
                  GRID * ceil(max(cost for _, cost in points) / GRID))
    parts = [
        f'<svg class="drawing" viewBox="0 0 370 {BOTTOM + 38}" role="img" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}</title>",
        f'<text class="small" x="1" y="12">{escape(axes[1])}</text>',
        f'<text class="small" x="{RIGHT}" y="{BOTTOM + 33}" text-anchor="end">{escape(axes[0])}</text>',
        *_axes(paper),
    ]
    for curve in sorted(curves, key=lambda curve: curve.strong):
        parts += _curve(paper, curve)
    return "\n".join([*parts, "</svg>"])


def _axes(paper: Paper) -> list[str]:
    parts = []
    for cost in range(0, paper.highest + 1, GRID):
        y = paper.y(cost)
        parts.append(f'<path class="grid" d="M{LEFT} {y:g} H{RIGHT}"/>')
        parts.append(f'<text class="offset" x="{LEFT - 5}" y="{y + 4:g}" text-anchor="end">{cost}</text>')
    size = paper.first
    while size <= paper.last:
        parts.append(f'<text class="offset" x="{paper.x(size):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{size}</text>')
        size *= FACTOR
    return parts


def _curve(paper: Paper, curve: Curve) -> list[str]:
    places = [(paper.x(size), paper.y(cost)) for size, cost in curve.points]
    name = "curve strong" if curve.strong else "curve"
    parts = [f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>']
    if curve.strong:
        for (x, y), (_, cost) in zip(places, curve.points):
            parts.append(f'<circle class="stop" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
            parts.append(f'<text class="offset" x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{cost:g}</text>')
    return [*parts, _name(curve, *places[-1])]


def _name(curve: Curve, x: float, y: float) -> str:
    """Behind a curve's end, or below its values where that is too far to the right."""
    label = "title" if curve.strong else "small"
    if x + NAME > RIGHT:
        return f'<text class="{label}" x="{x:.1f}" y="{y + 64:.1f}" text-anchor="end">{escape(curve.name)}</text>'
    return f'<text class="{label}" x="{x + 6:.1f}" y="{y + 4:.1f}">{escape(curve.name)}</text>'


class GrowthDirective(SphinxDirective):
    """Draws its content under its title."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"axes": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        title = self.arguments[0]
        below, _, left = self.options.get("axes", "").partition(", ")
        try:
            svg = draw(title, parse(list(self.content)), axes=(below, left))
        except GrowthError as error:
            raise GrowthError(f"{self.env.docname}.md, line {self.lineno}: {error}") from error
        html = f'<figure class="drawn"><figcaption>{escape(title)}</figcaption>\n{svg}\n</figure>'
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("growth", GrowthDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
