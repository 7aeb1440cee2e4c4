"""Tell make which files each lab stands in for.

A view of the tree is the reference with a lab's files in the place of their namesakes. The one list of
those files is each labs/*/lab.toml; GNUmakefile cannot read TOML, so this prints the list as make variables:

    LABS := 1-mbr
    LAB_FILES.1-mbr := mbr.S=boot/boot0/mbr.S boot0.S=boot/boot0/boot0.S

Run by the GNUmakefile, which keeps the result in build/labs.mk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from grade.labs import Lab, LabError, load_labs, tree_root


def make_variables(labs: Iterable[Lab]) -> str:
    """The lines above, for labs in order. Neither names nor paths hold blanks or `=`: load_labs sees to it."""
    labs = tuple(labs)
    lines = ["LABS := " + " ".join(lab.name for lab in labs)]
    for lab in labs:
        lines.append(f"LAB_FILES.{lab.name} := " + " ".join(f"{file}={source}" for file, source in lab.files.items()))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the variables; 2 and a line that names the file and the field when a lab.toml is wrong."""
    try:
        sys.stdout.write(make_variables(load_labs(tree_root())))
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
