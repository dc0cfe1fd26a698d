"""Liver lesions in contrast-enhanced MRI of several phases, from images to findings. Research use only.

The whole way::

    import MTINetLib as mtinet

    model = mtinet.load_model()
    study = mtinet.open_study("study")
    analysis = mtinet.analyze(study, model)
    mtinet.write_report(study, analysis, "results")

================================  =====================================================================
open_study                        a folder, an archive or files become a study on one grid
list_models, load_model           which models there are; one of them, ready to be asked
analyze                           find, measure and classify the lesions of a study
read_liver                        a liver that others have outlined, from a file
remeasure                         findings of masks that somebody has corrected
outline_lesions, Marks            lesions from a box around each, with clicks where wanted
install_outline_model             what outlining takes, downloaded or from a file
write_report                      report, tables, masks, DICOM objects
train, evaluate                   a model of one's own data, and how well it does
fine_tune                         a model that goes on learning from few cases, beside the one before
study_warnings, flags_in_words    what must be known of a study or a lesion, as sentences
class_title                       a class in words for people
================================  =====================================================================

A function says how it is used in its own help, such as ``help(mtinet.analyze)``. Errors that a user can do
something about are :class:`MTINetError`, one sentence each. What is named here stays; what is not may move
between versions. Everything is imported when it is first asked for, so that this import costs nothing.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

__version__ = "0.1.0"

#: Where each public name lives, as ``module`` or ``module:name``; __init__.pyi says it to type checkers.
_HOMES = {
    # functions
    "open_study": "MTINetLib.pipeline.open",
    "list_models": "MTINetLib.models.find",
    "load_model": "MTINetLib.models.store",
    "analyze": "MTINetLib.pipeline.analyze",
    "read_liver": "MTINetLib.pipeline.liver",
    "remeasure": "MTINetLib.pipeline.remeasure",
    "outline_lesions": "MTINetLib.pipeline.outline",
    "install_outline_model": "MTINetLib.outline.install",
    "write_report": "MTINetLib.pipeline.write:write",
    "train": "MTINetLib.train_model",
    "training_preset": "MTINetLib.training.settings",
    "fine_tune": "MTINetLib.fine_tuning.fine_tune_model:fine_tune_model",
    "evaluate": "MTINetLib.evaluation.evaluate",
    "study_warnings": "MTINetLib.presentation.warnings",
    "flags_in_words": "MTINetLib.presentation.words",
    "class_title": "MTINetLib.presentation.classes",
    "findings_from_json": "MTINetLib.findings:from_json",
    "findings_to_json": "MTINetLib.findings:to_json",
    "findings_schema": "MTINetLib.findings",
    # a study
    "Study": "MTINetLib.study.study",
    "Phase": "MTINetLib.study.phase",
    "PhaseSource": "MTINetLib.study.study",
    "Grid": "MTINetLib.study.grid",
    "Liver": "MTINetLib.study.liver",
    "Marks": "MTINetLib.outline.marks",
    # a model
    "ModelInfo": "MTINetLib.models.info",
    "LesionModel": "MTINetLib.models.lesion_model",
    "Thresholds": "MTINetLib.models.thresholds",
    # results
    "Analysis": "MTINetLib.inference.analysis",
    "StudyFindings": "MTINetLib.findings",
    "LesionFinding": "MTINetLib.findings",
    "LesionPlace": "MTINetLib.findings",
    "LiverFinding": "MTINetLib.findings",
    "EnhancementCurve": "MTINetLib.findings",
    "Enhancement": "MTINetLib.findings",
    "StudySummary": "MTINetLib.findings",
    "PhaseSummary": "MTINetLib.findings",
    "Provenance": "MTINetLib.findings",
    "WriteOptions": "MTINetLib.pipeline.write",
    "Written": "MTINetLib.pipeline.write",
    # training and evaluation
    "TrainingSettings": "MTINetLib.training.settings",
    "FittedModel": "MTINetLib.train_model",
    "FineTuned": "MTINetLib.fine_tuning.fine_tune",
    "EvaluationSummary": "MTINetLib.evaluation.evaluate",
    # while it runs, and when it fails
    "Progress": "MTINetLib.progress",
    "MTINetError": "MTINetLib.errors",
    "InputError": "MTINetLib.errors",
    "ModelError": "MTINetLib.errors",
    "MissingResourceError": "MTINetLib.errors",
    "Cancelled": "MTINetLib.errors",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> _Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, there = _HOMES[name].partition(":")
    value = getattr(_import_module(module), there or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
