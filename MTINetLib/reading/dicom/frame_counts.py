"""How many frames a file has, by each of the three that ought to agree: what it says, places and holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from MTINetLib.reading.dicom.header import Header
from MTINetLib.reading.dicom.open import UnusableError

_MOST_FRAMES = 50_000


@dataclass(frozen=True)
class FrameCounts:
    """Numbers of frames.

    Args:
        said: NumberOfFrames, None where it is missing or 0.
        placed: frames with a position: per-frame functional groups, or the one of a classic image.
        enhanced: whether places come from functional groups.
        held: whole frames of pixels; None where that is not known.
        cut: whether the file ends before its pixels do.
        bytes_held, bytes_uneven, frame_bytes: of uncompressed pixels: all, those that are too many and make
            no whole frame, and those of a frame.
    """

    said: int | None
    placed: int
    enhanced: bool
    held: int | None = None
    cut: bool = False
    bytes_held: int = 0
    bytes_uneven: int = 0
    frame_bytes: int = 0

    @staticmethod
    def of(header: Header) -> FrameCounts:
        """What the header says and places.

        Raises:
            UnusableError: absurd numbers.
        """
        said = int(header.number("NumberOfFrames") or 0)
        enhanced = "PerFrameFunctionalGroupsSequence" in header
        placed = header.count("PerFrameFunctionalGroupsSequence") if enhanced else 1
        for number in (said, placed):
            if not 0 <= number <= _MOST_FRAMES:
                raise UnusableError(f"says it has {number} frames")
        return FrameCounts(said or None, placed, enhanced)

    def with_held(
        self,
        held: int | None,
        *,
        cut: bool = False,
        bytes_held: int = 0,
        bytes_uneven: int = 0,
        frame_bytes: int = 0,
    ) -> FrameCounts:
        return replace(
            self,
            held=held,
            cut=cut,
            bytes_held=bytes_held,
            bytes_uneven=bytes_uneven,
            frame_bytes=frame_bytes,
        )

    @property
    def expected(self) -> int:
        """As many frames as the header promises, at most."""
        return max(self.said or 1, self.placed)

    @property
    def agree(self) -> bool:
        said = self.said == self.placed or (self.said is None and not self.enhanced)
        return said and self.held in (None, self.placed)

    @property
    def in_words(self) -> str:
        """The three numbers."""
        said = "no NumberOfFrames" if self.said is None else f"NumberOfFrames {self.said}"
        positions = "1 position" if self.placed == 1 else f"{self.placed} positions"
        held = (
            "unknown pixels" if self.held is None else f"pixels of {self.held} frame{'s' * (self.held != 1)}"
        )
        return f"{said}, {positions}, {held}"

    @property
    def shortage(self) -> str:
        """What is wrong with a frame that has no pixels."""
        if self.cut:
            return f"is truncated ({self.in_words})" if self.enhanced else "is truncated"
        if self.enhanced:
            return f"has fewer pixels than frames ({self.in_words})"
        return f"has {self.bytes_held:,} bytes of pixels where its size needs {self.frame_bytes:,}"

    def usable(self) -> int:
        """How many frames can be placed, from the first on; those from ``held`` on have no pixels.

        Two of the numbers have to agree: frames follow each other in the order of their groups (PS3.3
        C.7.6.16.1.2), so that the first ones are certain where the last ones lack a group or pixels.

        Raises:
            UnusableError: nothing tells which of the numbers is right; they are named.
        """
        if self.bytes_uneven:
            raise UnusableError(
                f"holds {self.bytes_held:,} bytes of pixels, which are no {self.expected} frames of "
                f"{self.frame_bytes:,} bytes"
            )
        if self.placed == 0:
            raise UnusableError(f"has no position for any of its frames ({self.in_words})")
        if self.held is None or self.agree:
            return self.placed
        if not self.enhanced:
            self._refuse_several()
            return self.placed
        if self.placed == self.held or self.said == self.placed:
            return self.placed
        if self.said == self.held:
            return min(self.placed, self.held)
        raise UnusableError(f"does not tell its frames apart ({self.in_words})")

    def _refuse_several(self) -> None:
        if max(self.said or 1, self.held or 0) > 1:
            raise UnusableError(
                f"holds several frames without functional groups, so nothing tells where they lie "
                f"({self.in_words})"
            )

    @property
    def flag(self) -> str | None:
        """A code for the study where numbers disagree and frames are used all the same."""
        if self.held is None or self.agree or not self.enhanced:
            return None
        return f"frame_counts:{self.said or 'no'}/{self.placed}/{self.held}"
