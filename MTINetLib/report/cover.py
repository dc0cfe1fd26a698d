"""What stands in a report beside the findings: the reader's own part, and whether it is de-identified."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cover:
    """Words that do not come from the analysis.

    Args:
        reader: printed on the name line; empty leaves the line to be filled in by hand.
        comment: the reader's own words; lines are kept.
        token: random study reference of a de-identified report, empty in an ordinary one.
    """

    reader: str = ""
    comment: str = ""
    token: str = ""

    @property
    def deidentified(self) -> bool:
        return bool(self.token)

    @property
    def comment_lines(self) -> tuple[str, ...]:
        """The comment's lines without blank ones at its ends; none for an empty comment."""
        text = self.comment.strip()
        return tuple(line.rstrip() for line in text.splitlines()) if text else ()
