"""The loader's start: loader.conf and its errors, loader.rc, modules that come with the kernel, the countdown."""

from __future__ import annotations

import re

import pytest

from grade.tests.emulation import TREE
from grade.tests.kernels import DYN, Segment, elf
from grade.tests.loaderhost import NO_COUNTDOWN, SECOND, MakeDisk, make_disk, string

__all__ = ["make_disk"]                         # a fixture
HIT = "Hit [Enter] to boot immediately, or any other key for command prompt."
BOOTING = "\rBooting [/kernel]...               \nexec"


# ---------------------------------------------------------------- scripts and configuration


def test_script(disk: MakeDisk) -> None:
    """Lines are shown, but not those with @; - goes on; an error says where and stops."""
    said = disk({"boot/loader.rc": "\\ a comment\n# one more\n\necho shown\n@echo quiet\n-nope\n@-nope either\n"
                                   "include /two\necho never\n",
                 "two": "@echo two\n@foo\n@echo never\n"}).talk()
    assert said == ("> echo shown\nshown\nquiet\n> nope\n/boot/loader.rc:6: nope: unknown command\n"
                    "/boot/loader.rc:7: nope: unknown command\n> include /two\ntwo\n"
                    "/boot/loader.rc:8: include: /two:2: foo: unknown command\n\n"
                    "\nType '?' for a list of commands, 'help' for more detailed help.\nOK ")


def test_script_errors(disk: MakeDisk) -> None:
    loader = disk({"loop": "@include /loop\n", "long": "echo a\r\n@echo " + "x" * 300 + "\n", "bad": "@echo 'a\n"})
    assert "files include each other too deep" in loader.answers("include /loop")[0]
    assert loader.answers("include /long", "include /bad") == [
        "include: /long:2: line too long\n", "include: /bad:1: parse error: missing quote\n"]
    assert "a\n" in disk({"boot/boot.conf": "@echo a\n"}).talk()


def test_no_text(disk: MakeDisk) -> None:
    """A file with a NUL in it, or with a line of 64 KB, is left at that place."""
    loader = disk({"nul": b"@echo a\n@echo \0b\n@echo c\n", "long": b"x" * 70_000,
                   "boot/loader.conf": NO_COUNTDOWN.encode() + b"a=1\n\0\nb=1\n"})
    kind = "inappropriate file type or format"
    assert f"/boot/loader.conf:3: {kind}\n" in loader.talk()
    said = loader.answers("include /nul", "include /long", "more /nul", "show a", "show b")
    assert said == [f"include: /nul:2: {kind}\n", f"include: /long:1: {kind}\n",
                    f"*** FILE /nul BEGIN ***\nmore: error showing /nul: {kind}\n", "1\n",
                    "show: variable 'b' not found\n"]


CONF = r"""# a comment
   # another
plain=word
blanks  =  "two words"	# with a comment
quotes="a \"b\" \\c"
empty=""
hint.x.0="dots"
novalue=
1digit="x"
"quoted"=x
open="abc
two="a" "b"
noequals
tail=a"b"
last="x"#no blank
crlf="y"
"""


def test_loader_conf(disk: MakeDisk) -> None:
    """The grammar; what is wrong is told by file and line, and the rest is read."""
    conf = NO_COUNTDOWN + CONF.replace('"y"\n', '"y"\r\n')
    loader = disk({"boot/loader.conf": f'{conf}long="{"x" * 300}"\nend="z"'})
    said = loader.talk("show\r")
    for line, error in [(9, "a value is missing"), (10, "a name is missing"), (11, "a name is missing"),
                        (12, 'a " is missing'), (13, "something follows the value"), (14, "an = is missing"),
                        (15, "something follows the value"), (18, "line too long")]:
        assert f"/boot/loader.conf:{line}: {error}\n" in said
    assert said.count("/boot/loader.conf:") == 8
    for setting in ("plain=word", "blanks=two words", 'quotes=a "b" \\c', "empty=", "hint.x.0=dots", "last=x",
                    "crlf=y", "end=z"):
        assert f"\n{setting}\n" in said
    for name in ("open", "two", "tail", "long", "novalue"):
        assert f"\n{name}=" not in said


def test_loader_conf_refused_by_a_hook(disk: MakeDisk) -> None:
    said = disk({"boot/loader.conf": f'{NO_COUNTDOWN}loaddev="disk0s1a:"\ncurrdev="nope:"\n'}).talk()
    assert "/boot/loader.conf:2: operation not permitted\n" in said
    assert "/boot/loader.conf:3: " in said


def test_loader_conf_files(disk: MakeDisk) -> None:
    """The defaults come first, then what they name, and what that names; each once; one that is not there never."""
    loader = disk({
        "boot/defaults/loader.conf": 'verbose_loading="YES"\nwho="defaults"\n'
                                     'loader_conf_files="/nope /boot/a /boot/loader.conf"\n',
        "boot/a": 'who="a"\nloader_conf_files="/boot/b /boot/a"\n',
        "boot/b": 'who="b"\nloader_conf_files="/boot/a /boot/b"\n',
        "boot/loader.conf": f'{NO_COUNTDOWN}who="$who conf"\n'})
    said = loader.talk("show who\r")
    assert re.findall("Loading (.*)", said) == ["/boot/defaults/loader.conf", "/boot/a", "/boot/b", "/boot/loader.conf"]
    assert said.endswith("$who conf\nOK ")


def test_the_disks_own_files(disk: MakeDisk) -> None:
    """What we ship holds no error, and says what the defaults are."""
    root = TREE / "boot/image/root/boot"
    loader = disk({f"boot/{name}": (root / name).read_bytes()
                   for name in ("defaults/loader.conf", "loader.conf", "loader.rc")})
    said = loader.talk("show kernel\rshow module_path\r")
    assert said.startswith("Loading /boot/defaults/loader.conf\n\ncan't find 'kernel'\ncan't load 'kernel'\n"
                           "no valid kernel found\n")
    assert said.endswith("OK show kernel\nkernel\nOK show module_path\n/;/boot;/boot/kernel;/boot/modules\nOK ")


# ---------------------------------------------------------------- the countdown


COUNTDOWN = [
    ("", SECOND * 12, f"{HIT}\n" + "".join(f"\rBooting [/kernel] in {left} second{'s' * (left > 1)}... "
                                           for left in range(9, 0, -1)) + BOOTING),
    ("autoboot_delay=2\n", SECOND * 9, f"{HIT}\n\rBooting [/kernel] in 1 second... {BOOTING}"),
    ("autoboot_delay=2\n", f"{SECOND}\r", f"{HIT}\n\rBooting [/kernel] in 1 second... {BOOTING}"),
    ("autoboot_delay=2\n", f"{SECOND} ", f"{HIT}\n\rBooting [/kernel] in 1 second... \n\nType '?'"),
    ("autoboot_delay=0\n", "", f"{HIT}\n{BOOTING}"),
    ("autoboot_delay=-1\n", "x", f"\n{BOOTING}"),
    ("autoboot_delay=soon\n", SECOND * 2, f"{HIT}\n\rBooting [/kernel] in 9 seconds..."),
    ("autoboot_delay=no\n", "", "\n\nType '?'"),
]


@pytest.mark.parametrize("conf, typed, said", COUNTDOWN)
def test_countdown(disk: MakeDisk, conf: str, typed: str, said: str) -> None:
    told = disk({"kernel": elf(), "boot/loader.conf": conf}).talk(typed)
    assert said in told
    assert (HIT in told) == (HIT in said)


def test_autoboot_command(disk: MakeDisk) -> None:
    loader = disk({"kernel": elf()})
    assert "\nSoon!\n\rBooting [/kernel] in 1 second... \rBooting" in loader.talk(f"autoboot 2 Soon!\r{SECOND * 3}")
    assert "exec" in loader.talk("autoboot -1\r")
    assert "\rBooting [/kernel] in 9 seconds" in loader.talk(f"autoboot\r{SECOND}\r")
    said = disk({"kernel": elf(), "boot/loader.conf": "", "boot/loader.rc": "@autoboot 1\n"}).talk("x")
    assert said.count(HIT) == 1             # not once more behind the script


def test_modules_of_loader_conf(disk: MakeDisk) -> None:
    """They come with the kernel, in the order of their lines, by name, type, flags, with their commands."""
    conf = NO_COUNTDOWN + """late_load="YES"
never_load="NO"
data_load="yes"
data_name="/boot/data"
data_type="md_image"
data_before="echo before data"
data_after="echo after data"
gone_load="YES"
gone_error="echo gone is gone"
late_flags="flag a"
revoked_load="YES"
"""
    module = elf([Segment(0, b"m" * 10)], kind=DYN)
    loader = disk({"kernel": elf(), "boot/loader.conf": conf, "boot/modules/late.ko": module, "boot/data": b"data",
                   "boot/never.ko": module})
    said = loader.talk("set revoked_load=NO\rboot\r")
    assert ("/boot/modules/late.ko text=0xa \nbefore data\nafter data\ncan't load module 'gone': can't find 'gone'\n"
            "gone is gone\nexec") in said
    records = loader.start("set revoked_load=NO\rboot\r").records()
    assert [content for kind, content in records if kind == 1] == [
        string(name) for name in ("/kernel", "/boot/modules/late.ko", "/boot/data")]
    assert (6, string("flag a")) in records
    by_hand = loader.start("load kernel\rboot\r").records()
    assert [content for kind, content in by_hand if kind == 1] == [string("/kernel")]
