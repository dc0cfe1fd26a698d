"""What the command line shows: progress, and the table of findings."""

from __future__ import annotations

import re
import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.counts import slices_in_words
from MTINetLib.presentation.liver_words import liver_in_words, overlap_in_words, place_in_words
from MTINetLib.presentation.stages import stage_text
from MTINetLib.presentation.warnings import is_warning, study_warnings
from MTINetLib.presentation.words import (
    flags_in_words,
    lesion_probability_in_words,
    probability_in_words,
    sensitivity_in_words,
    whole_sentence,
)
from MTINetLib.progress import Stage


def page(markdown: str) -> Markdown:
    """A Markdown page on a terminal, which shows no pictures: their titles and files are named instead."""
    return Markdown(re.sub(r"!\[([^\]]*)\]\(([^)]*)\)", r"\1: \2.", markdown))


def terminal(width: int | None = None) -> Console:
    """stdout for people. Names of files and patients stay as they are: no [markup], no :emoji:."""
    return Console(width=width, markup=False, emoji=False, highlight=False)


class RateColumn(ProgressColumn):
    """Steps a minute; nothing where they are too many to be of use, or not known yet."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        a_minute = 60.0 * speed if speed else 0.0
        return Text(f"{a_minute:.0f}/min" if 1.0 <= a_minute < 1000.0 else "")


class RichProgress:
    """Progress (MTINetLib.progress) as one bar a stage; off a terminal as one line a finished stage.

    Use as a context manager, so that the bars end where the work ends.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            RateColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._stage = ""
        self._total = 0
        self._started = 0.0

    def __enter__(self) -> RichProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, stage: Stage, total: int) -> None:
        if self._task is not None:
            self.finish()
        self._stage, self._total, self._started = stage_text(stage), total, time.monotonic()
        self._task = self._bars.add_task(self._stage, total=total)

    def update(self, done: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def remark(self, text: str) -> None:
        """Stands behind the current stage on its bar."""
        if self._task is not None:
            self._bars.update(self._task, description=f"{self._stage} ({text})")

    def finish(self) -> None:
        if self._task is None:
            return
        self._bars.update(self._task, completed=self._total)
        self._bars.stop_task(self._task)
        self._task = None
        if not self._console.is_terminal:
            seconds = time.monotonic() - self._started
            self._console.print(f"{self._stage}: {seconds:.1f} s", soft_wrap=True)


def findings_table(findings: StudyFindings) -> Group:
    """The lesions, one a row, their remarks below; without lesions it says so."""
    table = Table(title=_title(findings), title_justify="left")
    for head in ("Lesion", "Class", "Probability"):
        table.add_column(head)
    for head in ("Volume", "Size", "Slices"):
        table.add_column(head, justify="right")
    with_place = any(lesion.place for lesion in findings.lesions)
    if with_place:
        table.add_column("Place")
    for lesion in findings.lesions:
        table.add_row(*_row(lesion), *[place_in_words(lesion.place) or "-"] * with_place)
    top: RenderableType = table if findings.lesions else Text(_title(findings))
    warnings = [Text(f"Warning: {line}", style="yellow") for line in study_warnings(findings)]
    remarks = [Text(line) for line in _remarks(findings)]
    return Group(top, *warnings, *remarks, Text(findings.provenance.intended_use, style="italic"))


def _title(findings: StudyFindings) -> str:
    count = len(findings.lesions)
    return {0: "No lesion found.", 1: "1 lesion found"}.get(count, f"{count} lesions found")


def _row(lesion: LesionFinding) -> tuple[str, ...]:
    return (
        str(lesion.label),
        class_title(lesion.lesion_class),
        probability_in_words(lesion),
        f"{lesion.volume_ml:.1f} mL",
        f"{lesion.long_axis_mm:.0f} x {lesion.short_axis_mm:.0f} mm",
        slices_in_words(*lesion.slices, between="-"),
    )


def _remarks(findings: StudyFindings) -> list[str]:
    remarks = {
        lesion.label: [
            *filter(None, [lesion_probability_in_words(lesion)]),
            *flags_in_words(lesion.flags),
            *filter(None, [overlap_in_words(lesion)]),
        ]
        for lesion in findings.lesions
    }
    lines = [f"Lesion {label}: {'; '.join(said)}." for label, said in remarks.items() if said]
    chosen = sensitivity_in_words(findings.provenance.settings)
    if chosen:
        lines.append(whole_sentence(chosen))
    if findings.liver is not None:
        lines.append(f"{liver_in_words(findings.liver)}.")
    notes = flags_in_words(flag for flag in findings.study.flags if not is_warning(flag))
    if notes:
        lines.append(f"Study: {'; '.join(notes)}.")
    return lines
