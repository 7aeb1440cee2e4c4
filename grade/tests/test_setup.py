"""grade/setup.sh finds tools, installs what is missing, and removes nothing.

It runs in a copy of its folder with a PATH of links to chosen programs, where
apt-get, sudo and dpkg-query are fakes that write down what they were asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / "setup.sh"
BASICS = ("cat cmp dirname env find grep head id ln mkdir mktemp mv rm sed sh sort timeout touch tr"
          " true")
TOOLS = "bochs bochs-bin qemu-system-i386 sfdisk makefs bwrap setpriv patch mcopy mkfs.fat extlinux" \
        " syslinux install-mbr grub-mkimage fls"


class Machine:
    """A computer with the programs in `bin` and nothing else that setup.sh looks for."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "a tree"
        (self.tree / "grade").mkdir(parents=True)
        shutil.copy(SETUP, self.tree / "grade")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.asked = folder / "asked"
        self.link(BASICS, needed=True)
        self.link(TOOLS)
        self.fake_compiler("i686-linux-gnu-")
        self.script("cc", "exit 0")

    def link(self, names: str, *, needed: bool = False) -> None:
        for name in names.split():
            where = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
            if where:
                (self.bin / name).symlink_to(where)
            elif needed:
                pytest.fail(f"{name} is not on this machine")
            else:
                self.script(name, "exit 0")

    def script(self, name: str, body: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def fake_compiler(self, prefix: str, *, works: bool = True) -> None:
        for tool in ("gcc", "ld", "objcopy", "objdump", "nm"):
            self.script(prefix + tool, "exit 0" if works else "exit 1")

    def remove(self, names: str) -> None:
        for name in names.split():
            (self.bin / name).unlink()

    def fake_apt(self, *, brings: str = "", fails: bool = False) -> None:
        """An apt-get that writes down its arguments, and then has put `brings` in place."""
        result = "exit 100" if fails else "\n".join(
            f"ln -sf {self.bin}/true {self.bin}/{name}" for name in brings.split())
        self.script("apt-get", f'echo "$@" >>"{self.asked}"\n'
                               f'case " $* " in *" install "*) {result or ":"} ;; esac')
        self.script("sudo", 'exec "$@"')
        self.script("apt-cache", "exit 0")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", self.tree / "grade/setup.sh", *arguments], cwd="/", text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
            env={"PATH": str(self.bin), "PYTHON": "/usr/bin/python3", **environment},
        )

    def findings(self) -> dict[str, str]:
        lines = (self.tree / "build/tools.mk").read_text().splitlines()[1:]
        return {name.rstrip("?: "): value.strip()
                for name, _, value in (line.partition("=") for line in lines)}

    def apt_calls(self) -> list[str]:
        return self.asked.read_text().splitlines() if self.asked.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_probe_writes_what_it_found(machine: Machine) -> None:
    done = machine.run("--probe")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = machine.findings()
    assert found["PYTHON"] == "/usr/bin/python3"
    assert found["TOOLPREFIX"] == "i686-linux-gnu-"
    assert found["CC"] == "$(TOOLPREFIX)gcc -m32"
    assert found["HOSTCC"] == "cc"
    assert found["BOCHS"] == str(machine.bin / "bochs")
    assert "compiler" not in found["MISSING"].split()
    assert "bochs" not in found["MISSING"].split()


def test_probe_names_what_is_missing_and_installs_nothing(machine: Machine) -> None:
    machine.fake_apt()
    machine.remove("bochs patch i686-linux-gnu-gcc cc")
    done = machine.run("--probe")
    assert done.returncode == 0
    assert {"bochs", "patch", "compiler", "hostcc"} <= set(machine.findings()["MISSING"].split())
    assert machine.apt_calls() == []


def test_findings_are_rewritten_only_when_they_change(machine: Machine) -> None:
    machine.run("--probe")
    path = machine.tree / "build/tools.mk"
    os.utime(path, (2, 2))
    os.utime(machine.tree / "grade/setup.sh", (1, 1))
    machine.run("--probe")
    assert path.stat().st_mtime == 2
    os.utime(machine.tree / "grade/setup.sh", (3, 3))
    machine.run("--probe")
    assert path.stat().st_mtime > 3, "make would look again and again"
    os.utime(path, (4, 4))
    machine.remove("patch")
    machine.run("--probe")
    assert path.stat().st_mtime != 4
    assert [entry.name for entry in path.parent.iterdir()] == ["tools.mk"]


def test_compilers_are_taken_in_order(machine: Machine) -> None:
    machine.fake_compiler("")
    machine.fake_compiler("i686-elf-")
    machine.run("--probe")
    assert machine.findings()["TOOLPREFIX"] == "i686-elf-"
    machine.fake_compiler("i686-elf-", works=False)
    machine.run("--probe")
    assert machine.findings()["TOOLPREFIX"] == "i686-linux-gnu-"
    machine.fake_compiler("i686-linux-gnu-", works=False)
    machine.run("--probe")
    assert machine.findings()["TOOLPREFIX"] == ""
    assert "compiler" not in machine.findings()["MISSING"].split()


def test_gcc_stands_in_for_a_cc_that_makes_no_programs(machine: Machine) -> None:
    machine.fake_compiler("")
    machine.script("cc", "exit 1")
    machine.run("--probe")
    assert machine.findings()["HOSTCC"] == "gcc"
    assert "hostcc" not in machine.findings()["MISSING"].split()


def test_host_compiler_is_installed_with_its_library(machine: Machine) -> None:
    machine.remove("cc")
    machine.fake_apt(brings="gcc")
    done = machine.run()
    assert {"gcc", "libc6-dev"} <= set(" ".join(machine.apt_calls()).split())
    assert machine.findings()["HOSTCC"] == "gcc", done.stdout


def test_overrides_are_honoured(machine: Machine) -> None:
    machine.fake_compiler("mine-")
    machine.script("my-cc", "exit 0")
    machine.script("my-python", 'exec /usr/bin/python3 "$@"')
    machine.run("--probe", TOOLPREFIX="mine-", PYTHON=str(machine.bin / "my-python"), HOSTCC="my-cc")
    assert machine.findings()["TOOLPREFIX"] == "mine-"
    assert machine.findings()["HOSTCC"] == "my-cc"
    assert machine.findings()["PYTHON"] == str(machine.bin / "my-python")


def test_override_that_does_not_work_is_refused(machine: Machine) -> None:
    machine.fake_apt()
    done = machine.run(TOOLPREFIX="no-such-", PYTHON="/bin/false", HOSTCC="/bin/false")
    assert done.returncode == 1
    assert "HOSTCC=/bin/false makes no programs" in done.stdout
    assert not any("libc6-dev" in call for call in machine.apt_calls())
    assert "TOOLPREFIX=no-such- makes no 32-bit code" in done.stdout
    assert "PYTHON=/bin/false is not" in done.stdout
    assert not any("gcc" in call or "python3-pexpect" in call for call in machine.apt_calls())


def test_missing_package_is_installed_without_removing(machine: Machine) -> None:
    machine.remove("patch")
    machine.fake_apt(brings="patch")
    done = machine.run()
    update, *installs = machine.apt_calls()
    assert update.startswith("update")
    needed = next(call for call in installs if "patch" in call.split())
    assert needed.startswith("install -y --no-install-recommends --no-remove ")
    assert all("--no-remove" in call for call in installs)
    assert "patch" not in machine.findings()["MISSING"].split(), done.stdout


@pytest.mark.parametrize(("multilib", "package"), [("", "gcc-i686-linux-gnu"),
                                                   ("installed", "gcc-multilib")])
def test_compiler_package_does_not_clash(machine: Machine, multilib: str, package: str) -> None:
    machine.remove("i686-linux-gnu-gcc")
    machine.fake_apt()
    machine.script("dpkg-query", f"echo {multilib}")
    done = machine.run()
    assert done.returncode == 1
    packages = " ".join(machine.apt_calls()).split()
    assert package in packages
    assert len({"gcc-i686-linux-gnu", "gcc-multilib"} & set(packages)) == 1


def test_failing_apt_ends_with_one_line(machine: Machine) -> None:
    machine.remove("patch")
    machine.fake_apt(fails=True)
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.startswith("setup: apt-get could not install ")
    assert "patch" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_apt_the_packages_are_listed(machine: Machine) -> None:
    machine.remove("patch bochs")
    done = machine.run()
    assert done.returncode == 1
    assert done.stderr.startswith("setup: no apt-get here; install what these Debian packages hold:")
    assert {"bochs", "bochs-term", "patch"} <= set(done.stderr.split())


def test_bochs_without_debugger_will_not_do(machine: Machine) -> None:
    machine.script("bochs", 'echo \'Bochs connected to screen "/dev/pts/0"\'')
    machine.fake_apt()
    done = machine.run()
    assert done.returncode == 1
    assert "lacks the debugger" in done.stdout


def test_refused_namespaces_are_told_but_not_fatal(machine: Machine) -> None:
    machine.script("bwrap", "exit 1")
    machine.fake_apt()
    done = machine.run()
    assert "this system refuses it namespaces" in done.stdout
    assert "bwrap" not in machine.findings()["MISSING"].split()
    assert not any("bubblewrap" in call for call in machine.apt_calls())


def test_unknown_argument_shows_the_usage(machine: Machine) -> None:
    done = machine.run("--prob")
    assert done.returncode == 1
    assert done.stderr.startswith("usage: ")
    assert machine.run("--help").stdout.startswith("usage: ")
