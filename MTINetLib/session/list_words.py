"""What a work list has to say after a search."""

from __future__ import annotations

from MTINetLib.errors import Statement
from MTINetLib.session.state import Message
from MTINetLib.worker.worklist_requests import ListedRows


def said_of_search(found: ListedRows, marks: bool) -> Message:
    """What a search found; ``marks``: it took marks in."""
    if marks:
        said = [Statement.of("list_marked", studies=found.marked, unmarked=found.unmarked)]
        said += [Statement.of("listed_left_out", left_out=one) for one in found.left_out]
        return Message("warning" if found.left_out else "info", tuple(said))
    return Message(
        "info",
        (
            Statement.of(
                "list_searched", studies=len(found.rows), new=found.new, moved=found.moved, gone=found.gone
            ),
        ),
    )
