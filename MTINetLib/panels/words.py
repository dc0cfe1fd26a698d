"""Figures in words, for all panels."""

from __future__ import annotations


def bytes_text(count: int) -> str:
    """``812 KB``, ``3.4 GB``; thousands are 1000."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 999.5:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
