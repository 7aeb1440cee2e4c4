"""More memory than there is: the page daemon and the swap pager, in a PC of 8 MB, of which the short tests have the
kernel use 4 (grade/drivers/services_swap.c and services_stress.c)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grade.bochs import Machine
from grade.kerneldisk import settings
from grade.tests.emulation import SECTOR, TREE, make, tool
from grade.tests.services import BUDGET, KERNEL, Fact, parse, run

MEGS = 8
SMALL = {"megs": 4}
CYLINDER = 16 * 63              # sectors
LABEL_SLOTS = 2                 # at a device's start, never used
ZERO_MAX = 512                  # pages of zeros that are kept ready
EIO = 5
LABEL = (63 + 1) * SECTOR       # a disklabel's place, and in it
LABEL_CHECKSUM = 136            # the words' exclusive or is 0
SWAP_FSTYPE = 148 + 16 + 12     # of partition b
FS_SWAP, FS_BSDFFS = 1, 7


def swapping(tests: str, folder: Path, *, megabytes: int, pages: int, device: str = "ad1", megs: int = MEGS,
             **variables: str) -> tuple[str, dict[str, list[Fact]]]:
    """Boot with a second disk to swap to, and use so much memory; what was said, and the tests' facts by name."""
    disk = folder / "swap.img"
    cylinders = (megabytes << 20) // SECTOR // CYLINDER
    disk.touch()
    os.truncate(disk, cylinders * CYLINDER * SECTOR)
    serial = run(tests, others=[(disk, f"cylinders={cylinders}, heads=16, spt=63")], options=[f"megs: {MEGS}"],
                 hw_physmem=f"{megs}M", vm_swapdev=device, swap_pages=str(pages), **variables)
    facts: dict[str, list[Fact]] = {}
    for fact in parse(serial):
        facts.setdefault(fact.name, []).append(fact)
    return serial, facts


def check_sum(facts: dict[str, list[Fact]], pages: int, megs: int = MEGS) -> None:
    """Nothing was lost, much was in swap, and no slot is in use any more, nor, the second time, a page."""
    for full, touched, total in zip(facts["swap_full_of_it"], facts["swap_touch"], facts["swap_sum"], strict=True):
        assert full["wrong"] == touched["wrong"] == 0 and total["right"] == 1
        assert touched["used"] == 0 < full["used"]
        assert full["used"] + (megs << 8) > pages, "what is not in memory is in swap"
    if len(facts["swap_sum"]) > 1:
        assert facts["swap_sum"][1]["left"] == 0


def test_more_than_there_is(tmp_path: Path) -> None:
    """Memory that does not fit, page by page, twice; then with some of it wired."""
    _, facts = swapping("swap_touch swap_touch swap_wired", tmp_path, megabytes=40, pages=800, swap_step="1", **SMALL)
    check_sum(facts, 800, **SMALL)
    assert facts["swap_wired"][0]["wrong"] == 0 == facts["swap_moved"][0]["moved"]
    first = facts["swap_touch"][0]
    assert first["pgsout"] > 5 * first["swapout"], "neighbours are written together"
    assert first["pgsin"] > 2 * first["swapin"], "and read"


@pytest.mark.long
def test_four_times_the_memory(tmp_path: Path) -> None:
    """32 MB in 8 MB, in an order that no read-ahead helps; then some pages drawn."""
    _, facts = swapping("swap_touch", tmp_path, megabytes=40, pages=8192, swap_touches="500")
    check_sum(facts, 8192)


def test_fork(tmp_path: Path) -> None:
    """Two share what is in swap and in memory, both change it, and one ends: each sees its own."""
    _, facts = swapping("swap_fork", tmp_path, megabytes=40, pages=450, **SMALL)
    [fork] = facts["swap_fork"]
    assert fork["wrong"] == fork["used"] == 0 < fork["pgsout"]


@pytest.mark.long
def test_fork_of_much(tmp_path: Path) -> None:
    """The same where each alone has more than there is; and nothing is left the second time."""
    _, facts = swapping("swap_fork swap_fork", tmp_path, megabytes=40, pages=2500)
    assert all(fork["wrong"] == fork["used"] == 0 for fork in facts["swap_fork"])
    assert facts["swap_fork_left"][1]["left"] == 0


def check_stress(facts: dict[str, list[Fact]]) -> None:
    """Each found what it had written, and all that was taken is given back."""
    assert all(one["wrong"] == 0 for one in facts["stressed"]) and all(run["used"] == 0 for run in facts["stress"])
    assert min(run["pgsout"] for run in facts["stress"]) > 100


def test_stress(tmp_path: Path) -> None:
    """Address spaces that are written, copied, wired, unmapped and mapped anew, while their pages come and go. Before,
    pages of zeros are ready."""
    _, facts = swapping("idle_zero stress", tmp_path, megabytes=40, pages=600, stress_pages="900", stress_processes="2",
                        stress_steps="120")
    check_stress(facts)
    [zero] = facts["idle_zero"]
    assert zero["wrong"] == 0 and ZERO_MAX - 16 < zero["ozfod"] <= zero["ready"] == ZERO_MAX


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_much_stress(seed: int, tmp_path: Path) -> None:
    """The same for longer, and again; in the end no page is missing that was there after the first time."""
    _, facts = swapping("stress stress stress", tmp_path, megabytes=40, pages=0, stress_pages=str(500 + 100 * seed),
                        stress_processes="4", stress_steps="400", services_seed=str(seed))
    check_stress(facts)
    assert facts["stress"][2]["left"] - facts["stress"][1]["left"] < 8


@pytest.mark.parametrize("device, pages", [
    ("ad1", 1130), pytest.param("ad9", 580, marks=pytest.mark.long)])
def test_full(device: str, pages: int, tmp_path: Path) -> None:
    """Memory is full, and so is swap, or there is none: it is said once, who wants more waits, others go on; and when
    they give some back he gets it."""
    serial, facts = swapping("swap_full", tmp_path, megabytes=3, pages=pages, device=device, **SMALL)
    [stuck] = facts["swap_stuck"]
    assert stuck["full"] == 1 and pages // 2 < stuck["at"] < pages
    assert facts["swap_greedy"][0]["wrong"] == facts["swap_full"][0]["used"] == 0
    assert serial.count("out of memory and of swap space: who wants more has to wait") == 1
    assert serial.count("swap_pager_getswapspace(1): failed") == (device == "ad1")
    assert serial.count("swap_pager: out of swap space") == (device == "ad1")
    assert ("swap: there is no ad9" in serial) == (device == "ad9")


def test_errors(tmp_path: Path) -> None:
    """A disk that fails now and then: what it did not take stays in memory; what it does not give it is asked for
    alone, and then it is a fault's error, and comes the next time."""
    serial, facts = swapping("swap_flaky", tmp_path, megabytes=40, pages=780, device="none", swap_flaky="ad1",
                             swap_every="2", swap_touches="100", **SMALL)
    [errors], [flaky] = facts["swap_errors"], facts["swap_flaky"]
    assert errors["on"] == 0 < min(errors["reads"], errors["writes"]) and flaky["wrong"] == flaky["used"] == 0
    assert 0 < errors["refused"] < errors["reads"]
    for what, count in ("pagein", errors["reads"]), ("pageout", errors["writes"]):
        told = re.findall(rf"^swap_pager: I/O error - {what} failed; blkno \d+, size \d+, error {EIO}\r?$", serial,
                          re.MULTILINE)
        assert len(told) == count
    assert len(re.findall(r"^vm_fault: pager read error, pid \d+ \(services\)", serial, re.MULTILINE)) == errors["refused"]


@pytest.mark.parametrize("fstype", [FS_SWAP, pytest.param(FS_BSDFFS, marks=pytest.mark.long)])
def test_the_boot_slice(fstype: int, tmp_path: Path) -> None:
    """Where nothing is said, partition b of the slice that was booted from, if its label gives it for swapping;
    `boot -v' tells."""
    make(KERNEL, "build/ref/boot/boot0/mbr.bin", "build/ref/boot/boot2/boot2.bin", "build/ref/boot/loader/loader")
    image, told = tmp_path / "disk.img", tmp_path / "loader.conf"
    told.write_bytes(settings({"autoboot_delay": "-1", "console": "comconsole", "services.run": "swap_wired",
                               "boot_verbose": "YES"}))
    built = TREE / "build/ref/boot"
    subprocess.run([sys.executable, "-m", "boot.image.mkdisk", "--sfdisk", tool("sfdisk"), "--makefs", tool("makefs"),
                    "--size", "16M", "--boot", built / "boot0/mbr.bin", "--boot1", built / "boot2/boot1.bin",
                    "--boot2", built / "boot2/boot2.bin", "--slice", "n=1,type=a5,start=63,size=32193,active,bsd",
                    "--swap", "6M", "--root", TREE / "grade/drivers/root",
                    "--add", f"boot/loader={built / 'loader/loader'}",
                    "--add", f"boot/loader.rc={TREE / 'boot/image/root/boot/loader.rc'}",
                    "--add", f"boot/defaults/loader.conf={TREE / 'boot/image/root/boot/defaults/loader.conf'}",
                    "--add", f"boot/loader.conf={told}", "--add", f"kernel={TREE / KERNEL}", image],
                   cwd=TREE, check=True, capture_output=True)
    disk = bytearray(image.read_bytes())
    for place in SWAP_FSTYPE, LABEL_CHECKSUM:
        disk[LABEL + place] ^= FS_SWAP ^ fstype
    image.write_bytes(disk)
    with Machine(tmp_path, disks=[(image, "")], bochs=tool("bochs"), options=[f"megs: {MEGS}"]) as pc:
        assert pc.run(BUDGET).why == "power-off"
        pc.close()
        serial = pc.serial.decode("latin1")
    slots = (6 << 20 >> 12) - LABEL_SLOTS if fstype == FS_SWAP else 0
    assert (f"swap: ad0s1b, {slots * 4}K bytes" in serial) == (fstype == FS_SWAP)
    assert re.findall(r"@swap_wired wrong=0 used=0 total=(\d+) ", serial) == [str(slots)]
