"""The names that cases and patients get in an export, and the table that leads back.

They are made as BIDS has them, ``sub-0001_ses-01``, in every layout, so that a reader sees which studies are
of one patient. Numbers are dealt by digests of the patients' names: they tell neither the order of the table
nor the class that it may be sorted by.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.write_whole import whole_file

KEY_COLUMNS = ("name", "case", "patient", "class", "fold")


@dataclass(frozen=True)
class ExportedName:
    """A case of a dataset and what it is called outside.

    Args:
        subject, session: of BIDS, such as ``0001`` and ``01``.
        fold: the fold of a cross-validation that holds it out, from 1; 0 where none was drawn.
    """

    case: DatasetCase
    subject: str
    session: str
    fold: int = 0

    @property
    def name(self) -> str:
        """Such as ``sub-0001_ses-01``."""
        return f"sub-{self.subject}_ses-{self.session}"


def exported_names(cases: Sequence[DatasetCase], folds: Mapping[str, int]) -> tuple[ExportedName, ...]:
    """A name for each case, in the order of the names.

    Args:
        folds: the fold that holds out a patient, from 1; none for no folds.
    """
    by_patient: dict[str, list[DatasetCase]] = {}
    for case in cases:
        by_patient.setdefault(case.patient, []).append(case)
    patients = sorted(by_patient, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    width = max(4, len(str(len(patients))))
    return tuple(
        ExportedName(case, f"{number:0{width}d}", f"{session:02d}", folds.get(patient, 0))
        for number, patient in enumerate(patients, 1)
        for session, case in enumerate(by_patient[patient], 1)
    )


def write_key(path: Path, names: Sequence[ExportedName]) -> None:
    """The table ``name,case,patient,class,fold``. It leads back to the dataset: it is kept, not passed on."""
    with whole_file(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(KEY_COLUMNS)
        for one in names:
            case = one.case
            writer.writerow([one.name, case.case, case.patient, case.case_class, one.fold or ""])
