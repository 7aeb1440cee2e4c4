"""The loader's prompt: words, keys, pages, and each command with what it says when it is asked wrongly."""

from __future__ import annotations

import re

import pytest

from grade.tests.emulation import TREE
from grade.tests.loaderhost import SECOND, MakeDisk, make_disk

__all__ = ["make_disk"]                         # a fixture
PARSED, PARSED_LONG = 20_000, 400_000


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize("typed, said", [
    ("echo  two   words ", "two words\n"), ("echo 'two   words'", "two   words\n"), ('echo "a b"c\'d e\'', "a bcd e\n"),
    ("echo", "\n"), ("", ""), ("   ", ""), ("# echo x", ""), ("\\ echo x", ""), ("echo a # b", "a\n"),
    ("echo a#b", "a#b\n"), ("echo $console", "vidconsole\n"), ("echo ${console}x", "vidconsolex\n"),
    ("echo $console/x", "vidconsole/x\n"), ("echo a${nope}b", "ab\n"), ("echo $nope b", "b\n"),
    ('echo "$nope" b', " b\n"),
    ("echo '$console'", "$console\n"), ('echo "$console"', "vidconsole\n"), ("echo \\$console", "$console\n"),
    ("echo $", "$\n"), ("echo $ a", "$ a\n"), ("echo a\\tb\\\\c\\ d", "a\tb\\c d\n"), ("echo a\\", "a\\\n"),
    ('echo "abc', "parse error: missing quote\n"), ("echo ${abc", "parse error: missing }\n"),
    ("echo " + "a " * 19, "a " * 18 + "a\n"), ("echo " + "a " * 20, "parse error: too many words\n"),
    ("set a=" + "x" * 240, ""), ("foo bar", "foo: unknown command\n"), ("echo -q", "echo: illegal option -- q\n"),
])
def test_words(disk: MakeDisk, typed: str, said: str) -> None:
    assert disk().answers(typed) == [said]


def test_echo_without_an_end(disk: MakeDisk) -> None:
    assert disk().talk("echo -n a  b\r").endswith("\na bOK ")


def test_expansion_has_an_end(disk: MakeDisk) -> None:
    """A variable that is put in many times."""
    said = disk().answers("set a=" + "x" * 200, "set b=$a$a$a$a", "set c=$b$b", "echo ${b}")
    assert said == ["", "", "parse error: line too long\n", "x" * 800 + "\n"]


def rows(said: str) -> list[str]:
    """What a terminal shows of it: a backspace only moves the cursor."""
    shown = []
    for text in said.split("\n"):
        row, column = [], 0
        for c in text:
            if c == "\b":
                column -= 1
                assert column >= 0
            elif c >= " ":
                row[column:column + 1] = c
                column += 1
        shown.append("".join(row))
    return shown


@pytest.mark.parametrize("keys, line", [
    ("echo ab\bc", "ac"), ("echo ab\x7fc", "ac"), ("cho a\x01e\x05b", "ab"), ("echo ac\x02b", "abc"),
    ("echo ac\x1b[Db\x1b[C.", "abc."), ("echo ac\x1bODb", "abc"), ("echo abc\x02\x02\x04", "ac"),
    ("echo abc\x02\x02\x1b[3~", "ac"), ("xxx\x15echo a", "a"), ("echo abc\x02\x02\x0b", "a"),
    ("echo a bcd  \x17e", "a e"),
    ("ho a\x1b[Hec\x1b[Fb", "ab"), ("ho a\x1b[1~ec\x1b[4~b", "ab"), ("echo a\x10\x0eb", "ab"),
    ("\b\x04\x0b\x17\x02\x06echo a", "a"),
    ("echo a\x1bxb\x1b[99~c", "abc"), ("echo a\tb", "a b"), ("echo a\0\x01\x05\x03b", "ab"),
])
def test_editing(disk: MakeDisk, keys: str, line: str) -> None:
    """What is run is what is shown."""
    *_, shown, said, _ = rows(disk().talk(keys + "\r"))
    assert (shown.rstrip(), said) == (f"OK echo {line}", line)


def test_history(disk: MakeDisk) -> None:
    """Up and down; a line that is not finished waits below; the same line twice is one; sixteen are kept."""
    loader = disk()
    said = loader.answers("echo 1", "echo 2", "echo 2", "\x10\x10", "\x10\x10\x0e", "\x1b[A\x1b[A\x1b[A\x1b[Bx")
    assert said[3:] == ["1\n", "1\n", "2x\n"]
    typed = "".join(f"echo {number}\r" for number in range(20)) + "echo dra" + "\x10" * 30 + "\r" + "\x10" * 2 + "\r"
    assert re.findall(r"^\d+$", loader.talk(typed), flags=re.MULTILINE)[20:] == ["4", "19"]
    typed = "echo 1\recho dra\x10\x0eft\r"
    assert loader.talk(typed).split("\n")[-2] == "draft"


def test_a_long_line(disk: MakeDisk) -> None:
    """600 characters: cut with the bell, shown on one row, and the next line is sound."""
    text = "".join(chr(ord("a") + number % 26) for number in range(595))
    said = disk().talk(f"echo {text}\recho next\r")
    assert said.count("\a") == 600 - 255
    assert said.endswith(f"{text[:250]}\nOK echo next\nnext\nOK ")
    typed = rows(said[said.rindex("OK echo a"):])[0]
    assert len(typed) < 80 and typed[:3] == "OK " and typed[3:].rstrip() in f"echo {text[:250]}"


def test_pager(disk: MakeDisk) -> None:
    loader = disk({"long": "".join(f"line {number}\n" for number in range(60))})
    more = "--more--  <space> page down <enter> line down <q> quit "
    pages = loader.talk("more /long\r x\rq").split(more)
    assert [page.count("\n") for page in pages[1:3]] == [23, 1]
    assert "line 45" not in pages[-1] and pages[-1].endswith("OK ")
    assert "*** FILE /long END ***" in loader.talk("more /long\r   ")
    assert loader.answers("set LINES=100", "more /long /nope")[1].endswith(
        "line 59\n*** FILE /long END ***\n*** FILE /nope BEGIN ***\n"
        "more: error showing /nope: no such file or directory\n")


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize("typed, said", [
    ("set", "set: wrong number of arguments\n"), ("set =x", "set: a name is missing\n"),
    ("set loaddev=disk1a:", "set: operation not permitted\n"), ("unset", "unset: wrong number of arguments\n"),
    ("unset nope", "unset: no such file or directory\n"), ("show nope", "show: variable 'nope' not found\n"),
    ("show console", "vidconsole\n"), ("set currdev=nope", "set: no such device\n"),
    ("load", "load: no filename specified\n"),
    ("load nope", "load: can't find 'nope'\n"), ("load /boot", "load: can't find '/boot'\n"),
    ("load -t x", "load: no filename specified\n"),
    ("load -t x /boot/loader.conf", "load: can't load file before kernel\n"),
    ("load /boot/loader.conf", "load: don't know how to load module '/boot/loader.conf'\n"),
    ("load -z x", "load: usage is 'load [-t type] file [arguments]'\n"), ("lsmod", ""), ("unload", ""),
    ("boot", "can't find 'kernel'\ncan't load 'kernel'\nboot: no bootable kernel\n"),
    ("boot -s", "can't find 'kernel'\ncan't load 'kernel'\nboot: no bootable kernel\n"),
    ("boot nope", "boot: can't find 'nope'\n"), ("autoboot 1x", "autoboot: bad delay '1x'\n"),
    ("autoboot 1 2 3", "autoboot: too many arguments\n"),
    ("autoboot", "can't find 'kernel'\ncan't load 'kernel'\nautoboot: no valid kernel found\n"),
    ("ls", "/\n d  boot\n"), ("ls -l /boot", "/boot\n         20 loader.conf\n"),
    ("ls /nope", "ls: can't open '/nope': no such file or directory\n"),
    ("ls disk1a:/", "ls: can't open 'disk1a:/': no such disk\n"),
    ("ls /boot/loader.conf", "ls: /boot/loader.conf: not a directory\n"), ("lsdev", "disk devices:\n    disk0:\n"),
    ("lsdev -v", "disk devices:\n    disk0: with all its sectors\n"),
    ("smap", "SMAP type=01 base=0000000000000000 len=000000000009fc00\n"
             "SMAP type=01 base=0000000000100000 len=0000000000400000\n"),
    ("include /nope", "include: can't open '/nope': no such file or directory\n"), ("reboot", "Rebooting...\nexit 0\n"),
    ("read -t x", "read: bad timeout 'x'\n"),
    ("help", "Verbose help not available, use '?' to list commands\n"),
    ("help a b c", "help: usage is 'help <topic> [<subtopic>]'\n"),
])
def test_commands(disk: MakeDisk, typed: str, said: str) -> None:
    assert disk().answers(typed) == [said]


def test_command_list(disk: MakeDisk) -> None:
    """All of them, by the alphabet."""
    title, *lines = disk().answers("?")[0].splitlines()
    assert title == "Available commands:"
    assert [line.split()[0] for line in lines] == (
        "autoboot bcachestat boot ? echo heap help include load ls lsdev lsmod more read reboot set show smap unload "
        "unset").split()


def test_show(disk: MakeDisk) -> None:
    said = disk().answers("set b=2", "set a=", "show", "unset a", "show a")
    assert "\na=\n" in "\n" + said[2] and "b=2\n" in said[2]
    names = [line.partition("=")[0] for line in said[2].splitlines()]
    assert names == sorted(names)
    assert said[4] == "show: variable 'a' not found\n"


def test_read(disk: MakeDisk) -> None:
    loader = disk()
    assert loader.talk("read -p Name: x\rHugo\recho hallo $x\r").endswith(
        "OK read -p Name: x\nName:Hugo\nOK echo hallo $x\nhallo Hugo\nOK ")
    said = loader.talk(f"set x=old\rread -t 2 x\r{SECOND}{SECOND}echo $x\r")
    assert said.endswith("OK read -t 2 x\nOK echo $x\nold\nOK ")
    assert loader.talk(f"read -t 2 x\r{SECOND}new\recho $x\r").endswith("new\nOK echo $x\nnew\nOK ")


HELP = """junk
# Tone Dthe first
text of one
more of it
#
# Ttwo Dthe second
text of two
#
# Ttwo Ssub Dbelow it
text of sub
#
# Tthree
#
# Thelp
about help
"""


@pytest.mark.parametrize("typed, said", [
    ("help", "about help\n"), ("help one", "text of one\nmore of it\n"),
    ("help two", "text of two\n    two sub                       below it\n"),
    ("help two sub", "text of sub\n"), ("help three", ""), ("help two nope", "help: no help available for 'two'\n"),
    ("help nope", "help: no help available for 'nope'\n"),
    ("help index", "    one                           the first\n    two                           the second\n"
                   "    two sub                       below it\n    three\n    help\n"),
])
def test_help(disk: MakeDisk, typed: str, said: str) -> None:
    assert disk({"boot/loader.help": HELP}).answers(typed) == [said]


def test_help_of_the_disk(disk: MakeDisk) -> None:
    """Each command of the loader has its topic in the file that we ship, and no topic is of anything else."""
    loader = disk({"boot/loader.help": (TREE / "boot/image/root/boot/loader.help").read_bytes()})
    commands, index = loader.answers("?", "set LINES=99", "help index")[::2]
    names = {line.split()[0] for line in commands.splitlines()[1:]} - {"?"}
    assert {line.split()[0] for line in index.splitlines()} == names
    assert all(len(line) < 80 for line in (TREE / "boot/image/root/boot/loader.help").read_text().splitlines())


def test_random_lines(disk: MakeDisk) -> None:
    assert re.fullmatch(r"\d{4,} words\n", disk().run("parse", 1, PARSED))


@pytest.mark.long
def test_random_lines_long(disk: MakeDisk) -> None:
    assert re.fullmatch(r"\d{4,} words\n", disk().run("parse", 2, PARSED_LONG))
