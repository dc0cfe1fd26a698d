"""Colours of pictures, tables and plots; those of the lesion classes stand in classes.py."""

from __future__ import annotations

Rgb = tuple[float, float, float]

LIVER_ON_WHITE = "#009E73"
#: Of the liver's outline and surface beside the lesions.
LIVER_ON_BLACK = "#B35C52"
#: Of regions beside each other, told apart by people who see few colours too (Okabe and Ito, 2008).
REGIONS_ON_WHITE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6A00", "#000000")
INK = "#1A2530"
FAINT_INK = "#5B6770"
PAPER_LINE = "#D5DBE0"


def rgb(hex_colour: str) -> Rgb:
    """``#RRGGBB`` as red, green, blue from 0 to 1."""
    red, green, blue = (int(hex_colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def lightened(colour: Rgb, steps: int) -> Rgb:
    """Mixed with white, to tell lesions of one class apart: 20 % a step, 60 % at most."""
    share = min(0.2 * steps, 0.6)
    red, green, blue = (value + share * (1 - value) for value in colour)
    return red, green, blue
