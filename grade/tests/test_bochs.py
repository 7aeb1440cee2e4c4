"""The driver of Bochs: what it says of a machine does not depend on how quick this computer is."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from grade import bochs
from grade.tests.calling import kernel_at


def test_com1_is_whole_when_the_machine_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the thread that drains it has had no time for that."""
    over = Event()

    def drain_the_screen_only(self: bochs._Drain) -> None:
        screen = self._sources[0]
        while not over.wait(0.01):
            with self._taking:
                self._take(screen)

    monkeypatch.setattr(bochs._Drain, "run", drain_the_screen_only)
    with kernel_at(tmp_path, "cpu_startup") as kernel:
        try:
            assert b"Copyright" in kernel.pc.serial.rpartition(b"Booting")[2]
        finally:
            over.set()
