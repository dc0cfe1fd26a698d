"""A dataset of made studies, whose lesions are known voxel by voxel."""

from __future__ import annotations

import json
from pathlib import Path

from support.made_analysis import made_grid, made_labels, made_study

from MTINetLib.dataset.folder import DatasetCase, write_dataset_tables
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.phase import FOUR_PHASES


def write_made_dataset(folder: Path) -> Path:
    """Two patients with the two made lesions, and one study whose truth is empty."""
    study = made_study(made_grid((10, 40, 48)))
    cases = []
    for name, case_class in (("one", "hcc"), ("two", "hcc"), ("clean", "none")):
        paths = {phase: folder / name / f"{phase.value}.nii.gz" for phase in FOUR_PHASES}
        for phase, path in paths.items():
            write_volume(path, study.phase(phase), study.grid)
        mask = folder / name / "mask.nii.gz"
        labels = made_labels(study.grid)
        write_label_map(mask, labels if case_class != "none" else labels * 0, study.grid)
        classes = {1: "hcc", 2: "hemangioma"} if case_class != "none" else {}
        cases.append(DatasetCase(name, f"patient {name}", case_class, paths, mask, classes))
    write_dataset_tables(folder, cases)
    (folder / "dataset.json").write_text(json.dumps({"synthetic": True, "seed": 7}), encoding="utf-8")
    return folder
