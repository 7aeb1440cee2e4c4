"""The kernel's disks, in Bochs and in QEMU, against the host's view of the image.

The kernel reads a table that sfdisk has written and a label, and says which devices that makes; it reads and writes at
drawn places, and the image is compared; the order in which it serves many is that of a model. Disks that fail are in
test_disk_errors.py, tables that lie in test_disk_tables.py.
"""

from __future__ import annotations

import re
from bisect import insort
from pathlib import Path

import pytest
from pexpect import EOF

from grade.reading import BYTE_BUDGET, measure_read
from grade.switching import CHECK_DISK, SERVICES_KERNEL
from grade.tests.disks import (EMULATORS, PARTITIONS, SECTORS, devices, drawn_disk, facts, filled_sector,
                               found_devices, hashed, in_qemu, qemu)
from grade.tests.emulation import SECTOR, TREE, make, tool
from grade.tests.services import parse

EINVAL = 22


@pytest.fixture(name="disk")
def build_disk(tmp_path: Path) -> Path:
    return drawn_disk(tmp_path / "drawn.img")


@pytest.mark.parametrize("emulator", EMULATORS)
def test_devices_reads_and_writes(emulator: str, disk: Path) -> None:
    """All there is to a disk: its devices, what is in it, what is written to it."""
    before = disk.read_bytes()
    serial = EMULATORS[emulator]("disk_devices disk_reads disk_writes disk_reads disk_refuses", disk, seed=7,
                                 disk_name="ad1s3e", disk_count="3")
    expected = devices(disk, "ad1", PARTITIONS)
    assert found_devices(serial) == expected
    start, size = expected["ad1s3e"]
    after = disk.read_bytes()
    written = set()
    phase = 0                       # the reads before the writes see the disk as it was
    for fact in parse(serial):
        if fact.name not in ("read", "write"):
            continue
        at, count, left = fact["at"], fact["count"], fact["left"]
        done = count - left
        phase = 1 if fact.name == "write" else phase
        if at > size:
            assert (fact["error"], done) == (EINVAL, 0), fact
            continue
        assert (fact["error"], done) == (0, min(count, size - at)), fact
        image = before if phase == 0 else after
        assert fact["sum"] == hashed(image[(start + at) * SECTOR:(start + at + done) * SECTOR]), fact
        if fact.name == "write":
            written |= set(range(start + at, start + at + done))
    assert len(written) > 1000
    for sector in range(SECTORS):
        want = filled_sector(sector) if sector in written else before[sector * SECTOR:(sector + 1) * SECTOR]
        assert after[sector * SECTOR:(sector + 1) * SECTOR] == want, sector
    assert [(fact["error"], fact["left"]) for fact in facts(serial, "refused")] == [
        (EINVAL, 512), (EINVAL, 514), (EINVAL, 512), (EINVAL, 512), (0, 0), (0, 512), (0, 512), (EINVAL, 512), (0, 0)]


def test_a_handler_may_reboot(disk: Path) -> None:
    """Ctrl-Alt-Del is seen by an interrupt's handler, which cannot sleep until a disk has flushed its cache."""
    with qemu("disk_writes disk_reboot", disk, disk_name="ad1s3b") as pc:
        pc.com1.expect_exact("Uptime: ")
        assert len(facts(str(pc.com1.before), "write")) == 8
        assert pc.com1.expect_exact(["panic: ", "The operating system has halted", EOF]) != 0


def lift(places: list[int], at_once: int) -> list[int]:
    """In which order a lift that only goes up serves them: the first is on its way when the others come, and when one
    has been served, another one comes."""
    sweep: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    order, begun = [0], at_once
    last = places[0]

    def come(number: int) -> None:
        insort(sweep if places[number] > last else later, (places[number], number))

    for number in range(1, at_once):
        come(number)
    while sweep or later or begun < len(places):
        if begun < len(places):
            come(begun)
            begun += 1
        if not sweep:
            sweep, later = later, sweep
        last, number = sweep.pop(0)
        order.append(number)
    return order


def test_order(disk: Path) -> None:
    """Many at once, and one more for each that is served."""
    serial = in_qemu("disk_order", disk, seed=5, disk_name="ad1")
    ordered = facts(serial, "ordered")
    places = [fact["at"] for fact in ordered]
    assert [fact["done"] for fact in ordered] == lift(places, facts(serial, "order")[0]["at_once"])


def test_a_sequential_read_is_quick(tmp_path: Path) -> None:
    """Many sectors an interrupt, and little that is done beside moving them."""
    make(SERVICES_KERNEL, CHECK_DISK)
    cost = measure_read(TREE, tmp_path, bochs=tool("bochs"), sectors=500)
    assert cost.interrupts < cost.sectors / 8
    assert 0 < cost.a_byte < BYTE_BUDGET


def test_show_disks(disk: Path) -> None:
    """DDB says what there is, and who waits, in the order in which they will be served. A flush is no write."""
    with qemu("disk_refuses disk_order", disk, seed=5, disk_name="ad1", disk_debug="1") as pc:
        for line in ("set $lines 0", "show disks", "continue"):
            pc.com1.expect_exact("db> ")
            pc.com1.send(f"{line}\r")
        shown = str(pc.com1.before).replace("\r", "")
        pc.off()
        serial = str(pc.com1.before)
    _, about = shown.split("ad1: ")
    assert re.match(rf"{SECTORS} sectors, \d+ reads, 0 writes, 0 errors, 23 waiting\n", about)
    found = {name: (int(start), int(size))
             for name, start, size in re.findall(r"^  (ad1\w+) +(?:[0-9a-f]{2} )? +(\d+) +(\d+)$", about, re.MULTILINE)}
    assert found == {name: where for name, where in devices(disk, "ad1", PARTITIONS).items() if name != "ad1"}
    places = [fact["at"] for fact in facts(serial, "ordered")][:24]
    waiting = [int(at) for at in re.findall(r"^  r (\d+) 1$", about, re.MULTILINE)]
    assert waiting == [places[number] for number in lift(places, 24)[1:]]
