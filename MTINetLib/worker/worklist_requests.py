"""What jobs about work lists are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from MTINetLib.errors import Statement
from MTINetLib.marks.mark import Mark
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.worker.plain import Request, Serializable
from MTINetLib.worker.requests import ModelChoice, PhaseFile


@dataclass(frozen=True)
class ListedVersion(Serializable):
    """One of the versions of a study that several readers wrote at once; as in :class:`ListedRow`."""

    version: str
    who: str
    when: str
    status: str
    classes: tuple[tuple[int, str], ...]
    no_lesions: bool


@dataclass(frozen=True)
class ListedRow(Serializable):
    """One study of a list, in its place.

    Args:
        status: of worklist.entry.Status.
        version: its latest one; empty before there is any.
        classes: (label, class) of every lesion.
        waits: it can be opened, and something is left to do.
        why, why_values: code and values of the statement why it stands here.
        versions: those that are to be chosen from, where several readers have changed it at once.
        told: (phase, word) that a person has named.
        marks: what readers said of the results that the draft came from.
    """

    study: str
    patient: str
    status: str
    version: str
    who: str
    when: str
    classes: tuple[tuple[int, str], ...]
    no_lesions: bool
    waits: bool
    why: str
    why_values: Mapping[str, Any]
    versions: tuple[ListedVersion, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def conflict(self) -> bool:
        """Several readers have changed it at once."""
        return bool(self.versions)

    @property
    def why_statement(self) -> Statement:
        """Why it stands here."""
        return Statement(self.why, dict(self.why_values))


@dataclass(frozen=True)
class ListedRows(Serializable):
    """All of them; ``new``, ``moved`` and ``gone`` count what a search found.

    Args:
        marked, unmarked: how many studies of the results have marks and are on the list, and have none.
        left_out: a sentence for each marked study that could not be taken in.
    """

    folder: str
    rows: tuple[ListedRow, ...]
    new: int = 0
    moved: int = 0
    gone: int = 0
    marked: int = 0
    unmarked: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListStudies(Request[ListedRows]):
    """Read a list, after a search for studies where ``source`` is a folder.

    Args:
        order: of worklist.order.Order.
        marks: a table of what readers marked, where ``source`` is a folder with results of a cohort.
    """

    job = "list_studies"

    folder: str
    order: str
    source: str = ""
    marks: str = ""


@dataclass(frozen=True)
class DraftListed(Request[ListedRows]):
    """Let the model draft the next studies that are to do.

    Args:
        networks: folders of further models, whose disagreement counts.
    """

    job = "draft_listed"

    folder: str
    order: str
    count: int
    model: ModelChoice
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListedStudy(Serializable):
    """A study of a list, opened.

    Args:
        version: that it was opened at.
        phases: volumes on one grid, each a file of the private folder.
        labels: .npy of [K, J, I], its lesions; empty where there are none.
        findings: of a draft that nobody has changed; None otherwise.
        classes: (label, class) of every lesion.
    """

    study: str
    version: str
    phases: tuple[PhaseFile, ...]
    labels: str
    findings: Mapping[str, Any] | None
    classes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class OpenListed(Request[ListedStudy]):
    """Open a study; also ahead, while the one before is looked at.

    Args:
        version: one of those of a conflict; empty for the latest one.
    """

    job = "open_listed"

    folder: str
    study: str
    phases: tuple[Phase, ...]
    version: str = ""


@dataclass(frozen=True)
class SaveListed(Request[ListedRows]):
    """Write what a person says; the row of that study comes back.

    Args:
        version: that the person began with.
        status: ``corrected``, ``done`` or ``set_aside``.
        labels: .npy of [K, J, I]; empty where the lesions stay as they were.
        grid: of the labels.
    """

    job = "save_listed"

    folder: str
    study: str
    version: str
    status: str
    who: str
    reason: str = ""
    labels: str = ""
    grid: Grid | None = None
    classes: tuple[tuple[int, str], ...] = field(default=())
    no_lesions: bool = False


@dataclass(frozen=True)
class KeepListed(Request[ListedRows]):
    """Of the versions of a study that several readers wrote, this one counts."""

    job = "keep_listed"

    folder: str
    order: str
    study: str
    version: str
    who: str


@dataclass(frozen=True)
class FoundListed(Serializable):
    """The volumes of a study.

    Args:
        volumes: (word, line) of each: how it is named, and what people read of it.
    """

    study: str
    volumes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FindListed(Request[FoundListed]):
    """Look which volumes a study has, before its phases are told apart."""

    job = "find_listed"

    folder: str
    study: str


@dataclass(frozen=True)
class NamePhases(Request[ListedRows]):
    """A person says which volume is which phase.

    Args:
        told: (phase, word), the word as :class:`FoundListed` gives it.
    """

    job = "name_phases"

    folder: str
    order: str
    study: str
    told: tuple[tuple[str, str], ...]
    who: str


@dataclass(frozen=True)
class ExportedCases(Serializable):
    """How many cases were added and how many were there already; a sentence for each that was left out."""

    dataset: str
    added: int
    known: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class ExportListed(Request[ExportedCases]):
    """Add the done studies to a dataset."""

    job = "export_listed"

    folder: str
    dataset: str
    phases: tuple[Phase, ...]
    deidentify: bool
