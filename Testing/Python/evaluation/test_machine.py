"""The machine described beside the figures."""

from __future__ import annotations

import json
import platform

import MTINetLib
from MTINetLib.evaluation.machine import describe_machine


def test_the_machine_is_described_in_plain_json_without_names_of_people_or_hosts() -> None:
    told = describe_machine()
    text = json.dumps(told, allow_nan=False)
    assert not platform.node() or platform.node() not in text
    assert told["python"] == platform.python_version()
    assert told["mtinet"] == MTINetLib.__version__
    assert told["cores"] >= told["usable_cores"] >= 1
    assert told["date"].endswith("+00:00")


def test_what_the_system_does_not_tell_is_none_and_no_error() -> None:
    told = describe_machine()
    assert all(told[name] in (True, False, None) for name in ("amx_bf16", "avx512_bf16"))
    assert told["cpu"] is None or len(told["cpu"]) > 2
    assert told["memory_gb"] is None or told["memory_gb"] > 0.5
