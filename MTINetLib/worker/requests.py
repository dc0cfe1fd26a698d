"""What jobs about studies are asked, and what they answer; those of training have a file of their own.

Arrays travel as .npy files in the private folder; a path is absolute, or relative to that folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from MTINetLib.errors import Statement
from MTINetLib.models.ways import Ways
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.worker.plain import Request, Serializable


@dataclass(frozen=True)
class PhaseFile(Serializable):
    """One phase as it comes from the scene.

    Args:
        phase: which one.
        path: .npy of [K, J, I], any type of number.
        grid: where its voxels lie.
        description, evidence, confidence, series_uid, time_point, instance_uids: as in PhaseSource.
        time_s: seconds after the start of the bolus, None where it is unknown.
        flags: doubts about the volume, see phases/README.md.
    """

    phase: Phase
    path: str
    grid: Grid
    description: str
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    series_uid: str | None = None
    time_point: int | None = None
    instance_uids: tuple[str, ...] = ()
    time_s: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceText(Serializable):
    """One phase's PhaseSource, without its list of instances."""

    description: str
    evidence: tuple[str, ...]
    confidence: float
    series_uid: str | None
    time_point: int | None


@dataclass(frozen=True)
class OpenedStudy(Serializable):
    """The study that the worker keeps.

    Args:
        volumes: .npy of float32 [P, K, J, I], on ``grid``.
        phases, times_s, flags, alignment: as in Study.
        sources: one a phase.
        covered: .npy of bool, as in Study; None where every phase has an image everywhere.
    """

    study: str
    phases: tuple[Phase, ...]
    volumes: str
    grid: Grid
    reference: Phase
    times_s: tuple[float | None, ...]
    sources: tuple[SourceText, ...]
    flags: tuple[str, ...]
    alignment: tuple[float | None, ...]
    covered: str | None = None


@dataclass(frozen=True)
class OpenStudy(Request[OpenedStudy]):
    """Check phases, bring them onto one grid, keep them under a key.

    Args:
        study: the key, any text that tells nothing of the patient.
        phases: the volumes, one a phase, in the order of time.
        reference: whose grid the study gets; None for the usual one.
        alignment: ``auto``, ``off`` or ``force``.
        flags: what is doubtful of the phases (see phases/README.md), as far as the headers of the volumes,
            which do not come with them, tell it.
    """

    job = "open_study"

    study: str
    phases: tuple[PhaseFile, ...]
    reference: Phase | None = None
    alignment: str = "auto"
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelChoice(Serializable):
    """Which model reads, and what runs it.

    Args:
        name: or folder; None takes the first that is found.
        device, precision, backend: as in ``LoadedModel.settled``.
    """

    name: str | None = None
    device: str = "auto"
    precision: str = "auto"
    backend: str = "torch"

    @property
    def ways(self) -> Ways:
        """As the pipeline takes them."""
        return {"device": self.device, "precision": self.precision, "backend": self.backend}


@dataclass(frozen=True)
class LiverFile(Serializable):
    """The liver of a study, on its grid.

    Args:
        mask: .npy of whole numbers [K, J, I], 0 outside.
        origin, source, edited: as in Liver.
        segments, anatomy: .npy of uint8 [K, J, I], None where they are not known.
    """

    mask: str
    origin: str = "given"
    source: str = ""
    edited: bool = False
    segments: str | None = None
    anatomy: str | None = None


@dataclass(frozen=True)
class CandidateFile(Serializable):
    """What a reader can move among without the network.

    Args:
        labels: .npy of all candidates [K, J, I].
        findings: of all of them, as ``findings.to_dict`` gives them.
        offered: the model's operating points, as ``OperatingPoints.to_dict`` gives them.
    """

    labels: str
    findings: Mapping[str, Any]
    offered: Mapping[str, Any]


@dataclass(frozen=True)
class Analyzed(Serializable):
    """What was found.

    Args:
        findings: as ``findings.to_dict`` gives them; read them with :func:`MTINetLib.findings.from_dict`.
        labels: .npy of uint8 or uint16 [K, J, I].
        probability: .npy of float32 [K, J, I].
        timings: seconds by stage.
        liver: None where it is not known.
        candidates: None for a model without a choice of sensitivity.
    """

    findings: Mapping[str, Any]
    labels: str
    probability: str
    timings: Mapping[str, float] = field(default_factory=dict)
    liver: LiverFile | None = None
    candidates: CandidateFile | None = None


@dataclass(frozen=True)
class Analyze(Request[Analyzed]):
    """Find, read and measure the lesions of a study that is open.

    Args:
        thresholds: those that differ from the model's own, by the names of Thresholds.
        liver: that was given; None takes the model's, if it sees one.
    """

    job = "analyze"

    study: str
    model: ModelChoice = ModelChoice()
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    liver: LiverFile | None = None


@dataclass(frozen=True)
class ChooseSensitivity(Request[Analyzed]):
    """The candidates of an analysis that count from another threshold on; the network is not asked.

    Args:
        point: the place of the operating point among those that are offered.
        probability: as in :class:`Analyzed`, handed back.
        liver: as it is now.
    """

    job = "choose_sensitivity"

    study: str
    candidates: CandidateFile
    point: int
    probability: str
    liver: LiverFile | None = None


@dataclass(frozen=True)
class Measured(Serializable):
    """Findings of masks, and the liver that was given with them, where it is kept."""

    findings: Mapping[str, Any]
    liver: LiverFile | None = None


@dataclass(frozen=True)
class Measure(Request[Measured]):
    """Measure corrected masks; the network is not asked.

    Args:
        labels: .npy of whole numbers [K, J, I] on the study's grid.
        before: the findings that the correction started from.
        liver: as it is now, None where none is known.
    """

    job = "measure"

    study: str
    labels: str
    before: Mapping[str, Any]
    liver: LiverFile | None = None


@dataclass(frozen=True)
class ReadAgain(Request[Measured]):
    """As :class:`Measure`, and the network reads every lesion under its mask."""

    job = "read_again"

    study: str
    labels: str
    before: Mapping[str, Any]
    model: ModelChoice = ModelChoice()
    liver: LiverFile | None = None


@dataclass(frozen=True)
class ReadMasks(Request[Measured]):
    """Have the network read masks that were there before it, and measure them.

    Args:
        labels: .npy of whole numbers [K, J, I] on the study's grid.
    """

    job = "read_masks"

    study: str
    labels: str
    model: ModelChoice = ModelChoice()
    liver: LiverFile | None = None


@dataclass(frozen=True)
class Reported(Serializable):
    """The files that were written, absolute paths, and a sentence about each thing that is missing."""

    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report(Request[Reported]):
    """Write result files into a folder.

    Args:
        probability: .npy of float32 [K, J, I], None where there is none.
        out: the folder, absolute.
        formats: some of ``pdf``, ``html``, ``csv``, ``json``, ``labels``, ``dicom``.
        comment, reader: of the person who read the study.
        deidentify: leave out all that tells of the patient or the reader.
        overwrite: replace earlier results.
        files: the DICOM files of each phase, in the order of the study; empty where a phase has none.
        tracking: by lesion number, the UID that DICOM objects follow the lesion by; others get new ones.
        liver: written too, None where none is known.
    """

    job = "report"

    study: str
    labels: str
    probability: str | None
    findings: Mapping[str, Any]
    out: str
    formats: tuple[str, ...] = ("pdf", "html")
    comment: str = ""
    reader: str = ""
    deidentify: bool = False
    overwrite: bool = False
    files: tuple[tuple[str, ...], ...] = ()
    tracking: Mapping[str, str] = field(default_factory=dict)
    liver: LiverFile | None = None


@dataclass(frozen=True)
class DeviceText(Serializable):
    """One device: ``cpu`` or ``cuda:n``; memory in bytes, None where it cannot be told."""

    name: str
    kind: str
    title: str
    memory_bytes: int | None
    free_bytes: int | None


@dataclass(frozen=True)
class ModelText(Serializable):
    """One model that was found; ``problem`` says why it cannot be used."""

    name: str
    folder: str
    sha256: str
    problem: str | None
    shipped: bool


@dataclass(frozen=True)
class Environment(Serializable):
    """What is there; what is missing is data, not an error.

    Args:
        packages: version by name, None where it is not installed.
        torch_problem: why torch cannot be used, None where it can.
        memory_bytes: of the computer, None where it cannot be told.
    """

    python: str
    packages: Mapping[str, str | None]
    devices: tuple[DeviceText, ...]
    models: tuple[ModelText, ...]
    cpu: str
    memory_bytes: int | None
    torch_problem: Statement | None = None


@dataclass(frozen=True)
class LookAtComputer(Request[Environment]):
    """Look what is there."""

    job = "environment"


@dataclass(frozen=True)
class SampleVolumes(Serializable):
    """A synthetic study: a volume a phase, with their times, in the order of time."""

    phases: tuple[PhaseFile, ...]
    name: str


@dataclass(frozen=True)
class MakeSample(Request[SampleVolumes]):
    """A synthetic study, the same for the same seed; None is the demo's."""

    job = "make_sample"

    seed: int | None = None
