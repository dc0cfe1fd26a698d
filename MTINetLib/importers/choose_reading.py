"""Of several readers and phases, whose outlines count; the others are brought beside them and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from MTINetLib.importers.found import LeftOut, Reading
from MTINetLib.importers.onto_reference import carried, match, overlap, transform_of
from MTINetLib.importers.outlines import Drawn
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.align import Place
from MTINetLib.study.phase import Phase, usual_reference

#: A lesion of another phase that overlaps less than this after registration is told.
_POOR_DICE = 0.5


@dataclass(frozen=True)
class Outline:
    """A reading with what was drawn in it."""

    reader: str
    phase: Phase | None
    drawn: Drawn


@dataclass
class OnReference:
    """All outlines of a case on the grid of its reference phase.

    Args:
        others: of the readers that do not count, by name.
    """

    chosen: Drawn
    others: dict[str, Drawn] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Carrier:
    """Brings outlines onto the reference phase; each phase is registered once."""

    def __init__(self, volumes: Mapping[Phase, SourceVolume], same_space: bool) -> None:
        self.reference = usual_reference(tuple(volumes))
        self._volumes, self._same_space = volumes, same_space
        self._grid = volumes[self.reference].grid
        self._place: Place | None = None
        self._transforms: dict[Phase, object] = {}

    def phase_of(self, outline: Outline) -> Phase | None:
        """On which phase's images it was drawn; None where no grid is the outline's."""
        if outline.phase is not None:
            return outline.phase
        first = (self.reference, *self._volumes)
        return next((p for p in first if self._volumes[p].grid.matches(outline.drawn.grid)), None)

    def lies_on(self, outline: Outline, phase: Phase) -> bool:
        """Whether it has the grid of a phase that is there."""
        return phase not in self._volumes or self._volumes[phase].grid.matches(outline.drawn.grid)

    def carry(self, outline: Outline) -> Drawn:
        """
        Raises:
            LeftOut: the phase cannot be registered.
        """
        phase = self.phase_of(outline)
        if self._same_space or phase is None or phase is self.reference or phase not in self._volumes:
            return carried(outline.drawn, self._grid)
        if phase not in self._transforms:
            self._place = self._place or Place.of(self._volumes[self.reference])
            self._transforms[phase] = transform_of(self._place, self._volumes[phase], phase)
        return carried(outline.drawn, self._grid, self._transforms[phase])


def outlines_of(readings: Sequence[Reading], drawn: Sequence[Drawn]) -> list[Outline]:
    return [Outline(reading.reader, reading.phase, one) for reading, one in zip(readings, drawn, strict=True)]


def on_reference(outlines: Sequence[Outline], carrier: Carrier, reader: str) -> OnReference:
    """The outlines that count, and those that are kept beside them.

    Of several readers the first one who drew a lesion counts, or the one that the user names. Of one reader's
    phases the reference counts, or the one nearest to it in time.

    Raises:
        LeftOut: the reader that the user named drew nothing, or a lesion's phases cannot be brought together.
    """
    with_lesions = [one for one in outlines if one.drawn.classes]
    readers = list(dict.fromkeys(one.reader for one in with_lesions))
    if reader and reader not in readers:
        raise LeftOut(f"{reader} drew no lesion")
    chosen_reader = reader or readers[0]
    own = [one for one in with_lesions if one.reader == chosen_reader]
    first = min(own, key=lambda one: _distance(carrier.phase_of(one), carrier.reference))
    result = OnReference(carrier.carry(first))
    _tell_choice(result, first, chosen_reader, outlines, carrier)
    for other in own:
        if other is not first:
            _compare(result, first, other, carrier)
    for name in readers:
        if name == chosen_reader:
            continue
        theirs = min(
            (one for one in with_lesions if one.reader == name),
            key=lambda one: _distance(carrier.phase_of(one), carrier.reference),
        )
        result.others[name] = carrier.carry(theirs)
        result.remarks.append(_agreement(result.chosen, result.others[name], chosen_reader, name))
    return result


def _tell_choice(
    result: OnReference, first: Outline, reader: str, outlines: Sequence[Outline], carrier: Carrier
) -> None:
    silent = [one.reader for one in outlines if not one.drawn.classes and one.reader != reader]
    for name in dict.fromkeys(silent):
        result.remarks.append(f"{name} drew no lesion; the outlines of {reader} count.")
    phase = carrier.phase_of(first)
    if phase is None:
        result.remarks.append(
            "The outlines lie on the grid of none of the phases and were brought onto the "
            f"{carrier.reference.title} phase by position."
        )
    elif not carrier.lies_on(first, phase):
        result.remarks.append(
            f"The outlines of the {phase.title} phase lie on another grid than its images, and count where "
            "their own header puts them."
        )
    elif phase is not carrier.reference:
        result.remarks.append(
            f"The outlines were drawn on the {phase.title} phase and brought onto the "
            f"{carrier.reference.title} phase."
        )
    lost = [n for n in first.drawn.classes if not np.any(result.chosen.labels == n)]
    if len(lost) == len(first.drawn.classes):
        raise LeftOut(f"none of its lesions lies in the image of the {carrier.reference.title} phase")
    for number in lost:
        del result.chosen.classes[number]
        result.remarks.append(
            f"Lesion {number} lies outside of the image of the {carrier.reference.title} phase and is left "
            "out."
        )


def _compare(result: OnReference, first: Outline, other: Outline, carrier: Carrier) -> None:
    """Where registration does not bring the lesion of another phase onto itself, its curve is wrong."""
    phase = carrier.phase_of(other)
    if phase is None:
        return
    found = match(result.chosen, other.drawn, carrier.carry(other))
    remark = found.remark(phase, carrier.reference)
    if found.dice == 0.0:
        raise LeftOut(
            f"its phases cannot be brought onto each other, so its enhancement would be that of other "
            f"tissue. {remark}"
        )
    if found.dice < _POOR_DICE:
        result.remarks.append(remark)


def _agreement(chosen: Drawn, other: Drawn, reader: str, name: str) -> str:
    dice = overlap(chosen.labels > 0, other.labels > 0)
    return (
        f"The outlines of {reader} count ({len(chosen.classes)}); those of {name} ({len(other.classes)}) "
        f"are kept beside them, Dice {dice:.2f}."
    )


def _distance(phase: Phase | None, reference: Phase) -> int:
    known = tuple(Phase)
    return len(known) if phase is None else abs(known.index(phase) - known.index(reference))
