"""What a folder or archive holds and which phases are recognised in it, for people, before any analysis."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.phases.choose import next_steps, refuse_rivals
from MTINetLib.phases.coverage import coverage_flags
from MTINetLib.phases.doubts import SHARED_UIDS, doubted, phase_doubts
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.order import OPTION
from MTINetLib.phases.recognise import recognise_phases, why_not
from MTINetLib.phases.recognition import Recognition, recognition
from MTINetLib.phases.usable import validated
from MTINetLib.presentation.evidence_words import evidence_in_words
from MTINetLib.presentation.warnings import warning_sentences
from MTINetLib.progress import Progress
from MTINetLib.reading.found_volumes import FileProblem, FoundVolumes
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase, the_phases, usual_reference

#: Flags of volumes of which the doubts say more.
TOLD_IN_DOUBTS = frozenset({"joined_series", "ambiguous_uids"})
#: The table's column of times says this.
_SAID_BY_THE_TABLE = frozenset({"times_unknown", "times_from_pre"})


@dataclass(frozen=True, eq=False)
class InspectedVolume:
    """One volume and what is thought of it.

    Args:
        number: 1-based, as the messages and ``#number`` on the command line count.
        time_s: seconds after the bolus, or after the pre-contrast phase; None where that is not known.
        phase: None where it is no phase, or not certainly one.
        confidence: that it is the phase; below 0.6 where that is not certain, 0 where nothing says so.
        evidence: see study/evidence.py, strongest first.
        left_out: why no phase is taken from it, None for a phase that can be used.
    """

    number: int
    volume: SourceVolume
    time_s: float | None
    phase: Phase | None
    confidence: float
    evidence: tuple[str, ...]
    left_out: str | None

    def as_dict(self) -> dict[str, Any]:
        grid = self.volume.grid
        return {
            "size": list(grid.shape[::-1]),
            "spacing_mm": [round(size, 4) for size in grid.spacing],
            "time_s": self.time_s,
            "phase": None if self.phase is None else self.phase.value,
            "confidence": self.confidence,
            "evidence": [evidence_in_words(item) for item in self.evidence],
            "left_out": self.left_out,
            "flags": list(self.volume.flags),
        }


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a folder holds.

    Args:
        times_after: what ``time_s`` counts from, ``bolus`` or ``pre-contrast``; None without times.
        missing: phases that no volume certainly is.
        remarks: sentences for people about what stands in the way of an analysis.
        doubts: sentences about what an analysis will do all the same, and what is to be known of it.
        flags: doubts about the phases, as a study would carry them.
        problems, skipped, copies, set_aside: as in FoundVolumes.
    """

    volumes: tuple[InspectedVolume, ...]
    times_after: str | None
    missing: tuple[Phase, ...]
    remarks: tuple[str, ...]
    problems: tuple[FileProblem, ...]
    skipped: int
    copies: int
    set_aside: Mapping[str, int]
    doubts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """``series`` with their volumes, and ``problems``; size and spacing along columns, rows, slices."""
        series: dict[object, dict[str, Any]] = {}
        for found in self.volumes:
            uid = found.volume.series_uid
            text = str(found.volume.headers.get("SeriesDescription") or found.volume.description).strip()
            entry = series.setdefault(uid or found.number, {"uid": uid, "description": text, "volumes": []})
            entry["volumes"].append(found.as_dict())
        problems = [{"path": str(problem.path), "reason": problem.reason} for problem in self.problems]
        return {
            "series": list(series.values()),
            "problems": problems,
            "set_aside": dict(self.set_aside),
            "doubts": list(self.doubts),
            "flags": list(self.flags),
        }


def inspect(path: Path, phases: Sequence[Phase], progress: Progress | None = None) -> Inspection:
    """Open a folder or archive and say which phases are certain; those that are not stand in ``missing``.

    Args:
        phases: that are looked for, those that a model takes.

    Raises:
        InputError: there is nothing that can be used, or images of several studies or patients.
        PermissionError: the folder may not be read.
    """
    if path.is_dir():
        with os.scandir(path):  # says so, where walking through it would find nothing
            pass
    with open_input(path, progress) as found:
        known = recognition(found.volumes, phases=phases)
        if known.assignment is None:
            return _partly(found, known)
        doubtful = doubted(known.assignment)
        try:
            refuse_rivals(found, known.assignment)
            flags = validated(doubtful).flags
        except InputError as error:
            return _inspection(found, known, doubtful.flags, (str(error),))
        return _inspection(found, known, flags, ())


def _partly(found: FoundVolumes, certain: Recognition) -> Inspection:
    remarks = [
        f"It is not certain that '{volume.name}' is the {phase.title} phase."
        for phase, (volume, _) in certain.uncertain.items()
    ]
    open_phases = [p for p in certain.phases if p not in certain.volumes and p not in certain.uncertain]
    if open_phases:
        remarks.append(f"Missing, or nothing tells which volume it is: {the_phases(open_phases)}.")
    remarks += [
        f"The {phase.title} phase cannot be used: {volume.problem}"
        for phase, volume in certain.volumes.items()
        if volume.problem is not None
    ]
    try:
        recognise_phases(found.volumes, phases=certain.phases, assume_order=True)
    except InputError:
        pass
    else:
        remarks.append(f"If they were taken in the order of their numbers, confirm it with {OPTION}.")
    remarks += next_steps(found, certain.phases)
    return _inspection(found, certain, phase_doubts(certain.volumes), tuple(remarks))


def _inspection(
    found: FoundVolumes, known: Recognition, flags: tuple[str, ...], remarks: tuple[str, ...]
) -> Inspection:
    phases = {id(volume): (phase, known.verdicts[phase]) for phase, volume in known.volumes.items()}
    reasons = {id(item.volume): item.reason for item in known.left_out}
    perhaps = {id(volume): (phase, verdict) for phase, (volume, verdict) in known.uncertain.items()}
    times = _times(known, phases)
    volumes = []
    for number, volume in enumerate(found.volumes, start=1):
        phase, verdict = phases.get(id(volume), (None, Verdict((), 0.0)))
        reason = reasons.get(id(volume), volume.problem)
        if phase is None and reason is None:
            if id(volume) in perhaps:
                likely, verdict = perhaps[id(volume)]
                reason = f"not certain, perhaps the {likely.title} phase"
            else:
                reason = why_not(volume, known.clues, [p for p, _ in phases.values()], known.phases)
        time = times.get(id(volume))
        volumes.append(
            InspectedVolume(number, volume, time, phase, verdict.confidence, verdict.evidence, reason)
        )
    grids = {found.phase: found.volume.grid for found in volumes if found.phase is not None}
    told = [flag for flag in flags if flag not in _SAID_BY_THE_TABLE]
    ambiguous = sum("ambiguous_uids" in volume.flags for volume in found.volumes)
    if ambiguous:
        told = [flag for flag in told if flag.partition(":")[0] != SHARED_UIDS]
    told += coverage_flags(grids, usual_reference(known.phases))
    return Inspection(
        volumes=tuple(volumes),
        times_after=None if not times else "pre-contrast" if known.bolus_start_s is None else "bolus",
        missing=tuple(p for p in known.phases if all(p is not phase for phase, _ in phases.values())),
        remarks=remarks,
        problems=found.problems,
        skipped=found.skipped,
        copies=found.copies,
        set_aside=found.set_aside,
        doubts=_doubts(ambiguous, volumes, told, usual_reference(known.phases)),
        flags=tuple(told),
    )


def _doubts(
    ambiguous: int, inspected: Sequence[InspectedVolume], flags: Sequence[str], reference: Phase
) -> tuple[str, ...]:
    """How volumes were put together, what contradicts the phases, and identifiers that say nothing."""
    names = {found.phase: found.volume.name for found in inspected if found.phase is not None}
    said = [
        f"{f'The {found.phase.title} phase' if found.phase else f'Volume #{found.number}'} was {remark}."
        for found in inspected
        for remark in found.volume.remarks
    ]
    said += warning_sentences(flags, names, reference)
    if ambiguous:
        said.append(
            f"Different images have the same SOP Instance UID (in {ambiguous} of the volumes): DICOM results "
            "cannot refer to them, the other results can be written."
        )
    return tuple(said)


def _times(certain: Recognition, phases: dict[int, tuple[Phase, Verdict]]) -> dict[int, float]:
    """Seconds after the bolus, or after the pre-contrast phase, by the volume's id."""
    clocks = {id(clue.volume): clue.clock for clue in certain.clues}
    pre = next((clocks.get(key) for key, (phase, _) in phases.items() if phase is Phase.PRE), None)
    origin = certain.bolus_start_s
    if origin is None and pre is not None:
        origin = pre.seconds
    if origin is None:
        return {}
    return {key: round(clock.seconds - origin, 3) for key, clock in clocks.items() if clock is not None}
