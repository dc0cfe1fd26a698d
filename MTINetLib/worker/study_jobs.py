"""Jobs that make studies: from the volumes of a scene, and a synthetic one. Neither needs torch."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Stage
from MTINetLib.study.study import Study
from MTINetLib.worker.arrays import load_array, save_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.requests import (
    MakeSample,
    OpenedStudy,
    OpenStudy,
    PhaseFile,
    SampleVolumes,
    SourceText,
)
from MTINetLib.worker.study_files import new_study_folder, write_record


@job
def open_study(request: OpenStudy, context: JobContext) -> OpenedStudy:
    """
    Raises:
        InputError: the phases cannot be the volumes of a study; one sentence names the phase.
    """
    from MTINetLib.phases.given import GivenPhase, given_phases
    from MTINetLib.pipeline.open import open_study as study_of

    given = {
        file.phase: GivenPhase(_volume(file, context), file.evidence, file.confidence, file.time_s)
        for file in request.phases
    }
    study = study_of(
        given_phases(given, request.flags),
        reference=request.reference,
        alignment=request.alignment,
        progress=context.progress,
    )
    place = new_study_folder(context.folder, request.study)
    covered = None if study.covered is None else save_array(place, "covered", study.covered)
    opened = _opened(request.study, study, save_array(place, "volumes", study.volumes), covered)
    write_record(place, opened, study.sources)
    context.state.keep(request.study, study)
    import_module("MTINetLib.pipeline.remeasure")  # the first stroke of the brush does not wait for it
    return opened


@job
def make_sample(request: MakeSample, context: JobContext) -> SampleVolumes:
    from MTINetLib.phantom.case import make_case
    from MTINetLib.phantom.demo import DEMO_SEED, DEMO_SETTINGS

    seed = DEMO_SEED if request.seed is None else request.seed
    context.progress.start(Stage.MAKING_SAMPLE, 1)
    study = make_case(seed, 0, DEMO_SETTINGS).study
    files = []
    for phase in study.phases:
        context.progress.check()
        source = study.source(phase)
        files.append(
            PhaseFile(
                phase=phase,
                path=save_array(context.folder, f"sample-{phase.value}", study.phase(phase)),
                grid=study.grid,
                description=source.description,
                evidence=source.evidence,
                confidence=source.confidence,
                time_s=study.time_s(phase),
            )
        )
    context.progress.update(1)
    return SampleVolumes(tuple(files), f"Sample study {seed}")


def _volume(file: PhaseFile, context: JobContext) -> Any:
    from MTINetLib.reading.source_volume import SourceVolume

    array = load_array(context.path(file.path))
    if array.shape != file.grid.shape:
        raise error_of(InputError, "no_single_volume", volume=file.description)
    # A copy: the file may be taken away while the study is still used.
    volume = SourceVolume.of_array(np.array(array, dtype=np.float32), file.grid, file.description)
    return replace(
        volume,
        series_uid=file.series_uid,
        time_point=file.time_point,
        instance_uids=file.instance_uids,
        flags=file.flags,
    )


def _opened(key: str, study: Study, volumes: str, covered: str | None) -> OpenedStudy:
    sources = tuple(
        SourceText(
            source.description, source.evidence, source.confidence, source.series_uid, source.time_point
        )
        for source in study.sources
    )
    return OpenedStudy(
        study=key,
        phases=study.phases,
        volumes=volumes,
        grid=study.grid,
        reference=study.reference,
        times_s=study.times_s,
        sources=sources,
        flags=study.flags,
        alignment=study.alignment,
        covered=covered,
    )
