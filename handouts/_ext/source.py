"""Sphinx directive `source` and role `src`: code shown as it stands in the tree, found by name.

    ```{source} boot/boot0/mbr.S
    :mark: 1.2
    ```

shows the contract of exercise 1.2 and the place where it is written; other
options are `:function: name` (a C function or an assembly label) and
`:opening:` (the comment that the file opens with). The reader is a student, so
a file that a lab hands out is shown as the student has it, with its solutions
cut out, by grade/stubs.py: in the reference tree from the marked source, in a
release, which has no such source, from the copies it holds. A name that is not there stops
the build: a handout never speaks of code that is gone.

    {src}`boot/boot0/mbr.S`     the path, checked to exist
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from pygments.lexer import inherit
from pygments.lexers.asm import GasLexer
from pygments.token import Name, Operator, String
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective, SphinxRole

import excerpt
from grade.labs import LabError, load_labs
from grade.marks import MarkError
from grade.stubs import PRISTINE, student_view

LANGUAGES = {".S": "gas", ".c": "c", ".h": "c", ".py": "python", ".ld": "text"}


class MacroGasLexer(GasLexer):
    """Pygments' assembler, which also knows labels that are numbers, and arguments that are strings, characters, sums."""

    sums = [inherit, (r"[-+*/|&~<>()]+", Operator)]
    tokens = {
        "root": [(r"^\d+:", Name.Label), inherit],
        "instruction-args": [(GasLexer.string, String), (r"\$'\\?.'?", String.Char), *sums],
        "directive-args": sums,
    }


class SourceError(SphinxError):
    """A handout asks for something that the tree does not have."""

    category = "handouts"


@dataclass(frozen=True)
class Shown:
    """A file as the reader sees it: the name to show, its text, and the files it was made from."""

    name: str
    text: str
    origins: tuple[Path, ...]


class Tree:
    """The tree's files as a student sees them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            labs = load_labs(root)
        except LabError as error:
            raise SourceError(str(error)) from error
        self.handed_out = {path: (lab, file) for lab in labs for file, path in lab.files.items()}

    def has(self, path: str) -> bool:
        """Whether the tree has this file or folder, or would once `make stubs` has run."""
        stubs = (f"labs/{lab.name}/{file}" for lab, file in self.handed_out.values())
        return (self.root / path).exists() or path in self.handed_out or path in stubs

    def show(self, path: str) -> Shown:
        """The file `path` in the student's view. Raises SourceError if there is none."""
        try:
            if path not in self.handed_out:
                origin = self.root / path
                return Shown(name=path, text=origin.read_text(encoding="utf-8"), origins=(origin,))
            lab, file = self.handed_out[path]
            name = f"labs/{lab.name}/{file}"
            origins = (self.root / path, self.root / PRISTINE / lab.name / file)
            return Shown(name=name, text=student_view(self.root, lab, file), origins=origins)
        except (MarkError, LabError) as error:
            raise SourceError(str(error)) from error
        except OSError as error:
            raise SourceError(f"{path}: {error.strerror}") from error


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
        shown = tree_of(self.env).show(self.arguments[0])
        for origin in shown.origins:
            self.env.note_dependency(str(origin))
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
        if not tree_of(self.env).has(self.text):
            raise SourceError(f"{self.env.docname}.md, line {self.lineno}: the tree has no {self.text}")
        return [nodes.literal("", self.text, classes=["file"])], []


def tree_of(env: BuildEnvironment) -> Tree:
    """The tree that the handouts lie in."""
    return Tree(Path(env.srcdir).parent)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("source", SourceDirective)
    app.add_role("src", SourceRole())
    app.add_lexer("gas", MacroGasLexer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
