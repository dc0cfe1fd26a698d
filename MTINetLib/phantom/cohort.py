"""Cohorts: many phantom cases as a dataset folder that training and evaluation read."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import MTINetLib
from MTINetLib.dataset.folder import DatasetCase, write_dataset_tables
from MTINetLib.errors import InputError
from MTINetLib.output_place import refuse_unusable_folder
from MTINetLib.phantom.case import PhantomCase, PhantomSettings, TruthLesion, make_case
from MTINetLib.process_pool import run_in_processes
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase

FORMATS = ("nifti", "dicom")

#: One case to make: folder, seed, index, image format, settings.
_Job = tuple[str, int, int, str, PhantomSettings]


def write_cohort(
    folder: Path,
    cases: int,
    seed: int,
    image_format: str = "nifti",
    settings: PhantomSettings | None = None,
    progress: Progress | None = None,
    *,
    first_index: int = 0,
    workers: int = 1,
) -> list[DatasetCase]:
    """Make ``cases`` studies and write them as a dataset folder.

    The folder holds ``cases.csv``, ``lesions.csv``, ``dataset.json`` (which says that all of it is
    synthetic) and per case ``cases/<case>/`` with four NIfTI files or four DICOM series folders,
    ``mask.nii.gz``, ``anatomy.nii.gz`` (study/anatomy.py) and ``truth.json`` (true curves, diameters,
    times). It is written beside its place and moved there when whole.

    Args:
        folder: new or empty.
        cases: how many.
        seed: of the cohort; case n is ``make_case(seed, first_index + n)``.
        image_format: ``nifti`` or ``dicom``.
        settings: what kind of studies.
        progress: told after every case.
        first_index: of the first case, to write a cohort in parts.
        workers: processes; started by spawn, so the caller's main module must be importable.

    Raises:
        InputError: the folder holds something or cannot be written, the format is unknown, or no case is
            asked for.
    """
    watch = progress or Silent()
    folder = Path(folder)
    _check(folder, cases, image_format)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        chosen = settings or PhantomSettings()
        jobs = [(str(beside), seed, first_index + n, image_format, chosen) for n in range(cases)]
        rows: list[DatasetCase] = []
        watch.start(Stage.MAKING_CASES, cases)
        for row in _run(jobs, workers, lambda: watch.update(len(rows))):
            rows.append(row)
            watch.update(len(rows))
        rows.sort(key=lambda row: row.case)
        watch.finish()
        write_dataset_tables(beside, rows)
        _write_origin(beside, seed, first_index, chosen)
        if folder.exists():
            folder.rmdir()
        beside.chmod(0o755)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return [_moved(row, beside, folder) for row in rows]


def _write_origin(folder: Path, seed: int, first_index: int, settings: PhantomSettings) -> None:
    """``dataset.json``: what the dataset is, so that figures made on it are called synthetic."""
    origin = {
        "synthetic": True,
        "made_by": f"mtinet phantom, MTINetLib {MTINetLib.__version__}",
        "seed": seed,
        "first_index": first_index,
        # The name of a folder of livers is worth keeping, where it lies is not.
        "settings": {**asdict(settings), "anatomy": settings.anatomy.name if settings.anatomy else None},
    }
    (folder / "dataset.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")


def _check(folder: Path, cases: int, image_format: str) -> None:
    if image_format not in FORMATS:
        raise InputError(f"The image format '{image_format}' is unknown; choose nifti or dicom.")
    if cases < 1:
        raise InputError(f"{cases} cases cannot be made; ask for at least one.")
    refuse_unusable_folder(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} already holds something; choose a new folder for the phantom cases.")


def _run(jobs: list[_Job], workers: int, look_up: Callable[[], None]) -> Iterator[DatasetCase]:
    if workers <= 1:
        yield from map(_write_job, jobs)
        return
    for _, row in run_in_processes(_write_job, jobs, workers, title=_title, look_up=look_up):
        yield row


def _title(job: _Job) -> str:
    return f"case {job[2]}"


def _write_job(job: _Job) -> DatasetCase:
    folder, seed, index, image_format, settings = job
    return write_case(Path(folder), make_case(seed, index, settings), f"case_{index:04d}", image_format, seed)


def write_case(
    folder: Path, case: PhantomCase, name: str, image_format: str = "nifti", seed: int = 0
) -> DatasetCase:
    """Write one case under ``folder/cases/name`` and return its row; ``seed`` is noted in truth.json."""
    target = folder / "cases" / name
    target.mkdir(parents=True)
    if image_format == "dicom":
        paths = _write_dicom(target, case, name, seed)
    else:
        paths = {phase: target / f"{phase.value}.nii" for phase in FOUR_PHASES}
        for phase in FOUR_PHASES:
            # Stored values are whole numbers within 12 bits: int16 halves the files without loss.
            write_volume(paths[phase], case.study.phase(phase).astype("int16"), case.study.grid)
    mask = target / "mask.nii.gz"
    write_label_map(mask, case.labels, case.study.grid)
    anatomy = target / "anatomy.nii.gz"
    write_label_map(anatomy, case.anatomy, case.study.grid)
    (target / "truth.json").write_text(
        json.dumps(_truth(case, name, seed), indent=2) + "\n", encoding="utf-8"
    )
    return DatasetCase(
        case=name,
        patient=name,
        case_class=case.case_class,
        phase_paths=paths,
        mask_path=mask,
        lesion_classes={lesion.label: lesion.lesion_class for lesion in case.lesions},
        anatomy_path=anatomy,
    )


def _write_dicom(target: Path, case: PhantomCase, name: str, seed: int) -> dict[Phase, Path]:
    # Imported here so that NIfTI cohorts do without pydicom.
    from MTINetLib.phantom.dicom_writer import write_study_as_dicom

    return write_study_as_dicom(target, case.study, patient_id=f"{name}-{seed}", study_seed=seed)


def _truth(case: PhantomCase, name: str, seed: int) -> dict[str, object]:
    return {
        "case": name,
        "seed": seed,
        "times_s": list(case.study.times_s),
        "lesions": [_truth_lesion(lesion) for lesion in case.lesions],
    }


def _truth_lesion(lesion: TruthLesion) -> dict[str, object]:
    return {
        "label": lesion.label,
        "class": lesion.lesion_class,
        "kind": lesion.kind,
        "diameter_mm": lesion.diameter_mm,
        "curve": list(lesion.curve),
    }


def _moved(row: DatasetCase, old: Path, new: Path) -> DatasetCase:
    def moved(path: Path | None) -> Path | None:
        return None if path is None else new / path.relative_to(old)

    return replace(
        row,
        phase_paths={phase: new / path.relative_to(old) for phase, path in row.phase_paths.items()},
        mask_path=moved(row.mask_path),
        anatomy_path=moved(row.anatomy_path),
    )


__all__ = [
    "FORMATS",
    "PhantomCase",
    "PhantomSettings",
    "TruthLesion",
    "make_case",
    "write_case",
    "write_cohort",
]
