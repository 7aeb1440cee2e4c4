"""What all tests start from."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Take Ctrl-C even where a shell has started us in the background, ignoring it: children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
