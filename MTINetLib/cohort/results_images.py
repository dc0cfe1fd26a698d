"""The images that the results in a folder were made from: where they lay, or where a person says they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from MTINetLib.cohort.cohort_study import SOURCE_FILE, CohortStudy, study_from_json
from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings
from MTINetLib.pipeline.results_folder import volumes_of
from MTINetLib.presentation.statements import error_of
from MTINetLib.progress import Progress
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.study.phase import Phase


def images_of_results(
    folder: Path,
    images: Path | None,
    findings: StudyFindings,
    held: ExitStack,
    progress: Progress | None = None,
) -> Mapping[Phase, SourceVolume]:
    """The volume of each phase; voxels are read when they are asked for, before ``held`` is closed.

    Args:
        folder: of the results.
        images: None for where the results say that they lay.

    Raises:
        InputError: nothing says where they are (``images_untold``), they are not there any more
            (``images_moved``), or others are.
    """
    if images is None:
        source = _source_of(folder).source(held)
        if isinstance(source, Mapping):
            return {Phase(phase): read_volume(Path(path)) for phase, path in source.items()}
        if isinstance(source, FoundVolumes):
            return volumes_of(findings, source)
        images = Path(str(source))
    return volumes_of(findings, held.enter_context(open_input(images, progress)))


def _source_of(folder: Path) -> CohortStudy:
    with suppress(OSError, ValueError):
        told = study_from_json((folder / SOURCE_FILE).read_text(encoding="utf-8"))
        if told.is_there:
            return told
        raise error_of(InputError, "images_moved", folder=folder, place=told.place)
    raise error_of(InputError, "images_untold", folder=folder)
