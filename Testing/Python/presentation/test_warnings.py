from __future__ import annotations

from MTINetLib.presentation.warnings import is_warning, note_sentences, warning_sentences
from MTINetLib.study.phase import Phase


def test_a_warning_is_a_whole_sentence_with_its_values() -> None:
    flags = ("out_of_order:arterial:portal_venous:23_s", "uncovered:delayed:14_mm:9_percent")
    assert warning_sentences(flags, reference=Phase.PORTAL_VENOUS) == (
        "The arterial phase was acquired 23 s after the portal venous phase: check their order.",
        "The delayed phase lacks 14 mm (9 %) of the range of the portal venous phase: nothing can be "
        "measured in it there.",
    )


def test_volumes_are_named_where_their_names_may_be_told() -> None:
    flag = "named_otherwise:arterial:delayed"
    (named,) = warning_sentences([flag], {Phase.ARTERIAL: "LAVA late"})
    (hidden,) = warning_sentences([flag])
    assert named == "'LAVA late' is taken for the arterial phase; its name says delayed."
    assert hidden == "A volume is taken for the arterial phase; its name says delayed."


def test_what_is_said_exactly_is_not_said_once_more_in_general() -> None:
    flags = ("phase_contradiction:pre", "phase_contradiction:delayed", "tagged_otherwise:delayed:arterial")
    first, second = warning_sentences(flags)
    assert first == "Some evidence speaks against the phase: pre-contrast."
    assert second.startswith("A volume is taken for the delayed phase")
    (shared,) = warning_sentences(("ambiguous_uids", "shared_uids:pre:arterial:delayed"))
    assert shared.startswith("Images of the pre-contrast, arterial and delayed phases have the same SOP")


def test_one_sentence_for_all_phases_of_which_the_same_is_said() -> None:
    assert warning_sentences(("motion:arterial", "phase_doubt:pre", "motion:delayed")) == (
        "The phases do not lie well on each other (motion): arterial, delayed.",
        "The phases were not recognised with certainty: pre-contrast.",
    )


def test_notes_are_no_warnings() -> None:
    flags = ("offset:200", "registered:arterial", "motion:delayed")
    assert [is_warning(flag) for flag in flags] == [False, False, True]
    assert warning_sentences(flags[:2]) == ()
    assert note_sentences(flags) == (
        "The air around the body is not at 0, so this constant is subtracted from all values: 200.",
        "Moved onto the reference phase by registration: arterial.",
    )
