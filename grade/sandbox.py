"""Run one command behind walls and under limits, in a folder prepared for it.

What holds what, when fenced:

    files         bubblewrap shows /usr without its local parts, the toolchain if it lies elsewhere,
                  /dev/null, the work folder (read only), and a /tmp of its own. No /etc, /proc, /home or tree.
    the host      user, pid, network, ipc and mount namespaces; nobody instead of root, dropped before
                  bubblewrap starts; no new privileges, no further user namespaces.
    disk          /tmp is a tmpfs of TEMPORARY_FILES times the file limit. Each output is one existing file,
                  bound over its name, so that it cannot be replaced by a link or a pipe; RLIMIT_FSIZE.
    processes     RLIMIT_NPROC, set inside, where the user namespace counts the sandbox's processes alone;
                  the watch reports it.
    memory        RLIMIT_AS for each process, and a watch over the sum of what all of them hold. Pages that
                  no process maps (memfd, System V segments) are not in it: a compiler makes none.
    time          RLIMIT_CPU for each process, and a wall clock that kills the pid namespace.
    output        read as it comes; one byte too many ends the run.
    our own end   the sandbox dies with us: PDEATHSIG from us to bubblewrap and on to its first process,
                  and nothing starts before we have seen that chain standing and said go.

Without a fence the limits are the same but for the processes, and there are no walls.
Only grade/fence.py calls this; it prepares the folder and takes the outputs from it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
TREE = Path(__file__).resolve().parent.parent
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
HIDDEN_FOLDERS = ("/usr/local", "/usr/src", "/usr/share/doc")
TEMPORARY_FILES = 4      # room in /tmp, in files of the largest size allowed
SPARE_PROCESSES = 8      # RLIMIT_NPROC lies this far above the limit that the watch reports
WATCH_SECONDS = 0.02     # between two looks at the sandbox's memory and processes

# Says that it stands (one empty line), waits for our word, and runs the command. It is the pid namespace's
# first process: with its end all others end, and bubblewrap reaps it only then.
GATE = 'echo; read -r go && "$@" </dev/null; exit $?'


@dataclass(frozen=True)
class Limits:
    """What one command may use. Memory holds for each process and for all of them together."""

    cpu_seconds: int = 20
    wall_seconds: float = 60
    memory_bytes: int = 1 << 30
    processes: int = 64
    file_bytes: int = 16 << 20
    output_bytes: int = 64 << 10


class FenceUnavailable(Exception):
    """The fence cannot be put up here: the harness's fault. The message says what to do."""


@dataclass(frozen=True)
class Outcome:
    """How the command ended: its exit status (128 + signal when killed), what it printed, and the
    limit that ended it in plain words, or ""."""

    status: int
    output: str
    ended_by: str


def size_words(count: int) -> str:
    """A number of bytes in words, as 64 KiB."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << shift:
            return f"{count / (1 << shift):.3g} {unit}"
    return f"{count} bytes"


# ---------------------------------------------------------------- the sandbox's walls


def _find(tool: str) -> Path:
    """The absolute path of a tool, not through /etc/alternatives, which the sandbox does not show."""
    found = shutil.which(tool)
    if found is None:
        raise FenceUnavailable(f"{tool} is missing: run `make setup`")
    path = Path(os.path.abspath(found))
    if path.is_symlink() and os.readlink(path).startswith("/etc/"):
        path = path.resolve()
    return path


def _toolchain(tool: Path) -> list[str]:
    """The folders to show for a compiler outside the system's own: its prefix, as /opt/cross for
    /opt/cross/bin/cc. FenceUnavailable if that would show a home, the tree or everything."""
    prefixes = []
    for path in (tool, tool.resolve()):
        if f"/{path.parts[1]}" in ("/usr", *SYSTEM_FOLDERS):
            continue
        prefix = path.parent.parent
        if any(private.is_relative_to(prefix) for private in (TREE, Path.home(), Path("/home"))):
            raise FenceUnavailable(f"{path} cannot be shown to a student's file without showing {prefix}: "
                                   "install the compiler in a folder of its own, such as /opt/cross")
        prefixes.append(str(prefix))
    return prefixes


def _walls(tool: Path, scratch: Path, outputs: Mapping[str, Path], limits: Limits, label: str) -> list[str]:
    """bubblewrap's options: what the sandbox shows, and where it may write."""
    options = ["--ro-bind", "/usr", "/usr"]
    for folder in SYSTEM_FOLDERS:
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            options += ["--ro-bind", folder, folder]
    shown = _toolchain(tool)
    for folder in shown:
        options += ["--ro-bind", folder, folder]
    for hidden in (*HIDDEN_FOLDERS, str(TREE)):
        visible = any(Path(hidden).is_relative_to(folder) for folder in ("/usr", *shown))
        if visible and os.path.isdir(hidden) and not tool.is_relative_to(hidden):
            options += ["--ro-bind", str(scratch / "hidden"), hidden]
    options += ["--dev-bind", "/dev/null", "/dev/null"]
    options += ["--size", str(TEMPORARY_FILES * limits.file_bytes), "--perms", "1777", "--tmpfs", "/tmp"]
    options += ["--ro-bind", str(scratch / "tree"), label]
    for inside in outputs:
        options += ["--bind", str(scratch / "tree" / inside), f"{label}/{inside}"]
    return [*options, "--remount-ro", "/", "--chdir", label]


def _environment(tool: Path, temporary: str) -> dict[str, str]:
    """All that the command learns of the host's environment: nothing but where the tools are."""
    return {"PATH": f"{tool.parent}:/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TMPDIR": temporary,
            "CCACHE_DISABLE": "1"}


def _limited(command: Sequence[str], tool: Path, limits: Limits, *, count_processes: bool) -> list[str]:
    """The command behind the gate, under the limits that the system keeps for a process."""
    options = [f"--as={limits.memory_bytes}", f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 2}",
               f"--fsize={limits.file_bytes}", "--nofile=256", "--core=0"]
    if count_processes:
        options.append(f"--nproc={limits.processes + SPARE_PROCESSES}")
    return ["/bin/sh", "-c", GATE, "fence", str(_find("prlimit")), *options, "--", str(tool), *command[1:]]


def _fenced(inner: Sequence[str], walls: Sequence[str], environment: Mapping[str, str], info: int) -> list[str]:
    """The whole command line of a sandbox: as nobody when we are root, in namespaces of its own."""
    drop = []
    if os.geteuid() == 0:
        drop = [str(_find("setpriv")), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"]
    bubblewrap = [str(_find("bwrap")), "--unshare-all", "--unshare-user", "--disable-userns",
                  "--uid", str(NOBODY), "--gid", str(NOBODY), "--die-with-parent", "--new-session", "--as-pid-1",
                  "--info-fd", str(info), "--clearenv"]
    for name, value in environment.items():
        bubblewrap += ["--setenv", name, value]
    return [*drop, *bubblewrap, *walls, "--", *inner]


# ---------------------------------------------------------------- one run


@dataclass(frozen=True)
class _Run:
    """A command that stands at the gate: our child, its output's pipe, and a pidfd of the process
    with which all others die (the pid namespace's first; without a fence, the child itself)."""

    child: subprocess.Popen[bytes]
    output: int
    first: int
    fenced: bool

    def stop(self) -> None:
        """Kill what is left and return when it is gone."""
        with suppress(ProcessLookupError):
            if self.fenced:
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
            else:
                os.killpg(self.child.pid, signal.SIGKILL)
        select.select([self.first], [], [])
        self.child.wait()


def _first_line(output: int, limits: Limits) -> bytes:
    """What the gate, or bubblewrap in its place, says first."""
    ready, _, _ = select.select([output], [], [], limits.wall_seconds)
    return os.read(output, 4096) if ready else b"it did not start in time"


def _await_gate(child: subprocess.Popen[bytes], info: int, output: int, limits: Limits) -> int:
    """A pidfd of the process on whose end all end, once the gate stands; else FenceUnavailable."""
    said = _first_line(output, limits)
    if said != b"\n":
        reason = said.decode(errors="replace").strip() or "it ended without a word"
        raise FenceUnavailable(
            f"bubblewrap cannot build the fence: {reason.splitlines()[0]}. It needs bubblewrap 0.8 or newer and "
            "user namespaces for everybody (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, "
            "kernel.apparmor_restrict_unprivileged_userns=0)")
    if info < 0:
        return os.pidfd_open(child.pid)
    return os.pidfd_open(json.loads(os.read(info, 4096))["child-pid"])


@contextmanager
def _started(argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str], info: tuple[int, int] | None,
             limits: Limits) -> Iterator[_Run]:
    """Start argv, yield it once it waits at the gate, and leave nothing of it behind.

    `info` is the pipe on which bubblewrap tells the first process, None without a fence."""
    child = subprocess.Popen(argv, cwd=cwd, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True, bufsize=0,
                             pass_fds=info[1:] if info else ())
    with child:
        output = child.stdout.fileno()
        try:
            first = _await_gate(child, info[0] if info else -1, output, limits)
        except BaseException:
            child.kill()
            raise
        running = _Run(child, output, first, fenced=info is not None)
        try:
            yield running
        finally:
            running.stop()
            os.close(first)


def _processes(parent: int) -> Iterator[int]:
    """All that descend from a process, as far as they still have their parents."""
    waiting = [parent]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
                waiting += map(int, children)
                yield from map(int, children)


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds, 0 when it has gone."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _overrun(run: _Run, limits: Limits) -> str:
    """The limit that the command's processes together have passed, or ""."""
    pids = list(_processes(run.child.pid))
    if len(pids) > limits.processes:
        return f"the limit of {limits.processes} processes"
    if sum(map(_resident, pids)) > limits.memory_bytes:
        return f"the memory limit of {size_words(limits.memory_bytes)}"
    return ""


def _watch(run: _Run, limits: Limits) -> tuple[bytes, str]:
    """Let the command go and read what it prints until it ends or passes a limit; which one, or ""."""
    output = b""
    start = look = time.monotonic()
    ended = os.pidfd_open(run.child.pid)
    waiting = [ended, run.output]
    with suppress(BrokenPipeError):
        run.child.stdin.write(b"go\n")
    run.child.stdin.close()
    try:
        while True:
            ready, _, _ = select.select(waiting, [], [], WATCH_SECONDS)
            if run.output in ready:
                chunk = os.read(run.output, limits.output_bytes + 1 - len(output))
                output += chunk
                if not chunk:
                    waiting.remove(run.output)
                if len(output) > limits.output_bytes:
                    return output[:limits.output_bytes], f"an output of over {size_words(limits.output_bytes)}"
            elif ended in ready:
                return output, ""
            now = time.monotonic()
            if now - start > limits.wall_seconds:
                return output, f"the time limit of {limits.wall_seconds:g} seconds"
            if now - look > WATCH_SECONDS:
                look = now
                passed = _overrun(run, limits)
                if passed:
                    return output, passed
    finally:
        os.close(ended)


def _limit_named(status: int, output: str, limits: Limits) -> str:
    """The limit of the system's that a failed command ran into, by its status or the compiler's word."""
    def said(signal_number: int, text: str) -> bool:
        return status == 128 + signal_number or f"{text} signal terminated program" in output

    if said(signal.SIGXCPU, "CPU time limit exceeded"):
        return f"the time limit of {limits.cpu_seconds} CPU seconds"
    if said(signal.SIGXFSZ, "File size limit exceeded") or "File too large" in output:
        return f"a file over {size_words(limits.file_bytes)}"
    if "out of memory allocating" in output or "memory exhausted" in output:
        return f"the memory limit of {size_words(limits.memory_bytes)}"
    if "No space left on device" in output:
        return f"temporary files over {size_words(TEMPORARY_FILES * limits.file_bytes)}"
    return ""


def _printable(output: bytes) -> str:
    """The text with every control character but newline and tab replaced: it will meet a terminal."""
    text = output.decode(errors="replace")
    return "".join(c if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160) else "?" for c in text)


def execute(command: Sequence[str], *, scratch: Path, outputs: Mapping[str, Path], limits: Limits, label: str,
             fenced: bool) -> Outcome:
    """Run the command on a prepared scratch folder."""
    tool = _find(command[0])
    inner = _limited(command, tool, limits, count_processes=fenced)
    if fenced:
        environment = _environment(tool, "/tmp")
        info = os.pipe()
        walls = _walls(tool, scratch, outputs, limits, label)
        argv = _fenced(inner, walls, environment, info[1])
    else:
        environment = _environment(tool, str(scratch / "tmp"))
        environment["PATH"] += ":" + os.environ.get("PATH", "")
        info, argv = None, inner
    try:
        with _started(argv, cwd=scratch / "tree", environment=environment, info=info, limits=limits) as run:
            output, ended_by = _watch(run, limits)
    finally:
        for descriptor in info or ():
            os.close(descriptor)
    status, text = run.child.returncode, _printable(output)
    if status != 0 and not ended_by:
        ended_by = _limit_named(status, text, limits)
    return Outcome(128 + signal.SIGKILL if ended_by and status <= 0 else status, text, ended_by)
