"""Derivatives as BIDS has them: aligned phases, lesions one by one, masks.

Layout: bids-standard/bids-specification, src/derivatives (introduction, common data types, imaging).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import MTINetLib
from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.exporters.exported_case import ExportedCase
from MTINetLib.exporters.names import ExportedName
from MTINetLib.exporters.nnunet import LESION, Meaning
from MTINetLib.reading.volumes.write import smallest_type, write_label_map, write_volume
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ
from MTINetLib.study.lesion_class import NO_LESIONS
from MTINetLib.study.phase import Phase

VERSION = "1.10.0"
DESCRIPTION_FILE, PARTICIPANTS_FILE = "dataset_description.json", "participants.tsv"
_README = """{name}

Liver MRI in several contrast phases (acq-{phases}), aligned on the grid of one of them by MTINet {version}.
*_desc-aligned_T1w.nii.gz: a phase; NaN where it has no image. *_seg-lesions_dseg.nii.gz: lesions, one number
each, with their classes in the .tsv beside it. *_label-*_mask.nii.gz: all lesions{of_class}.
{synthetic}Class of each study: sub-*_sessions.tsv.
"""


@dataclass(frozen=True)
class BidsLayout:
    """A derivative dataset.

    Args:
        name: of the dataset.
        phases: of the studies.
        meaning: whether there is one mask for all lesions of a study, or one a class.
        synthetic: whether no patient was imaged.
    """

    name: str
    phases: tuple[Phase, ...]
    meaning: Meaning
    synthetic: bool

    def write_case(self, folder: Path, case: ExportedCase) -> None:
        """Images, segmentations and masks with their descriptions, below ``sub-0001/ses-01/anat``."""
        named, study = case.named, case.study
        anat = folder / f"sub-{named.subject}" / f"ses-{named.session}" / "anat"
        place = anat.relative_to(folder).as_posix()
        reference = f"bids::{place}/{_image(named.name, study.reference)}.nii.gz"
        for number, phase in enumerate(study.phases):
            volume = study.volumes[number]
            if study.covered is not None and not study.covered[number].all():
                volume = np.where(study.covered[number], volume, np.float32(np.nan))
            time = study.times_s[number]
            path = anat / f"{_image(named.name, phase)}.nii.gz"
            write_volume(path, smallest_type(volume), study.grid)
            _describe(
                path,
                {
                    "Description": f"{phase.title} phase on the grid of the {study.reference.title} phase",
                    "SkullStripped": False,
                    "SpatialReference": reference,
                    "ContrastPhase": phase.value,
                    **({} if time is None else {"ContrastPhaseTime": time}),
                },
            )
        for suffix, labels, told in self._maps(case):
            path = anat / f"{named.name}_{suffix}.nii.gz"
            write_label_map(path, labels, study.grid)
            _describe(path, {**told, "SpatialReference": reference})
        rows = [[n, f"lesion {n}", each] for n, each in case.classes().items()]
        _write_table(anat / f"{named.name}_seg-lesions_dseg.tsv", ("index", "name", "class"), rows)

    def _maps(self, case: ExportedCase) -> Iterator[tuple[str, npt.NDArray[Any], dict[str, Any]]]:
        """What each label map is called, its values, and what is said of it."""
        lesions, classes = case.lesions, case.classes()
        yield "seg-lesions_dseg", lesions, {"Description": "Lesions, one number each", "Manual": True}
        if case.organs is not None:
            yield "seg-organs_dseg", case.organs, {"Description": "Organs, see the table at the root"}
        for each in sorted(set(classes.values())) if self.meaning == "class" else [LESION]:
            kept = [n for n, one in classes.items() if each in (LESION, one)]
            label = "".join(sign for sign in each if sign.isalnum())
            told = {"Description": f"Lesions: {each}", "Type": "Lesion"}
            yield f"label-{label}_mask", np.isin(lesions, kept).astype(np.uint8), told

    def write_rest(self, folder: Path, names: tuple[ExportedName, ...]) -> None:
        """The descriptions of the dataset, its participants and their sessions."""
        generator = {"Name": "MTINet", "Version": MTINetLib.__version__}
        told = {
            "Name": self.name,
            "BIDSVersion": VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": [generator],
            "Synthetic": self.synthetic,
        }
        (folder / DESCRIPTION_FILE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        text = _README.format(
            name=self.name,
            phases=", ".join(_label(phase) for phase in self.phases),
            version=MTINetLib.__version__,
            of_class=" of a class" if self.meaning == "class" else "",
            synthetic="Synthetic: no patient was imaged.\n" if self.synthetic else "",
        )
        (folder / "README").write_text(text, encoding="utf-8")
        subjects = dict.fromkeys(one.subject for one in names)
        _write_table(folder / PARTICIPANTS_FILE, ("participant_id",), [[f"sub-{one}"] for one in subjects])
        organs = [[organ.value, organ.title] for organ in Organ] + [[UNKNOWN_ORGAN, "unknown"]]
        if any(one.case.anatomy_path for one in names):
            _write_table(folder / "seg-organs_dseg.tsv", ("index", "name"), organs)
        for subject in subjects:
            rows = [
                [f"ses-{one.session}", study_class(one.case), one.fold or "n/a"]
                for one in names
                if one.subject == subject
            ]
            table = folder / f"sub-{subject}" / f"sub-{subject}_sessions.tsv"
            _write_table(table, ("session_id", "class", "fold"), rows)


def study_class(case: DatasetCase) -> str:
    """As ``cases.csv`` says it; BIDS writes ``n/a`` for what there is none of."""
    return "n/a" if case.case_class == NO_LESIONS else case.case_class


def _label(phase: Phase) -> str:
    """Labels of BIDS are letters and digits."""
    return phase.value.replace("_", "")


def _image(name: str, phase: Phase) -> str:
    return f"{name}_acq-{_label(phase)}_desc-aligned_T1w"


def _describe(path: Path, told: dict[str, Any]) -> None:
    sidecar = path.with_name(path.name.removesuffix(".nii.gz") + ".json")
    sidecar.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
