"""Disks that fail, are silent, or are no disks: what the kernel says, and that it goes on.

QEMU's blkdebug makes a sector fail. For interrupts that do not come, Bochs is stopped where the driver is about to
handle one, and sent back: the drive is as it was, and knows nothing of it. What drives may do beyond that,
test_ata_host.py has.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from grade.bochs import Machine
from grade.tests.disks import bochs, drawn_disk, facts, filled_sector, found_devices, hashed, in_qemu, kernel_symbols
from grade.tests.emulation import SECTOR, read_sectors, write_at
from grade.tests.services import BUDGET

EIO, ENXIO = 5, 6
LBA28 = 1 << 28
ABORTED = "status=41<READY,ERROR> error=4<ABORTED>"     # what QEMU makes of any error
COUNT = 64


@pytest.fixture(name="disk")
def build_disk(tmp_path: Path) -> Path:
    return drawn_disk(tmp_path / "drawn.img")


def said(serial: str, disk: str = "ad1") -> list[str]:
    """What the driver said of a disk after it was found."""
    return [line.split(": ", 1)[1] for line in re.findall(rf"^{disk}: .*?(?=\r?$)", serial, re.MULTILINE)][1:]


def failing(disk: Path, *, sector: int, kind: str, once: bool) -> list[str]:
    """QEMU's options for ad1 with a sector that fails, every time or the first time."""
    config = disk.with_suffix(".conf")
    config.write_text(f'[inject-error]\nevent = "none"\nerrno = "5"\nsector = "{sector}"\n'
                      f'once = "{"on" if once else "off"}"\niotype = "{kind}"\n', encoding="ascii")
    return ["-drive", f"driver=blkdebug,config={config},image.driver=file,image.filename={disk},if=ide,index=1,"
                      "rerror=report,werror=report"]


def test_a_sector_that_cannot_be_read(disk: Path) -> None:
    """All up to it can; and the one that is told is the one."""
    options = failing(disk, sector=20, kind="read", once=False)
    serial = in_qemu("disk_sequential", None, options=options, disk_name="ad1", disk_count=str(COUNT))
    assert said(serial) == [
        f"WARNING - READ_MUL {ABORTED} retrying (2 retries left) LBA=16",
        f"WARNING - READ {ABORTED} retrying (1 retry left) LBA=20",
        f"WARNING - READ {ABORTED} retrying (0 retries left) LBA=20",
        f"FAILURE - READ {ABORTED} LBA=20"]
    [read] = facts(serial, "sequential")
    assert (read["error"], read["left"], read["sum"]) == (EIO, COUNT - 20, hashed(read_sectors(disk, 0, 20)))


@pytest.mark.parametrize("sector, left", [
    (0, 1), (24192, 9), (8001, 8)], ids=["table", "chain", "label"])
def test_tables_that_cannot_be_read(sector: int, left: int, disk: Path) -> None:
    """What does not depend on them is there all the same: the disk; all but the chain's slices; all but partitions."""
    serial = in_qemu("disk_devices", None, options=failing(disk, sector=sector, kind="read", once=False))
    assert len(found_devices(serial)) == left
    wrong = {0: "ad1: reading primary partition table: error reading fsbn 0",
             24192: "ad1: reading extended partition table: error reading fsbn 24192",
             8001: "ad1s3: error reading the disk label"}
    assert wrong[sector] in serial


def test_an_error_that_does_not_come_again(disk: Path) -> None:
    options = failing(disk, sector=20, kind="read", once=True)
    serial = in_qemu("disk_sequential", None, options=options, disk_name="ad1", disk_count=str(COUNT))
    assert said(serial) == [f"WARNING - READ_MUL {ABORTED} retrying (2 retries left) LBA=16"]
    [read] = facts(serial, "sequential")
    assert (read["error"], read["sum"]) == (0, hashed(read_sectors(disk, 0, COUNT)))


def test_a_sector_that_cannot_be_written(disk: Path) -> None:
    """In a disk whose partition b is written all over."""
    options = failing(disk, sector=13016 + 1000, kind="write", once=False)
    serial = in_qemu("disk_writes", None, options=options, disk_name="ad1s3b", disk_count="6", seed=3)
    failed = [fact for fact in facts(serial, "write") if fact["error"] == EIO]
    assert failed and len(failed) < 10
    for fact in facts(serial, "write"):
        across = fact["at"] <= 1000 < fact["at"] + fact["count"]
        assert (fact["error"] == EIO) == across, fact
    assert len([line for line in said(serial) if line.startswith("FAILURE - WRITE ")]) == len(failed)


@pytest.mark.parametrize("at", [LBA28 - 40, LBA28, (200 << 21) - COUNT], ids=["across", "behind", "end"])
def test_sectors_beyond_128_gib(at: int, tmp_path: Path) -> None:
    """Addresses of 48 bits: reads around the last sector that has an address of 28."""
    disk = tmp_path / "large.img"
    disk.touch()
    os.truncate(disk, 200 << 30)
    content = Random(at).randbytes(COUNT * SECTOR)
    write_at(disk, at * SECTOR, content)
    serial = in_qemu("disk_sequential disk_writes", disk, seed=at, disk_name="ad1", disk_count=str(COUNT),
                     disk_at=str(at))
    [read] = facts(serial, "sequential")
    assert (read["error"], read["sum"]) == (0, hashed(content))
    assert "ad1: 204800MB <QEMU HARDDISK" in serial
    for fact in facts(serial, "write")[:6]:
        for sector in range(fact["at"], fact["at"] + fact["count"] - fact["left"]):
            assert read_sectors(disk, sector) == filled_sector(sector & 0xFFFFFFFF)


@pytest.mark.parametrize("at, command", [(LBA28 - 2, "READ_MUL"), (LBA28 - 1, "READ_MUL48")])
def test_the_last_address_of_28_bits(at: int, command: str, tmp_path: Path) -> None:
    """It is FFFFFFEh. Emulators take one more, drives do not; a sector that fails tells what it was read by."""
    disk = tmp_path / "large.img"
    disk.touch()
    os.truncate(disk, 200 << 30)
    options = failing(disk, sector=at, kind="read", once=True)
    serial = in_qemu("disk_sequential", None, options=options, disk_name="ad1", disk_count="1", disk_at=str(at))
    assert said(serial) == [f"WARNING - {command} {ABORTED} retrying (2 retries left) LBA={at}"]


def test_what_is_no_disk(disk: Path) -> None:
    """An ATAPI drive is told; a disk behind nothing, as the other channel's slave, is found; and an empty channel is no
    channel."""
    serial = in_qemu("disk_devices", disk, options=["-drive", "driver=null-co,size=64M,read-zeroes=on,if=ide,index=3"])
    assert re.search(r"^ata1-master: <QEMU DVD-ROM> ATAPI \(no driver attached\)\r?$", serial, re.MULTILINE)
    assert found_devices(serial, "ad3") == {"ad3": (0, 1 << 17)}
    serial = in_qemu("disk_devices", None, options=["-nodefaults"])
    assert "ata0 at port 0x1f0-0x1f7,0x3f6 irq 14 on isa0" in serial
    assert "ata1" not in serial and not found_devices(serial) and found_devices(serial, "ad0s1")


# ---------------------------------------------------------------- silence


@pytest.fixture(scope="session", name="symbols")
def find_symbols() -> Mapping[str, int]:
    return kernel_symbols()


def lose_interrupts(pc: Machine, symbols: Mapping[str, int], begin: str, most: int) -> str:
    """Run to the function `begin`; of ATA's interrupts from there on, the first `most` are lost. What was said."""
    door = pc.break_at(symbols[begin])
    assert pc.run(BUDGET).why == "breakpoint"
    pc.unbreak(door)
    door = pc.break_at(symbols["ata_interrupt"])
    stop = pc.run(BUDGET)
    for _ in range(most):
        if stop.why != "breakpoint":
            break
        stack = pc.registers().esp
        pc.set_register("eip", int.from_bytes(pc.memory(stack, 4), "little"))
        pc.set_register("esp", stack + 4)
        stop = pc.run(BUDGET)
    if stop.why == "breakpoint":
        pc.unbreak(door)
        stop = pc.run(BUDGET)
    pc.close()
    serial = pc.serial.decode("latin1")
    assert stop.why == "power-off", f"{stop}\n{serial}"
    return serial


def test_an_interrupt_that_is_lost(disk: Path, symbols: Mapping[str, int]) -> None:
    """The drive is reset, and what was asked of it comes after all."""
    with bochs("disk_sequential disk_sequential", disk, disk_name="ad1", disk_count=str(COUNT)) as pc:
        serial = lose_interrupts(pc, symbols, "service_disk_sequential", 1)
    assert said(serial) == ["TIMEOUT - READ_MUL retrying (2 retries left) LBA=0"]
    right = (0, hashed(read_sectors(disk, 0, COUNT)))
    assert [(read["error"], read["sum"]) for read in facts(serial, "sequential")] == [right, right]


def test_a_disk_that_falls_silent(disk: Path, symbols: Mapping[str, int]) -> None:
    """It is reset, again and again, and at last given up; whoever asks for more learns it at once."""
    with bochs("disk_sequential disk_sequential", disk, disk_name="ad1", disk_count=str(COUNT)) as pc:
        serial = lose_interrupts(pc, symbols, "service_disk_sequential", 1 << 20)
    assert said(serial) == ["TIMEOUT - READ_MUL retrying (2 retries left) LBA=0", "TIMEOUT - SET_MULTI",
                            "TIMEOUT - SET_MULTI", "WARNING - removed from configuration"]
    assert [fact["error"] for fact in facts(serial, "sequential")] == [ENXIO, ENXIO]


def test_disks_that_never_answer(disk: Path, symbols: Mapping[str, int]) -> None:
    """The boot goes on without them."""
    with bochs("disk_devices", disk) as pc:
        serial = lose_interrupts(pc, symbols, "ata_attach", 1 << 20)
    for drive in ("master", "slave"):
        assert f"ata0-{drive}: FAILURE - ATA_IDENTIFY timed out" in serial
    assert not found_devices(serial, "ad") and "@services end" in serial
