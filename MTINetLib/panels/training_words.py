"""Runs, figures and times in words, for the Training tab."""

from __future__ import annotations

from collections.abc import Mapping

from slicer.i18n import tr as _

from MTINetLib.session.training_curves import Curves, Validation


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def scores(figures: Mapping[str, float]) -> str:
    """``Dice 0.71, accuracy 83 %, curve error 12 %``; what is not there is left out."""
    words = []
    if "dice" in figures:
        words.append(_("Dice {value:.2f}").format(value=figures["dice"]))
    if "accuracy" in figures:
        words.append(_("accuracy {value:.0f} %").format(value=100 * figures["accuracy"]))
    if "mae_percent" in figures:
        words.append(_("curve error {value:.0f} %").format(value=figures["mae_percent"]))
    return ", ".join(words)


def curves_in_words(curves: Curves) -> str:
    """What the curves say now: the last losses, the last validation, and the best one."""
    lines = []
    if curves.losses:
        last = curves.losses[-1]
        text = _("Epoch {epoch:.1f}, step {step}: training loss {loss:.3f}")
        lines.append(text.format(epoch=last.epoch, step=last.step, loss=last.smoothed))
    if curves.validations:
        lines.append(_("Last validation: {scores}").format(scores=_validated(curves.validations[-1])))
    best = curves.best
    if best is not None and best is not curves.validations[-1]:
        lines.append(_("Best, which is kept: {scores}").format(scores=_validated(best)))
    return "\n".join(lines)


def _validated(one: Validation) -> str:
    loss = one.figures.get("segmentation")
    words = scores(one.figures)
    if loss is not None:
        words += _(", loss {value:.3f}").format(value=loss)
    return str(_("{words} (epoch {epoch:.0f})").format(words=words, epoch=one.epoch))
