"""The kernel, from its loaders to the end of what it does so far: in QEMU and Bochs, by loader, boot2 and GRUB, with
little memory and much, on every CPU that Bochs knows."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import pytest

from grade.bochs import Machine
from grade.tests.emulation import BOCHS_STEP, BOCHS_TICKS, TREE, Qemu, bochs_serial, make, qemu_serial, tool
from grade.tests.loading import loader_disk, loader_root
from grade.tests.test_testkernel import grub_disk

KERNEL = TREE / "build/ref/kernel/kernel"
END = "switch the machine off"
CONF = 'autoboot_delay="-1"\n'
SHAPE = "cylinders=65, heads=16, spt=63"

# What a boot says, in this order.
SAID = (r"Copyright \(c\) ", r"proc0 \d", r'Timecounter "i8254"  frequency 1193182 Hz', r"CPU: .+-class CPU\)",
        r"real memory  = \d+ \(\d+K bytes\)", r"avail memory = \d+ \(\d+K bytes\)", "vga0: ", "atkbd0: ", "sio0: ",
        r"Timecounters tick every \d+\.000 msec", END)

Emulators = pytest.mark.parametrize("serial_of", [qemu_serial, bochs_serial], ids=["qemu", "bochs"])


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make("build/disk.img")


def kernel_disk(folder: Path, *, conf: str = CONF, files: Mapping[str, bytes | str] = {}) -> Path:
    """A disk whose loader starts the kernel at once, on COM1."""
    root = loader_root(folder / "root", conf=conf, boot_config="-h -n", files={"kernel": KERNEL.read_bytes(), **files})
    return loader_disk(folder / "disk.img", root)


def booted(serial: str) -> dict[str, int]:
    """The kernel has said all that it should. Returns the sizes of memory."""
    at = 0
    for said in SAID:
        found = re.compile(said).search(serial, at)
        assert found, f"{said!r} is not said after {serial[:at][-40:]!r}:\n{serial[at:]}"
        at = found.end()
    assert "WARNING" not in serial and "panic" not in serial and "Fatal" not in serial, serial
    return {what: int(size) for what, size in re.findall(r"^(real|avail) memory += (\d+) ", serial, re.MULTILINE)}


def run_bochs(image: Path, options: Sequence[str]) -> str:
    """What comes on COM1 in a PC with these further lines of .bochsrc."""
    with tempfile.TemporaryDirectory(prefix="proc0-test-") as folder, \
            Machine(Path(folder), disks=[(image, SHAPE)], bochs=tool("bochs"), options=options) as pc:
        while not pc.stop.over and pc.stop.tick < BOCHS_TICKS and END.encode() not in pc.serial:
            pc.run(BOCHS_STEP)
        pc.close()
        return pc.serial.decode("latin1")


def cpu_models() -> list[str]:
    """All that this Bochs can be."""
    listed = subprocess.run([tool("bochs"), "--help", "cpu"], capture_output=True, text=True, check=False)
    models = re.findall(r"^(\w+)$", listed.stdout + listed.stderr, re.MULTILINE)
    assert "pentium" in models
    return models


@Emulators
def test_it_boots(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    memory = booted(serial_of(kernel_disk(tmp_path), END))
    assert 61 << 20 < memory["avail"] < memory["real"] <= 128 << 20


def test_the_disk_that_make_builds_boots_with_nobody_at_the_keyboard(tmp_path: Path) -> None:
    image = shutil.copy(TREE / "build/disk.img", tmp_path)
    booted(bochs_serial(Path(image), END))


@Emulators
def test_grub_starts_it(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    loaded = grub_disk(tmp_path, str(KERNEL), "set kFreeBSD.console=comconsole", "set kFreeBSD.kern.hz=250")
    serial = serial_of(loaded.image, END)
    memory = booted(serial)
    assert re.search(r"Physical memory use set to 65\d{3}K", serial), "hw.physmem=64M is in GRUB's environment"
    assert memory["real"] <= 64 << 20
    assert "SMAP type=01" in serial, "booted with -v"


def test_boot2_starts_it_without_metadata(tmp_path: Path) -> None:
    root = loader_root(tmp_path / "root", boot_config="-h -n /kernel", files={"kernel": KERNEL.read_bytes()})
    serial = qemu_serial(loader_disk(tmp_path / "disk.img", root), END)
    assert "WARNING: loader(8) metadata is missing!" in serial
    booted(serial.replace("WARNING: loader(8)", ""))


@pytest.mark.parametrize("megs", [8, 2048])
def test_memory(megs: int, tmp_path: Path) -> None:
    memory = booted(run_bochs(kernel_disk(tmp_path), [f"megs: {megs}"]))
    assert (megs - 1) << 20 < memory["real"] <= megs << 20
    assert memory["avail"] > memory["real"] - (6 << 20) - memory["real"] // 64, "64 bytes a page, and the kernel"


def test_3_gb(tmp_path: Path) -> None:
    with Qemu([kernel_disk(tmp_path)], megabytes=3072) as pc:
        pc.com1.expect(END)
        memory = booted(pc.com1.before + pc.com1.after)
    assert 3020 << 20 < memory["avail"] < memory["real"] <= 3072 << 20


@pytest.mark.long
@pytest.mark.parametrize("model", cpu_models() if shutil.which("bochs") else [])
def test_cpu(model: str, tmp_path: Path) -> None:
    """Every CPU that Bochs knows, with a seeded size of memory."""
    megs = Random(model).randint(8, 2048)
    serial = run_bochs(kernel_disk(tmp_path), [f"cpu: model={model}, count=1, ips=4000000, reset_on_triple_fault=0", f"megs: {megs}"])
    booted(serial)
