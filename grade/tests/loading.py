"""What the tests of the loader share: disks that it stands on, and its prompt.

A `LoaderDisk` is what `make` builds, with other files in its root; a `Loader` is a PC in QEMU that has come as far as
the loader's prompt on COM1.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from boot.image.bsdslice import BsdSlice, write_slice
from boot.image.mkdisk import Slice, build_disk
from boot.image.testkernel import Report, parse_report
from grade.tests.emulation import TREE, Qemu, make, tool

LOADER = "build/ref/boot/loader/loader"
BOOT1, BOOT2 = "build/ref/boot/boot2/boot1.bin", "build/ref/boot/boot2/boot2.bin"
KERNEL, MBR = "build/ref/boot/loader/testkernel/kernel", "build/ref/boot/boot0/mbr.bin"
PROMPT = "OK "
START = 63                      # the slice's first sector
PROMPT_CONF = 'autoboot_delay="NO"\n'


def built() -> dict[str, Path]:
    """Build what stands on a disk: by the names above."""
    make(LOADER, BOOT1, BOOT2, KERNEL, MBR)
    return {name: TREE / name for name in (LOADER, BOOT1, BOOT2, KERNEL, MBR)}


def write_root(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """A folder of files by their paths; a text is a link to follow."""
    for path, data in files.items():
        target = folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if isinstance(data, str):
            os.symlink(data, target)
        else:
            target.write_bytes(data)
    return folder


def loader_root(folder: Path, *, conf: str = PROMPT_CONF, boot_config: str = "-n -h",
                files: Mapping[str, bytes | str] = {}) -> Path:
    """A root folder with all that a boot needs: boot/image/root, and what is told. "" makes no /boot.config."""
    root = TREE / "boot/image/root"
    here = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    here |= {path: (TREE / source).read_bytes() for path, source in (("kernel", KERNEL), ("boot/loader", LOADER))}
    here["boot/loader.conf"] = conf.encode()
    here["boot.config"] = f"{boot_config}\n".encode()
    if not boot_config:
        del here["boot.config"]
    return write_root(folder, here | {path.lstrip("/"): data for path, data in files.items()})


def loader_disk(image: Path, root: Path, *, sectors: int = 65536, start: int = START, size: int = 40000,
                bsize: int = 8192, fsize: int = 1024, others: Sequence[Slice] = ()) -> Path:
    """A disk that boots by mbr, boot1 and boot2 from a root folder in its slice 1."""
    programs = built()
    content = BsdSlice(root=root, boot1=programs[BOOT1].read_bytes(), boot2=programs[BOOT2].read_bytes(), bsize=bsize,
                       fsize=fsize, makefs=tool("makefs"))
    fill = image.with_suffix(".slice")
    fill.touch()
    write_slice(fill, content, start=start, size=size, name="test")
    slices = [Slice(number=1, type=0xA5, start=start, size=size, active=True, fill=fill), *others]
    build_disk(image, sectors=sectors, boot=programs[MBR].read_bytes(), slices=slices, sfdisk=tool("sfdisk"))
    fill.unlink()
    return image


def assemble(source: Path, target: Path, *flags: str) -> bytes:
    """The bytes of a program for address 0."""
    subprocess.run([tool("gcc"), "-m32", "-ffreestanding", *flags, "-c", "-o", target, source], check=True)
    linked, binary = target.with_suffix(".elf"), target.with_suffix(".bin")
    subprocess.run([tool("ld"), "-m", "elf_i386", "-Ttext", "0", "-e", "start", "-o", linked, target], check=True)
    subprocess.run([tool("objcopy"), "-O", "binary", "-j", ".text", linked, binary], check=True)
    return binary.read_bytes()


class Loader(Qemu):
    """A PC whose loader is asked at its prompt."""

    def __enter__(self) -> Loader:
        super().__enter__()
        return self

    def start(self) -> str:
        """Come to the prompt. Returns what was said on the way."""
        self.com1.expect_exact(PROMPT)
        return _plain(self.com1.before)

    def run(self, line: str) -> str:
        """Type a line; what the loader answers up to the next prompt."""
        self.com1.send(f"{line}\r")
        self.com1.expect_exact("\n")
        self.com1.expect_exact(PROMPT)
        return _plain(self.com1.before)


    def kernel_report(self) -> Report:
        """The report of the test kernel, once it has been started."""
        self.com1.expect(r"testkernel: end\r?\n")
        return parse_report(self.com1.before + self.com1.after)


def _plain(text: str) -> str:
    """Without the spinner, which stands before a backspace, and carriage returns."""
    while "\b" in text:
        at = text.index("\b")
        text = text[:max(at - 1, 0)] + text[at + 1:]
    return text.replace("\r", "")
