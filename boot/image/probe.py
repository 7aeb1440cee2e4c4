"""Stamps the probe sector and reads its report.

A probe (boot/image/probe.S) says on COM1 how a loader started it. So that a report can belong to one run, one slice
and one sector only, each copy is stamped with a nonce, the slice's name and a payload, which the checksum in the
report covers. Used by boot.image.mkdisk and by the harness, whose models make sectors with `stamp`, and compare
`parse_report` of what the machine sent with what they expect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SECTOR = 512
SIGNATURE = b"\x55\xaa"

# Where probe.S has its fields. The two texts are padded with NUL, and a NUL of the template's follows each.
NONCE_OFFSET, NONCE_SIZE = 0x1B0, 8
NAME_OFFSET, NAME_SIZE = 0x1B9, 16
HOLD_OFFSET = 0x1CA
PAYLOAD_OFFSET, PAYLOAD_SIZE = 0x1CB, 51

_WORDS = ("cs", "ip", "ds", "si", "es", "ss", "sp")


def _hex(field: str, digits: int) -> str:
    return f"{field}=(?P<{field}>[0-9a-f]{{{digits}}})"


_REPORT = re.compile(" ".join((
    r"@(?P<nonce>\S{1,8}) probe", _hex("cs", 4), _hex("ip", 4), _hex("dl", 2), _hex("ds", 4), _hex("si", 4),
    _hex("es", 4), _hex("ss", 4), _hex("sp", 4), _hex("entry", 32), _hex("sum", 8),
    r"slice=(?P<name>\S{0,16})\r?\n?")))


@dataclass(frozen=True)
class ProbeReport:
    """What a probe found on entry: registers, the 16 bytes at DS:SI, and the checksum of its own sector."""

    nonce: str
    cs: int
    ip: int
    dl: int
    ds: int
    si: int
    es: int
    ss: int
    sp: int
    entry: bytes
    sum: int
    name: str


def stamp(template: bytes, *, nonce: str, name: str, payload: bytes = b"", hold: int = 0) -> bytes:
    """Return the sector of a probe for one slice.

    nonce:   1 to 8 printable characters; what the report begins with.
    name:    at most 16 printable characters; the slice, such as "ad0s1".
    payload: at most 51 bytes of any value.
    hold:    for a person at the screen, wait for a key before the power goes off, at most so many ticks (18.2 a
             second, at most 255).

    Raises ValueError when the template is no probe or a field does not fit.
    """
    if len(template) != SECTOR or template[-2:] != SIGNATURE or any(template[NONCE_OFFSET:-2]):
        raise ValueError("this is not an unstamped probe sector")
    if not nonce:
        raise ValueError("the probe's nonce is empty")
    if len(payload) > PAYLOAD_SIZE:
        raise ValueError(f"the probe's payload is {len(payload)} bytes, and has room for {PAYLOAD_SIZE}")
    sector = bytearray(template)
    _put(sector, NONCE_OFFSET, _text("nonce", nonce, NONCE_SIZE))
    _put(sector, NAME_OFFSET, _text("name", name, NAME_SIZE))
    _put(sector, HOLD_OFFSET, bytes([hold]))
    _put(sector, PAYLOAD_OFFSET, payload)
    return bytes(sector)


def checksum(sector: bytes) -> int:
    """Return the 32-bit checksum that the probe computes: rotate left by 5, add the next byte."""
    total = 0
    for byte in sector:
        total = ((total << 5 | total >> 27) + byte) & 0xFFFFFFFF
    return total


def parse_report(line: str) -> ProbeReport:
    """Read one line from COM1. Raises ValueError when it is not, from end to end, a probe's report."""
    match = _REPORT.fullmatch(line)
    if match is None:
        raise ValueError(f"this is not a probe's report: {line!r}")
    words = {word: int(match[word], 16) for word in _WORDS}
    return ProbeReport(nonce=match["nonce"], dl=int(match["dl"], 16), entry=bytes.fromhex(match["entry"]),
                       sum=int(match["sum"], 16), name=match["name"], **words)


def _text(field: str, text: str, room: int) -> bytes:
    if not all("!" <= character <= "~" for character in text):
        raise ValueError(f"the probe's {field} has a character that is not printable ASCII: {text!r}")
    if len(text) > room:
        raise ValueError(f"the probe's {field} is {len(text)} characters, and has room for {room}: {text!r}")
    return text.encode("ascii")


def _put(sector: bytearray, offset: int, data: bytes) -> None:
    sector[offset:offset + len(data)] = data
