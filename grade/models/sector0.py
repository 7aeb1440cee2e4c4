"""What a boot manager in sector 0 must do, predicted from the disk alone.

An independent model of FreeBSD's mbr and boot0 (6.2 rules), with no instruction of either in it: given the disks,
the drive that the BIOS names and the keys, it says which sector is started and how, or how the program ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from boot.image.probe import NAME_OFFSET, NAME_SIZE, NONCE_OFFSET, NONCE_SIZE, checksum
from grade.disk import ENTRY, SIGNATURE, Disk, Entry

HOME = 0x600                    # where both programs run
TABLE_ADDRESS = HOME + 0x1BE
WHOLE_DISK_ADDRESS = 0x800      # boot0's entry for F5

INVALID_TABLE = "Invalid partition table"
CANNOT_READ = "Error loading operating system"
NO_SYSTEM = "Missing operating system"
MESSAGES = (INVALID_TABLE, CANNOT_READ, NO_SYSTEM)


@dataclass(frozen=True)
class Started:
    """The sector `lba` of `drive` is at 0:7C00 and has been entered, with DS:SI at `entry_address`."""

    drive: int
    lba: int
    entry_address: int


@dataclass(frozen=True)
class Message:
    """The program has said this and stopped."""

    text: str


@dataclass(frozen=True)
class NotBootable:
    """INT 18h: the BIOS may try another device."""


Outcome = Started | Message | NotBootable


def is_valid_drive(drive: int, disks: Sequence[Disk]) -> bool:
    """Is it a hard disk that the BIOS has?"""
    return 0x80 <= drive < 0x80 + len(disks)


def readable(disks: Sequence[Disk], drive: int, lba: int, *, packet: bool) -> bytes | None:
    """The sector as the BIOS gives it (a sector never written is zeros), or None when it cannot."""
    if not is_valid_drive(drive, disks):
        return None
    disk = disks[drive - 0x80]
    shape = disk.geometry.bios
    if lba >= disk.geometry.size or not packet and lba // (shape.heads * shape.sectors) >= shape.cylinders:
        return None
    return disk.sectors.get(lba, bytes(512))


def mbr(disks: Sequence[Disk], *, drive: int, packet_bios: bool = True) -> Outcome:
    """What mbr does on the disk that it was loaded from, disks[0], when the BIOS says `drive` in DL."""
    table = disks[0].table
    active = [number for number, entry in enumerate(table) if entry.flag & 0x80]
    if len(active) > 1 or any(0 < entry.flag < 0x80 for entry in table):
        return Message(INVALID_TABLE)
    if not active:
        return NotBootable()
    entry = table[active[0]]
    if not is_valid_drive(drive, disks):
        drive = entry.flag
    flags = 0x80 if disks[0].flags is None else disks[0].flags
    sector = readable(disks, drive, entry.lba, packet=packet_bios and bool(flags & 0x80))
    if sector is None:
        return Message(CANNOT_READ)
    if sector[510:] != SIGNATURE:
        return Message(NO_SYSTEM)
    return Started(drive, entry.lba, TABLE_ADDRESS + ENTRY * active[0])


def probe_report(disks: Sequence[Disk], started: Started) -> str:
    """What a probe in the started sector says of itself and of the entry at DS:SI, if the hand-over is as agreed."""
    sector = readable(disks, started.drive, started.lba, packet=True)
    nonce, name = (field.rstrip(b"\0").decode("ascii") for field in
                   (sector[NONCE_OFFSET:NONCE_OFFSET + NONCE_SIZE], sector[NAME_OFFSET:NAME_OFFSET + NAME_SIZE]))
    entry = disks[0].table[(started.entry_address - TABLE_ADDRESS) // ENTRY].pack()
    return f"@{nonce} entry={entry.hex()} sum={checksum(sector):08x} slice={name}"


# ---------------------------------------------------------------- boot0

PACKET, NOUPDATE, SETDRV = 0x80, 0x40, 0x20

_NAMES = {**dict.fromkeys((0x01, 0x06, 0x07, 0x0B, 0x0C, 0x0E), "DOS"), 0x83: "Linux", 0xA5: "FreeBSD",
          0xA6: "BSD", 0xA9: "BSD"}
_LEFT_OUT = frozenset({0x00, 0x05, 0x0F})


@dataclass(frozen=True)
class Config:
    """boot0's bytes 1B9h to 1BDh."""

    default: int = 0        # counted from 0; 4 is F5
    setdrv: int = 0x80
    flags: int = PACKET | 0x0F
    ticks: int = 182

    def pack(self) -> bytes:
        return bytes((self.default, self.setdrv, self.flags)) + self.ticks.to_bytes(2, "little")


def unpack_config(raw: bytes) -> Config:
    """From the five bytes."""
    return Config(raw[0], raw[1], raw[2], int.from_bytes(raw[3:5], "little"))


@dataclass(frozen=True)
class Menu:
    """What boot0 knows once its menu stands: its drive, whether it may write, the next drive, the choices."""

    drive: int
    may_write: bool
    next_drive: int | None
    choices: tuple[int, ...]
    lines: tuple[str, ...]


def menu(disks: Sequence[Disk], *, drive: int) -> Menu:
    """The menu of the boot0 that stands on disks[0], when the BIOS says `drive` in DL."""
    disk = disks[0]
    config = unpack_config(disk.config)
    may_write = not config.flags & NOUPDATE
    if config.flags & SETDRV:
        drive = config.setdrv
    elif not drive & 0x80:
        drive, may_write = config.setdrv, False
    choices, lines = [], [""]
    for number, entry in enumerate(disk.table):
        if config.flags >> number & 1 and entry.type not in _LEFT_OUT:
            choices.append(number)
            lines.append(f"F{number + 1}   {_NAMES.get(entry.type, '??')}")
    following = drive + 1 if is_valid_drive(drive + 1, disks) else 0x80
    if following != drive:
        choices.append(4)
        lines.append(f"F5   Drive {following - 0x80}")
    lines += ["", f"Default: F{config.default + 1}"]
    return Menu(drive, may_write, following if following != drive else None, tuple(choices), tuple(lines))


def choose(disks: Sequence[Disk], choice: int, *, drive: int) -> Started | None:
    """Where a choice (from 0) leads, or None when boot0 beeps and asks again."""
    standing = menu(disks, drive=drive)
    if choice not in standing.choices:
        return None
    packet = bool(unpack_config(disks[0].config).flags & PACKET)
    if choice == 4:
        goal, lba, address = standing.next_drive, 0, WHOLE_DISK_ADDRESS
    else:
        goal, lba, address = standing.drive, _start(disks[0], disks[0].table[choice], packet=packet), \
            TABLE_ADDRESS + ENTRY * choice
    if (goal, lba) == (0x80, 0):        # boot0's own sector
        return Started(goal, lba, address)
    sector = readable(disks, goal, lba, packet=packet)
    if sector is None or sector[510:] != SIGNATURE:
        return None
    return Started(goal, lba, address)


def _start(disk: Disk, entry: Entry, *, packet: bool) -> int:
    """Where an entry's first sector is: by its LBA, or by its CHS fields in the BIOS' geometry."""
    if packet:
        return entry.lba
    head, sector, low = entry.first_chs
    cylinder = low | (sector & 0xC0) << 2
    shape = disk.geometry.bios
    return (cylinder * shape.heads + head) * shape.sectors + (sector & 0x3F) - 1


def remembered(disks: Sequence[Disk], program: bytes, choices: Sequence[int], *, drive: int) -> bytes:
    """Sector 0 of disks[0] after these valid choices, in this order (the last one may have failed to start).

    Byte 1B8h, the next drive's digit, may have changed with it: boot0 writes the whole sector back.
    """
    disk = disks[0]
    standing = menu(disks, drive=drive)
    valid = [choice for choice in choices if choice in standing.choices]
    if not valid or not standing.may_write:
        return disk.sector0(program)
    last = valid[-1]
    table = tuple(replace(entry, flag=0x80 if number == last else 0) for number, entry in enumerate(disk.table))
    config = replace(unpack_config(disk.config), default=last)
    sector = bytearray(replace(disk, table=table, config=config.pack()).sector0(program))
    if standing.next_drive is not None:
        sector[0x1B8] = 0x30 | 0x80 | standing.next_drive - 0x80
    return bytes(sector)
