"""The results that marks are of: those of a cohort, or of one study."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings, from_json
from MTINetLib.reading.volumes.read import file_grid
from MTINetLib.report.file_names import FINDINGS_FILE, LABELS_FILE, STUDIES_FOLDER
from MTINetLib.study.grid import Grid


@dataclass(frozen=True)
class StudyResults:
    """The results of one study."""

    name: str
    folder: Path
    findings: StudyFindings

    @cached_property
    def grid(self) -> Grid | None:
        """Of the reference phase; None where no label map lies beside the findings.

        Raises:
            InputError: the label map cannot be read.
        """
        path = self.folder / LABELS_FILE
        return file_grid(path) if path.is_file() else None


class MarkedResults:
    """A folder of results; findings are read when they are asked for, and kept.

    Attributes:
        folder: as it was named.
        names: of its studies, sorted.
    """

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            InputError: there are no results.
        """
        self.folder = folder
        self._folders = _folders(folder)
        self._read: dict[str, StudyResults] = {}
        if not self._folders:
            raise InputError(
                f"{folder} holds no results: name the folder that mtinet cohort or mtinet analyze wrote."
            )
        self.names = tuple(sorted(self._folders))

    def study(self, name: str) -> StudyResults:
        """
        Args:
            name: one of :attr:`names`.

        Raises:
            InputError: its findings cannot be read.
        """
        if name not in self._read:
            path = self._folders[name] / FINDINGS_FILE
            try:
                findings = from_json(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise InputError(f"{path} cannot be read: analyze the study again.") from error
            self._read[name] = StudyResults(name, path.parent, findings)
        return self._read[name]


def _folders(folder: Path) -> dict[str, Path]:
    if (folder / FINDINGS_FILE).is_file():
        return {folder.resolve().name: folder}
    return {path.parent.name: path.parent for path in (folder / STUDIES_FOLDER).glob(f"*/{FINDINGS_FILE}")}
