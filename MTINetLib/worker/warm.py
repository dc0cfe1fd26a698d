"""What the worker keeps between jobs: studies by key, and models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.study.study import Study
from MTINetLib.worker.study_files import read_study

if TYPE_CHECKING:
    from MTINetLib.models.store import LoadedModel
    from MTINetLib.outline.outline import Outliner

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
    outliners: dict[tuple[str, str], Outliner] = field(default_factory=dict)

    def keep(self, key: str, study: Study) -> None:
        self.studies.pop(key, None)
        self.outliners.clear()
        self.studies[key] = study
        while len(self.studies) > MOST_STUDIES:
            self.studies.pop(next(iter(self.studies)))

    def study(self, key: str) -> Study:
        """A study that was opened.

        Raises:
            InputError: it was not.
        """
        if key not in self.studies:
            self.keep(key, read_study(self.folder, key))
        return self.studies[key]

    def outliner(self, key: str, device: str) -> Outliner:
        """What outlines lesions of a study, with all that it has seen of it; that of the last study is kept.

        Raises:
            InputError: the study was not opened.
            MissingResourceError, ModelError: see ``load_outline_network``; or the device is not there.
        """
        from MTINetLib.pipeline.outline import installed_outliner

        study = self.study(key)
        if (key, device) not in self.outliners:
            self.outliners.clear()
            self.outliners[key, device] = installed_outliner(study, device)
        return self.outliners[key, device]

    def model(self, name: str | None) -> LoadedModel:
        """A model, loaded once and again when its files change.

        Raises:
            ModelError: see ``load_model``.
        """
        from MTINetLib.models.find import find_model
        from MTINetLib.models.store import load_model

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


def _checksums(folder: Path) -> str:
    try:
        return (folder / "SHA256SUMS").read_text("utf-8", errors="replace")
    except OSError:
        return ""
