"""What processes read of the memory that they have mapped: address spaces page by page, each with its layers.

A page of memory is a chain of layers. What a layer does not have is looked up in the one below; below all of them is a
file's page, or zeros. Who may not change what is below writes into a layer of his own, made when he first writes.

    entry, needs_copy -> layer (his, or shared by fork) -> layer -> page of a file
"""

from __future__ import annotations

from dataclasses import dataclass, field

from grade.models import mmapcall
from grade.models.mmapcall import (ANON, EACCES, EINVAL, ENOMEM, EXEC, MAX, MIN, PAGE, READ, SHARED, WRITE, Call, File,
                                   up)

EFAULT, EBUSY = 14, 16
SHARE, COPY, NONE, ZERO = range(4)
MS_ASYNC, MS_INVALIDATE = 1, 2


class Stored:
    """A file, with its pages in memory. None is a byte of which nothing can be said."""

    def __init__(self, data: bytes, room: int) -> None:
        self.size = len(data)
        self.bytes: list[int | None] = [*data, *[0] * (room - len(data))]
        self.dirty: set[int] = set()        # pages that the disk may not have

    def truncate(self, size: int) -> None:
        """What is behind a new end is zeros; what was written behind the old one, amid its page, may be seen."""
        if size < self.size:
            self.bytes[size:] = [0] * (len(self.bytes) - size)
            self.dirty = {page for page in self.dirty if page * PAGE < size}
        self.size = size

    def has(self, page: int) -> bool:
        return page * PAGE < self.size


@dataclass(eq=False)
class Layer:
    below: Layer | tuple[Stored, int] | None = None
    data: list[int | None] | None = None


@dataclass
class Page:
    """What a process has at a page of its addresses."""

    node: Layer | tuple[Stored, int]
    prot: int
    maximum: int
    needs_copy: bool
    inherit: int

    def view(self) -> list[int | None] | None:
        """The bytes; None where a file does not go on."""
        node: Layer | tuple[Stored, int] | None = self.node
        while isinstance(node, Layer):
            if node.data is not None:
                return node.data
            node = node.below
        if node is None:
            return [0] * PAGE
        file, page = node
        return file.bytes[page * PAGE:(page + 1) * PAGE] if file.has(page) else None

    def write(self, offset: int, byte: int) -> bool:
        """Whether there was something to write to."""
        if self.needs_copy:
            self.node, self.needs_copy = Layer(self.node), False
        if isinstance(self.node, Layer):
            if self.node.data is None:
                seen = self.view()
                if seen is None:
                    return False
                self.node.data = list(seen)
            self.node.data[offset] = byte
            return True
        file, page = self.node
        if not file.has(page):
            return False
        at = page * PAGE + offset
        file.bytes[at] = byte if at < file.size else None
        file.dirty.add(page)
        return True


@dataclass
class Space:
    """An address space."""

    files: dict[int, tuple[Stored, File]]
    pages: dict[int, Page] = field(default_factory=dict)

    def ranges(self) -> list[tuple[int, int]]:
        return [(page * PAGE, (page + 1) * PAGE) for page in self.pages]

    def inside(self, addr: int, length: int) -> list[Page]:
        return [self.pages[page] for page in range(addr // PAGE, up(addr + length) // PAGE) if page in self.pages]

    def whole(self, addr: int, length: int) -> bool:
        return all(page in self.pages for page in range(addr // PAGE, up(addr + length) // PAGE))

    def mmap(self, call: Call) -> mmapcall.Answer:
        answer = mmapcall.answer(call, {fd: kind for fd, (_, kind) in self.files.items()}, self.ranges())
        if answer.errno == 0:
            first = answer.addr // PAGE
            for i in range(up(call.length) // PAGE):
                self.pages[first + i] = self._fresh(call, call.pos // PAGE + i)
        return answer

    def _fresh(self, call: Call, page: int) -> Page:
        inherit = SHARE if call.flags & SHARED else COPY
        if call.flags & ANON:
            return Page(Layer(), call.prot, READ | WRITE | EXEC, False, inherit)
        stored, kind = self.files[call.fd]
        private = not call.flags & SHARED
        writable = private or "w" in kind.mode
        return Page((stored, page), call.prot, READ | EXEC | (WRITE if writable else 0), private, inherit)

    def munmap(self, addr: int, length: int) -> int:
        for page in range(addr // PAGE, up(addr + length) // PAGE):
            self.pages.pop(page, None)
        return 0

    def mprotect(self, addr: int, length: int, prot: int) -> int:
        pages = self.inside(addr, length)
        if not pages:
            return ENOMEM
        if any(prot & ~page.maximum for page in pages):
            return EACCES
        for page in pages:
            page.prot = prot
        return 0

    def minherit(self, addr: int, length: int, inherit: int) -> int:
        if not SHARE <= inherit <= ZERO:
            return EINVAL
        for page in self.inside(addr, length):
            page.inherit = inherit
        return 0

    def madvise(self, addr: int, length: int, behaviour: int) -> int:
        return 0 if 0 <= behaviour <= 9 and addr >= MIN and addr + length <= MAX else EINVAL

    def read(self, addr: int) -> int | None:
        """A byte, -1 where nothing can be read; None: nothing can be said of it."""
        page = self.pages.get(addr // PAGE)
        seen = page.view() if page is not None and page.prot & READ else None
        return -1 if seen is None else seen[addr % PAGE]

    def write(self, addr: int, byte: int) -> int:
        page = self.pages.get(addr // PAGE)
        return 0 if page is not None and page.prot & WRITE and page.write(addr % PAGE, byte) else EFAULT

    def fork(self) -> Space:
        """A child. What is copied needs a copy in the parent, too, shared file or not."""
        child = Space(self.files)
        for number, page in self.pages.items():
            if page.inherit == NONE:
                continue
            if page.inherit == SHARE and page.needs_copy:
                page.node, page.needs_copy = Layer(page.node), False
            elif page.inherit == COPY:
                page.needs_copy = True
            if page.inherit == ZERO:
                child.pages[number] = Page(Layer(), page.prot, page.maximum, False, ZERO)
                continue
            child.pages[number] = Page(page.node, page.prot, page.maximum, page.needs_copy, page.inherit)
        return child
