"""What ``mtinet analyze`` was asked for; what can be refused is refused before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from MTINetLib.models.ways import Ways
    from MTINetLib.study.phase import Phase

_ALIGNMENTS = ("auto", "off", "force")


@dataclass(frozen=True)
class AnalyzeOrder:
    """The options, as the command line names them.

    Args:
        told: what each phase was named.
        reference: the phase whose grid the results have; None for the usual one.
    """

    out: Path
    source: Path | None
    told: Mapping[Phase, str]
    reference: Phase | None
    model: str | None
    device: str
    precision: str
    backend: str
    align: str
    assume_order: bool
    liver: Path | None
    liver_label: str | None
    scene: bool
    dicom: bool
    page: bool
    deidentify: bool
    overwrite: bool
    resume_from: Path | None = None
    sensitivity: str | None = None

    @property
    def ways(self) -> Ways:
        """As the pipeline takes them."""
        return {"device": self.device, "precision": self.precision, "backend": self.backend}

    def check(self) -> None:
        """Before anything is read and torch is loaded.

        Raises:
            InputError: what cannot be done, and what to do instead.
        """
        from MTINetLib.report.output_folder import check_output_folder
        from MTINetLib.report.source_data import refuse_source_data

        check_output_folder(self.out, overwrite=self.overwrite)
        _check_source(self.source, self.told, self.align, self.model)
        if self.source is None:
            _check_paths(self.told, self.model)
        sources = [] if self.source is None else [self.source]
        refuse_source_data(self.out, [*sources, *map(Path, self.told.values())])
        _check_liver(self.liver, self.liver_label)
        _check_sensitivity(self.sensitivity, self.model, self.resume_from)


def told_phases(words: tuple[str | None, ...], others: list[str]) -> dict[Phase, str]:
    """What each phase was named, by the four options of their own and by --phase."""
    from MTINetLib.errors import InputError
    from MTINetLib.phases.naming import OWN_OPTIONS
    from MTINetLib.study.phase import in_order_of_time, phase_named

    told = {phase: word for phase, word in zip(OWN_OPTIONS, words, strict=True) if word is not None}
    for text in others:
        name, equals, word = text.partition("=")
        if not (equals and word):
            raise InputError(f"--phase {text} is no NAME=PATH; write, say, --phase hepatobiliary=PATH.")
        phase = phase_named(name)
        if phase in told:
            raise InputError(f"The {phase.title} phase is named twice; name it once.")
        told[phase] = word
    return {phase: told[phase] for phase in in_order_of_time(told)}


def named_reference(name: str | None) -> Phase | None:
    """The phase that ``--reference`` names."""
    from MTINetLib.errors import InputError
    from MTINetLib.study.phase import phase_named

    if name is None:
        return None
    try:
        return phase_named(name)
    except InputError as error:
        raise InputError(str(error).replace(f"'{name}'", f"'{name}' for --reference", 1)) from error


def check_alignment(word: str) -> None:
    """Before anything is read."""
    from MTINetLib.errors import InputError

    if word not in _ALIGNMENTS:
        raise InputError(f"--align {word} is unknown; choose one of {', '.join(_ALIGNMENTS)}.")


def _check_source(source: Path | None, told: Mapping[Phase, str], alignment: str, model: str | None) -> None:
    """What can be refused before anything is read."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import phases_to_look_for
    from MTINetLib.phases.naming import options_of

    check_alignment(alignment)
    if source is None and not told:
        raise InputError(
            "Nothing to analyze: name a folder of DICOM, or all of "
            f"{options_of(phases_to_look_for(model))} (or the phases that another model takes)."
        )
    if source is not None and not source.exists():
        raise InputError(f"{source} does not exist; name a folder or .zip archive of one study.")


def _check_paths(told: Mapping[Phase, str], model: str | None) -> None:
    """All phases of the model are named, and each path is there; before torch is loaded."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.phases.naming import option_of
    from MTINetLib.pipeline.other_models import refuse_other_phases
    from MTINetLib.study.phase import count_in_words, listed

    info = told_info(find_model(model))
    try:
        refuse_other_phases(tuple(told), info)
    except InputError as error:
        missing = [option_of(phase) for phase in info.phases if phase not in told]
        if not missing:
            raise
        count = count_in_words(len(info.phases))
        are = "is" if len(missing) == 1 else "are"
        raise InputError(
            f"{listed(missing)} {are} missing: without INPUT all {count} phases must be named. {error}"
        ) from error
    for phase, word in told.items():
        if not Path(word).exists():
            raise InputError(
                f"{word} does not exist; {option_of(phase).removesuffix('=...')} needs a file or a folder of "
                "one DICOM series."
            )


def _check_liver(liver: Path | None, label: str | None) -> None:
    """Before anything is read."""
    from MTINetLib.errors import InputError

    if liver is not None and not liver.exists():
        raise InputError(f"There is no file or folder {liver}; --liver needs a file that outlines the liver.")
    if liver is None and label is not None:
        raise InputError("--liver-label names a part of the file of --liver; name that file too.")


def _check_sensitivity(wanted: str | None, model: str | None, resume_from: Path | None) -> None:
    """Before torch is loaded."""
    from MTINetLib.errors import InputError
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.pipeline.sensitivity import offered_points

    if wanted is None:
        return
    if resume_from is not None:
        raise InputError(
            "--sensitivity chooses among found marks, and --resume-from finds none; give one of them."
        )
    offered_points(told_info(find_model(model))).chosen(wanted)
