"""The fence against hostile sources: each attack fails, says why, ends soon and leaves nothing behind.

None of these is skipped where bubblewrap is missing: a fence that is not tested is not there."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from grade import fence, sandbox
from grade.fence import Limits, Outcome

PYTHON = "/usr/bin/python3"
COMPILER = next((name for name in ("i686-elf-gcc", "i686-linux-gnu-gcc", "gcc") if shutil.which(name)), "cc")
SMALL = Limits(cpu_seconds=1, wall_seconds=10, memory_bytes=256 << 20, processes=16, file_bytes=1 << 20,
               output_bytes=4 << 10)
SECRET = b"the reference solution"


def running(tag: str) -> list[int]:
    """The processes of this machine whose command line holds the tag."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if tag.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition holds within some seconds."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def tag() -> Iterator[str]:
    """A word for a command's arguments; after the test no process may carry it."""
    word = f"fence{secrets.token_hex(8)}"
    yield word
    assert running(word) == [], "the fence left a process behind"


@pytest.fixture
def build(tmp_path: Path, tag: str) -> Callable[..., Outcome]:
    """Compile a source text fenced; the object's host path is tmp_path/out.o."""

    def compile_it(source: str, *, suffix: str = "S", limits: Limits = SMALL, mode: str = "require") -> Outcome:
        host = tmp_path / "submitted"
        host.write_text(source)
        name = f"labs/{tag}.{suffix}"
        return fence.run([COMPILER, "-I.", "-c", name, "-o", "out.o"], files={name: host},
                         outputs={"out.o": tmp_path / "out.o"}, limits=limits, mode=mode)

    return compile_it


def inside(command: Sequence[str], *, limits: Limits = SMALL, mode: str = "require") -> Outcome:
    """Run a command fenced, without files."""
    return fence.run(command, files={}, outputs={}, limits=limits, mode=mode)


def python(program: str, tag: str, *, limits: Limits = SMALL) -> Outcome:
    """Run a Python program fenced."""
    return inside([PYTHON, "-c", program, tag], limits=limits)


def test_fence_works_here() -> None:
    assert fence.available() == ""


@pytest.mark.parametrize("mode", ["require", "unfenced"])
def test_honest_file_compiles_and_keeps_its_name(mode: str, tmp_path: Path) -> None:
    source, header = tmp_path / "a", tmp_path / "b"
    source.write_text('#include "../../boot/boot0/lab_stub.h"\n#warning seen\nint x = VALUE;\n')
    header.write_text("#define VALUE 7\n")
    outcome = fence.run(
        [COMPILER, "-c", "labs/1-mbr/mbr.c", "-MD", "-MF", "out.d", "-o", "out.o"],
        files={"labs/1-mbr/mbr.c": source, "boot/boot0/lab_stub.h": header},
        outputs={"out.o": tmp_path / "x.o", "out.d": tmp_path / "x.d"}, mode=mode)
    assert (outcome.status, outcome.ended_by) == (0, "")
    assert "labs/1-mbr/mbr.c:2:2: warning:" in outcome.output
    assert (tmp_path / "x.o").read_bytes()[:4] == b"\x7fELF"
    assert "boot/boot0/lab_stub.h" in (tmp_path / "x.d").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "x.d", "x.o"]


def test_failed_compile_moves_nothing_out(build: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "out.o").write_text("from before")
    outcome = build("int x = ;\n", suffix="c")
    assert (outcome.status, outcome.ended_by) == (1, "")
    assert "error: expected expression" in outcome.output
    assert (tmp_path / "out.o").read_text() == "from before"


@pytest.mark.parametrize("path", [
    "/etc/passwd", "/proc/1/environ", "/proc/self/environ", "/dev/mem", "/dev/stdin", "/root/.profile",
    "/sys/kernel/notes"])
@pytest.mark.parametrize("suffix, form", [("S", '.incbin "{}"\n'), ("c", '#include "{}"\n')])
def test_host_file_is_not_there(build: Callable[..., Outcome], path: str, suffix: str, form: str) -> None:
    outcome = build(form.format(path), suffix=suffix)
    assert outcome.status == 1
    assert "No such file" in outcome.output or "not found" in outcome.output


@pytest.mark.parametrize("suffix, form", [("S", '.incbin "{}"\n'), ("c", '#include "{}"\n')])
def test_reference_is_not_reachable(build: Callable[..., Outcome], tmp_path: Path, suffix: str, form: str) -> None:
    reference = tmp_path / "boot" / "boot0" / "mbr.S"
    reference.parent.mkdir(parents=True)
    reference.write_bytes(SECRET)
    climb = "../" * 12
    for name in (str(reference), f"{climb}{str(reference)[1:]}", "../boot/boot0/mbr.S", "boot/boot0/mbr.S",
                 str(fence.TREE / "grade" / "fence.py"), f"{climb}{str(fence.TREE / 'GNUmakefile')[1:]}"):
        outcome = build(form.format(name), suffix=suffix)
        assert outcome.status == 1, name
        assert SECRET.decode() not in outcome.output
    assert not (tmp_path / "out.o").exists()


def test_source_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "absent"):
        outcome = fence.run(["cat", "labs/mbr.S"], files={"labs/mbr.S": tmp_path / name}, outputs={})
        assert outcome.status == 1
        assert outcome.output.startswith("labs/mbr.S: ")
        assert SECRET.decode() not in outcome.output


def test_source_too_large_is_refused(build: Callable[..., Outcome]) -> None:
    outcome = build("/" * (SMALL.file_bytes + 1))
    assert outcome.status == 1
    assert outcome.output.endswith(": a file over 1 MiB\n")


def test_name_outside_the_work_folder_is_a_programmers_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    for name in ("../a", "/tmp/a", "boot/../../a"):
        with pytest.raises(ValueError, match="must be a path inside"):
            fence.run(["true"], files={name: tmp_path / "a"}, outputs={})


DOUBLING = "".join(f"#define A{n + 1} {','.join([f'A{n}'] * 8)}\n" for n in range(12))
TWICE = "#if __INCLUDE_LEVEL__ < 100\n#include __FILE__\n#include __FILE__\n#endif\n"


@pytest.mark.parametrize("suffix, source, ends", [
    pytest.param("S", ".rept 100000000\nnop\n.endr\n", "the memory limit", id="repeat"),
    pytest.param("S", ".rept 2000000000\n.set n, 1\n.endr\n", "the memory limit", id="long repeat"),
    pytest.param("S", ".fill 100000000, 8, 1\n", "a file over", id="fill"),
    pytest.param("S", ".macro m\nm\nm\n.endm\nm\n", "an output of over", id="macro calls itself"),
    pytest.param("c", f"#define A0 x,x\n{DOUBLING}int y[] = {{ A12 }};\n", "the ", id="macro doubles"),
    pytest.param("c", "#include __FILE__\n", "", id="includes itself"),
    pytest.param("c", TWICE, "the ", id="includes itself twice"),
    pytest.param("c", "char big[1 << 30] = { 1 };\n", "a file over", id="array"),
])
def test_bomb_ends(build: Callable[..., Outcome], tmp_path: Path, suffix: str, source: str, ends: str) -> None:
    before = time.monotonic()
    outcome = build(source, suffix=suffix)
    assert outcome.status != 0
    assert outcome.ended_by.startswith(ends)
    assert outcome.ended_by or "nested depth" in outcome.output
    assert time.monotonic() - before < SMALL.wall_seconds
    assert not (tmp_path / "out.o").exists()


def test_file_limit_is_named(build: Callable[..., Outcome]) -> None:
    assert build(".fill 4000000, 8, 1\n").ended_by == "a file over 1 MiB"


def test_flood_of_errors_is_cut(build: Callable[..., Outcome]) -> None:
    outcome = build('#error "flood"\n' * 20000, suffix="c")
    assert outcome.ended_by == "an output of over 4 KiB"
    assert len(outcome.output) == SMALL.output_bytes


def test_flood_without_end_is_cut(tag: str) -> None:
    assert inside(["sh", "-c", "while :; do echo $0; done", tag]).ended_by == "an output of over 4 KiB"


def test_output_cannot_drive_a_terminal() -> None:
    outcome = inside(["printf", r"a\033[2Jb\rc\n\302\233d\377"])
    assert outcome.output == "a?[2Jb?c\n?d\N{REPLACEMENT CHARACTER}"


def test_plugin_cannot_be_loaded_from_source(build: Callable[..., Outcome], tmp_path: Path) -> None:
    outcome = build('__attribute__((optimize("-fplugin=/tmp/evil.so"))) int f(void) { return 0; }\n'
                    '#pragma GCC optimize ("-fplugin=/tmp/evil.so")\nint x;\n', suffix="c")
    assert "evil.so: cannot open" not in outcome.output
    assert outcome.ended_by == ""


def test_environment_and_descriptors_hold_nothing_of_the_host(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    monkeypatch.setenv("PROC0_SECRET", SECRET.decode())
    readable, writable = os.pipe()
    os.set_inheritable(writable, True)
    outcome = python("""
import os
def is_open(n):
    try:
        os.fstat(n)
        return True
    except OSError:
        return False
print(sorted(os.environ), [n for n in range(256) if is_open(n)], os.getuid(), os.path.exists('/proc/1'))
""", tag)
    os.close(readable)
    os.close(writable)
    assert outcome.output == ("['CCACHE_DISABLE', 'LANG', 'LC_ALL', 'PATH', 'PWD', 'TMPDIR'] [0, 1, 2] 65534 False\n")


def test_process_is_unprivileged_on_the_host_too(tag: str) -> None:
    child = subprocess.Popen(cli(["sh", "-c", "sleep 1000 & wait", tag], Path(__file__)), cwd=fence.TREE,
                             extra_groups=[4] if os.geteuid() == 0 else None)
    try:
        assert eventually(lambda: bool(fenced(child.pid, "sleep")))
        status = Path(f"/proc/{fenced(child.pid, 'sleep')[0]}/status").read_text()
        lines = [line.split() for line in status.splitlines()]
    finally:
        child.terminate()
        child.wait()
    user = str(sandbox.NOBODY if os.geteuid() == 0 else os.geteuid())
    assert ["Uid:", user, user, user, user] in lines
    assert ["NoNewPrivs:", "1"] in lines
    assert ["CapEff:", "0000000000000000"] in lines
    if os.geteuid() == 0:
        assert ["Gid:", user, user, user, user] in lines
        assert ["Groups:"] in lines


def test_nothing_can_be_written_outside(tag: str) -> None:
    for path in ("/x", "/usr/x", "/dev/x", "/proc0/x", "/etc/x", "/var/x", "/proc0/in"):
        outcome = fence.run(["sh", "-c", f"echo x >{path}", tag], files={"in": Path(__file__)}, outputs={})
        assert outcome.status != 0, path


@pytest.mark.parametrize("plant", ["ln -sf /usr/bin/true out.o", "rm out.o; mkfifo out.o", "mv -f in out.o",
                                   "rm out.o; ln -s in out.o"])
def test_planted_output_is_refused(tmp_path: Path, plant: str) -> None:
    """Fenced, the name cannot be replaced; unfenced, what stands in its place is not read."""
    for mode in ("require", "unfenced"):
        if mode == "unfenced" and plant.startswith("mv"):
            continue
        outcome = fence.run(["sh", "-c", f"{plant}; true"], files={"in": Path(__file__)},
                            outputs={"out.o": tmp_path / "out.o"}, mode=mode)
        assert outcome.status == 1
        assert "out.o" in outcome.output
        assert not (tmp_path / "out.o").exists()


def test_planted_folder_is_refused_without_a_fence(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "out.o").write_bytes(SECRET)
    outcome = fence.run(["sh", "-c", f"rm -r a; ln -s {tmp_path}/secret a"], files={},
                        outputs={"a/out.o": tmp_path / "out.o"}, mode="unfenced")
    assert outcome.status == 1
    assert not (tmp_path / "out.o").exists()


def test_large_output_file_is_stopped(tmp_path: Path) -> None:
    outcome = fence.run(["sh", "-c", "exec cat /dev/zero /usr/bin/* >out"], files={},
                        outputs={"out": tmp_path / "out"}, limits=SMALL)
    assert outcome.ended_by == "a file over 1 MiB"


def test_many_files_fill_only_their_own_room(tag: str) -> None:
    outcome = inside(["sh", "-c", "i=0; while head -c 500000 /usr/bin/as >/tmp/$i; do i=$((i+1)); done; exit 1", tag])
    assert outcome.status == 1
    assert outcome.ended_by == "temporary files over 4 MiB"


def test_local_parts_of_the_system_and_the_tree_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a tree that lies in a folder that is shown."""
    assert inside(["ls", "/usr/local", "/usr/share/doc"]).output == "/usr/local:\n\n/usr/share/doc:\n"
    assert inside(["ls", "/usr/share/common-licenses"]).output != ""
    monkeypatch.setattr(sandbox, "TREE", Path("/usr/share/common-licenses"))
    assert inside(["ls", "/usr/share/common-licenses"]).output == ""


def test_network_is_not_reachable(tag: str) -> None:
    outcome = python("import socket\nsocket.create_connection(('1.1.1.1', 53), timeout=5)", tag)
    assert outcome.status == 1
    assert "Network is unreachable" in outcome.output


def test_no_further_namespaces(tag: str) -> None:
    assert inside(["unshare", "--user", "true", tag]).status != 0


def test_fork_bomb_is_stopped(tag: str) -> None:
    outcome = python("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", tag)
    assert outcome.ended_by == "the limit of 16 processes"


def test_fork_bomb_cannot_outrun_the_watch(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    """Without the watch RLIMIT_NPROC holds, and it counts the sandbox's own processes alone."""
    monkeypatch.setattr(sandbox, "_overrun", lambda *_: "")
    outcome = python("import os, signal\nn = 0\ntry:\n    while n < 1000:\n"
                     "        if os.fork() == 0: signal.pause()\n        n += 1\nexcept OSError: print(n)", tag)
    assert SMALL.processes // 2 < int(outcome.output) <= SMALL.processes + sandbox.SPARE_PROCESSES


def test_memory_of_one_process_is_bounded(tag: str) -> None:
    outcome = python("b = bytearray(300 << 20)", tag)
    assert outcome.status == 1
    assert "MemoryError" in outcome.output


def test_memory_of_all_processes_is_bounded(tag: str) -> None:
    outcome = python("import os\nfor _ in range(3): os.fork()\nb = bytearray(b'x') * (100 << 20)\n"
                     "while True: pass", tag, limits=Limits(memory_bytes=256 << 20, wall_seconds=20))
    assert outcome.ended_by == "the memory limit of 256 MiB"


@pytest.mark.parametrize("mode", ["require", "unfenced"])
def test_sleep_past_the_wall_limit(tag: str, mode: str) -> None:
    before = time.monotonic()
    outcome = inside(["sh", "-c", "sleep 1000", tag], limits=Limits(wall_seconds=0.3), mode=mode)
    assert outcome.ended_by == "the time limit of 0.3 seconds"
    assert outcome.status != 0
    assert time.monotonic() - before < 5


def test_background_process_does_not_outlive_the_command(tag: str) -> None:
    outcome = inside(["sh", "-c", "sh -c 'while :; do sleep 1; done' $0 & exit 0", tag])
    assert (outcome.status, outcome.ended_by) == (0, "")
    assert running(tag) == []


def test_no_orphan_is_left_to_the_hosts_init(tag: str) -> None:
    """A process that inherits all orphans below it (prctl 36) has no child left after a run."""
    program = """
import ctypes, os, sys
from grade import fence
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
fence.run(["sh", "-c", "sleep 1000 & exit 0", sys.argv[1]], files={}, outputs={})
fence.run(["sh", "-c", "sleep 1000", sys.argv[1]], files={}, outputs={}, limits=fence.Limits(wall_seconds=0.1))
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("none")
"""
    done = subprocess.run([sys.executable, "-c", program, tag], cwd=fence.TREE, capture_output=True, text=True,
                          check=False)
    assert (done.stdout, done.stderr) == ("none\n", "")


def test_closed_output_does_not_hide_a_process(tag: str) -> None:
    outcome = inside(["sh", "-c", "exec >&- 2>&-; while :; do :; done", tag])
    assert outcome.ended_by == "the time limit of 1 CPU seconds"


# ---------------------------------------------------------------- no fence, and the command line


def test_missing_bubblewrap_is_the_harness_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for tool in ("sh", "true", "prlimit", "setpriv"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fence.available() == "bwrap is missing: run `make setup`"
    with pytest.raises(fence.FenceUnavailable):
        inside(["true"])


def test_bubblewrap_that_fails_is_the_harness_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setattr(sandbox, "_find", lambda tool, find=sandbox._find: fake if tool == "bwrap" else find(tool))
    monkeypatch.setattr(sandbox, "_fenced", lambda inner, *_: [str(fake)])
    assert "No permissions to create new namespace" in fence.available()
    assert "user namespaces" in fence.available()


def test_missing_compiler_is_the_harness_fault() -> None:
    with pytest.raises(fence.FenceUnavailable, match="no-such-cc is missing"):
        inside(["no-such-cc", "-c", "x.c"])


def test_compiler_in_a_home_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cc").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "cc").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(fence.FenceUnavailable, match="install the compiler in a folder of its own"):
        inside([str(tmp_path / "bin" / "cc")])


def test_full_host_is_the_harness_fault() -> None:
    with pytest.raises(fence.FenceUnavailable, match="make room"):
        inside(["true"], limits=Limits(file_bytes=1 << 60))


def cli(command: Sequence[str], source: Path, *options: str) -> list[str]:
    """The command line that the GNUmakefile uses."""
    return [sys.executable, "-m", "grade.fence", "--mode", "require", "--in", f"labs/1-mbr/mbr.S={source}", *options,
            "--", *command]


def test_command_line(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_text("nop\n")
    compile_it = cli([COMPILER, "-c", "labs/1-mbr/mbr.S", "-o", "out.o"], source, "--out", f"out.o={tmp_path / 'x.o'}",
                     "--header-dirs", "boot", "kernel")
    done = subprocess.run(compile_it, cwd=fence.TREE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "x.o").exists()

    source.write_text("bogus\n")
    done = subprocess.run(compile_it, cwd=fence.TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "labs/1-mbr/mbr.S:1: Error: no such instruction" in done.stderr

    flood = cli(["sh", "-c", "while :; do echo flood; done"], source)
    done = subprocess.run(flood, cwd=fence.TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("\nlabs/1-mbr/mbr.S: stopped by an output of over 64 KiB\n")

    done = subprocess.run(cli(["no-such-cc"], source), cwd=fence.TREE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "fence: no-such-cc is missing: run `make setup`\n")


def test_headers_of_the_tree_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "boot" / "boot0").mkdir(parents=True)
    for name in ("a.h", "mbr.S", "link.ld"):
        (tmp_path / "boot" / "boot0" / name).write_text("")
    monkeypatch.setattr(fence, "TREE", tmp_path)
    assert fence.headers(["boot", "kernel"]) == {"boot/boot0/a.h": tmp_path / "boot" / "boot0" / "a.h"}


def fenced(pid: int, name: str) -> list[int]:
    """The descendants of a process that run a program of this name."""
    found = []
    for child in sandbox._processes(pid):
        try:
            if Path(f"/proc/{child}/comm").read_text().strip() == name:
                found.append(child)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_the_harness(tag: str, number: signal.Signals) -> None:
    stubborn = "trap '' INT TERM HUP; (while :; do :; done) & (while :; do :; done)"
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        child = subprocess.Popen(cli(["bash", "-c", stubborn, tag], Path(__file__)), cwd=fence.TREE,
                                 env={**os.environ, "TMPDIR": scratch}, start_new_session=True)
        assert eventually(lambda: len(fenced(child.pid, "bash")) == 3)
        os.killpg(child.pid, number)
        child.wait()
        assert eventually(lambda: running(tag) == [])
        if number != signal.SIGKILL:
            assert child.returncode == 130
            assert os.listdir(scratch) == []


def test_nothing_starts_for_a_harness_that_died() -> None:
    """The gate opens only on a word: at the end of the pipe it stays shut."""
    done = subprocess.run(["/bin/sh", "-c", sandbox.GATE, "fence", "echo", "started"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "\n")
