"""The next study of a work list, opened while another one is looked at."""

from __future__ import annotations

from MTINetLib.session.task import Steps, Task
from MTINetLib.worker.worklist_requests import ListedRow, ListedStudy


class ReadAhead:
    """One study at a time.

    Attributes:
        study: its name; empty for none.
    """

    def __init__(self) -> None:
        self.study = self._version = ""
        self._task: Task[ListedStudy] | None = None

    def begin(self, row: ListedRow, steps: Steps[ListedStudy]) -> None:
        """Open a study, unless it is being opened already."""
        if row.study != self.study:
            self.forget()
            self.study, self._version, self._task = row.study, row.version, Task(steps)

    def taken(self, row: ListedRow) -> Steps[ListedStudy | None]:
        """The study, if it was opened and nobody has changed it since; None otherwise. Nothing is kept."""
        task = self._task
        if task is None or (self.study, self._version) != (row.study, row.version):
            self.forget()
            return None
        while task.running:
            yield None
        self.forget()
        return task.result

    def poll(self) -> None:
        if self._task is not None:
            self._task.poll()

    def forget(self) -> None:
        """End what runs."""
        task, self._task = self._task, None
        self.study = self._version = ""
        if task is not None:
            task.abandon()
