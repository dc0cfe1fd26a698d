from __future__ import annotations

import pytest

from MTINetLib.errors import InputError
from MTINetLib.study.phase import (
    FOUR_PHASES,
    Phase,
    count_in_words,
    in_order_of_time,
    phase_named,
    phase_set,
    the_phases,
    titles_of,
)


def test_phases_are_known_in_the_order_of_time() -> None:
    assert Phase.EARLY_ARTERIAL.is_before(Phase.ARTERIAL)
    assert not Phase.HEPATOBILIARY.is_before(Phase.DELAYED)
    assert not Phase.DELAYED.is_before(Phase.DELAYED)
    shuffled = (Phase.HEPATOBILIARY, Phase.PRE, Phase.PORTAL_VENOUS, Phase.PRE)
    assert in_order_of_time(shuffled) == (Phase.PRE, Phase.PORTAL_VENOUS, Phase.HEPATOBILIARY)


@pytest.mark.parametrize("name", ["portal_venous", "Portal Venous", " portal-venous "])
def test_a_phase_is_found_by_its_name_as_people_write_it(name: str) -> None:
    assert phase_named(name) is Phase.PORTAL_VENOUS


def test_a_name_that_no_phase_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no phase 'venous'.*hepatobiliary"):
        phase_named("venous")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["pre"], "two or more"),
        ([], "are none"),
        (["arterial", "pre"], "in the order"),
        (["pre", "arterial", "arterial"], "different ones"),
        (["pre", "late"], "'late' is no phase"),
        (["pre", 3], "3 is no phase"),
    ],
)
def test_a_set_of_phases_is_two_or_more_known_ones_in_order(names: list[object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        phase_set(names)


def test_a_set_is_read_from_its_names() -> None:
    assert phase_set([phase.value for phase in FOUR_PHASES]) == FOUR_PHASES


def test_phases_are_listed_in_words() -> None:
    assert titles_of(FOUR_PHASES[:3]) == "pre-contrast, arterial and portal venous"
    assert the_phases((Phase.DELAYED,)) == "the delayed phase"
    assert count_in_words(3) == "three"
