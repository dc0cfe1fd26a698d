"""The Classification section over the real scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.corrected_session import corrected_session, half_of, mask_of, paint, settle
from support.made_analysis import NO_FIGURES, made_study
from support.open_panel import panels_of
from support.panel_pictures import grab

from MTINetLib.scene.scene import Scene
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.study.phase import Phase

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, worker: Any) -> Any:
    return corrected_session(scene, worker, made_study())


@pytest.fixture
def panel(session: Any) -> Iterator[Any]:
    from MTINetLib.panels.classification_panel import ClassificationPanel

    with panels_of(ClassificationPanel) as make:
        yield make(session)


def change(session: Any, label: int, **values: Any) -> None:
    lesions = tuple(
        replace(lesion, **values) if lesion.label == label else lesion for lesion in session.findings.lesions
    )
    session.set_findings(replace(session.findings, lesions=lesions))


def shares(panel: Any) -> list[str]:
    return [share.text for _bar, share in panel._bars.values()]


def test_the_bars_are_as_long_as_the_probabilities(panel: Any, session: Any) -> None:
    session.select(1)
    assert "Lesion 1: HCC" in panel.ui.titleLabel.text
    assert [bar.value for bar, _share in panel._bars.values()] == [930, 70]
    assert shares(panel) == ["93 %", "7 %"]
    session.select(2)
    assert shares(panel) == ["11 %", "89 %"]


def test_undecided_is_said_with_its_reasons(panel: Any, session: Any) -> None:
    session.select(1)
    assert panel.ui.undecidedLabel.text == ""
    height = panel.ui.undecidedLabel.height
    flags = ("undecided:low_probability", "undecided:slices_disagree")
    change(
        session,
        1,
        lesion_class=UNDECIDED,
        probabilities={"hcc": 0.55, "hemangioma": 0.45},
        flags=flags,
    )
    text = panel.ui.undecidedLabel.text
    assert text == ("Undecided: no class is probable enough and its slices speak for different classes.")
    assert panel.ui.undecidedLabel.isVisibleTo(panel.widget)
    assert panel.ui.undecidedLabel.height == height
    assert shares(panel) == ["55 %", "45 %"]


def test_a_lesion_that_the_network_did_not_read_has_no_probabilities(panel: Any, session: Any) -> None:
    session.select(1)
    even = {"hcc": 0.5, "hemangioma": 0.5}
    change(session, 1, lesion_class=UNDECIDED, probabilities=even, flags=("undecided:not_read",))
    assert shares(panel) == ["not read", "not read"]
    assert "has not read this lesion" in panel.ui.undecidedLabel.text


def test_the_figures_stand_with_what_they_mean(panel: Any, session: Any) -> None:
    session.select(1)
    figures = session.findings.lesions[0].enhancement
    text = panel.ui.figuresLabel.text
    assert f"{100 * figures.arterial_contrast_gain:+.0f} %" in text
    washout = figures.washout_ratio_percent
    assert f"{washout[Phase.PORTAL_VENOUS]:.0f} / {washout[Phase.DELAYED]:.0f}" in text
    assert "above 100: darker than the liver" in panel.ui.figuresLabel.toolTip


def test_figures_that_could_not_be_computed_are_dashes(panel: Any, session: Any) -> None:
    session.select(1)
    change(session, 1, enhancement=NO_FIGURES)
    assert panel.ui.figuresLabel.text.count("<b>-</b>") == 6
    assert "<b>- / -</b>" in panel.ui.figuresLabel.text


def test_flags_are_said_in_words(panel: Any, session: Any) -> None:
    session.select(1)
    change(session, 1, flags=("under_10_mm", "motion:arterial"))
    assert "<li>Smaller than 10 mm.</li>" in panel.ui.remarksLabel.text
    assert "(motion): arterial." in panel.ui.remarksLabel.text
    change(session, 1, flags=())
    assert "10 mm" not in panel.ui.remarksLabel.text
    assert "motion" not in panel.ui.remarksLabel.text


def test_what_speaks_for_the_class_is_said_beside_the_liver(panel: Any, session: Any) -> None:
    session.select(1)
    assert "Speaks for HCC: enhances more than the liver" in panel.ui.remarksLabel.text
    assert "washes out against the liver" in panel.ui.remarksLabel.text


def test_a_class_of_an_earlier_mask_is_marked(panel: Any, session: Any) -> None:
    session.select(1)
    assert not panel.ui.staleLabel.isVisibleTo(panel.widget)
    paint(session, 1, half_of(mask_of(session, 1)))
    settle(session)
    assert panel.ui.staleLabel.isVisibleTo(panel.widget)
    session.select(2)
    assert not panel.ui.staleLabel.isVisibleTo(panel.widget)


def test_research_use_is_said_at_all_times(panel: Any, session: Any) -> None:
    for label in (1, None):
        session.select(label)
        assert "Research use only. Not for diagnosis or treatment decisions." in panel.ui.standingLabel.text
        assert panel.ui.standingLabel.isVisibleTo(panel.widget)


def test_without_a_lesion_it_says_what_to_do(panel: Any, session: Any) -> None:
    session.select(None)
    assert panel.ui.titleLabel.text == "Choose a lesion in the table."
    assert not panel.ui.barsGrid.isVisibleTo(panel.widget)
    session.set_findings(replace(session.findings, lesions=()))
    assert panel.ui.titleLabel.text == "There is no lesion to classify."
    session.scene_closing()
    assert panel.ui.titleLabel.text == "Nothing was analyzed yet."


def test_it_fits_a_narrow_column(panel: Any, session: Any, tmp_path: Path) -> None:
    session.select(1)
    change(
        session,
        1,
        lesion_class=UNDECIDED,
        flags=("under_10_mm", "motion:arterial", "undecided:low_probability"),
    )
    grab(panel.widget.parentWidget(), tmp_path / "classification.png", 420)
    assert panel.widget.minimumSizeHint().width() <= 400


def test_there_is_a_bar_for_each_class_that_the_model_tells_apart(panel: Any, session: Any) -> None:
    session.select(1)
    assert [*panel._bars] == ["hcc", "hemangioma"]
    change(session, 1, probabilities={"hcc": 0.2, "hemangioma": 0.05, "net_metastasis": 0.75})
    assert [*panel._bars] == ["hcc", "hemangioma", "net_metastasis"]
    assert shares(panel) == ["20 %", "5 %", "75 %"]
    assert [bar.accessibleName for bar, _share in panel._bars.values()][2] == "Net metastasis"
    session.select(2)
    assert [*panel._bars] == ["hcc", "hemangioma"]
