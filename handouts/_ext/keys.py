"""Sphinx role `key`: cites a work by its key, {key}`EDD`, and links to it in bibliography.md.

The bibliography defines a key by a target of that name: `(key-edd)=`. A key
that it does not define is a warning, which the build treats as an error.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole


def label(key: str) -> str:
    """The target of a key: lower case, letters and digits only, joined by hyphens."""
    return "key-" + "-".join(re.findall(r"[a-z0-9]+", key.lower()))


class KeyRole(SphinxRole):
    """`[EDD]`, linked."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        reference = pending_xref(
            "",
            nodes.inline("", f"[{self.text}]", classes=["key"]),
            refdoc=self.env.docname,
            refdomain="std",
            reftype="ref",
            reftarget=label(self.text),
            refexplicit=True,
            refwarn=True,
        )
        self.set_source_info(reference)
        return [reference], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("key", KeyRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
