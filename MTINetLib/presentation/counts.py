"""Numbers of things, as they stand in a sentence."""

from __future__ import annotations


def slices_in_words(first: int, last: int, between: str = " to ") -> str:
    """``3 to 7`` of slices 2 to 6, which count from 0; ``3`` where there is only one."""
    return f"{first + 1}" if first == last else f"{first + 1}{between}{last + 1}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 patient``, ``3 patients``; ``many`` where an s does not make the plural."""
    return f"1 {one}" if count == 1 else f"{count} {many or one + 's'}"
