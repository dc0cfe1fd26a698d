"""Numbers of things, as they stand in a sentence."""

from __future__ import annotations


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 patient``, ``3 patients``; ``many`` where an s does not make the plural."""
    return f"1 {one}" if count == 1 else f"{count} {many or one + 's'}"
