"""The study: the phases of one patient on one grid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, phase_set
from MTINetLib.study.source_image import SourceImage

Volume = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PhaseSource:
    """Where a phase came from and why it was taken for that phase.

    Args:
        description: for people; series description or file name, never a patient's identity.
        evidence: see study/evidence.py, strongest first.
        confidence: 0 to 1; 1 is the user's own word.
        series_uid: DICOM Series Instance UID, None for files of other kinds.
        time_point: 1-based position in a series with several time points, None if it has one.
        instance_uids: SOP Instance UIDs in slice order of the source volume, empty for other files.
        images: where those slices are stored, in the same order; empty where that is not known.
    """

    description: str
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    series_uid: str | None = None
    time_point: int | None = None
    instance_uids: tuple[str, ...] = ()
    images: tuple[SourceImage, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Study:
    """Two or more phases on the reference phase's own grid.

    Args:
        volumes: float32, [P, K, J, I], in the order of ``phases``, in the scanner's own intensity units.
        grid: the grid of the reference phase, unchanged from its source.
        reference: the phase whose grid it is.
        times_s: seconds of each phase after the start of the bolus, or after the pre-contrast
            phase where the bolus is unknown; None where nothing tells.
        sources: one per phase.
        flags: machine-readable words for doubts, such as ``motion:arterial`` (see phases/README.md).
        alignment: correlation with the reference phase inside the body, per phase, after alignment;
            None where it was not measured; none at all where it was not measured for any.
        phases: which phases these are, in the order of time; what stands once a phase follows it.
        covered: bool, [P, K, J, I], where each phase has an image; its voxels are 0 elsewhere. None where
            every phase has one everywhere.
    """

    volumes: Volume
    grid: Grid
    reference: Phase
    times_s: tuple[float | None, ...]
    sources: tuple[PhaseSource, ...]
    flags: tuple[str, ...] = ()
    alignment: tuple[float | None, ...] = ()
    phases: tuple[Phase, ...] = field(kw_only=True)
    covered: Mask | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        phase_set([phase.value for phase in self.phases])
        if not self.alignment:
            object.__setattr__(self, "alignment", (None,) * len(self.phases))
        if self.volumes.shape != (len(self.phases), *self.grid.shape):
            raise ValueError(
                f"volumes have shape {self.volumes.shape}, the phases and the grid want "
                f"({len(self.phases)}, *{self.grid.shape})"
            )
        if self.volumes.dtype != np.float32:
            raise ValueError(f"volumes are {self.volumes.dtype}, not float32")
        covered = self.covered
        if covered is not None and (covered.shape != self.volumes.shape or covered.dtype != np.bool_):
            raise ValueError(f"covered is {covered.dtype} of {covered.shape}, unlike the volumes")
        for name in ("times_s", "sources", "alignment"):
            if len(getattr(self, name)) != len(self.phases):
                raise ValueError(f"{len(getattr(self, name))} {name} for {len(self.phases)} phases")
        if self.reference not in self.phases:
            raise ValueError(f"the reference phase {self.reference.value} is none of the study's phases")

    def index(self, phase: Phase) -> int:
        """Where a phase stands in everything that is kept once a phase; the study must have it."""
        return self.phases.index(phase)

    def phase(self, phase: Phase) -> Volume:
        """One phase's volume, [K, J, I]."""
        volume: Volume = self.volumes[self.index(phase)]
        return volume

    def source(self, phase: Phase) -> PhaseSource:
        """Where a phase came from."""
        return self.sources[self.index(phase)]

    def time_s(self, phase: Phase) -> float | None:
        """When a phase was taken; see ``times_s``."""
        return self.times_s[self.index(phase)]
