"""Our boot managers and other people's, each starting what the other one usually does.

Third parties' sector 0 (syslinux' mbr.bin, Debian's mbr, GRUB) starts our probe: so the probe, and later our boot
sectors, ask of a loader only what all loaders give. Our mbr and boot0 start third parties' boot sectors (SYSLINUX,
EXTLINUX, GRUB) from partition 2 with zero hidden sectors: these find their partition by DS:SI or not at all.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from boot.image.mkdisk import Slice
from boot.image.probe import ProbeReport
from grade.tests.emulation import (SECTOR, ProbeDisk, Qemu, bochs_report, bochs_serial, built_programs, probe_disk,
                                   qemu_report, qemu_serial, read_sectors, set_menu, tool, write_at)

GRUB = Path("/usr/lib/grub/i386-pc")
SYSLINUX_MBR = Path("/usr/lib/syslinux/mbr/mbr.bin")
TABLE = 0x1BE

# Room for core.img before the first slice; the second begins beyond cylinder 0 in any geometry.
FIRST, SECOND = Slice(1, 0xA5, 2048, 8192), Slice(2, 0x83, 10240, 24576, active=True)

Emulators = pytest.mark.parametrize("report_of", [qemu_report, bochs_report], ids=["qemu", "bochs"])
Serials = pytest.mark.parametrize("serial_of", [qemu_serial, bochs_serial], ids=["qemu", "bochs"])


@pytest.fixture(scope="module")
def programs() -> Mapping[str, bytes]:
    return built_programs()


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a third party's installer, which must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


# ---------------------------------------------------------------- GRUB's images


def grub_core(folder: Path, config: str, *modules: str) -> bytes:
    """A core.img which, once loaded, does what `config` says."""
    script, core = folder / "grub.cfg", folder / "core.img"
    script.write_text(config)
    run(tool("grub-mkimage"), "-d", GRUB, "-O", "i386-pc", "-o", core, "-p", "/", "-c", script, "biosdisk",
        "part_msdos", *modules)
    return core.read_bytes()


def grub_images(core: bytes, first: int) -> tuple[bytes, bytes]:
    """boot.img for the sector before `first` and core.img for `first` on, knowing where they stand, as
    grub-bios-setup makes them: boot.img holds core.img's first sector (at 5Ch), core.img's first sector the list of
    the others (from its end, at 1F4h), and boot.img believes DL (66h)."""
    boot = bytearray((GRUB / "boot.img").read_bytes())
    struct.pack_into("<Q", boot, 0x5C, first)
    boot[0x66:0x68] = b"\x90\x90"
    loaded = bytearray(core)
    struct.pack_into("<Q", loaded, 0x1F4, first + 1)
    return bytes(boot), bytes(loaded)


# ---------------------------------------------------------------- (a) their sector 0, our probe


def install_syslinux(image: Path) -> None:
    write_at(image, 0, SYSLINUX_MBR.read_bytes()[:440])


def install_debian(image: Path, *, partition: int = 2) -> None:
    run(tool("install-mbr"), "--force", "--interrupt", "n", "--timeout", "0", "--partition", str(partition), image)


def install_grub(image: Path) -> None:
    core = grub_core(image.parent, "set root=(hd0,msdos2)\nchainloader +1\nboot\n", "chain")
    boot, loaded = grub_images(core, 1)
    assert SECTOR + len(loaded) <= FIRST.start * SECTOR
    write_at(image, 0, boot[:TABLE])
    write_at(image, SECTOR, loaded)


@Emulators
@pytest.mark.parametrize("install", [install_syslinux, install_debian, install_grub],
                         ids=["syslinux", "debian", "grub"])
def test_their_loader_starts_our_probe(install: Callable[[Path], None], report_of: Callable[[Path], ProbeReport],
                                       programs: Mapping[str, bytes], tmp_path: Path) -> None:
    disk = probe_disk(tmp_path / "disk.img", programs["probe"], [FIRST, SECOND])
    table = read_sectors(disk.image, 0)[TABLE:]
    install(disk.image)
    assert read_sectors(disk.image, 0)[TABLE:] == table
    disk.check(report_of(disk.image), 2)


# ---------------------------------------------------------------- (b) our sector 0, their boot sector


@dataclass(frozen=True)
class Boot:
    """One of ours in sector 0, which is to start entry 2: the active one, and boot0's default after two ticks."""

    program: bytes

    def disk(self, folder: Path, programs: Mapping[str, bytes], partition: Path) -> Path:
        second = Slice(SECOND.number, SECOND.type, SECOND.start, SECOND.size, True, partition)
        disk = probe_disk(folder / "disk.img", programs["probe"], [FIRST, second], boot=self.program)
        if self.program == programs["boot0"]:
            set_menu(disk.image, option=1, ticks=2)
        return disk.image


@pytest.fixture(params=["mbr", "boot0"])
def ours(request: pytest.FixtureRequest, programs: Mapping[str, bytes]) -> Boot:
    return Boot(programs[request.param])


def syslinux_config(token: str) -> str:
    """SAY goes to the screen alone; a kernel that is not there is complained of on COM1, too."""
    return f"SERIAL 0 115200\nPROMPT 0\nDEFAULT {token}\n"


def syslinux_partition(folder: Path, token: str) -> Path:
    """A FAT file system with SYSLINUX, made as if it were a disk of its own: hidden sectors are 0."""
    part, config = folder / "fat.img", folder / "syslinux.cfg"
    run(tool("mkfs.fat"), "-C", "-h", "0", part, SECOND.size * SECTOR // 1024)
    config.write_text(syslinux_config(token))
    run(tool("mcopy"), "-i", part, config, "::syslinux.cfg")
    run(tool("syslinux"), "--install", part)
    assert part.read_bytes()[0x1C:0x20] == bytes(4)
    return part


def grub_partition(folder: Path, token: str) -> Path:
    """boot.img and core.img at the front of the partition. (Their sector numbers are the disk's.)"""
    config = f"serial --unit=0 --speed=115200\nterminal_output serial\necho {token}\nhalt --no-apm\n"
    boot, loaded = grub_images(grub_core(folder, config, "serial", "terminal", "echo", "halt"), SECOND.start + 1)
    part = folder / "grub.img"
    part.write_bytes(boot + loaded)
    return part


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """A file system through the loop device; skips the test where that cannot be had."""
    if os.geteuid() != 0:
        pytest.skip("EXTLINUX is installed on a mounted file system, and only root may mount one")
    folder.mkdir()
    done = subprocess.run(["mount", "-o", "loop", str(image), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"EXTLINUX is installed on a mounted file system, and mount says: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        run("umount", folder)


def extlinux_partition(folder: Path, token: str) -> Path:
    """An ext2 file system with EXTLINUX."""
    part = folder / "ext2.img"
    run(tool("mkfs.ext2"), "-q", "-F", part, f"{SECOND.size}s")
    with mounted(part, folder / "mounted") as root:
        (root / "extlinux.conf").write_text(syslinux_config(token))
        run(tool("extlinux"), "--install", root)
    with part.open("r+b") as file:      # EXTLINUX writes down where it was installed: a file, at sector 0
        file.seek(0x1C)
        assert file.read(4) == bytes(4)
    return part


@Serials
@pytest.mark.parametrize("partition", [syslinux_partition, grub_partition, extlinux_partition],
                         ids=["syslinux", "grub", "extlinux"])
def test_our_loader_starts_their_system(partition: Callable[[Path, str], Path], serial_of: Callable[[Path, str], str],
                                        ours: Boot, programs: Mapping[str, bytes], tmp_path: Path) -> None:
    token = f"started-{os.urandom(4).hex()}"
    image = ours.disk(tmp_path, programs, partition(tmp_path, token))
    assert token in serial_of(image, token)


def forget_entry(mbr: bytes) -> bytes:
    """A copy of mbr which hands over SI = 0: its last jump, to 0:7C00, goes by way of its unused bytes."""
    hand_over, clear_si = bytes.fromhex("ea007c0000"), bytes.fromhex("31f6")
    detour = 0x1B8 - len(clear_si + hand_over)
    at = mbr.index(hand_over)
    assert mbr.count(hand_over) == 1 and not any(mbr[detour:0x1B8])
    wrong = bytearray(mbr)
    wrong[at:at + 3] = struct.pack("<Bh", 0xE9, detour - (at + 3))
    wrong[detour:0x1B8] = clear_si + hand_over
    return bytes(wrong)


def test_without_the_entry_nothing_starts(programs: Mapping[str, bytes], tmp_path: Path) -> None:
    """The hand-over of DS:SI is what the test above leans on: without it the same partition fails, and says so."""
    wrong = Boot(forget_entry(programs["mbr"]))
    image = wrong.disk(tmp_path, programs, syslinux_partition(tmp_path, "started-never"))
    with Qemu([image]) as pc:
        pc.wait_for_screen("Boot error")
        with pytest.raises(pexpect.TIMEOUT):
            pc.com1.expect("started-never", timeout=0)
