from __future__ import annotations

import json

import pytest

from MTINetLib.errors import InputError
from MTINetLib.network.settings import NetworkSettings, mtinet, paper


@pytest.mark.parametrize("settings", [mtinet(), paper(), mtinet(image_size=128, phase_count=5)])
def test_settings_come_back_from_json_as_they_were(settings: NetworkSettings) -> None:
    assert NetworkSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_what_json_does_not_name_keeps_its_default() -> None:
    assert NetworkSettings.from_dict({"tim": False}) == mtinet(tim=False)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"mdief": "half"}, "mdief"),
        ({"tasks": "cls"}, "tasks"),
        ({"widths": (16, 32, 64)}, "widths"),
        ({"widths": (16, 32, 64, 0)}, "widths"),
        ({"decoder_widths": "wide"}, "decoder_widths"),
        ({"image_size": 100}, "image_size"),
        ({"phase_count": 1}, "phase_count"),
        ({"phase_count": 1000}, "phase_count"),
        ({"heads": 3}, "heads"),
        ({"heads": 0}, "heads"),
        ({"dropout": 1.0}, "dropout"),
        ({"highpass_cutoff": 0.0}, "highpass_cutoff"),
        ({"context_blocks": -1}, "context_blocks"),
    ],
)
def test_a_value_that_makes_no_network_is_refused_by_name(values: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        mtinet(**values)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"width": [1, 2, 3, 4]}, "width"),
        ({"tim": "yes"}, "tim"),
        ({"heads": 4.0}, "heads"),
        ({"heads": True}, "heads"),
        ({"dropout": "0.1"}, "dropout"),
        ({"widths": [16, 32.5, 64, 64]}, "widths"),
    ],
)
def test_a_wrong_name_or_kind_from_json_is_refused_by_name(values: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        NetworkSettings.from_dict(values)


def test_a_whole_number_may_stand_for_a_fraction() -> None:
    assert NetworkSettings.from_dict({"dropout": 0}).dropout == 0.0


def test_tokens_have_the_papers_shape() -> None:
    settings = paper()
    assert (settings.token_side, settings.d_model, settings.d_model // settings.heads) == (16, 256, 64)
    assert settings.token_count == 4 * settings.widths[3]


def test_the_paper_preset_holds_nothing_of_ours() -> None:
    settings = paper()
    ours = (settings.context_blocks, settings.refine_decoder, settings.image_skip, settings.uses_evidence)
    assert not any(ours)
    assert settings.lesion_focus == "slice"
