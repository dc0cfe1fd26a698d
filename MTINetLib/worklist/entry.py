"""What is known of one study of a list: a version of it, as it stands in a small file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import Enum
from typing import Any

from MTINetLib.marks.mark import Mark
from MTINetLib.study.lesion_class import UNDECIDED

FORMAT = 1


class Status(Enum):
    """How far a study is."""

    TO_DO = "to_do"
    DRAFTED = "drafted"
    CORRECTED = "corrected"
    DONE = "done"
    SET_ASIDE = "set_aside"


#: What nobody has to look at any more.
OVER = (Status.DONE, Status.SET_ASIDE)


@dataclass(frozen=True)
class Scores:
    """What a model that drafted a study says of how much it would learn from it; None where it cannot tell.

    Args:
        disagreement: 0 to 1, of its answers to varied images, mean over the lesions that any of them shows.
        seen_again: 0 to 1, of the lesion that they agree on least, and seen_again_ml its volume.
        unsure: 0 to 1, mean over lesions and candidates, and most_unsure of the one that it is least sure of.
        unlike: how far its inner signals are from those in training, in standard deviations.
        networks: how many networks disagree; None where one looked at varied images.
    """

    disagreement: float | None = None
    seen_again: float | None = None
    seen_again_ml: float | None = None
    unsure: float | None = None
    most_unsure: float | None = None
    unlike: float | None = None
    networks: int | None = None


@dataclass(frozen=True)
class Entry:
    """One version of a study's entry; a change makes a new one, and all are kept.

    Args:
        study: its name in the list, which tells nothing of the patient.
        version: its own name; empty for a study that nothing was written of yet.
        parents: the versions that it came from; two where it settles a conflict.
        status: how far the study is.
        reason: why it was set aside.
        who: the reader, or the model that drafted it.
        when: UTC, ISO 8601.
        labels: name of the label map of its lesions; empty where there is none.
        classes: by label, of every lesion of the map; ``undecided`` where nobody has said.
        no_lesions: somebody has looked and there are none.
        findings: name of the findings that a draft came with; empty where there is none.
        model: SHA-256 of the model that drafted it.
        scores: of that draft.
        problem: why it could not be opened.
        patient: pseudonym in place of the one that its images tell; empty for that.
        told: a person's word on phases, by their names, as ``open_study`` takes them.
        assume_order: the word that volumes which nothing names were taken in the order of their numbers.
        marks: what readers said of the results that the draft came from; their lesions are those of the
            results, and one that is wrong has the position at which it was.
        unmet: how many lesions that readers missed have no outline near them in a study that is done.
    """

    study: str
    version: str = ""
    parents: tuple[str, ...] = ()
    status: Status = Status.TO_DO
    reason: str = ""
    who: str = ""
    when: str = ""
    labels: str = ""
    classes: Mapping[int, str] = field(default_factory=dict)
    no_lesions: bool = False
    findings: str = ""
    model: str = ""
    scores: Scores = field(default_factory=Scores)
    problem: str = ""
    patient: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    assume_order: bool = False
    marks: tuple[Mark, ...] = ()
    unmet: int = 0

    @property
    def number(self) -> int:
        """How many versions led here; 0 for none."""
        return int(self.version.split("-")[1]) if self.version else 0

    @property
    def unclassed(self) -> tuple[int, ...]:
        """The lesions of which nobody has said what they are."""
        return tuple(label for label, name in sorted(self.classes.items()) if name in ("", UNDECIDED))

    def to_json(self) -> str:
        data = {one.name: getattr(self, one.name) for one in fields(self)}
        data |= {"status": self.status.value, "scores": vars(self.scores)}
        data["marks"] = [{**asdict(mark), "kind": mark.word} for mark in self.marks]
        data["classes"] = {str(label): name for label, name in sorted(self.classes.items())}
        return json.dumps({"format": FORMAT, **data}, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Entry:
        """What :meth:`to_json` made.

        Raises:
            ValueError: it is no entry, or one of a later version of MTINet.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            if data.pop("format") != FORMAT:
                raise ValueError("another format")
            known = {one.name for one in fields(cls)}
            entry = cls(**{name: value for name, value in data.items() if name in known})
            return replace(
                entry,
                status=Status(entry.status),
                parents=tuple(entry.parents),
                classes={int(label): str(name) for label, name in entry.classes.items()},
                scores=Scores(**data["scores"]),
                marks=tuple(map(Mark.from_dict, data.get("marks", ()))),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no entry: {error}") from error
