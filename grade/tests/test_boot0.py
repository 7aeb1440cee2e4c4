"""boot0 and boot0sio in QEMU, whose BIOS is not Bochs' own: the menu to the byte, every way to choose, and what is on
the disk afterwards. (Lab 1's checks ask the same of students' programs, in Bochs.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot.image.mkdisk import Slice
from boot.image.probe import ProbeReport, checksum, parse_report, stamp
from grade.tests.emulation import (ProbeDisk, Qemu, bochs_serial, built_programs, probe_disk, read_sectors, set_menu,
                                   write_at)

HOUR = 65535                    # ticks: no time-out while a test looks on
OPTION = 0x1B9
PACKET, NOUPDATE, SETDRV, ALL = 0x80, 0x40, 0x20, 0x0F

# Names as in FreeBSD 6.2; the menu leaves out the types named None.
NAMES = {0x01: "DOS", 0x06: "DOS", 0x07: "DOS", 0x0B: "DOS", 0x0C: "DOS", 0x0E: "DOS", 0x83: "Linux", 0xA5: "FreeBSD",
         0xA6: "BSD", 0xA9: "BSD", 0x04: "??", 0x63: "??", 0x82: "??", 0xB7: "??", 0xEE: "??", 0xFF: "??", 0x05: None,
         0x0F: None}


def menu_text(types: Mapping[int, int], *, mask: int = ALL, next_drive: int | None = None, default: int = 1) -> str:
    """What boot0 prints for entries of these types, by number."""
    lines = [f"F{number}   {NAMES[kind]}" for number, kind in sorted(types.items())
             if mask >> number - 1 & 1 and NAMES[kind] is not None]
    if next_drive is not None:
        lines.append(f"F5   Drive {next_drive}")
    return "".join(f"\r\n{line}" for line in lines) + f"\r\n\nDefault: F{default}"


def slices_of(types: Mapping[int, int]) -> list[Slice]:
    return [Slice(number, kind, 63 + 5000 * number, 5000) for number, kind in types.items()]


@dataclass(frozen=True)
class Lab:
    """Where disks are made and booted."""

    programs: Mapping[str, bytes]
    folder: Path

    def disk(self, types: Mapping[int, int], *, program: str = "boot0", name: str = "disk", seed: int = 1,
             **menu: int) -> ProbeDisk:
        """A disk with the program in sector 0 and a probe in each slice; `menu` is what boot0cfg would set."""
        disk = probe_disk(self.folder / f"{name}.img", self.programs["probe"], slices_of(types),
                          boot=self.programs[program], seed=seed)
        set_menu(disk.image, **{"ticks": HOUR, **menu})
        return disk

    def screen_menu(self, *disks: ProbeDisk, keys: Sequence[str], text: str) -> ProbeReport:
        """Boot, find this menu at the screen's end, press keys, and return the report."""
        with Qemu([disk.image for disk in disks]) as pc:
            await_menu(pc, text)
            pc.press(*keys)
            report = pc.report()
            pc.off()
            return report


def await_menu(pc: Qemu, text: str) -> None:
    """Wait until the screen ends with this text."""
    rows = text.replace("\r", "")
    pc.wait(lambda: pc.screen().rstrip("\n").endswith(rows), f"the menu {text!r}")


@pytest.fixture(scope="module")
def programs() -> Mapping[str, bytes]:
    return built_programs()


@pytest.fixture
def lab(programs: Mapping[str, bytes], tmp_path: Path) -> Lab:
    return Lab(programs, tmp_path)


def flags_of(disk: ProbeDisk) -> list[int]:
    return [disk.table_entry(number)[0] for number in (1, 2, 3, 4)]


# ---------------------------------------------------------------- boot0: screen and keyboard

TYPES = {1: 0xA5, 2: 0x83, 3: 0x06}


@pytest.mark.parametrize("key, number", [("f1", 1), ("f2", 2), ("f3", 3), ("1", 1), ("2", 2), ("3", 3), ("ret", 2)])
def test_a_key_starts_its_slice_and_is_remembered(key: str, number: int, lab: Lab) -> None:
    disk = lab.disk(TYPES, option=1)
    report = lab.screen_menu(disk, keys=[key], text=menu_text(TYPES, default=2))
    disk.check(report, number)
    assert flags_of(disk) == [0x80 if one == number else 0 for one in (1, 2, 3, 4)]
    assert read_sectors(disk.image, 0)[OPTION] == number - 1


def test_time_out_starts_the_default(lab: Lab) -> None:
    disk = lab.disk(TYPES, option=2, ticks=3)
    with Qemu([disk.image]) as pc:
        disk.check(pc.report(), 3)


def test_a_choice_that_is_not_there_starts_nothing(lab: Lab) -> None:
    """Entry 4 is empty, there is no second disk, and x is no choice: each beeps, and the menu still stands."""
    disk = lab.disk(TYPES)
    disk.check(lab.screen_menu(disk, keys=["f4", "5", "x", "f3"], text=menu_text(TYPES)), 3)


def test_a_slice_without_a_boot_sector_starts_nothing(lab: Lab) -> None:
    disk = lab.disk(TYPES)
    write_at(disk.image, disk.slices[1].start * 512 + 510, b"\0\0")
    disk.check(lab.screen_menu(disk, keys=["f2", "f1"], text=menu_text(TYPES)), 1)


@pytest.mark.parametrize("noupdate", [0, NOUPDATE])
def test_the_sector_is_written_back_unless_noupdate(noupdate: int, lab: Lab) -> None:
    disk = lab.disk(TYPES, flags=PACKET | ALL | noupdate)
    write_at(disk.image, 0x1BE, b"\x80")
    before = read_sectors(disk.image, 0)
    report = lab.screen_menu(disk, keys=["f2"], text=menu_text(TYPES))
    assert (report.name, report.entry[0]) == ("ad0s2", 0x80)
    after = bytearray(before)
    if not noupdate:
        after[OPTION], after[0x1BE], after[0x1CE] = 1, 0, 0x80
        after[0x1B8] = read_sectors(disk.image, 0)[0x1B8]       # the next drive's digit is scratch
    assert read_sectors(disk.image, 0) == bytes(after)


def test_next_drive(lab: Lab) -> None:
    """F5 starts sector 0 of the second disk; from there the next one is the first again."""
    first, second = lab.disk(TYPES), lab.disk({4: 0xA6}, name="second", seed=2)
    with Qemu([first.image, second.image]) as pc:
        text = menu_text(TYPES, next_drive=1)
        await_menu(pc, text)
        pc.press("f5")
        text += menu_text({4: 0xA6}, next_drive=0)
        await_menu(pc, text)
        pc.press("f4")
        second.check(pc.report(), 4, drive=0x81)
    assert read_sectors(first.image, 0)[OPTION] == 4 and flags_of(first) == [0, 0, 0, 0]
    assert read_sectors(second.image, 0)[OPTION] == 3 and flags_of(second) == [0, 0, 0, 0x80]


def test_what_the_next_drive_is_handed(lab: Lab) -> None:
    """DL is the other drive, and the entry at DS:SI leads to its sector 0: LBA 0, CHS 0/0/1."""
    first = lab.disk(TYPES)
    sector = stamp(lab.programs["probe"], nonce="whole", name="ad1", payload=b"disk two")
    (lab.folder / "second.img").write_bytes(sector.ljust(8 << 20, b"\0"))
    second = ProbeDisk(lab.folder / "second.img", (), {}, "whole")
    report = lab.screen_menu(first, second, keys=["f5"], text=menu_text(TYPES, next_drive=1))
    assert (report.name, report.dl, report.sum) == ("ad1", 0x81, checksum(sector))
    assert report.entry[1:4] == b"\0\1\0" and report.entry[8:12] == bytes(4)


def test_setdrv_names_the_drive(lab: Lab) -> None:
    """With setdrv the slices are those of the drive at 1BAh, whatever the BIOS started from."""
    first = lab.disk(TYPES, flags=PACKET | SETDRV | NOUPDATE | ALL, drive=0x81)
    second = lab.disk(TYPES, name="second", seed=2)
    report = lab.screen_menu(first, second, keys=["f3"], text=menu_text(TYPES, next_drive=0))
    assert (report.dl, report.nonce, report.name) == (0x81, second.nonce, "ad0s3")


# ---------------------------------------------------------------- boot0sio: COM1

MENUS = [({1: 0xA5, 2: 0x83, 3: 0x06, 4: 0xA9}, ALL), ({1: 0x01, 2: 0x07, 3: 0x0B, 4: 0x0C}, ALL),
         ({1: 0x0E, 2: 0xA6, 3: 0x63, 4: 0xB7}, ALL), ({1: 0x05, 2: 0xFF, 4: 0xEE}, ALL), ({2: 0x0F, 3: 0x04}, ALL),
         ({1: 0xA5, 2: 0x83, 3: 0x06, 4: 0x82}, 0x0A), ({1: 0xA5}, 0)]


@pytest.mark.parametrize("types, mask", MENUS)
def test_the_menu_on_com1_is_right_to_the_byte(types: Mapping[int, int], mask: int, lab: Lab) -> None:
    disk = lab.disk(types, program="boot0sio", flags=PACKET | mask, option=3)
    with Qemu([disk.image]) as pc:
        pc.com1.expect_exact("Default: F4")
        assert pc.com1.before + pc.com1.after == menu_text(types, mask=mask, default=4)


@pytest.mark.parametrize("types, mask", MENUS)
def test_the_menu_on_the_screen_is_the_same(types: Mapping[int, int], mask: int, lab: Lab) -> None:
    disk = lab.disk(types, flags=PACKET | mask, option=3)
    with Qemu([disk.image]) as pc:
        rows = pc.wait_for_screen("Default: F4").rstrip("\n").split("\n")
        menu = rows[max(at for at, row in enumerate(rows) if row.startswith("Booting")) + 1:]
        wanted = menu_text(types, mask=mask, default=4).replace("\r", "").split("\n")
        assert [row for row in menu if row] == [row for row in wanted if row]
        assert menu[-2] == ""


@pytest.mark.parametrize("key, number", [("1", 1), ("2", 2), ("3", 3), ("\r", 3)])
def test_a_digit_on_com1_starts_its_slice(key: str, number: int, lab: Lab) -> None:
    disk = lab.disk(TYPES, program="boot0sio", option=2)
    with Qemu([disk.image]) as pc:
        pc.com1.expect_exact("Default: F3")
        pc.com1.send(key)
        disk.check(pc.report(), number)
        assert pc.com1.before == ""
    assert flags_of(disk) == [0x80 if one == number else 0 for one in (1, 2, 3, 4)]
    assert read_sectors(disk.image, 0)[OPTION] == number - 1


def test_a_wrong_key_on_com1_beeps(lab: Lab) -> None:
    disk = lab.disk(TYPES, program="boot0sio")
    with Qemu([disk.image]) as pc:
        pc.com1.expect_exact("Default: F1")
        for key in "456x0\n":
            pc.com1.send(key)
            pc.com1.expect_exact("\a")
            assert pc.com1.before == ""
        pc.com1.send("2")
        disk.check(pc.report(), 2)


def test_com1_times_out_too(lab: Lab) -> None:
    disk = lab.disk(TYPES, program="boot0sio", option=1, ticks=3)
    with Qemu([disk.image]) as pc:
        disk.check(pc.report(), 2)


def test_com1_in_bochs(lab: Lab) -> None:
    """The same by Bochs' BIOS: the menu, the time-out, and the report behind it."""
    disk = lab.disk(TYPES, program="boot0sio", option=1, ticks=3)
    serial = bochs_serial(disk.image, r"@.* probe .*\n")
    assert serial.startswith(menu_text(TYPES, default=2) + "@")
    disk.check(parse_report(serial[serial.index("@"):]), 2)


def test_the_next_drive_from_com1(lab: Lab) -> None:
    first, second = lab.disk(TYPES, program="boot0sio"), lab.disk({2: 0x83}, program="boot0sio", name="second", seed=2)
    with Qemu([first.image, second.image]) as pc:
        pc.com1.expect_exact(menu_text(TYPES, next_drive=1))
        pc.com1.send("5")
        pc.com1.expect_exact(menu_text({2: 0x83}, next_drive=0))
        pc.com1.send("2")
        second.check(pc.report(), 2, drive=0x81)
