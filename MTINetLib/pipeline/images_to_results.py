"""The whole way of one study without a person: from its images to its results."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.pipeline.write import WriteOptions, Written, write
from MTINetLib.progress import Progress

if TYPE_CHECKING:
    from MTINetLib.models.store import LoadedModel
    from MTINetLib.models.ways import Ways


@dataclass(frozen=True)
class WholeWay:
    """How every study is treated.

    Args:
        ways: where and how the model runs.
        sensitivity: an operating point that the model offers; None for its usual one.
    """

    model: LoadedModel
    ways: Ways
    options: WriteOptions = field(default_factory=WriteOptions)
    sensitivity: str | None = None

    def __call__(self, images: Path, results: Path, progress: Progress | None = None) -> Written:
        """Open, analyze and write a study; earlier results in ``results`` are replaced.

        Args:
            images: as ``open_study`` takes a folder.

        Raises:
            InputError, MissingResourceError: as of ``open_study``, ``analyze`` and ``write``.
            Cancelled: told by ``progress``.
        """
        from MTINetLib.pipeline.analyze import analyze
        from MTINetLib.pipeline.open import open_study

        with ExitStack() as files:
            study = open_study(images, phases=self.model.info.phases, files=files, progress=progress)
            analysis = analyze(
                study,
                self.model,
                sensitivity=self.sensitivity,
                **self.ways,
                progress=progress,
            )
            return write(study, analysis, results, self.options, overwrite=True, progress=progress)
