"""boot/image: sector 0 from a linked program, the probe's stamps and reports, disk images that sfdisk agrees with."""

from __future__ import annotations

import json
import os
import resource
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from boot.image import probe, sector
from grade.tests.emulation import TREE, Qemu, built_programs, make, read_sectors, tool

PROGRAM = "boot0"
FREEBSD = "n=1,type=a5,start=63,size=20000,active"


@pytest.fixture(scope="module")
def programs() -> Mapping[str, bytes]:
    return built_programs()


# ---------------------------------------------------------------- sector.py


def elf_of(*sections: tuple[str, int, bytes | int], kind: int = 2) -> bytes:
    """An ELF program of allocated sections: name, address, content (or, without content in the file, its size)."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name, _, _ in sections)
    bodies, headers, name_at = b"", [bytes(40)], 1
    for name, address, content in sections:
        absent = isinstance(content, int)
        headers.append(struct.pack("<10I", name_at, 8 if absent else 1, 2, address, 52 + len(bodies),
                                   content if absent else len(content), 0, 0, 1, 0))
        name_at += len(name) + 1
        bodies += b"" if absent else content
    headers.append(struct.pack("<10I", 0, 3, 0, 0, 52 + len(bodies), len(names), 0, 0, 1, 0))
    file = sector.FILE_HEADER.pack(sector.ELF_IDENT.ljust(16, b"\0"), kind, 3, 1, 0x600, 0, 52 + len(bodies + names),
                                   0, 52, 0, 0, 40, len(headers), len(headers) - 1)
    return file + bodies + names + b"".join(headers)


CONFIG = bytes(range(78)) + b"\x55\xaa"


def linked(code: int) -> bytes:
    return elf_of((".text", 0x600, b"\x90" * code), (".config", 0x7B0, CONFIG))


def run_sector(folder: Path, elf: bytes, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / f"{PROGRAM}.elf").write_bytes(elf)
    return subprocess.run([sys.executable, str(TREE / "boot/image/sector.py"), *options, str(folder / f"{PROGRAM}.elf"),
                           str(folder / "out.bin")], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 1, 425, 432])
def test_sector_holds_code_then_config(code: int, tmp_path: Path) -> None:
    done = run_sector(tmp_path, linked(code))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"boot0: {code} of 432 bytes of code, {432 - code} left\n"
    assert (tmp_path / "out.bin").read_bytes() == b"\x90" * code + bytes(432 - code) + CONFIG


def test_quiet_sector_says_nothing(tmp_path: Path) -> None:
    assert run_sector(tmp_path, linked(10), "--quiet").stdout == ""


def test_scratch_behind_the_sector_is_free_to_use(tmp_path: Path) -> None:
    elf = elf_of((".text", 0x600, b"\x90"), (".config", 0x7B0, CONFIG), (".bss", 0x800, 512))
    assert run_sector(tmp_path, elf).returncode == 0


def damaged(elf: bytes, offset: int, data: bytes) -> bytes:
    return elf[:offset] + data + elf[offset + len(data):]


REFUSED = {
    "too long": (linked(451), "451 bytes of code, but sector 0 has room for 432: 19 too many"),
    "stray section": (elf_of((".text", 0x600, b"1"), (".mine", 0x900, b"123"), (".config", 0x7B0, CONFIG)),
                      "section .mine (3 bytes at 900h) has no place in sector 0; use .text"),
    "two of a name": (elf_of((".text", 0x600, b"1"), (".text", 0x700, b"2"), (".config", 0x7B0, CONFIG)),
                      "section .text (1 bytes at 700h) has no place in sector 0; use .text"),
    "bss too long": (elf_of((".config", 0x7B0, CONFIG), (".bss", 0x800, 513)),
                     "section .bss (513 bytes at 800h) is outside 800h to 9FFh"),
    "no config": (elf_of((".text", 0x600, b"1")),
                  "section .config, with the partition table and the signature, is missing"),
    "config too long": (elf_of((".config", 0x7B0, CONFIG + b"!")),
                        "section .config goes from 7B0h to 801h, but must end at 800h"),
    "no signature": (elf_of((".config", 0x7B0, bytes(80))), "section .config does not end with the signature 55h AAh"),
    "elsewhere": (elf_of((".text", 0x7C00, b"1"), (".config", 0x7B0, CONFIG)),
                  "section .text is linked at 7C00h, not at 600h"),
    "object": (elf_of((".config", 0x7B0, CONFIG), kind=1), "not a linked program for the 80386 (an object file?)"),
    "empty": (b"", "not a 32-bit little-endian ELF file"),
    "64-bit": (damaged(linked(1), 4, b"\2"), "not a 32-bit little-endian ELF file"),
    "truncated": (linked(1)[:-1], "its ELF file ends before its section table does"),
    "names nowhere": (damaged(linked(1), 50, b"\xff\0"), "its ELF section table is damaged"),
}


@pytest.mark.parametrize("elf, complaint", REFUSED.values(), ids=REFUSED)
def test_sector_refuses_by_name_and_leaves_no_output(elf: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "out.bin").write_bytes(b"from the build before")
    done = run_sector(tmp_path, elf)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"boot0: {complaint}") and done.stderr.count("\n") == 1
    assert not (tmp_path / "out.bin").exists()


@pytest.mark.parametrize("length", range(0, len(linked(3)), 7))
def test_any_truncated_file_gets_a_line(length: int) -> None:
    with pytest.raises(sector.SectorError):
        sector.build_sector(linked(3)[:length])


@pytest.mark.parametrize("name", ["mbr", "boot0", "boot0sio"])
def test_sector_is_what_objcopy_makes_of_it(name: str, programs: Mapping[str, bytes], tmp_path: Path) -> None:
    prefixes = ("i686-elf-", "i686-linux-gnu-", "")
    objcopy = next(found for prefix in prefixes if (found := shutil.which(f"{prefix}objcopy")))
    subprocess.run([objcopy, "-O", "binary", f"build/ref/boot/boot0/{name}.elf", str(tmp_path / "out.bin")],
                   cwd=TREE, check=True)
    assert (tmp_path / "out.bin").read_bytes() == programs[name]


# ---------------------------------------------------------------- the probe


def test_probe_stamps_only_its_fields(programs: Mapping[str, bytes]) -> None:
    template = programs["probe"]
    payload = bytes(range(1, 52))
    stamped = probe.stamp(template, nonce="12345678", name="ad0s1-abcdefghij", payload=payload, hold=182)
    assert stamped[:0x1B0] == template[:0x1B0]
    assert stamped[0x1B0:] == b"12345678\0ad0s1-abcdefghij\0\xb6" + payload + b"\x55\xaa"


@pytest.mark.parametrize("fields, complaint", [
    ({"nonce": "", "name": "x"}, "nonce is empty"), ({"nonce": "123456789", "name": "x"}, "nonce is 9 characters"),
    ({"nonce": "1 2", "name": "x"}, "not printable"), ({"nonce": "1", "name": "x" * 17}, "name is 17 characters"),
    ({"nonce": "1", "name": "é"}, "not printable"),
    ({"nonce": "1", "name": "x", "payload": bytes(52)}, "payload is 52 bytes")])
def test_probe_refuses_what_does_not_fit(fields: Mapping, complaint: str, programs: Mapping[str, bytes]) -> None:
    with pytest.raises(ValueError, match=complaint):
        probe.stamp(programs["probe"], **fields)


def test_probe_is_not_stamped_twice(programs: Mapping[str, bytes]) -> None:
    stamped = probe.stamp(programs["probe"], nonce="1", name="x")
    for template in (stamped, b"", bytes(512)):
        with pytest.raises(ValueError, match="not an unstamped probe"):
            probe.stamp(template, nonce="1", name="x")


REPORT = ("@12345678 probe cs=07c0 ip=0000 dl=81 ds=0000 si=07be es=1234 ss=9000 sp=fffe "
          "entry=000102030405060708090a0b0c0d0e0f sum=89abcdef slice=ad0s1")


def test_a_report_is_read_field_by_field() -> None:
    wanted = probe.ProbeReport("12345678", 0x7C0, 0, 0x81, 0, 0x7BE, 0x1234, 0x9000, 0xFFFE, bytes(range(16)),
                               0x89ABCDEF, "ad0s1")
    assert probe.parse_report(REPORT) == probe.parse_report(REPORT + "\r\n") == wanted


@pytest.mark.parametrize("line", ["", REPORT[1:], "x" + REPORT, REPORT + " more", REPORT.replace("dl=81", "dl=8"),
                                  REPORT.replace("07c0", "07C0"), REPORT.replace(" sum", "\nsum"), REPORT + "\r\n\r\n"])
def test_anything_else_is_no_report(line: str) -> None:
    with pytest.raises(ValueError, match="not a probe's report"):
        probe.parse_report(line)


def test_checksum_knows_the_order_of_bytes() -> None:
    assert probe.checksum(b"\1\2") == 0x22
    assert probe.checksum(b"\2\1") == 0x41
    assert probe.checksum(bytes([1] + [0] * 7)) == 1 << 3     # rotated past bit 31


# What a loader might leave: segments that are not 0, and a stack in another place.
STRANGE_LOADER = bytes.fromhex(
    "fa 31c0 8ed8"                  # cli; DS = 0
    "be007c bf0006 8ec0 b90001 fc f3a5 ea1c060000"  # copy to 600h, go on there
    "90909090"
    "b80000 8ec0 b80102 bb007c b90200 ba8000 cd13"  # read sector 1 of the track to 7C00h
    "b80090 8ed0 bcf0ff"            # SS:SP = 9000:FFF0
    "b83412 8ec0 b86000 8ed8"       # ES = 1234h, DS = 60h
    "be4001 b281 fd ea0000c007")    # SI = 140h, DL = 81h, DF set, jump to 07C0:0000


def test_probe_reports_what_it_was_given(programs: Mapping[str, bytes], tmp_path: Path) -> None:
    """Any entry is fine with the probe: CS 07C0h, DF set, interrupts off, a stack and segments elsewhere."""
    payload = bytes(range(200, 251))
    stamped = probe.stamp(programs["probe"], nonce="feedbeef", name="strange", payload=payload)
    image = tmp_path / "disk.img"
    loader = bytearray(STRANGE_LOADER.ljust(512, b"\0"))
    entry = bytes(range(0xA0, 0xB0))
    loader[0x140:0x150] = entry
    loader[510:] = b"\x55\xaa"
    image.write_bytes((bytes(loader) + stamped).ljust(1 << 20, b"\0"))
    with Qemu([image]) as pc:
        report = pc.report()
        pc.off()
    assert report == probe.ProbeReport("feedbeef", 0x7C0, 0, 0x81, 0x60, 0x140, 0x1234, 0x9000, 0xFFF0, entry,
                                       probe.checksum(stamped), "strange")


def test_probe_in_hold_mode_waits_for_a_key(programs: Mapping[str, bytes], tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    done = run_mkdisk(image, "--size", "32M", "--boot", TREE / "build/ref/boot/boot0/mbr.bin",
                      "--probe", TREE / "build/ref/boot/image/probe.bin", "--slice", FREEBSD)
    assert done.returncode == 0, done.stderr
    with Qemu([image]) as pc:
        assert pc.report().name == "ad0s1"
        pc.wait_for_screen("started from ad0s1")
        pc.press("spc")
        pc.off()


# ---------------------------------------------------------------- mkdisk


def run_mkdisk(image: Path, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "SFDISK"}
    return subprocess.run([sys.executable, "-m", "boot.image.mkdisk", *map(str, arguments), str(image)], cwd=TREE,
                          capture_output=True, text=True, check=False, **{"env": environment, **options})


def table_of(image: Path) -> dict:
    done = subprocess.run([tool("sfdisk"), "--json", str(image)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["partitiontable"]


def test_sfdisk_reads_the_table_that_was_asked_for(tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    done = run_mkdisk(image, "--size", "64M", "--disk-id", "deadbeef", "--slice", "n=4,type=83,start=2M,size=1M",
                      "--slice", "n=2,type=a5,start=63,size=1000s,active")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert image.stat().st_size == 64 << 20 and image.stat().st_blocks * 512 < 64 << 10
    table = table_of(image)
    assert (table["label"], table["id"]) == ("dos", "0xdeadbeef")
    entries = [(Path(one["node"]).name, one["start"], one["size"], one["type"], one.get("bootable", False))
               for one in table["partitions"]]
    assert entries == [("disk.img2", 63, 1000, "a5", True), ("disk.img4", 4096, 2048, "83", False)]
    listing = subprocess.run([tool("sfdisk"), "--list", str(image)], capture_output=True, text=True, check=True).stdout
    assert "131072 sectors" in listing and "FreeBSD" in listing and "Linux" in listing


def test_a_slice_far_beyond_chs(programs: Mapping[str, bytes], tmp_path: Path) -> None:
    """LBA is true beyond 8.4 GB, where CHS ends; the file takes no more room than its contents."""
    image, fill = tmp_path / "disk.img", tmp_path / "fill"
    fill.write_bytes(b"first" + bytes(1 << 20) + b"last")
    start = 400 * 1024 * 2048 + 1
    done = run_mkdisk(image, "--size", "500G", "--slice", f"n=3,type=a5,start={start},size=50G,fill={fill}")
    assert done.returncode == 0, done.stderr
    assert [(one["start"], one["size"]) for one in table_of(image)["partitions"]] == [(start, 50 * 1024 * 2048)]
    assert struct.unpack_from("<II", read_sectors(image, 0), 0x1BE + 2 * 16 + 8) == (start, 50 * 1024 * 2048)
    assert read_sectors(image, start)[:5] == b"first"
    assert read_sectors(image, start + 2048)[:9] == bytes(5) + b"last"
    assert image.stat().st_size == 500 << 30 and image.stat().st_blocks * 512 < 512 << 10


@pytest.mark.parametrize("name, ours", [("boot0", range(0x1BE)), ("mbr", (*range(0x1B8), 0x1BD))], ids=["boot0", "mbr"])
def test_boot_code_goes_around_the_table(name: str, ours: Sequence[int], programs: Mapping[str, bytes],
                                         tmp_path: Path) -> None:
    """Byte by byte: sector 0 is the program's where it is the program's, and sfdisk's elsewhere."""
    arguments = ("--size", "32M", "--disk-id", "a1b2c3d4", "--slice", FREEBSD)
    program = bytes((byte + 1) & 0xFF or 1 for byte in programs[name][:0x1B0]) + programs[name][0x1B0:0x1B2] + \
        bytes(range(0x11, 0x11 + 12)) + b"\xee" * 64 + b"\x55\xaa"
    (tmp_path / "boot.bin").write_bytes(program)
    assert run_mkdisk(tmp_path / "bare.img", *arguments).returncode == 0
    assert run_mkdisk(tmp_path / "boot.img", *arguments, "--boot", tmp_path / "boot.bin").returncode == 0
    bare, booted = read_sectors(tmp_path / "bare.img", 0), read_sectors(tmp_path / "boot.img", 0)
    assert bare[0x1B8:0x1BC] == bytes.fromhex("d4c3b2a1")
    assert booted == bytes(program[at] if at in ours else bare[at] for at in range(512))
    assert (tmp_path / "bare.img").read_bytes()[512:] == (tmp_path / "boot.img").read_bytes()[512:]


def test_two_builds_are_identical(programs: Mapping[str, bytes], tmp_path: Path) -> None:
    images = [tmp_path / "one.img", tmp_path / "two.img"]
    for image in images:
        done = run_mkdisk(image, "--size", "16M", "--boot", TREE / "build/ref/boot/boot0/boot0.bin",
                          "--probe", TREE / "build/ref/boot/image/probe.bin", "--slice", FREEBSD,
                          "--slice", "n=2,type=6,start=20063,size=99")
        assert done.returncode == 0, done.stderr
    assert images[0].read_bytes() == images[1].read_bytes()
    assert read_sectors(images[0], 20063).find(b"ad0s2") == 0x1B9


COMPLAINTS = {
    "overlap": ([FREEBSD, "n=2,type=83,start=20062,size=10"],
                "slice 2: sectors 20062 to 20071 overlap slice 1, sectors 63 to 20062"),
    "overlap in front": (["n=1,type=83,start=100,size=5", "n=2,type=83,start=90,size=11"],
                         "slice 2: sectors 90 to 100 overlap slice 1, sectors 100 to 104"),
    "inside": (["n=3,type=83,start=100,size=1", "n=4,type=83,start=1,size=1000"],
               "slice 4: sectors 1 to 1000 overlap slice 3"),
    "past the end": (["n=2,type=83,start=65535,size=2"],
                     "slice 2: sectors 65535 to 65536 are out of range, the disk ends at 65535"),
    "sector 0": (["n=3,type=83,start=0,size=2"], "slice 3: it starts at sector 0"),
    "no size": (["n=3,type=83,start=5,size=0"], "slice 3: its size is zero"),
    "unused type": (["n=3,type=0,start=5,size=5"], "slice 3: unknown type '0'"),
    "no type": (["n=3,type=freebsd,start=5,size=5"], "slice 3: unknown type 'freebsd'"),
    "two active": ([FREEBSD, "n=4,type=83,start=20063,size=5,active"], "slice 4: it is active, and so is slice 1"),
    "twice": ([FREEBSD, "n=1,type=83,start=20063,size=5"], "slice 1: it is given twice"),
    "five": ([f"n={n},type=83,start={n},size=1" for n in (1, 2, 3, 4)] + ["n=2,type=a5,start=9,size=1"],
             "5 slices, but a partition table has 4 entries: slice 2 (type a5, start 9) is one too many"),
    "entry 5": (["n=5,type=83,start=5,size=5"], "n=5, but a partition table has entries 1 to 4"),
    "entry ²": (["n=²,type=83,start=5,size=5"], "n=², but a partition table has entries 1 to 4"),
    "bad start": (["n=1,type=83,start=-5,size=5"], "slice 1: '-5' is no size"),
    "bad word": (["n=1,type=83,start=5,size=5,bootable"],
                 "'bootable' is none of n=, type=, start=, size=, active, fill="),
    "active=1": (["n=1,type=83,start=5,size=5,active=1"], "'active=1' is none of"),
    "no start": (["n=1,type=83,size=5"], "start= is missing"),
    "start twice": (["n=1,type=83,start=1,start=2,size=5"], "start is given twice"),
    "no fill": (["n=1,type=83,start=1,size=5,fill=/nowhere/at/all"],
                "slice 1: fill=/nowhere/at/all: No such file or directory"),
    "two extended": (["n=1,type=5,start=63,size=2000", "n=3,type=f,start=3000,size=10"],
                     "slice 3: sfdisk says: Extended partition already exists"),
}


@pytest.mark.parametrize("slices, complaint", COMPLAINTS.values(), ids=COMPLAINTS)
def test_mkdisk_refuses_and_names_the_entry(slices: Sequence[str], complaint: str, tmp_path: Path) -> None:
    refused(tmp_path, complaint, "--size", "65536s", *(word for one in slices for word in ("--slice", one)))


def refused(folder: Path, complaint: str, *arguments: object, **options: object) -> None:
    """mkdisk ends with exit 1 and one line; the image that was there is there, and nothing beside it is new."""
    image = folder / "disk.img"
    image.write_bytes(b"the disk of yesterday")
    before = sorted(folder.iterdir())
    done = run_mkdisk(image, *arguments, **options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mkdisk: ") and complaint in done.stderr and done.stderr.count("\n") == 1
    assert image.read_bytes() == b"the disk of yesterday" and sorted(folder.iterdir()) == before


def test_mkdisk_refuses_a_fill_larger_than_its_slice(tmp_path: Path) -> None:
    (tmp_path / "fill").write_bytes(bytes(1025))
    refused(tmp_path, "is 1025 bytes, and the slice has room for 1024", "--size", "1M", "--slice",
            f"n=1,type=83,start=1,size=2,fill={tmp_path / 'fill'}")


@pytest.mark.parametrize("size", ["0", "3T", "64X", "2049G", "", "1.5M"])
def test_mkdisk_refuses_a_size(size: str, tmp_path: Path) -> None:
    refused(tmp_path, "size" if size not in ("0", "2049G") else "a disk of", "--size", size)


def test_mkdisk_refuses_what_is_no_boot_program(tmp_path: Path) -> None:
    (tmp_path / "boot.bin").write_bytes(bytes(512))
    refused(tmp_path, "boot program is not a sector", "--size", "1M", "--boot", tmp_path / "boot.bin")
    refused(tmp_path, "/nowhere: No such file", "--size", "1M", "--boot", "/nowhere")


def test_mkdisk_refuses_what_is_no_probe(tmp_path: Path) -> None:
    (tmp_path / "probe.bin").write_bytes(bytes(512))
    refused(tmp_path, "not an unstamped probe", "--size", "32M", "--slice", FREEBSD, "--probe", tmp_path / "probe.bin")


def test_without_sfdisk(tmp_path: Path) -> None:
    refused(tmp_path, "/nowhere/sfdisk is missing: run `make setup`", "--size", "1M", "--sfdisk", "/nowhere/sfdisk")


def test_a_file_size_limit_leaves_the_old_image(tmp_path: Path) -> None:
    refused(tmp_path, "File too large; no image was made", "--size", "64M",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))


def test_a_full_disk_leaves_the_old_image(tmp_path: Path) -> None:
    """On a file system of 64 KiB, in a mount namespace of our own."""
    place, fill = tmp_path / "small", tmp_path / "fill"
    place.mkdir()
    fill.write_bytes(b"x" * (1 << 20))
    script = ('mount -t tmpfs -o size=64k none "$1" && echo yesterday > "$1/disk.img" && '
              '"$2" -m boot.image.mkdisk --size 16M --slice "n=1,type=a5,start=63,size=1M,fill=$3" "$1/disk.img"; '
              'echo "status $?"; ls -A "$1"; cat "$1/disk.img"')
    done = subprocess.run([tool("unshare"), "--map-root-user", "--mount", "sh", "-c", script, "sh", str(place),
                           sys.executable, str(fill)], cwd=TREE, capture_output=True, text=True, check=False)
    if "status" not in done.stdout or "mount:" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    assert done.stdout == "status 1\ndisk.img\nyesterday\n"
    assert done.stderr == f"mkdisk: {place}/disk.img: No space left on device; no image was made\n"


def test_make_says_how_much_room_is_left(programs: Mapping[str, bytes]) -> None:
    elf = sector.build_sector((TREE / "build/ref/boot/boot0/boot0.elf").read_bytes())
    assert (elf.room, elf.data) == (432, programs["boot0"]) and 0 < elf.code <= 432
    commands = make("-n", "-W", "boot/boot0/sector.ld", "VERBOSE=1", "build/ref/boot/boot0/boot0.bin").stdout
    assert "boot/image/sector.py build/ref/boot/boot0/boot0.elf build/ref/boot/boot0/boot0.bin" in commands
