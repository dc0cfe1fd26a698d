"""What the worker keeps between jobs: studies by key, and models."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import PhaseSource, Study
from MTINetLib.worker.messages import OpenedStudy

if TYPE_CHECKING:
    from MTINetLib.inference.model_store import LoadedModel

#: A study of usual size takes 80 to 250 MB; older ones are read from the folder again when asked for.
MOST_STUDIES = 2


@dataclass
class WarmState:
    """Kept as long as the worker runs.

    Args:
        folder: the private folder, from which a restarted worker reads its studies.
    """

    folder: Path
    studies: dict[str, Study] = field(default_factory=dict)
    models: dict[str, tuple[str, LoadedModel]] = field(default_factory=dict)

    def keep(self, key: str, study: Study) -> None:
        self.studies.pop(key, None)
        self.studies[key] = study
        while len(self.studies) > MOST_STUDIES:
            self.studies.pop(next(iter(self.studies)))

    def study(self, key: str) -> Study:
        """A study that was opened.

        Raises:
            InputError: it was not.
        """
        if key not in self.studies:
            self.keep(key, _study_of_folder(self.folder, key))
        return self.studies[key]

    def model(self, name: str | None) -> LoadedModel:
        """A model, loaded once and again when its files change.

        Raises:
            ModelError: see ``load_model``.
        """
        from MTINetLib.inference.model_store import find_model, load_model

        folder = find_model(name)
        sums = _checksums(folder)
        kept = self.models.get(str(folder))
        if kept is None or kept[0] != sums:
            # The GPU may not have room for two.
            for _, other in self.models.values():
                other.release()
            self.models.clear()
            kept = (sums, load_model(folder))
            self.models[str(folder)] = kept
        return kept[1]


def record_file(folder: Path, key: str) -> Path:
    """Where the record of a study lies; a key may hold any characters."""
    return folder / f"opened-{hashlib.sha256(key.encode('utf-8')).hexdigest()[:16]}.json"


def write_record(folder: Path, opened: OpenedStudy, sources: tuple[PhaseSource, ...]) -> None:
    """Note a study, so that another run of the worker finds it."""
    values = {"opened": opened.to_dict(), "instances": [list(source.instance_uids) for source in sources]}
    beside = record_file(folder, opened.study).with_suffix(".part")
    beside.write_text(json.dumps(values), encoding="utf-8")
    beside.replace(record_file(folder, opened.study))


def _study_of_folder(folder: Path, key: str) -> Study:
    try:
        values = json.loads(record_file(folder, key).read_text("utf-8"))
        opened = OpenedStudy.from_dict(values["opened"])
        volumes = np.load(opened.volumes, allow_pickle=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError("The study is not open in the worker any more; analyse it again.") from error
    sources = tuple(
        PhaseSource(
            text.description,
            text.evidence,
            text.confidence,
            text.series_uid,
            text.time_point,
            tuple(instances),
        )
        for text, instances in zip(opened.sources, values["instances"], strict=True)
    )
    return Study(
        volumes=volumes,
        grid=opened.grid,
        reference=Phase(opened.reference),
        times_s=opened.times_s,
        sources=sources,  # type: ignore[arg-type]
        flags=opened.flags,
        alignment=opened.alignment,
    )


def _checksums(folder: Path) -> str:
    try:
        return (folder / "SHA256SUMS").read_text("utf-8", errors="replace")
    except OSError:
        return ""
