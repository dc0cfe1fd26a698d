"""What readers marked on a listed study, in the scene: the views go there, and an outline can begin there."""

from __future__ import annotations

from MTINetLib.marks.mark import Mark
from MTINetLib.scene.select_lesion import jump_slices
from MTINetLib.session.session import Session


def look_at_mark(session: Session, mark: Mark) -> None:
    """Show where a mark is: the views go to its place, or its lesion is chosen."""
    if mark.position_lps_mm is not None:
        x, y, z = mark.position_lps_mm
        jump_slices(session.scene.mrml, (-x, -y, z))
    elif mark.lesion is not None:
        session.select(mark.lesion)


def box_at_mark(session: Session, mark: Mark) -> None:
    """Put the box of an outline where a mark is, and show it.

    Raises:
        InputError: there are no results.
    """
    if mark.position_lps_mm is not None:
        look_at_mark(session, mark)
        session.outlining.marks.place_box(mark.position_lps_mm)
