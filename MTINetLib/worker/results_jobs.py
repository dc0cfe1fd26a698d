"""Jobs about results in a folder: read them with their images, and compare both. Neither needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from MTINetLib.cohort.results_images import images_of_results
from MTINetLib.errors import ModelError
from MTINetLib.findings import StudyFindings, from_dict, to_dict
from MTINetLib.models.find import find_model, model_folders, models_in
from MTINetLib.models.info import told_info
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.pipeline.results_folder import (
    EarlierResults,
    fits_masks,
    read_results,
    refuse_other_images,
    times_of,
)
from MTINetLib.progress import Stage
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase
from MTINetLib.worker.arrays import load_array, save_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.liver_files import load_liver
from MTINetLib.worker.requests import LiverFile, PhaseFile
from MTINetLib.worker.results_requests import OpenedResults, OpenResults, TakenUp, TakeUp


@job
def open_results(request: OpenResults, context: JobContext) -> OpenedResults:
    """
    Raises:
        InputError: there are no results, or their images are not where they lay (``images_moved``) or are
            others.
    """
    folder = Path(request.folder)
    results = read_results(folder)
    findings = results.findings
    with ExitStack() as held:
        images = Path(request.images) if request.images else None
        volumes = images_of_results(folder, images, findings, held, context.progress)
        phases = _phase_files(findings, volumes, context)
    files = tuple(_files_of(volumes[phase]) for phase in findings.phases)
    liver = None
    if results.liver is not None and findings.liver is not None:
        mask = save_array(context.folder, "earlier-liver", results.liver.astype(np.uint8))
        liver = LiverFile(mask, findings.liver.origin, findings.liver.source)
    return OpenedResults(
        phases=phases,
        files=files,
        findings=to_dict(findings),
        reference=results.reference,
        labels=_saved(results, context),
        grid=results.grid,
        liver=liver,
        probability=""
        if results.probability is None
        else save_array(context.folder, "earlier-probability", results.probability.astype(np.float32)),
        model=_installed(findings.provenance.model_sha256, request.model),
    )


@job
def take_up(request: TakeUp, context: JobContext) -> TakenUp:
    """
    Raises:
        InputError: the study has other images than the results.
    """
    before = from_dict(request.before)
    labels = np.asarray(load_array(context.path(request.labels)))
    study, liver = context.state.study(request.study), load_liver(request.liver, context)
    measured = remeasure(study, labels, before, liver=liver, progress=context.progress)
    refuse_other_images(Path(request.folder), before, measured)
    changed = not fits_masks(before, measured)
    return TakenUp(to_dict(measured if changed else before), changed)


def _saved(results: EarlierResults, context: JobContext) -> str:
    if results.labels is None:
        return ""
    return save_array(context.folder, "earlier-labels", results.labels)


def _phase_files(
    findings: StudyFindings, volumes: Mapping[Phase, SourceVolume], context: JobContext
) -> tuple[PhaseFile, ...]:
    files, times = [], times_of(findings)
    context.progress.start(Stage.READING_PHASES, len(findings.phases))
    for done, said in enumerate(findings.study.phases, start=1):
        volume = volumes[said.phase]
        files.append(
            PhaseFile(
                phase=said.phase,
                path=save_array(context.folder, f"earlier-{said.phase.value}", volume.array),
                grid=volume.grid,
                description=volume.description,
                evidence=said.evidence,
                confidence=said.confidence,
                series_uid=volume.series_uid,
                time_point=volume.time_point,
                instance_uids=volume.instance_uids,
                time_s=times[said.phase],
            )
        )
        context.progress.update(done)
    return tuple(files)


def _files_of(volume: SourceVolume) -> tuple[str, ...]:
    """Those of DICOM that stay: what was unpacked of an archive is gone."""
    paths = dict.fromkeys(image.path for image in volume.images)
    return tuple(map(str, paths)) if all(path.is_file() for path in paths) else ()


def _installed(sha256: str, chosen: str | None) -> str | None:
    """How the model with these weights is chosen here; None where it is not here."""
    with suppress(ModelError):
        if told_info(find_model(chosen)).sha256 == sha256:
            return chosen or ""
    for number, folder in enumerate(models_in(model_folders())):
        with suppress(ModelError):
            if told_info(folder).sha256 == sha256:
                return str(folder) if number else ""
    return None
