"""BIDS: images below ``sub-<label>``, outlines below ``derivatives``, as masks or as discrete segmentations.

https://bids-specification.readthedocs.io (derivatives/imaging: ``_label-<label>_mask``, ``_dseg`` with a
``.tsv`` of ``index`` and ``name``). BIDS has no entity for contrast phases: any entity of an image may name
it (``ce-arterial``, ``acq-portalvenous``), and the entities of an outline say which images it was drawn on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from MTINetLib.dataset.tables import Row, column_names, table_rows
from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, MaskFile, Reading
from MTINetLib.importers.names import phase_in, plain_name, told_class, told_phases
from MTINetLib.importers.semantic import meanings_of
from MTINetLib.study.phase import Phase

_ENDINGS = (".nii.gz", ".nii")
_OUTLINES = ("mask", "dseg")
_PARTICIPANTS, _DESCRIPTION = "participants.tsv", "dataset_description.json"
_CLASS = ("class", "diagnosis", "lesion_class", "pathology", "group")


@dataclass(frozen=True)
class BidsFile:
    """A file by the entities of its name.

    Args:
        source: folder in which a dataset's own part lies, such as ``derivatives/rater1``.
    """

    path: Path
    entities: Mapping[str, str]
    suffix: str
    source: str

    @property
    def study(self) -> tuple[str, str]:
        return self.entities["sub"], self.entities.get("ses", "")


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there are no such files, or no entity names a phase.
    """
    files = list(_files(source))
    images = [file for file in files if file.suffix not in _OUTLINES and not file.source]
    if not images:
        raise InputError(f"{source} is no BIDS dataset: it holds no sub-LABEL folder with images.")
    words = [value for file in images for value in _telling(file)]
    phases = told_phases_of(words, options)
    if not phases:
        raise InputError(
            f"No entity of the images in {source} names a phase "
            f"({', '.join(dict.fromkeys(words)) or 'there are none'}); say which is which, such as --phase "
            "arterial=LABEL."
        )
    classes = _classes(source)
    of_study: dict[tuple[str, str], list[BidsFile]] = defaultdict(list)
    for file in files:
        of_study[file.study].append(file)
    sessions = {sub: len({ses for other, ses in of_study if other == sub}) for sub, _ in of_study}
    cases = [
        _case(study, own, phases, classes, sessions[study[0]] > 1, options)
        for study, own in sorted(of_study.items())
    ]
    return Found(tuple(cases), synthetic=_is_synthetic(source))


def told_phases_of(words: Sequence[str], options: ImportOptions) -> dict[str, Phase]:
    """Words that several phases share, as labels of other entities may, name none."""
    if options.phases:
        return told_phases(words, options)
    return {word: phase for word in dict.fromkeys(words) if (phase := phase_in(word)) is not None}


def _files(source: Path) -> Iterator[BidsFile]:
    for path in sorted(source.rglob("sub-*_*.nii*")):
        ending = next((end for end in _ENDINGS if path.name.endswith(end)), "")
        parts = path.name[: -len(ending)].split("_") if ending else []
        pairs = [part.partition("-") for part in parts[:-1]]
        if not parts or not all(sign and value for _, sign, value in pairs):
            continue
        place = path.relative_to(source).parts
        pipeline = "/".join(place[:2]) if place[0] == "derivatives" else ""
        yield BidsFile(path, {key: value for key, _, value in pairs}, parts[-1], pipeline)


def _telling(file: BidsFile) -> list[str]:
    """What may name a phase: every entity but those of subject, session and number, and the suffix."""
    return [v for k, v in file.entities.items() if k not in ("sub", "ses", "run", "echo")] + [file.suffix]


def _phase_of(file: BidsFile, phases: Mapping[str, Phase]) -> Phase | None:
    found = {phases[word] for word in _telling(file) if word in phases}
    return found.pop() if len(found) == 1 else None


def _case(
    study: tuple[str, str],
    files: Sequence[BidsFile],
    phases: Mapping[str, Phase],
    classes: Mapping[tuple[str, str], str],
    several: bool,
    options: ImportOptions,
) -> FoundCase:
    subject, session = study
    patient = plain_name(subject)
    case = FoundCase(plain_name(f"{subject}_{session}") if several else patient, patient, "", {})
    volumes: dict[Phase, FoundVolume] = {}
    outlines: dict[tuple[str, Phase | None], list[MaskFile]] = defaultdict(list)
    try:
        case = replace(
            case, case_class=told_class(classes.get(study) or classes.get((subject, ""), ""), options)
        )
        for file in files:
            phase = _phase_of(file, phases)
            if file.suffix in _OUTLINES:
                outlines[_reader(file), phase].append(_outline(file, options))
            elif phase is not None and not file.source:
                if phase in volumes:
                    raise InputError(
                        f"{volumes[phase].path.name} and {file.path.name} are both its {phase.title} phase"
                    )
                volumes[phase] = FoundVolume(file.path)
    except InputError as error:
        return replace(case, left_out=str(error).rstrip("."))
    several_readers = len({reader for reader, _ in outlines}) > 1
    readings = tuple(
        Reading(_without_copies(masks), phase, reader if several_readers else "")
        for (reader, phase), masks in sorted(outlines.items(), key=lambda item: item[0][0])
    )
    left_out = "" if readings else "the derivatives hold no outlines of it"
    return replace(case, volumes=volumes, readings=readings, if_empty="", left_out=left_out)


def _reader(file: BidsFile) -> str:
    """Readers of one image differ by what describes their outlines, or by the folder that these lie in."""
    return file.entities.get("desc") or file.source.partition("/")[2] or "first"


def _without_copies(masks: Sequence[MaskFile]) -> tuple[MaskFile, ...]:
    """A mask of all lesions beside a segmentation of each says the same again."""
    segments = [mask for mask in masks if "_dseg." in mask.path.name and _holds_lesions(mask)]
    return tuple(m for m in masks if not segments or m in segments or not _holds_lesions(m))


def _holds_lesions(mask: MaskFile) -> bool:
    return any(isinstance(meaning, str) for meaning in (mask.values or {}).values())


def _outline(file: BidsFile, options: ImportOptions) -> MaskFile:
    if file.suffix == "mask":
        label = file.entities.get("label", "lesion")
        return MaskFile(file.path, meanings_of({1: label}, options), in_pieces=True)
    return MaskFile(file.path, meanings_of(_names(file.path), options), in_pieces=True)


def _names(path: Path) -> dict[int, str]:
    """The name of each value, or its class: by a table beside the file or, for many files, above it."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    own = [f"{stem}.tsv", *(f"{stem[at + 1 :]}.tsv" for at, sign in enumerate(stem) if sign == "_")]
    for folder in (path.parent, *path.parents):
        for table in (folder / name for name in own):
            if table.is_file():
                named = "class" if "class" in column_names(table, ("index", "name", "class")) else "name"
                rows = [row for row in table_rows(table, ("index", named)) if isinstance(row, Row)]
                return {int(row.values["index"]): row.values[named] for row in rows}
        if (folder / _DESCRIPTION).is_file():
            break
    side = path.with_name(f"{stem}.json")
    try:
        labels = json.loads(side.read_text(encoding="utf-8-sig"))["Labels"]
        return {int(value): str(name) for value, name in labels.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"nothing explains the values of {path.name}: there is no {stem}.tsv beside it"
        ) from error


def _is_synthetic(source: Path) -> bool:
    try:
        return json.loads((source / _DESCRIPTION).read_text(encoding="utf-8-sig"))["Synthetic"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _classes(source: Path) -> dict[tuple[str, str], str]:
    """The class of the lesions of each subject, and of each session, as far as tables tell."""
    found: dict[tuple[str, str], str] = {}
    for table in (source / _PARTICIPANTS, *sorted(source.glob("sub-*/sub-*_sessions.tsv"))):
        of_sessions = table.name != _PARTICIPANTS
        key = "session_id" if of_sessions else "participant_id"
        names = column_names(table, (key, *_CLASS)) if table.is_file() else ()
        column = next((name for name in _CLASS if name in names), "")
        if not column or key not in names:
            continue
        for row in table_rows(table, (key, column)):
            if not isinstance(row, Row):
                continue
            told = row.values[key].removeprefix("sub-").removeprefix("ses-")
            study = (table.parent.name.removeprefix("sub-"), told) if of_sessions else (told, "")
            found[study] = row.values[column].replace("n/a", "")
    return found
