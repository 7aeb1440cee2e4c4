"""Programs for this computer that are made of the kernel's own sources, with the sanitizers where the compiler has them.

What such a program does to its machine is a C file beside the tests, *_host.c; its names that the host's library has,
too, are the kernel's under another name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from grade.tests.emulation import TREE, tool

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-I.",
         "-Igrade/tests/host", "-Ikernel")
# Where the host's pointers are twice as long as the kernel's addresses.
LONG_POINTERS = ("-Wno-int-to-pointer-cast", "-Wno-pointer-to-int-cast")
PANICKED = 42                   # the exit status of a program whose panic() has been called


def build(program: Path, sources: Iterable[str], *, flags: Sequence[str] = (), renamed: Iterable[str] = ()) -> Path:
    """Compile the tree's `sources` to `program`, in an empty folder. Each of `renamed` gets a name that is the
    kernel's alone. Returns the program."""
    compiler = [tool("gcc"), *flags, *FLAGS]
    empty = program.with_name("empty.c")
    empty.write_text("int main(void) { return 0; }\n", encoding="ascii")
    probe = subprocess.run([*compiler, *SANITIZERS, "-o", empty.with_suffix(""), empty], capture_output=True,
                           check=False)
    names = [f"-D{name}=kern_{name}" for name in renamed]
    sanitizers = SANITIZERS if probe.returncode == 0 else ()
    subprocess.run([*compiler, *names, *sanitizers, "-o", program, *sources], cwd=TREE, check=True)
    return program


def run(program: Path, *words: object, status: int = 0, lines: str | None = None, seconds: int = 60) -> str:
    """What the program prints; it is given `lines` to read. Another exit status, a sanitizer's report or a signal fails
    the test, and so does one that has not ended after so many seconds: a watchdog."""
    done = subprocess.run([program, *map(str, words)], input=lines and lines.encode("ascii"), capture_output=True,
                          check=False, timeout=seconds, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == status, (done.stdout[-2000:] + done.stderr[-3000:]).decode(errors="replace")
    return done.stdout.decode("latin-1").strip()
