"""Whole boots: from sector 0 through the loader's prompt into the test kernel, which tells what it was handed.

What the loader says and does is tested at length on this computer (test_loader_prompt.py and its neighbours). Here it
stands on BTX and a BIOS: keys by line and keyboard, the clock, both consoles, the kernel's entry.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from boot.image.probe import checksum
from boot.image.testkernel import Report, expected_sum
from grade.tests.emulation import TREE
from grade.tests.kernels import DYN, Segment, elf, elf_object
from grade.tests.loading import KERNEL, PROMPT, Loader, built, loader_disk, loader_root
from grade.tests.test_testkernel import check_machine

RB_SINGLE, RB_VERBOSE, RB_SERIAL, RB_MULTIPLE, RB_BOOTINFO = 0x2, 0x800, 0x1000, 0x20000000, 0x80000000
MODULE = elf([Segment(0, b"a module" * 700)], kind=DYN)
DATA = Random(5).randbytes(70_001)
HIT = "Hit [Enter] to boot immediately, or any other key for command prompt."
CONF = """autoboot_delay="NO"
this is wrong
data_load="YES"
data_name="/boot/data"
data_type="some_data"
shared_load="YES"
hw.physmem="32M"
"""


@pytest.fixture(scope="module", name="folder")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built()
    return tmp_path_factory.mktemp("loader")


@pytest.fixture(scope="module", name="disk")
def make_disk(folder: Path) -> Path:
    """A disk that stops at the prompt, with modules of all kinds, and wrong kernels."""
    files = {"boot/data": DATA, "boot/modules/shared.ko": MODULE, "boot/modules/object.ko": elf_object(),
             "etc/fstab": b"/dev/ad0s1a / ufs rw 1 1\n", "boot/second.rc": b"@echo one\n@nope\n",
             "over": elf([Segment(0xC0100000, b"x"), Segment(0xC000A000, bytes(4096))]),
             "cut": (TREE / KERNEL).read_bytes()[:3000]}
    root = loader_root(folder / "root", conf=CONF, files=files)
    return loader_disk(folder / "prompt.img", root)


@pytest.fixture(scope="module", name="quick")
def make_quick(folder: Path) -> Path:
    """A disk that counts down from 4."""
    return loader_disk(folder / "quick.img", loader_root(folder / "quick", conf='autoboot_delay="4"\n'))


def check_kernel(report: Report) -> None:
    """The test kernel is whole, and was entered as FreeBSD's loader enters kernels."""
    kernel = (TREE / KERNEL).read_bytes()
    check_machine(report)
    assert report.sum == expected_sum(kernel)
    assert report.bss_zero and report.zero == (0, 0, 0)
    assert report.bootinfo is not None and report.records is not None
    for word in ("modulep", "kernend"):
        assert report.stack[word] == report.bootinfo[word]
    assert report.stack["bootdev"] == 0xA020001E
    assert report.symbols["bootinfo"] == report.symbols["record"]
    assert report.symbols["bootinfo"].btext == int.from_bytes(kernel[24:28], "little")
    assert (report.bootinfo["version"], report.bootinfo["size"], report.bootinfo["bios_dev"]) == (1, 84, 0x80)


def test_everything(disk: Path) -> None:
    """Start-up in its order, errors by file and line, commands, modules, and all of it in the kernel's hands."""
    with Loader([disk]) as pc:
        said = pc.start()
        assert re.search(
            r"\nConsoles: serial port  \nBIOS drive C: is disk0\nBIOS \d+kB/\d+kB available memory\n\n"
            r"FreeBSD/i386 bootstrap loader, Revision 1\.1\n\(proc0@localhost\)\nLoading /boot/defaults/loader\.conf\n"
            r"/boot/loader\.conf:2: an = is missing\n\n\n"
            r"Type '\?' for a list of commands, 'help' for more detailed help\.\n$", said), said
        assert pc.run("echo $hw.physmem $currdev") == "32M disk0s1a:\n"
        assert pc.run("include /boot/second.rc") == "one\ninclude: /boot/second.rc:2: nope: unknown command\n"
        assert pc.run("load over").endswith(
            "segment outside of memory\nload: can't load file '/over': exec format error\n")
        assert pc.run("load cut").endswith("load: can't load file '/cut': exec format error\n")
        assert pc.run("lsmod") == ""
        assert "boot data" not in pc.run("help boot") and "kernel" in pc.run("help boot")
        assert "kernel" in pc.run("ls /") and "shared.ko" in pc.run("ls -l /boot/modules")
        assert pc.run("set " + "x" * 300 + "=1").count("x") < 600       # cut, and the next line is sound
        assert "disk0s1a" in pc.run("lsdev") and "type=01" in pc.run("smap")
        assert pc.run("read -t 1 x") == ""
        pc.com1.send("boot -v\r")
        report = pc.kernel_report()
    check_kernel(report)
    assert report.stack["howto"] == RB_BOOTINFO | RB_VERBOSE | RB_SERIAL
    assert report.environment is not None
    assert report.environment["hw.physmem"] == "32M" and report.environment["kernelname"] == "/kernel"
    assert report.environment["vfs.root.mountfrom"] == "ufs:/dev/ad0s1a"
    kernel, data, shared = report.files()
    assert [record.kind for record in kernel] == [
        "NAME", "TYPE", "ARGS", "ADDR", "SIZE", "MD_SMAP", "MD_KERNEND", "MD_ENVP", "MD_HOWTO", "MD_ELFHDR", "MD_ESYM",
        "MD_SSYM", "MD_SHDR"]
    assert [one[0].text for one in (kernel, data, shared)] == ["/kernel", "/boot/data", "/boot/modules/shared.ko"]
    assert [one[1].text for one in (kernel, data, shared)] == ["elf kernel", "some_data", "elf module"]
    assert kernel[2].text == "-v"
    assert report.contents == (checksum(DATA), checksum(b"a module" * 700))


def test_unload_and_load(disk: Path) -> None:
    """By hand: a kernel, a module, away with them, and others; what comes last is what the kernel finds."""
    with Loader([disk]) as pc:
        pc.start()
        assert pc.run("load kernel").startswith("/kernel text=0x")
        pc.run("load shared")
        assert pc.run("lsmod").count("\n") == 2
        pc.run("unload")
        pc.run("load disk0s1a:/kernel -s")
        assert " size 0x" in pc.run("load object")
        pc.run("load -t raw /boot/data")
        pc.com1.send("boot\r")
        report = pc.kernel_report()
    check_kernel(report)
    assert report.stack["howto"] == RB_BOOTINFO | RB_SINGLE | RB_SERIAL
    assert [one[1].text for one in report.files()] == ["elf kernel", "elf obj module", "raw"]
    assert report.contents[1] == checksum(DATA)
    assert report.kernelname == "/kernel" and report.files()[0][0].text == "disk0s1a:/kernel"


def test_countdown_ends(quick: Path) -> None:
    """Four seconds, told one by one by the BIOS' clock, and the kernel starts."""
    with Loader([quick]) as pc:
        report = pc.kernel_report()
        said = pc.com1.before
    check_kernel(report)
    assert HIT in said
    assert re.findall(r"\rBooting \[/kernel\] in (\d) second(s?)\.\.\. ", said) == [("3", "s"), ("2", "s"), ("1", "")]
    assert "\rBooting [/kernel]...               \r\n" in said


def test_countdown_keys(quick: Path) -> None:
    """Enter boots at once; a keyboard's key leads to the prompt, where its arrows edit."""
    with Loader([quick]) as pc:
        pc.com1.expect_exact(HIT)
        pc.com1.send("\r")
        check_kernel(pc.kernel_report())
        assert "in 2 seconds" not in pc.com1.before


def test_keyboard_and_screen(folder: Path) -> None:
    """No serial line: keys with arrows from the keyboard, on the screen."""
    root = loader_root(folder / "screen", boot_config="-n")
    with Loader([loader_disk(folder / "screen.img", root)]) as pc:
        pc.wait_for_screen("detailed help.\nOK")
        pc.press(*"echo", "spc", *"ac", "left", "b", "end", "d", "ret")
        pc.wait_for_screen("OK echo abcd\nabcd\nOK")
        pc.press("up", "home", *"xx", "delete", "backspace", "backspace", "ret")
        pc.wait_for_screen("\ncho: unknown command\n")
        pc.press(*"set", "spc", *"console", "equal", *"comconsole", "ret")
        pc.com1.expect_exact(PROMPT)
        assert pc.run("echo $console") == "comconsole\n"


def test_reboot(disk: Path) -> None:
    """reboot ends the machine, which -no-reboot turns off."""
    with Loader([disk]) as pc:
        pc.start()
        pc.com1.send("reboot\r")
        pc.com1.expect_exact("Rebooting...")
        pc.off()
