"""Which study comes next, and why."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from MTINetLib.errors import Statement
from MTINetLib.worklist.entry import OVER, Scores, Status
from MTINetLib.worklist.folder import Record
from MTINetLib.worklist.marked import Said


class Order(Enum):
    """What decides which study comes first."""

    INFORMATIVE = "informative"
    RANDOM = "random"
    AS_THEY_LIE = "as_they_lie"


@dataclass(frozen=True)
class Row:
    """A study in its place, and why it stands there."""

    record: Record
    why: Statement


def in_order(records: Sequence[Record], order: Order) -> list[Row]:
    """The studies: first those in conflict, then those with work left, in this order; at the end those that
    are over and those that cannot be opened.

    Args:
        records: as they lie.
    """
    left = [record for record in records if _waits(record)]
    conflicts = [Row(record, _conflict(record)) for record in records if record.rivals]
    over = [Row(record, _why_last(record)) for record in records if not record.rivals and not _waits(record)]
    over.sort(key=lambda row: row.record.entry.status in OVER)
    if order is Order.INFORMATIVE:
        rows = _by_marks(left)
    elif order is Order.RANDOM:
        drawn = sorted(left, key=lambda record: hashlib.sha256(record.study.encode()).digest())
        rows = [Row(record, Statement.of("next_by_chance")) for record in drawn]
    else:
        rows = [Row(record, Statement.of("next_as_it_lies")) for record in left]
    return [*conflicts, *rows, *over]


def _waits(record: Record) -> bool:
    entry = record.entry
    return not record.rivals and entry.status not in OVER and not entry.problem and not record.place.missing


def _by_marks(records: Sequence[Record]) -> list[Row]:
    """What readers found at fault first, what they found right last, the rest by what is learnt."""
    said = {record.study: Said.of(record.entry.marks) for record in records if record.entry.marks}
    faults = [record for record in records if record.study in said and said[record.study].faults]
    faults.sort(key=lambda record: -said[record.study].faults)
    right = [record for record in records if record.study in said and not said[record.study].faults]
    right.sort(key=lambda record: (said[record.study].looked_through, not record.entry.unclassed))
    others = [record for record in records if record.study not in said]
    return [
        *(Row(record, said[record.study].statement) for record in faults),
        *_by_what_is_learnt(others),
        *(Row(record, said[record.study].statement) for record in right),
    ]


def _by_what_is_learnt(records: Sequence[Record]) -> list[Row]:
    """By the mean rank among the drafted ones; those that no model has seen come behind them."""
    seen = [record for record in records if record.entry.scores != Scores()]
    ranks = [
        {name: _rank(seen, record, name) for name in ("disagreement", "unsure", "unlike")} for record in seen
    ]
    means = [_mean(list(own.values())) for own in ranks]
    rows = [
        (mean, Row(record, _why(record.entry.scores, own)))
        for record, own, mean in zip(seen, ranks, means, strict=True)
    ]
    rows.sort(key=lambda pair: -pair[0])
    unseen = [Row(r, Statement.of("next_not_drafted")) for r in records if r.entry.scores == Scores()]
    return [*(row for _, row in rows), *unseen]


def _rank(records: Sequence[Record], record: Record, name: str) -> float | None:
    """0 to 1: the share of the others that are below; half of the equal ones count. None without a value.

    Disagreements of several networks and of one network with itself are not compared with each other.
    """
    own = record.entry.scores
    value: float | None = getattr(own, name)
    if value is None:
        return None
    scores = [other.entry.scores for other in records]
    if name == "disagreement":
        scores = [other for other in scores if other.networks == own.networks]
    known = sorted(told for other in scores if (told := getattr(other, name)) is not None)
    if len(known) < 2:
        return 0.5
    below, equal = bisect_left(known, value), bisect_right(known, value) - bisect_left(known, value)
    return (below + (equal - 1) / 2) / (len(known) - 1)


def _mean(ranks: Sequence[float | None]) -> float:
    known = [rank for rank in ranks if rank is not None]
    return sum(known) / len(known) if known else 0.0


def _why(scores: Scores, ranks: dict[str, float | None]) -> Statement:
    """What a study stands out by most among the others."""
    told = {name: rank for name, rank in ranks.items() if rank is not None and getattr(scores, name)}
    if not told:
        return Statement.of("next_nothing_open")
    most = max(told, key=lambda name: told[name])
    if most == "disagreement":
        percent, ml = f"{100 * (scores.seen_again or 0):.0f}", f"{scores.seen_again_ml or 0:.1f}"
        if scores.networks is None:
            return Statement.of("next_disagreement", percent=percent, ml=ml)
        return Statement.of("next_networks_disagree", networks=scores.networks, percent=percent, ml=ml)
    if most == "unsure":
        return Statement.of("next_unsure", percent=f"{100 * (scores.most_unsure or 0):.0f}")
    return Statement.of("next_unlike", sd=f"{scores.unlike or 0:.2f}")


def _conflict(record: Record) -> Statement:
    readers = ", ".join(f"{head.who} ({head.version})" for head in record.heads)
    return Statement.of("listed_conflict", study=record.study, readers=readers)


def _why_last(record: Record) -> Statement:
    entry = record.entry
    if record.place.missing:
        return Statement.of("listed_gone")
    if entry.status is Status.DONE and entry.unmet:
        return Statement.of("listed_over_unmet", unmet=entry.unmet)
    if entry.status in OVER:
        return (
            Statement.of("listed_over_because", reason=entry.reason)
            if entry.reason
            else Statement.of("listed_over")
        )
    return Statement.of("listed_problem", problem=entry.problem)
