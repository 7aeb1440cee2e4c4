"""Loading and starting: what a kernel is told, which files are kernels and modules, and which are refused."""

from __future__ import annotations

import re
import struct

import pytest

from grade.tests.kernels import DYN, Segment, elf, elf_object, symbol_sizes
from grade.tests.loaderhost import (MEGABYTE, MEMORY_TOP, NO_COUNTDOWN, Loader, MakeDisk, Started, make_disk, string,
                                    word)

__all__ = ["make_disk"]                         # a fixture
RB_SINGLE, RB_VERBOSE, RB_MUTE, RB_BOOTINFO = 2, 0x800, 0x10000, 0x80000000
RB_SERIAL, RB_MULTIPLE = 0x1000, 0x20000000
DAMAGED, DAMAGED_LONG = 1500, 20_000


# ---------------------------------------------------------------- loading and starting


def test_boot(disk: MakeDisk) -> None:
    """Everything that a kernel is told, in FreeBSD's order."""
    kernel = elf([Segment(0xC0100000, b"text" * 300), Segment(0xC0102000, b"data" * 40, bss=5000, flags=6)],
                 entry=0xC0100010, symbols=7)
    symtab, strtab = symbol_sizes(kernel)
    loader = disk({"kernel": kernel, "boot/loader.conf": NO_COUNTDOWN + 'kernel_options="-v some words"\n',
                   "etc/fstab": "# dev mnt\n/dev/ad0s1b\tnone swap sw 0 0\n/dev/ad0s1a  /   ufs rw,sync 1 1\n"})
    said = loader.talk("boot\r")
    assert (f"/kernel text=0x4b0 data=0xa0+0x1388 syms=[0x4+0x{symtab:x}+0x4+0x{strtab:x}]\nexec" in said)
    started = loader.start()
    assert (started.entry, started.howto, started.bootdev) == (0x100010, RB_BOOTINFO | RB_VERBOSE, 0xA020001E)
    assert started.bytes_at(0x100000, 1200) == b"text" * 300
    assert started.bytes_at(0x102000, 160 + 5000) == b"data" * 40 + bytes(5000)
    ssym = -(-(0x102000 + 5160) // 4) * 4
    esym = ssym + 8 + symtab + -(-strtab // 4) * 4
    assert (started.word(ssym), started.word(ssym + 4 + symtab)) == (symtab, strtab)
    for table in (started.bytes_at(ssym + 4, symtab), started.bytes_at(ssym + 8 + symtab, strtab)):
        assert kernel.count(table) == 1
    envp = -(-esym // 4096) * 4096
    check_told(started, kernel, ssym, esym, envp)
    strings = started.environment()
    assert strings == sorted(strings, key=lambda text: text.partition("=")[0])
    assert {"kernelname=/kernel", "currdev=disk0s1a:", "loaddev=disk0s1a:", "vfs.root.mountfrom=ufs:/dev/ad0s1a",
            "vfs.root.mountfrom.options=rw,sync", "LINES=24", "prompt=${interpret}"} < set(strings)


def check_told(started: Started, kernel: bytes, ssym: int, esym: int, envp: int) -> None:
    """The records of a kernel, to the byte, and the bootinfo."""
    shoff, shnum = struct.unpack_from("<I", kernel, 32)[0], struct.unpack_from("<H", kernel, 48)[0]
    smap = struct.pack("<QQIQQI", 0, 639 << 10, 1, MEGABYTE, 4 << 20, 1)
    assert started.records() == [
        (1, string("/kernel")), (2, string("elf kernel")), (6, string("-v some words")), (3, word(0x100000)),
        (4, word(esym - 0x100000)), (0x8000 | 0x1001, smap), (0x8008, word(started.kernend)), (0x8006, word(envp)),
        (0x8007, word(RB_VERBOSE)), (0x8002, kernel[:52]), (0x8004, word(esym)), (0x8003, word(ssym)),
        (0x8009, kernel[shoff:shoff + 40 * shnum])]
    bi = started.bootinfo
    assert (bi[0], bi[2], bi[3]) == (1, 0, 1)
    assert bi[4:12] == (0x00430F3F, *[0x004F010F] * 7)
    assert (bi[12], bi[13] & 0xFFFF, bi[14], bi[15]) == (84, 0x8001, 639, 4096)
    assert bi[16:18] == (ssym, esym) and bi[19] == envp
    assert started.modulep % 4096 == 0


def test_boot_with_modules(disk: MakeDisk) -> None:
    """A shared object, a relocatable one and data: where they are, and what is told of them."""
    shared, relocatable, data = elf([Segment(0, b"module" * 100)], kind=DYN), elf_object(), bytes(range(256)) * 33
    loader = disk({"kernel": elf(), "boot/modules/shared.ko": shared, "boot/kernel/object.ko": relocatable,
                   "boot/data": data})
    load = "load kernel\rload shared an argument\rload object\rload -t md_image /boot/data\r"
    said = loader.talk(load + "lsmod\rlsmod -v\r")
    for line in ("/boot/modules/shared.ko text=0x258 \n", "/boot/kernel/object.ko size 0x",
                 " 0x100000: /kernel (elf kernel, 0x", " (elf module, 0x258)\n    args: an argument\n",
                 " (elf obj module, 0x", " /boot/data (md_image, 0x2100)\n", "      0x0002, 0x34\n"):
        assert line in said
    started = loader.start(load + "boot -s\r")
    assert started.howto == RB_BOOTINFO | RB_SINGLE
    files: list[dict[int, bytes]] = []
    for kind, content in started.records():
        if kind == 1:
            files.append({})
        files[-1][kind] = content
    assert [one[2] for one in files] == [
        string(kind) for kind in ("elf kernel", "elf module", "elf obj module", "md_image")]
    assert [one.get(6) for one in files] == [string("-s"), string("an argument"), None, None]
    places = [(struct.unpack("<I", one[3])[0], struct.unpack("<I", one[4])[0]) for one in files]
    for (start, size), (behind, _) in zip(places, places[1:]):
        assert behind == -(-(start + size) // 4096) * 4096
    assert started.bytes_at(places[1][0], 600) == b"module" * 100
    assert started.bytes_at(*places[3]) == data
    check_object(started, relocatable, *places[2], files[2][0x8009])


def check_object(started: Started, content: bytes, start: int, size: int, headers: bytes) -> None:
    """Each section lies where its header, as handed over, says."""
    shoff, shnum = struct.unpack_from("<I", content, 32)[0], struct.unpack_from("<H", content, 48)[0]
    placed = 0
    for number in range(shnum):
        _, kind, _, address, offset, length, _, _, align, _ = struct.unpack_from("<10I", headers, 40 * number)
        original = struct.unpack_from("<10I", content, shoff + 40 * number)
        assert (kind, offset, length) == (original[1], original[4], original[5])
        if address == 0:
            continue
        placed += 1
        assert start <= address and address + length <= start + size and address % max(align, 1) == 0
        assert started.bytes_at(address, length) == (bytes(length) if kind == 8 else content[offset:offset + length])
    assert placed == 7


def test_kernel_choice(disk: MakeDisk) -> None:
    """bootfile's list in its order, else kernel; a path is taken as it is; ".ko" is tried first."""
    loader = disk({"kernel": elf(), "boot/old": elf(), "boot/kernel/test.ko": elf(), "boot/bad": b"no kernel"})
    path = "set module_path="
    chosen = [re.findall(r"^(/.*) text=", loader.talk(typed), flags=re.MULTILINE) for typed in (
        "boot\r", "boot old\r", "boot /boot/old\r", "set kernel=old\rboot\r", "set bootfile=nope;test;kernel\rboot\r",
        "set bootfile=;bad;old\rboot\r", f"{path}/boot/kernel\rload test\r", f"{path}nope;;/boot/\rload old\r")]
    assert chosen == [["/kernel"], ["/boot/old"], ["/boot/old"], ["/boot/old"], ["/boot/kernel/test.ko"], ["/boot/old"],
                      ["/boot/kernel/test.ko"], ["/boot/old"]]
    assert "can't find 'nope'\ncan't load 'nope'\n" in loader.talk("set bootfile=nope;kernel\rboot\r")


def test_loaded_already(disk: MakeDisk) -> None:
    """Nothing is loaded twice, there is one kernel at a time, and unload forgets all."""
    loader = disk({"kernel": elf(), "boot/old": elf(), "boot/data": b"no kernel"})
    said = loader.answers("load kernel", "load kernel", "boot old", "load /boot/old", "load -t x /boot/data",
                          "load -t x /boot/data", "unload", "lsmod", "show kernelname")
    assert said[1:6] == [
        "load: warning: KLD '/kernel' already loaded\n", "boot: can't boot 'old', kernel module already loaded\n",
        "elf32_loadfile: kernel already loaded\nload: can't load file '/boot/old': operation not permitted\n",
        "", "load: warning: file '/boot/data' already loaded\n"]
    assert said[6:] == ["", "", "show: variable 'kernelname' not found\n"]


@pytest.mark.parametrize("typed, howto", [
    ("boot -sv\r", RB_SINGLE | RB_VERBOSE), ("boot -s -v\r", RB_SINGLE | RB_VERBOSE), ("boot -xs\r", 0),
    ("boot kernel -s v\r", RB_SINGLE),
    ("set boot_single=YES\rset boot_verbose=NO\rboot\r", RB_SINGLE), ("set console=comconsole\rboot\r", RB_SERIAL),
    ("set console=comconsole,vidconsole\rboot\r", RB_SERIAL | RB_MULTIPLE),
    ("set console=vidconsole,comconsole\rboot\r", RB_MULTIPLE),
    ("set console=nullconsole\rboot\r", RB_MUTE), ("unset console\rboot -h\r", RB_SERIAL), ("boot -h\r", RB_MULTIPLE),
])
def test_howto(disk: MakeDisk, typed: str, howto: int) -> None:
    assert disk({"kernel": elf()}).start(typed).howto == RB_BOOTINFO | howto


def test_root(disk: MakeDisk) -> None:
    loader = disk({"kernel": elf(), "etc/fstab": "/dev/x /usr ufs rw\nshort /\n/dev/y / cd9660\n"})
    assert "vfs.root.mountfrom=cd9660:/dev/y" in loader.start().environment()
    assert "vfs.root.mountfrom=mine" in loader.start("set vfs.root.mountfrom=mine\rboot\r").environment()
    assert "can't determine root device\n" in loader.talk("set rootdev=nope:\rboot\r")
    assert ("root device disk3a: invalid\nboot: can't boot '/kernel': no such device\nOK "
            in loader.talk("set rootdev=disk3a:\rboot\r"))
    assert loader.start("set rootdev=disk3a:\rboot\runset rootdev\rboot\r").records() == loader.start().records()


def test_no_room(disk: MakeDisk) -> None:
    """A kernel that leaves no room for its environment, and data that is too much, are told so, at the prompt."""
    kernel = elf([Segment(0xC0100000, b"x" * 100, bss=MEMORY_TOP - MEGABYTE - 100, flags=6)])
    small = elf([Segment(0xC0100000, b"x" * 16, bss=(3 << 20) + 10)])
    loader = disk({"kernel": kernel, "big": bytes(1 << 20), "small": small})
    assert ("no room for what the kernel is to be told\nboot: can't boot '/kernel': does not fit in memory\nOK "
            in loader.talk("boot\r"))
    assert loader.answers("load small", "load -t x /big", "lsmod")[1:] == [
        "load: can't load file '/big': does not fit in memory\n", " 0x100000: /small (elf kernel, 0x30001c)\n"]


LAST = MEMORY_TOP - MEGABYTE + 0xC0100000
FIRST = Segment(0xC0100000, b"x")
REFUSED = {
    "filesz above memsz": (elf([Segment(0xC0100000, b"x" * 9, size=10)]), "segment larger in the file than in memory"),
    "behind the file": (elf([Segment(0xC0100000, b"x" * 9, at=1 << 20)]), "segment not within the file"),
    "offset of 4 GB": (elf([Segment(0xC0100000, b"x" * 9, at=0xFFFFFFFF)]), "segment not within the file"),
    "truncated": (elf([Segment(0xC0100000, b"x" * 900)])[:600], "segment not within the file"),
    "over the loader": (elf([FIRST, Segment(0xC000A000, b"x")]), "segment outside of memory"),
    "across 1 MB": (elf([FIRST, Segment(0xC00FFFFF, b"xx")]), "segment outside of memory"),
    "behind memory": (elf([FIRST, Segment(LAST, b"x")]), "segment outside of memory"),
    "across the end": (elf([FIRST, Segment(LAST - 8, b"x", bss=8)]), "segment outside of memory"),
    "a bss of 4 GB": (elf([Segment(0xC0100000, b"x", bss=0xFFFFFFF0)]), "segment outside of memory"),
    "around to 0": (elf([FIRST, Segment(0x10, b"x", bss=0xFFFFFFF0)]), "segment outside of memory"),
    "no headers": (elf([]), "no program headers"),
    "odd headers": (elf(phentsize=40), "no program headers"),
    "no PT_LOAD": (elf([Segment(0xC0100000, b"x", type=4)]), "nothing to load"),
    "headers misaligned": (elf(phoff=54), "program header misaligned"),
    "headers leave the page": (elf(phoff=4088), "program header not within first page"),
    "headers at 4 GB": (elf(phoff=0xFFFFFFF0), "program header not within first page"),
    "65535 headers": (elf(phnum=0xFFFF), "program header not within first page"),
    "entry behind": (elf(entry=0xC0101000), "entry point not within a segment"),
    "entry in the bss": (elf([Segment(0xC0100000, b"x", bss=100)], entry=0xC0100001),
                         "entry point not within a segment"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_kernels(disk: MakeDisk, name: str) -> None:
    """A message and the prompt; nothing counts as loaded, and the next kernel boots."""
    kernel, why = REFUSED[name]
    loader = disk({"kernel": kernel, "good": elf(entry=0xC0100004)})
    said = loader.answers("load kernel", "lsmod", "show kernelname")
    assert said == [f"elf32_loadimage: {why}\nload: can't load file '/kernel': exec format error\n", "",
                    "show: variable 'kernelname' not found\n"]
    assert loader.start("load kernel\rboot good\r").entry == 0x100004


NOT_PERMITTED = "load: can't load file '/kernel': operation not permitted\n"
UNKNOWN = "load: don't know how to load module '/kernel'\n"


NO_KERNELS = {
    "entry in page 0": (elf(entry=0x10), f"elf32_loadfile: not a kernel (maybe static binary?)\n{NOT_PERMITTED}"),
    "shared": (elf(kind=DYN), f"elf32_loadfile: can't load module before kernel\n{NOT_PERMITTED}"),
    "relocatable": (elf_object(), f"elf32_obj_loadfile: can't load module before kernel\n{NOT_PERMITTED}"),
    "core": (elf(kind=4), UNKNOWN), "x86-64": (elf(machine=62), UNKNOWN), "half a header": (elf()[:40], UNKNOWN),
    "empty": (b"", UNKNOWN), "zeroes": (b"\x7fELF" + bytes(5000), UNKNOWN),
    "no sections": (elf_object(shoff=0), UNKNOWN),
}


@pytest.mark.parametrize("name", NO_KERNELS)
def test_no_kernels(disk: MakeDisk, name: str) -> None:
    """Files of other kinds, and modules without a kernel."""
    kernel, said = NO_KERNELS[name]
    assert disk({"kernel": kernel}).answers("load /kernel") == [said]


@pytest.mark.parametrize("change", ["size", "offset", "link", "strings", "headers", "entsize"])
def test_absurd_symbols(disk: MakeDisk, change: str) -> None:
    """Symbols that cannot be had are left out; the kernel boots."""
    loader = disk({"kernel": elf(symbols=3, absurd=change)})
    started = loader.start()
    assert started.bootinfo[16:18] == (0, 0)
    assert not [kind for kind, _ in started.records() if kind in (0x8003, 0x8004)]


@pytest.mark.parametrize("change, why", [
    ("align", "section outside of the file or of memory"), ("size", "section outside of the file or of memory"),
    ("bss", "section outside of the file or of memory"), ("link", "file has invalid symbol strings"),
    ("symtab", "file has no valid symbol table"), ("names", "file has no section names"),
])
def test_refused_objects(disk: MakeDisk, change: str, why: str) -> None:
    loader = disk({"kernel": elf(), "o.ko": elf_object(absurd=change)})
    assert loader.answers("load kernel", "load /o.ko")[1] == (
        f"elf32_obj_loadimage: {why}\nload: can't load file '/o.ko': exec format error\n")


# ---------------------------------------------------------------- chance


def damage(loader: Loader, path: str, marker: bytes, count: int, length: int) -> None:
    """Load the file over and over, with other bytes of its headers damaged each time."""
    offset = loader.image.read_bytes().index(marker)
    for where, span in ((offset, 160), (offset, length)):
        said = loader.run("load", path, 1, count, where, span)
        loaded = re.search(r"(\d+) of (\d+) loaded\n$", said)
        assert loaded and int(loaded[2]) == count and 0 < int(loaded[1]) < count
        print(path, loaded[0])


def check_damage(disk: MakeDisk, count: int) -> None:
    kernel, relocatable = elf(symbols=5), elf_object()
    loader = disk({"kernel": kernel, "object": relocatable})
    image = loader.image.read_bytes()
    damage(loader, "/kernel", kernel[:200], count, len(kernel))
    damage(loader, "/object", relocatable[:60], count, len(relocatable))
    assert loader.image.read_bytes() == image


def test_damaged(disk: MakeDisk) -> None:
    check_damage(disk, DAMAGED)


@pytest.mark.long
def test_damaged_long(disk: MakeDisk) -> None:
    check_damage(disk, DAMAGED_LONG)
