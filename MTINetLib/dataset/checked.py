"""What a check of a dataset says. Apart from the check, which needs readers of images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from MTINetLib.study.lesion_class import in_usual_order
from MTINetLib.study.phase import Phase


@dataclass(frozen=True)
class CaseCheck:
    """One line of ``cases.csv``.

    Args:
        line: in the table, 1-based.
        case, patient, case_class: as they stand there, empty where they are missing.
        phases: those whose file or series can be opened, by Phase.value.
        lesions: number of lesions in the mask; None where it could not be read, 0 without one.
        size: voxels (K, J, I) of the phase that masks lie on, None if unknown.
        problems: one sentence each; a case without any can be trained on.
        warnings: one sentence each; what is unusual, but may be meant.
        flags: doubts about the values, as a study would carry them (see phases/README.md).
        classes: of the lesions in the mask.
    """

    line: int
    case: str = ""
    patient: str = ""
    case_class: str = ""
    phases: tuple[str, ...] = ()
    lesions: int | None = None
    size: tuple[int, int, int] | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetCheck:
    """All cases of a folder; ``problems`` and ``warnings`` are those of the tables and of the whole.

    ``phases`` are those that its table has columns for, none where it cannot be read.
    """

    folder: Path
    cases: tuple[CaseCheck, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()

    @property
    def patients(self) -> int:
        return len({case.patient for case in self.cases if case.patient})

    @property
    def classes(self) -> dict[str, int]:
        """In how many cases each class of lesions occurs, in the usual order."""
        found = [name for case in self.cases for name in case.classes]
        return {name: found.count(name) for name in in_usual_order(found)}

    @property
    def usable(self) -> bool:
        """Whether a training can start: training reads every case, so one bad one is one too many."""
        return bool(self.cases) and not self.problems and not any(case.problems for case in self.cases)
