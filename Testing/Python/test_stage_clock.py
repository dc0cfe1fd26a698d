from __future__ import annotations

import pytest

from MTINetLib import stage_clock
from MTINetLib.stage_clock import StageClock


def test_a_clock_adds_up_the_seconds_of_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(stage_clock.time, "perf_counter", lambda: now[0])
    clock = StageClock()
    for seconds in (2.0, 3.0):
        with clock.stage("read"):
            now[0] += seconds
    assert clock.seconds == {"read": 5.0}
