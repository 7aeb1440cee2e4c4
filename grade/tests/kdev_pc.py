"""A PC on this computer: the kernel's own drivers as a library, with the chips in Python (kdev_models.py) at its ports.

A test module that wants one imports `build_library` and `make_pc_fixture`, the fixtures.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from grade.tests.emulation import TREE, tool
from grade.tests.kdev_models import ABSENT, Device

SOURCES = ("i386/atpic", "i386/intr", "i386/clock", "i386/rtc", "dev/screen", "dev/ansi", "dev/kbdmap", "dev/kbd",
           "dev/sio", "kern/kern_clock", "kern/kern_tc")
FLAGS = ("-g", "-O1", "-std=gnu11", "-ffreestanding", "-fPIC", "-Wall", "-Wextra", "-Werror", "-Igrade/tests/host")
KERNEL_FLAGS = ("-Ikernel", "-Dprintf=host_printf", "-Dlog=host_log", "-Wno-attributes")
READ = ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_uint16)
WRITE = ctypes.CFUNCTYPE(None, ctypes.c_uint16, ctypes.c_uint8)
WHY = ctypes.CFUNCTYPE(None, ctypes.c_char_p)


@pytest.fixture(scope="session", name="library")
def build_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drivers, and kdev_host.c around them, as a library."""
    folder = tmp_path_factory.mktemp("kdev")
    objects = []
    for source in (*(f"kernel/{name}.c" for name in SOURCES), "grade/tests/kdev_host.c"):
        objects.append(folder / f"{Path(source).stem}.o")
        flags = KERNEL_FLAGS if source.startswith("kernel/") else ()
        subprocess.run([tool("gcc"), *FLAGS, *flags, "-c", "-o", objects[-1], source], cwd=TREE, check=True)
    library = folder / "kdev.so"
    subprocess.run([tool("gcc"), "-shared", "-Wl,-Bsymbolic", "-o", library, *objects], check=True)
    return library


class Pc:
    """A PC of these devices, and the drivers' memory as it is at boot."""

    def __init__(self, library: Path, *devices: Device) -> None:
        self.kernel = ctypes.CDLL(str(library))
        self.devices = list(devices)
        self.entered: list[str] = []
        self._kept = {"host_in": READ(self._read), "host_out": WRITE(self._write),
                      "host_entered": WHY(lambda why: self.entered.append(why.decode()))}
        for name, function in self._kept.items():
            self.set_hook(name, function)

    def set_hook(self, name: str, function: object) -> None:
        """Set a function pointer of kdev_host.c."""
        self._kept[name] = function
        address = ctypes.cast(function, ctypes.c_void_p).value        # type: ignore[arg-type]
        ctypes.c_void_p.in_dll(self.kernel, name).value = address

    def _read(self, port: int) -> int:
        for device in self.devices:
            if (value := device.read(port)) is not None:
                return value
        return ABSENT

    def _write(self, port: int, value: int) -> None:
        for device in self.devices:
            device.write(port, value)

    @property
    def text(self) -> str:
        """What the drivers have printed."""
        return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(self.kernel, "host_text"))).decode()

    def number(self, name: str) -> ctypes.c_int:
        return ctypes.c_int.in_dll(self.kernel, name)


MakePc = Callable[..., Pc]


@pytest.fixture(name="make_pc")
def make_pc_fixture(library: Path, tmp_path: Path) -> MakePc:
    """Pc() of a library that nobody has used: each copy has its own variables."""
    made: list[Path] = []

    def make(*devices: Device) -> Pc:
        made.append(tmp_path / f"kdev{len(made)}.so")
        shutil.copy(library, made[-1])
        return Pc(made[-1], *devices)
    return make
