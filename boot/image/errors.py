"""The one exception of the tools that build disks."""

from __future__ import annotations


class DiskError(Exception):
    """No image can be built or changed. Its text is one line that names the entry, option or file."""
