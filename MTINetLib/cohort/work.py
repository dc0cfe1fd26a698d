"""What a worker does with one study: open, analyze, write; the model stays loaded.

Results are made in a folder of the process and moved in one step, so that they appear whole or not at all.
What a killed process has left goes when the next run begins.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.alive import AliveLock, owner_is_gone
from MTINetLib.cohort.cohort_study import SOURCE_FILE, CohortStudy, study_from_json
from MTINetLib.errors import DeviceUnusable, MissingResourceError, ModelError, MTINetError
from MTINetLib.findings import from_json
from MTINetLib.output_place import clear_disk_errors, is_disk_fault
from MTINetLib.report.file_names import FINDINGS_FILE
from MTINetLib.report.file_names import STUDIES_FOLDER as STUDIES_FOLDER

if TYPE_CHECKING:
    from MTINetLib.models.store import LoadedModel

UNFINISHED_FOLDER = ".unfinished"


@dataclass(frozen=True)
class Work:
    """How every study of a cohort is analyzed; everything is the same on all workers.

    Args:
        out: the folder of the cohort.
        model: its folder; ``sha256`` of its weights.
        device, precision, backend, alignment, assume_order, sensitivity: as ``analyze`` takes them.
        formats: as ``write`` takes them.
    """

    out: str
    model: str
    sha256: str
    device: str = "auto"
    precision: str = "auto"
    backend: str = "torch"
    alignment: str = "auto"
    assume_order: bool = False
    sensitivity: str | None = None
    formats: tuple[str, ...] = ("json",)


@dataclass(frozen=True)
class Outcome:
    """What came of one study.

    Args:
        lesions: how many were found.
        problem: why there are none, as ``analyze`` would have said it; empty where there are results.
    """

    lesions: int = 0
    problem: str = ""


def work_on(study: CohortStudy, work: Work) -> Outcome:
    """Analyze a study and put its results into its folder.

    Raises:
        MTINetError: something that every other study would meet too, such as a full disk.
        any exception: a defect.
    """
    try:
        return _analyzed(study, work)
    except (ModelError, DeviceUnusable):
        raise
    except MTINetError as error:
        if isinstance(error, MissingResourceError) and is_disk_fault(error, Path(work.out)):
            raise
        return Outcome(problem=" ".join(str(error).split()))


def trouble_here(work: Work, version: str) -> str:
    """Why this computer cannot take part, as the rest of a sentence; empty where it can."""
    import MTINetLib

    if MTINetLib.__version__ != version:
        return f"has version {MTINetLib.__version__} of MTINet and not {version}: install the same everywhere"
    for path in (Path(work.out), Path(work.model)):
        if not path.is_dir():
            return f"does not see {path}: the workers need archive, results and model under the same paths"
    return ""


def settle(work: Work) -> Mapping[str, str]:
    """Device, precision and backend where they were left to the machine: one answer for all workers."""
    compute = _model(work).settled(work.device, work.precision, work.backend)
    return {"device": work.device, "precision": compute.precision, "backend": compute.backend}


def is_done(study: CohortStudy, out: Path) -> bool:
    """Whether there are results of the study as it is now."""
    before = study_before(out / STUDIES_FOLDER / study.name)
    return before is not None and (before.count, before.size) == (study.count, study.size)


def study_before(results: Path) -> CohortStudy | None:
    """What results were made from; None where there are none."""
    if not (results / FINDINGS_FILE).is_file():
        return None
    with suppress(OSError, ValueError):
        return study_from_json((results / SOURCE_FILE).read_text(encoding="utf-8"))
    return None


def clear_unfinished(out: Path) -> None:
    """Take away what processes that have ended left unfinished."""
    folder = out / UNFINISHED_FOLDER
    for place in sorted(folder.glob("*")):
        if owner_is_gone(place):
            shutil.rmtree(place, ignore_errors=True)
        with suppress(OSError):  # one that has lost its lock and holds nothing
            place.rmdir()
    with suppress(OSError):  # another process works there
        folder.rmdir()


def _analyzed(study: CohortStudy, work: Work) -> Outcome:
    from MTINetLib.pipeline.analyze import analyze
    from MTINetLib.pipeline.open import open_study
    from MTINetLib.pipeline.write import WriteOptions, write_into

    out = Path(work.out)
    if is_done(study, out):  # its answer was lost with the process that had given it
        found = from_json((out / STUDIES_FOLDER / study.name / FINDINGS_FILE).read_text(encoding="utf-8"))
        return Outcome(len(found.lesions))
    model = _model(work)
    with ExitStack() as held:
        opened = open_study(
            study.source(held),
            phases=model.info.phases,
            alignment=work.alignment,
            assume_order=work.assume_order,
            files=held,
        )
        analysis = analyze(
            opened,
            model,
            sensitivity=work.sensitivity,
            device=work.device,
            precision=work.precision,
            backend=work.backend,
        )
        with clear_disk_errors(out):
            begun = _own_place(out) / uuid.uuid4().hex
            begun.mkdir(parents=True)
        try:
            with clear_disk_errors(out):
                write_into(begun, opened, analysis, WriteOptions(formats=work.formats))
                (begun / SOURCE_FILE).write_text(study.as_json(), encoding="utf-8", newline="\n")
                _put_in_place(begun, study, out)
        finally:
            shutil.rmtree(begun, ignore_errors=True)
    return Outcome(len(analysis.findings.lesions))


def _put_in_place(begun: Path, study: CohortStudy, out: Path) -> None:
    """One step; results of the study as it was before go, those of another process for the same one stay."""
    target = out / STUDIES_FOLDER / study.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not is_done(study, out):
        old = begun.with_name(f"{begun.name}-before")
        target.replace(old)
        shutil.rmtree(old, ignore_errors=True)
    try:
        begun.replace(target)
    except OSError:
        if not is_done(study, out):
            raise


_guard = threading.Lock()
_models: dict[tuple[str, str], LoadedModel] = {}
_places: dict[Path, AliveLock] = {}


def _model(work: Work) -> LoadedModel:
    """Loaded once a process."""
    key = (work.model, work.sha256)
    with _guard:
        if key not in _models:
            from MTINetLib.malloc_tuning import keep_freed_memory
            from MTINetLib.models.store import load_model

            keep_freed_memory()
            loaded = load_model(work.model)
            if loaded.info.sha256 != work.sha256:
                raise ModelError(
                    f"The model in {work.model} is another one on this worker: give all workers the same."
                )
            _models[key] = loaded
        return _models[key]


def _own_place(out: Path) -> Path:
    """This process's folder for unfinished results, locked as long as the process lives."""
    folder = out.absolute() / UNFINISHED_FOLDER
    with _guard:
        known = next((place for place in _places if place.parent == folder and place.is_dir()), None)
        if known is None:
            known = folder / uuid.uuid4().hex
            known.mkdir(parents=True)
            _places[known] = AliveLock(known)
        return known


def settled(work: Work, compute: Mapping[str, str]) -> Work:
    """The same work with what was settled."""
    return replace(work, device=compute["device"], precision=compute["precision"], backend=compute["backend"])
