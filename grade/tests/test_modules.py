"""Modules in a kernel that runs: linked, started at their places, skipped with a reason, shown, unloaded.

How an object is linked is looked at more closely in test_link_host.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from grade.tests.emulation import TREE, bochs_serial, make, qemu_serial
from grade.tests.kernels import DYN, Segment, elf
from grade.tests.loading import START, Loader, loader_disk, loader_root
from grade.tests.objects import Object, change, compile_object
from grade.tests.ufs_volume import SECTOR, Volume

KERNEL = TREE / "build/ref/kernel/kernel"
MODULES = TREE / "build/ref/kernel/modules"
END = "switch the machine off"
EBUSY = 16

Emulators = pytest.mark.parametrize("serial_of", [qemu_serial, bochs_serial], ids=["qemu", "bochs"])


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    make("build/disk.img")


def sample(name: str) -> bytes:
    """A module of the tree's own."""
    return (MODULES / name / f"{name}.ko").read_bytes()


def disk(folder: Path, modules: Mapping[str, bytes], *lines: str, prompt: bool = False) -> Path:
    """A disk with modules, by their paths, that are loaded in this order; and further lines of loader.conf."""
    conf = ['autoboot_delay="NO"' if prompt else 'autoboot_delay="-1"', *lines]
    for number, path in enumerate(modules):
        conf += [f'm{number}_load="YES"', f'm{number}_name="{path}"']
    root = loader_root(folder / "root", conf="\n".join(conf) + "\n", boot_config="-h -n",
                       files={"kernel": KERNEL.read_bytes(), **modules})
    return loader_disk(folder / "disk.img", root)


def after(serial: str, *said: str) -> None:
    """These stand in what was said, each behind the one before; and nothing crashed."""
    assert "panic" not in serial and "Fatal" not in serial, serial
    at = 0
    for text in said:
        assert text in serial[at:], f"{text!r} is not said after {serial[:at][-60:]!r}:\n{serial}"
        at = serial.index(text, at) + len(text)


# ---------------------------------------------------------------- at their places


@Emulators
def test_the_sample_modules(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """SYSINITs that are earlier than KLD come next, TUNABLEs first; later ones at their places; callouts run."""
    image = disk(tmp_path, {f"/boot/kernel/{name}.ko": sample(name) for name in ("hello", "heartbeat")},
                 'hello.times="2"', 'heartbeat.ticks="7"')
    serial = serial_of(image, "heartbeat: the first, after 7 ticks")
    after(serial, "Copyright (c)", "proc0 0.", "heartbeat: every 7 ticks\r\n", "CPU: ", "sio0: ",
          "hello: from a module", "hello: from a module", "hello: loaded")
    assert serial.count("hello: ") == 3


def test_modules_are_told_of_the_end(tmp_path: Path) -> None:
    """MOD_SHUTDOWN comes to a module that has begun: heartbeat says how often it has beaten."""
    with Loader([disk(tmp_path, {"/boot/kernel/heartbeat.ko": sample("heartbeat")}, 'heartbeat.ticks="50"')]) as pc:
        pc.com1.expect(END)
        pc.com1.expect("heartbeat: the first, after 50 ticks")
        pc.com1.send("x")
        pc.com1.expect(r"heartbeat: (\d+) in (\d+) ticks")
        beats, ticks = int(pc.com1.match[1]), int(pc.com1.match[2])
        assert 1 <= beats <= ticks // 50


def test_verbose(tmp_path: Path) -> None:
    """Functions of modules have names."""
    serial = qemu_serial(disk(tmp_path, {"/boot/kernel/hello.ko": sample("hello")}, 'boot_verbose="YES"'), END)
    after(serial, 'Preloaded elf obj module "/boot/kernel/hello.ko" at 0xc', "   tunable_init(&__tunable_",
          "subsystem 7000000", "   hello_say(0xc", "   module_register_init(&hello_data)... hello: loaded")


def test_the_disk_has_them_and_loads_none() -> None:
    volume = Volume((TREE / "build/disk.img").read_bytes(), START * SECTOR)
    for name in ("hello", "heartbeat"):
        assert volume.content(volume.lookup(f"/boot/kernel/{name}.ko")) == sample(name)
    conf = (TREE / "boot/image/root/boot/loader.conf").read_text(encoding="ascii")
    defaults = (TREE / "boot/image/root/boot/defaults/loader.conf").read_text(encoding="ascii")
    assert not re.search(r"^\w+_load", conf + defaults, re.MULTILINE)


# ---------------------------------------------------------------- modules of the tests' own

HEAD = """
#include <sys/kernel.h>
#include <sys/linker_file.h>
#include <sys/kdb.h>
#include <sys/module.h>
#include <sys/systm.h>
"""
SAY = HEAD + """
static void say(const void *text) { printf("%s\\n", (const char *)text); }
"""
FIRST = SAY + """
int first_add(int a, int b);
int first_add(int a, int b) { return (a + b); }
SYSINIT(first, SI_SUB_EXEC, SI_ORDER_FIRST, say, "first: here");
SYSINIT(later, SI_SUB_INTRINSIC_POST, SI_ORDER_ANY, say, "first: too late");
"""
# Undoes in the reverse order of the keys.
SECOND = SAY + """
int first_add(int a, int b);
static void second(const void *dummy __unused) { printf("second: 3 + 4 = %d\\n", first_add(3, 4)); }
SYSINIT(second, SI_SUB_EXEC, SI_ORDER_SECOND, second, NULL);
SYSUNINIT(b1, SI_SUB_EXEC, SI_ORDER_FIRST, say, "second: undone 3");
SYSUNINIT(a, SI_SUB_CPU, SI_ORDER_ANY, say, "second: undone 4");
SYSUNINIT(b2, SI_SUB_EXEC, SI_ORDER_SECOND, say, "second: undone 2");
SYSUNINIT(c, SI_SUB_EXEC, SI_ORDER_ANY, say, "second: undone 1");
static int event(module_t mod __unused, int what, void *arg)
{
	static int refused;

	printf("second: event %d for %s\\n", what, (char *)arg);
	return (what == MOD_UNLOAD && !refused++ ? 77 : 0);
}
static moduledata_t data = { "second", event, "me" };
DECLARE_MODULE(second, data, SI_SUB_EXEC, SI_ORDER_ANY);
"""
UNLOADER = HEAD + """
static void unload(const char *name)
{
	struct linker_file *file = linker_find_file_by_name(name);

	if (file == NULL)
		printf("unload: no %s\\n", name);
	else
		printf("unload: %s: %d\\n", name, linker_file_unload(file));
}
static void unload_all(const void *dummy __unused)
{
	int refs = linker_kernel_file->refs;

	unload("first.ko");
	unload("second.ko");
	unload("second.ko");
	unload("first.ko");
	unload("first.ko");
	printf("unload: %d files less\\n", refs - linker_kernel_file->refs);
	unload("unloader.ko");
}
SYSINIT(unloader, SI_SUB_PROTO_BEGIN, SI_ORDER_FIRST, unload_all, NULL);
"""
MISSING = SAY + """
extern int first_add(int a, int b), no_such_function(int), nor_such_data;
static void missing(const void *dummy __unused) { first_add(no_such_function(1), nor_such_data); }
SYSINIT(missing, SI_SUB_EXEC, SI_ORDER_FIRST, missing, NULL);
SYSINIT(say, SI_SUB_EXEC, SI_ORDER_FIRST, say, "missing: linked");
"""
BAD_INIT = SAY + """
SYSINIT(good, SI_SUB_EXEC, SI_ORDER_FIRST, say, "bad: started");
SYSINIT(bad, SI_SUB_EXEC, SI_ORDER_FIRST, NULL, NULL);
static moduledata_t data = { "once", NULL, NULL };
DECLARE_MODULE(once, data, SI_SUB_EXEC, SI_ORDER_ANY);
"""
# The name that bad.ko had, and has given back.
ONCE = SAY + """
static moduledata_t data = { "once", NULL, NULL };
DECLARE_MODULE(once, data, SI_SUB_EXEC, SI_ORDER_ANY);
SYSINIT(once, SI_SUB_EXEC, SI_ORDER_FIRST, say, "once: here");
"""
TWICE = ONCE.replace("once: here", "twice: started")
REFUSES = HEAD + """
static int event(module_t mod __unused, int what, void *arg __unused)
{
	printf("refuses: event %d\\n", what);
	return (19);
}
static moduledata_t data = { "refuses", event, NULL };
DECLARE_MODULE(refuses, data, SI_SUB_EXEC, SI_ORDER_ANY);
"""
WILD = HEAD + """
static const void *const wild __attribute__((section("set_sysinit_set"), used)) = (void *)4096;
"""
TWO_PLACES = SAY + """
SYSINIT(say, SI_SUB_EXEC, SI_ORDER_FIRST, say, "two places: started");
static const void *const again __attribute__((section("set_sysinit_set"), used)) = &say_sysinit;
"""
# Each needs the other: nobody is the first.
PING = SAY + """
int ping(void), pong(void);
int ping(void) { return (pong()); }
SYSINIT(ping, SI_SUB_EXEC, SI_ORDER_FIRST, say, "ping: started");
"""
PONG = PING.replace("ping", "PONG").replace("pong", "ping").replace("PONG", "pong")
NAMELESS = HEAD + """
static moduledata_t data = { (const char *)4, NULL, NULL };
DECLARE_MODULE(nameless, data, SI_SUB_EXEC, SI_ORDER_ANY);
"""


def compiled(folder: Path, **sources: str) -> dict[str, bytes]:
    """Modules by their paths."""
    return {f"/boot/kernel/{name}.ko": compile_object(folder, name, source) for name, source in sources.items()}


SKIPPED = "KLD file {} - could not finalize loading\r\n".format


@Emulators
def test_right_and_wrong_ones(serial_of: Callable[[Path, str], str], tmp_path: Path) -> None:
    """One that uses another's function is loaded before it; wrong ones among them; nothing of those is started."""
    modules = compiled(tmp_path, second=SECOND, missing=MISSING, bad=BAD_INIT, first=FIRST, unloader=UNLOADER,
                       once=ONCE, twice=TWICE, refuses=REFUSES, wild=WILD, places=TWO_PLACES, nameless=NAMELESS,
                       ping=PING, pong=PONG)
    modules["/boot/modules/first.ko"] = modules["/boot/kernel/first.ko"]
    modules |= {"/boot/kernel/text.ko": b"no object at all", "/boot/kernel/cut.ko": sample("hello")[:-41],
                "/boot/kernel/shared.ko": elf((Segment(0, b"position independent"),), kind=DYN)}
    serial = serial_of(disk(tmp_path, modules), END)
    after(serial, *(f"don't know how to load module '/boot/kernel/{name}.ko'" for name in ("text", "cut")), "proc0 0.",
          "KLD file /boot/modules/first.ko: there is a first.ko already\r\n",
          SKIPPED("/boot/modules/first.ko"),
          "/boot/kernel/shared.ko is a shared object: modules are relocatable ones\r\n",
          SKIPPED("/boot/kernel/shared.ko"), "bad.ko: SYSINIT: bad_sysinit at 0xc", " has no function\r\n",
          SKIPPED("/boot/kernel/bad.ko"), "module_register: module once already exists!\r\n",
          SKIPPED("/boot/kernel/twice.ko"),
          "wild.ko: element 0 of set_sysinit_set, 0x1000, is no place for one\r\n", SKIPPED("/boot/kernel/wild.ko"),
          "places.ko: element 1 of set_sysinit_set, 0xc", SKIPPED("/boot/kernel/places.ko"),
          "nameless.ko: the module at 0xc", SKIPPED("/boot/kernel/nameless.ko"),
          "link_elf_obj: symbol no_such_function undefined\r\n", SKIPPED("/boot/kernel/missing.ko"),
          "symbol pong undefined\r\n", SKIPPED("/boot/kernel/ping.ko"), "symbol ping undefined\r\n",
          SKIPPED("/boot/kernel/pong.ko"), "CPU: ")
    assert "link_elf_obj: symbol nor_such_data undefined\r\n" in serial
    assert "symbol first_add undefined" not in serial
    assert not re.search("started|missing: linked", serial)
    after(serial, "CPU: ", "once: here", "second: 3 + 4 = 7", "refuses: event 0", "refuses: event 1",
          "module_register_init: MOD_LOAD (refuses, 0xc", ", 0) error 19\r\n")
    unloaded = f"""unload: first.ko: {EBUSY}
        second: event 1 for me
        unload: second.ko: 77
        second: event 1 for me
        second: undone 1
        second: undone 2
        second: undone 3
        second: undone 4
        unload: second.ko: 0
        unload: first.ko: 0
        unload: no first.ko
        unload: 2 files less"""
    assert re.sub("\n +", "\n", unloaded) in serial.replace("\r", "")
    assert "first: here" in serial and "too late" not in serial and "second: event 0 for me" in serial


# ---------------------------------------------------------------- the debugger

STOPPER = HEAD + """
static void stopper(const void *dummy __unused) { kdb_enter("from a module"); printf("stopper: on\\n"); }
SYSINIT(stopper, SI_SUB_EXEC, SI_ORDER_ANY, stopper, NULL);
int stopper_data = 17;
"""
USER = SAY + """
extern int stopper_data, user_data;
int user_data;
SYSINIT(user, SI_SUB_PSEUDO, SI_ORDER_ANY, say, &stopper_data);
"""
USER_OF_USER = USER.replace("user_data", "other_data").replace("stopper_data", "user_data")


def test_the_debugger_knows_them(tmp_path: Path) -> None:
    """`show modules`, names in a trace, values by name."""
    modules = {f"/boot/kernel/{name}.ko": sample(name) for name in ("hello", "heartbeat")}
    image = disk(tmp_path, modules | compiled(tmp_path, another=USER_OF_USER, user=USER, stopper=STOPPER), prompt=True)
    with Loader([image]) as pc:
        pc.start()
        pc.com1.send("boot\r")
        pc.com1.expect_exact("db> ")

        def ddb(line: str) -> str:
            pc.com1.send(f"{line}\r")
            pc.com1.expect_exact("\n")
            pc.com1.expect_exact("db> ")
            return str(pc.com1.before).replace("\r", "").strip("\n")

        shown = ddb("show modules").splitlines()
        assert shown[0] == "Id Refs Address        Size Name"
        lines = [re.fullmatch(r" ?(\d+) +(\d+) (0xc\w+) +(\w+) (\S+)", line) for line in shown if line[0] != "\t"][1:]
        assert [line and (line[1], line[2], line[5]) for line in lines] == [
            ("1", "6", "kernel"), ("2", "1", "hello.ko"), ("3", "1", "heartbeat.ko"), ("4", "2", "stopper.ko"),
            ("5", "2", "user.ko"), ("6", "1", "another.ko")]
        assert [line for line in shown if line[0] == "\t"] == ["\t1 hello", "\t2 heartbeat"]
        trace = ddb("trace")
        assert re.search(r"^stopper\(.*\) at stopper\+0x\w+\nsysinit_run\(", trace, re.MULTILINE)
        assert "stopper_data:\t11" in ddb("x/x stopper_data")
        symbols = dict(Object(sample("heartbeat")).symbols())
        assert lines[2] is not None, "and .text is what the loader has placed first"
        assert int(ddb("p/x heartbeat_beats"), 16) == int(lines[2][3], 16) + symbols["heartbeat_beats"][1]
        pc.com1.send("continue\r")
        pc.com1.expect_exact("stopper: on")


# ---------------------------------------------------------------- damaged ones


@pytest.mark.long
def test_damaged_ones_do_not_stop_the_boot(tmp_path: Path) -> None:
    """Each boot has ten copies of hello.ko with something wrong in their tables; what they say is not looked at, but
    those that are refused are told, and the last module is linked.
    """
    random, refused = Random(4), 0
    last = compiled(tmp_path, zz=ONCE.replace("once", "last"))
    for _ in range(6):
        modules = {f"/boot/kernel/h{number}.ko": change(sample("hello"), random) for number in range(10)}
        with Loader([disk(tmp_path, modules | last)]) as pc:
            pc.com1.expect(["Timecounter ", "panic", "Fatal"])
            said = str(pc.com1.before)
        refused += said.count("could not finalize loading")
        assert re.search("zz.ko size", said) and pc.com1.after == "Timecounter ", said
    assert refused > 20
