"""What mmap(2) answers: an errno, or an address; from the table of errors in their order, not from the kernel's code."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 4096
MIN, MAX = PAGE, 0xBFC00000
DATA_END = 512 << 20            # of a process without text and data: what break(2) may reach

EPERM, EBADF, ENOMEM, EACCES, ENODEV, EINVAL = 1, 9, 12, 13, 19, 22

READ, WRITE, EXEC = 1, 2, 4
SHARED, PRIVATE, FIXED, STACK, NOSYNC, ANON = 0x1, 0x2, 0x10, 0x400, 0x800, 0x1000
GUARD, EXCL, NOCORE, PREFAULT_READ = 0x2000, 0x4000, 0x20000, 0x40000
ALIGN_SHIFT = 24
SUPER = 1 << ALIGN_SHIFT
LARGE_PAGE = 4 << 20


@dataclass(frozen=True)
class File:
    """What a descriptor is."""

    kind: str                   # regular, directory, pipe, zero, memory, plain (a device without memory)
    mode: str                   # r, w, rw
    locked: bool = False        # immutable, or append-only
    pages: int = 0              # of a device that is memory


@dataclass(frozen=True)
class Call:
    addr: int
    length: int
    prot: int
    flags: int
    fd: int
    pos: int


@dataclass(frozen=True)
class Answer:
    errno: int
    addr: int = 0


def up(value: int, unit: int = PAGE) -> int:
    return -(-value // unit) * unit


def first_fit(used: list[tuple[int, int]], start: int, size: int, unit: int) -> int | None:
    """The first free multiple of `unit` from `start` on, with so many bytes behind it."""
    at = up(max(start, MIN), unit)
    for begin, end in sorted(used):
        if at + size <= begin:
            break
        if at < end:
            at = up(end, unit)
    return at if at + size <= MAX else None


def arguments(call: Call) -> bool:
    """Rows 4 to 10: do they fit together?"""
    prot = call.prot & 7
    align = call.flags >> ALIGN_SHIFT & 0xFF
    return not (
        call.length == 0
        or (call.flags & ANON and (call.fd != -1 or call.pos != 0))
        or (call.flags & STACK and (call.fd != -1 or prot & 3 != 3))
        or (call.flags & EXCL and not call.flags & FIXED)
        or (call.flags & GUARD and (prot or call.fd != -1 or call.pos != 0
                                    or call.flags & (SHARED | PRIVATE | PREFAULT_READ | ANON | STACK)))
        or (align > 1 and not 12 <= align < 32))


def file_error(call: Call, file: File, size: int) -> int:
    """Rows 15 to 21; 0 where the file may be mapped so."""
    prot = call.prot & 7
    if file.kind in ("pipe", "directory"):
        return ENODEV
    if prot & READ and "r" not in file.mode:
        return EACCES
    if call.flags & SHARED and prot & WRITE and "w" not in file.mode:
        return EACCES
    pos = call.pos - call.pos % PAGE
    if file.kind == "zero":
        return 0
    if file.kind in ("memory", "plain"):
        if prot & WRITE and "w" not in file.mode:
            return EACCES
        return EINVAL if call.flags & PRIVATE or not 0 <= pos // PAGE <= file.pages - size // PAGE else 0
    if call.flags & SHARED and prot & WRITE and file.locked:
        return EPERM
    return 0 if 0 <= pos <= (0xFFFFFFFF * PAGE) - size else EINVAL


def answer(call: Call, files: dict[int, File], used: list[tuple[int, int]], *, room: int | None = None) -> Answer:
    """A call into an address space with these ranges in use, in which `room` more bytes may be used (RLIMIT_VMEM)."""
    if not arguments(call):
        return Answer(EINVAL)
    zeros = bool(call.flags & (ANON | STACK | GUARD))
    offset = 0 if zeros else call.pos % PAGE
    size = up(call.length + offset)
    if call.flags & FIXED:
        addr = call.addr - offset
        if addr % PAGE or addr < MIN or addr + size > MAX:
            return Answer(EINVAL)
    else:
        addr = DATA_END if call.addr < DATA_END else call.addr
    if not zeros:
        if call.fd not in files:
            return Answer(EBADF)
        error = file_error(call, files[call.fd], size)
        if error:
            return Answer(error)
    if room is not None and size > room:
        return Answer(ENOMEM)
    return place(call, addr, size, offset, used)


def place(call: Call, addr: int, size: int, offset: int, used: list[tuple[int, int]]) -> Answer:
    """Row 23: is there room?"""
    if not call.flags & FIXED:
        align = call.flags >> ALIGN_SHIFT & 0xFF
        unit = LARGE_PAGE if align == 1 else max(1 << align, PAGE)
        found = first_fit(used, up(addr) % (1 << 32), size, unit)
        return Answer(ENOMEM) if found is None else Answer(0, found + offset)
    if call.flags & EXCL and any(addr < end and begin < addr + size for begin, end in used):
        return Answer(ENOMEM)
    return Answer(0, addr + offset)
