"""Sphinx directive `source` and role `src`: code shown as it stands in the tree, found by name.

    ```{source} boot/boot0/mbr.S
    :mark: 1.2
    ```

shows the contract of exercise 1.2 and the place where it is written; other
options are `:function: name` (a C function or an assembly label) and
`:opening:` (the comment that the file opens with). The reader is a student, so
a file that a lab hands out is shown as the student has it, with its solutions
cut out: in the reference tree by grade/marks.py from the marked source, in a
release, which has no such source, from labs/. A name that is not there stops
the build: a handout never speaks of code that is gone.

    {src}`boot/boot0/mbr.S`     the path, checked to exist
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective, SphinxRole

import excerpt
from grade.marks import MarkError, cut

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

LANGUAGES = {".S": "gas", ".c": "c", ".h": "c", ".py": "python", ".ld": "text"}


class SourceError(SphinxError):
    """A handout asks for something that the tree does not have."""

    category = "handouts"


@dataclass(frozen=True)
class Shown:
    """A file as the reader sees it: the name to show, its text, and the file it was made from."""

    name: str
    text: str
    origin: Path


class Tree:
    """The tree's files as a student sees them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.handed_out = self._read_labs()

    def _read_labs(self) -> dict[str, str]:
        """Where each file that a lab hands out lies: path in the tree → path under labs/."""
        out = {}
        for toml in sorted(self.root.glob("labs/*/lab.toml")):
            lab = tomllib.loads(toml.read_text(encoding="utf-8"))
            for name, path in lab["files"].items():
                out[path] = f"labs/{toml.parent.name}/{name}"
        return out

    def has(self, path: str) -> bool:
        """Whether the student's tree or the reference has this file or folder."""
        return (self.root / path).exists() or path in self.handed_out

    def show(self, path: str) -> Shown:
        """The file `path` in the student's view. Raises SourceError if there is none."""
        origin = self.root / path
        student = self.handed_out.get(path)
        if student is None:
            return Shown(name=path, text=self._read(origin), origin=origin)
        if origin.exists():
            try:
                return Shown(name=student, text=cut(self._read(origin), path), origin=origin)
            except MarkError as error:
                raise SourceError(str(error)) from error
        return Shown(name=student, text=self._read(self.root / student), origin=self.root / student)

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise SourceError(f"{path.relative_to(self.root)}: {error.strerror}") from error


def find(shown: Shown, options: dict[str, Any]) -> tuple[excerpt.Excerpt, str]:
    """The piece that the options name, and what to call it in the caption."""
    if "mark" in options:
        return excerpt.exercise(shown.text, options["mark"]), ""
    if "function" in options:
        name = options["function"]
        search = excerpt.asm_routine if shown.name.endswith(".S") else excerpt.c_function
        return search(shown.text, name), name
    return excerpt.opening(shown.text), ""


class SourceDirective(SphinxDirective):
    """Shows one piece of one file, under a caption with the file and the line."""

    required_arguments = 1
    option_spec = {
        "mark": directives.unchanged_required,
        "function": directives.unchanged_required,
        "opening": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        if len(self.options) != 1:
            raise self.fault("give exactly one of :mark:, :function:, :opening:")
        shown = tree_of(self.env.app).show(self.arguments[0])
        self.env.note_dependency(str(shown.origin))
        try:
            piece, name = find(shown, self.options)
        except excerpt.ExcerptError as error:
            raise self.fault(f"{shown.name}: {error}") from error
        return [self.block(shown, piece, name)]

    def block(self, shown: Shown, piece: excerpt.Excerpt, name: str) -> nodes.Node:
        code = nodes.literal_block(piece.text, piece.text)
        code["language"] = LANGUAGES.get(Path(shown.name).suffix, "text")
        code["force"] = True
        self.set_source_info(code)
        place = f": {name}, line {piece.first}" if name else f", line {piece.first}"
        caption = nodes.caption("", "", nodes.literal("", shown.name), nodes.Text(place))
        return nodes.container("", caption, code, literal_block=True, classes=["literal-block-wrapper", "source"])

    def fault(self, message: str) -> SourceError:
        return SourceError(f"{self.env.docname}.md, line {self.lineno}: {message}")


class SourceRole(SphinxRole):
    """A path of the tree, in code type; one that does not exist stops the build."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if not tree_of(self.env.app).has(self.text):
            raise SourceError(f"{self.env.docname}.md, line {self.lineno}: the tree has no {self.text}")
        return [nodes.literal("", self.text, classes=["file"])], []


def tree_of(app: Sphinx) -> Tree:
    return Tree(Path(app.confdir).parent)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("source", SourceDirective)
    app.add_role("src", SourceRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
