"""What the road from boot1 into the kernel costs, in guest instructions.

A disk with the reference's boot blocks, loader and a kernel (a test kernel of 600 KB, or ours), set up so that
nobody waits: boot2 is told not to listen for a key, the loader not to count down, and the console is on COM1. Bochs
counts; each stage begins where the machine first comes to its entry. Time spent in HLT would be counted, too: the
figures are upper bounds.

Used by `make bench` and by the test that holds the road to its budget.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.mkdisk import Slice, build_disk
from grade.bochs import Machine
from grade.failure import HarnessFault

ROAD_KERNEL = "build/ref/boot/loader/testkernel/kernel.600k"
KERNEL = "build/ref/kernel/kernel"
ROAD_BUDGET = 5_000_000         # from boot1's first instruction to the kernel's
INIT386_BUDGET = 800_000        # from the kernel's first instruction to mi_startup, with 64 MB

BOOT_CONFIG = "-h -n\n"         # console on COM1, no wait for a key
LOADER_CONF = 'autoboot_delay="-1"\nconsole="comconsole"\n'

SECTORS = 130 * 16 * 63         # of the disk, and what its BIOS makes of them
START, SIZE = 63, 65536         # of its slice, in sectors
SHAPE = "cylinders=130, heads=16, spt=63"
POST_BUDGET = 40_000_000

BOOT_SECTOR, BTX_ENTRY, BTXLDR = 0x7C00, 0x9010, 0x200000


@dataclass(frozen=True)
class Stage:
    """A stage of the road, and how many instructions it took."""

    name: str
    ticks: int


def build_road(tree: Path, image: Path, folder: Path, *, kernel: str, makefs: str, sfdisk: str) -> None:
    """Make the disk from what `make all` has built in `tree`. `folder` is empty, and keeps what the disk is made of."""
    built = tree / "build" / "ref" / "boot"
    root = folder / "root"
    shutil.copytree(tree / "boot" / "image" / "root", root)
    (root / "boot.config").write_text(BOOT_CONFIG, encoding="ascii")
    (root / "boot" / "loader.conf").write_text(LOADER_CONF, encoding="ascii")
    content = BsdSlice(
        root=root, makefs=makefs,
        added={"boot/loader": built / "loader" / "loader", "kernel": tree / kernel},
        boot1=(built / "boot2" / "boot1.bin").read_bytes(), boot2=(built / "boot2" / "boot2.bin").read_bytes())
    filled = folder / "slice"
    write_slice(filled, content, start=START, size=SIZE, name="ad0s1")
    build_disk(image, sectors=SECTORS, boot=(built / "boot0" / "mbr.bin").read_bytes(), sfdisk=sfdisk,
               slices=[Slice(1, 0xA5, START, SIZE, active=True, fill=filled)])


def kernel_symbol(kernel: Path, name: str, *, nm: str) -> int:
    """Where a kernel's symbol is linked."""
    listed = subprocess.run([nm, str(kernel)], capture_output=True, text=True, check=True).stdout
    return int(re.search(rf"^(\w+) \w {name}$", listed, re.MULTILINE)[1], 16)


def measure_stages(image: Path, folder: Path, *, kernel: Path, nm: str, bochs: str) -> Sequence[Stage]:
    """Boot the disk, and tell what each stage took: up to the first instruction of `kernel`, and if that is ours, to
    its mi_startup()."""
    entry = kernel_symbol(kernel, "btext", nm=nm) & 0xFFFFFF        # loaded 3 GB below
    doors = [("boot1: finds its slice, reads boot2", BTX_ENTRY), ("boot2: reads /boot/loader", BTXLDR),
             ("btxldr: puts BTX and the loader in place", BTX_ENTRY), ("loader: reads and starts the kernel", entry)]
    if kernel.match(KERNEL):
        doors.append(("kernel: locore and init386", kernel_symbol(kernel, "mi_startup", nm=nm)))
    stages = []
    with Machine(folder, disks=[(image, SHAPE)], bochs=bochs) as machine:
        _come_to(machine, BOOT_SECTOR, POST_BUDGET)         # mbr
        began = _come_to(machine, BOOT_SECTOR, ROAD_BUDGET)
        for name, address in doors:
            came = _come_to(machine, address, ROAD_BUDGET)
            stages.append(Stage(name, came - began))
            began = came
    return stages


def _come_to(machine: Machine, address: int, budget: int) -> int:
    """Run until the instruction at `address` is next. Returns the tick."""
    door = machine.break_at(address)
    stop = machine.run(budget)
    if stop.why != "breakpoint":
        raise HarnessFault(f"{address:#x} is not reached in {budget:,} instructions: {stop.line or stop.why}\n"
                           + machine.serial.decode("ascii", "replace"))
    machine.unbreak(door)
    return stop.tick
