"""What the road from boot1 into the kernel costs, in guest instructions.

A disk with the reference's boot blocks, loader and a kernel (a test kernel of 600 KB, or ours), set up so that
nobody waits: boot2 is told not to listen for a key, the loader not to count down, and the console is on COM1. Bochs
counts; each stage begins where the machine first comes to its entry. Time spent in HLT counts as ticks, too: up to the
kernel nothing halts, and of the kernel's SYSINITs, which wait for the disk, it is left out.

Used by `make bench` and by the test that holds the road to its budget.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.mkdisk import Slice, build_disk
from grade.bochs import Machine
from grade.counting import come_to, work_to
from grade.elf import read_labels

ROAD_KERNEL = "build/ref/boot/loader/testkernel/kernel.600k"
KERNEL = "build/ref/kernel/kernel"
ROAD_BUDGET = 5_000_000         # from boot1's first instruction to the kernel's
INIT386_BUDGET = 800_000        # from the kernel's first instruction to mi_startup, with 64 MB
SYSINIT_BUDGET = 700_000        # from there to the last SYSINIT, with 64 MB; the console is the screen
SYSINIT_PAGE_BUDGET = 40        # more of those for each page more of memory

BOOT_CONFIG = "-h -n\n"         # console on COM1, no wait for a key
LOADER_CONF = 'autoboot_delay="-1"\nconsole="comconsole"\n'
# For what the kernel says: a character on COM1 takes as long as the line does.
SCREEN_CONFIG, SCREEN_CONF = "-n\n", 'autoboot_delay="-1"\nconsole="vidconsole"\n'

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


def build_road(tree: Path, image: Path, folder: Path, *, kernel: str, makefs: str, sfdisk: str,
               screen: bool = False) -> None:
    """Make the disk from what `make all` has built in `tree`. `folder` is empty, and keeps what the disk is made of.
    screen: the console is the screen."""
    built = tree / "build" / "ref" / "boot"
    root = folder / "root"
    shutil.copytree(tree / "boot" / "image" / "root", root)
    (root / "boot.config").write_text(SCREEN_CONFIG if screen else BOOT_CONFIG, encoding="ascii")
    (root / "boot" / "loader.conf").write_text(SCREEN_CONF if screen else LOADER_CONF, encoding="ascii")
    content = BsdSlice(
        root=root, makefs=makefs,
        added={"boot/loader": built / "loader" / "loader", "kernel": tree / kernel},
        boot1=(built / "boot2" / "boot1.bin").read_bytes(), boot2=(built / "boot2" / "boot2.bin").read_bytes())
    filled = folder / "slice"
    write_slice(filled, content, start=START, size=SIZE, name="ad0s1")
    build_disk(image, sectors=SECTORS, boot=(built / "boot0" / "mbr.bin").read_bytes(), sfdisk=sfdisk,
               slices=[Slice(1, 0xA5, START, SIZE, active=True, fill=filled)])


def measure_stages(image: Path, folder: Path, *, kernel: Path, bochs: str) -> Sequence[Stage]:
    """Boot the disk, and tell what each stage took: up to the first instruction of `kernel`, and if that is ours, to
    its mi_startup()."""
    labels = read_labels(kernel)
    entry = labels["btext"] & 0xFFFFFF          # loaded 3 GB below
    doors = [("boot1: finds its slice, reads boot2", BTX_ENTRY), ("boot2: reads /boot/loader", BTXLDR),
             ("btxldr: puts BTX and the loader in place", BTX_ENTRY), ("loader: reads and starts the kernel", entry)]
    if kernel.match(KERNEL):
        doors.append(("kernel: locore and init386", labels["mi_startup"]))
    stages = []
    with Machine(folder, disks=[(image, SHAPE)], bochs=bochs) as machine:
        come_to(machine, BOOT_SECTOR, POST_BUDGET)         # mbr
        began = come_to(machine, BOOT_SECTOR, ROAD_BUDGET)
        for name, address in doors:
            came = come_to(machine, address, ROAD_BUDGET)
            stages.append(Stage(name, came - began))
            began = came
    return stages


def measure_sysinit(image: Path, folder: Path, *, kernel: Path, bochs: str, megabytes: int = 64) -> int:
    """The instructions from our kernel's mi_startup() to its last SYSINIT, of a disk whose console is the screen."""
    labels = read_labels(kernel)
    with Machine(folder, disks=[(image, SHAPE)], bochs=bochs, options=[f"megs: {megabytes}"]) as machine:
        come_to(machine, labels["mi_startup"], POST_BUDGET + ROAD_BUDGET)
        work, _ = work_to(machine, kernel, labels["scheduler"])
        return work
