"""One colour per lesion class, the same in every picture, table, plot and segment.

The hues follow the set that Okabe and Ito proposed for readers with any kind of colour vision
(M. Okabe, K. Ito, "Color Universal Design", 2008): orange-red for HCC, blue for hemangioma; grey for
undecided. Pictures on black take lighter tones, paper takes darker ones.
"""

from __future__ import annotations

from MTINetLib.findings import LesionClass

Rgb = tuple[float, float, float]

ON_BLACK: dict[LesionClass, str] = {
    LesionClass.HCC: "#FF8A1F",
    LesionClass.HEMANGIOMA: "#56B4E9",
    LesionClass.UNDECIDED: "#C8C8C8",
}
ON_WHITE: dict[LesionClass, str] = {
    LesionClass.HCC: "#D55E00",
    LesionClass.HEMANGIOMA: "#0072B2",
    LesionClass.UNDECIDED: "#6E6E6E",
}
LIVER_ON_WHITE = "#009E73"
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
