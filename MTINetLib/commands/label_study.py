"""What the command line says of one study of a work list."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from MTINetLib.worklist.change import Change, Lesions
    from MTINetLib.worklist.entry import Status
    from MTINetLib.worklist.folder import Record, WorkList


@dataclass(frozen=True)
class AskedChange:
    """What the command line says of one study."""

    classes: tuple[str, ...]
    mask: Path | None
    no_lesion: bool
    done: bool
    set_aside: str | None
    to_do: bool
    patient: str | None
    phases: tuple[str, ...]
    assume_order: bool
    keep: str | None

    @property
    def something(self) -> bool:
        return any(value not in (None, False, ()) for value in vars(self).values())

    def change(self, lesions: Lesions | None) -> Change:
        """As the list takes it.

        Raises:
            InputError: two options contradict each other, or one is not written rightly.
        """
        from MTINetLib.errors import InputError
        from MTINetLib.worklist.change import Change

        if self.no_lesion and (self.mask or self.classes):
            raise InputError("--no-lesion goes with neither --mask nor --class.")
        whole, single = "", {}
        for text in self.classes:
            number, equals, name = text.partition("=")
            if not equals:
                whole = text
            elif number.strip().isdecimal():
                single[int(number)] = name
            else:
                raise InputError(f"--class {text} is no LESION=CLASS; write, say, --class 2=hemangioma.")
        return Change(
            status=self._status(),
            reason=self.set_aside or "",
            classes=single,
            class_of_all=whole,
            lesions=lesions,
            no_lesions=self.no_lesion,
            patient=_pseudonym(self.patient),
            told=_told(self.phases),
            assume_order=self.assume_order,
        )

    def _status(self) -> Status | None:
        from MTINetLib.errors import InputError
        from MTINetLib.worklist.entry import Status

        chosen = [
            status
            for status, wanted in (
                (Status.DONE, self.done),
                (Status.SET_ASIDE, self.set_aside is not None),
                (Status.TO_DO, self.to_do),
            )
            if wanted
        ]
        if len(chosen) > 1:
            raise InputError("--done, --set-aside and --to-do exclude each other.")
        return chosen[0] if chosen else None


def change_study(
    console: Console, listed: WorkList, name: str, asked: AskedChange, model: str | None, who: str
) -> None:
    from MTINetLib.commands.label_table import rows_table
    from MTINetLib.presentation.statements import sentence
    from MTINetLib.worklist.change import Change, change, keep
    from MTINetLib.worklist.order import Order, in_order

    record = listed.record(name)
    if asked.keep is not None:
        record = keep(listed, record, asked.keep, who)
    lesions = None if asked.mask is None else _lesions(listed, record, asked.mask, model)
    wanted = asked.change(lesions)
    if wanted != Change():
        record = change(listed, record, wanted, who)
    rows = in_order([record], Order.AS_THEY_LIE)
    console.print(rows_table(rows))
    if record.rivals:
        console.print(sentence(rows[0].why), style="yellow", soft_wrap=True)


def _lesions(listed: WorkList, record: Record, mask: Path, model: str | None) -> Lesions:
    """A mask that somebody outlined, if it lies on the study's own grid."""
    import numpy as np

    from MTINetLib.errors import InputError
    from MTINetLib.models.find import phases_to_look_for
    from MTINetLib.reading.volumes.read import read_label_map
    from MTINetLib.worklist.change import Lesions
    from MTINetLib.worklist.open_listed import open_listed

    outlined = read_label_map(mask)
    study = open_listed(listed, record, phases_to_look_for(model), alignment="off")
    if not outlined.grid.matches(study.grid):
        raise InputError(
            f"{mask} does not lie on the grid of the {study.reference.title} phase of the study "
            f"{record.study}: outline the lesions on these images."
        )
    if not np.array_equal(outlined.array, np.round(outlined.array)) or outlined.array.min() < 0:
        raise InputError(f"{mask} is no label map: give whole numbers, 0 for background.")
    return Lesions(outlined.array.astype(np.uint16), study.grid)


def _told(words: Sequence[str]) -> dict[str, str]:
    from MTINetLib.commands.analyze_order import told_phases

    return {phase.value: word for phase, word in told_phases((None,) * 4, list(words)).items()}


def _pseudonym(text: str | None) -> str:
    from MTINetLib.dataset.add import refuse_name

    if text is None:
        return ""
    refuse_name("patient", text)
    return text


def own_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
