"""Numbers as DICOM's decimal strings hold them."""

from __future__ import annotations


def rounded(value: float) -> float:
    """Six figures: decimal strings hold 16 characters (PS3.5 6.2)."""
    return float(f"{value:.6g}")
