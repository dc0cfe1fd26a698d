"""When the items of a sequence node were acquired, as far as its index says so."""

from __future__ import annotations

from typing import Any

from MTINetLib.reading.volumes.index_times import times_of_index


def times_of_sequence(sequence: Any) -> tuple[float | None, ...]:
    """Seconds after the first item, for every item; all None where the index is no time."""
    count = int(sequence.GetNumberOfDataNodes())
    values = [str(sequence.GetNthIndexValue(number)) for number in range(count)]
    return times_of_index(values, str(sequence.GetIndexUnit() or ""), sequence.GetAttribute)
