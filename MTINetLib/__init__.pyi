"""What MTINetLib offers, for type checkers and editors; a test compares it with __init__.py."""

from MTINetLib.errors import Cancelled as Cancelled
from MTINetLib.errors import InputError as InputError
from MTINetLib.errors import MissingResourceError as MissingResourceError
from MTINetLib.errors import ModelError as ModelError
from MTINetLib.errors import MTINetError as MTINetError
from MTINetLib.evaluation.evaluate import EvaluationSummary as EvaluationSummary
from MTINetLib.evaluation.evaluate import evaluate as evaluate
from MTINetLib.findings import Enhancement as Enhancement
from MTINetLib.findings import EnhancementCurve as EnhancementCurve
from MTINetLib.findings import LesionFinding as LesionFinding
from MTINetLib.findings import LesionPlace as LesionPlace
from MTINetLib.findings import LiverFinding as LiverFinding
from MTINetLib.findings import PhaseSummary as PhaseSummary
from MTINetLib.findings import Provenance as Provenance
from MTINetLib.findings import StudyFindings as StudyFindings
from MTINetLib.findings import StudySummary as StudySummary
from MTINetLib.findings import findings_schema as findings_schema
from MTINetLib.findings import from_json as findings_from_json
from MTINetLib.findings import to_json as findings_to_json
from MTINetLib.fine_tuning.fine_tune import FineTuned as FineTuned
from MTINetLib.fine_tuning.fine_tune_model import fine_tune_model as fine_tune
from MTINetLib.inference.analysis import Analysis as Analysis
from MTINetLib.models.find import list_models as list_models
from MTINetLib.models.info import ModelInfo as ModelInfo
from MTINetLib.models.lesion_model import LesionModel as LesionModel
from MTINetLib.models.store import load_model as load_model
from MTINetLib.models.thresholds import Thresholds as Thresholds
from MTINetLib.outline.install import install_outline_model as install_outline_model
from MTINetLib.outline.marks import Marks as Marks
from MTINetLib.pipeline.analyze import analyze as analyze
from MTINetLib.pipeline.liver import read_liver as read_liver
from MTINetLib.pipeline.open import open_study as open_study
from MTINetLib.pipeline.outline import outline_lesions as outline_lesions
from MTINetLib.pipeline.remeasure import remeasure as remeasure
from MTINetLib.pipeline.write import WriteOptions as WriteOptions
from MTINetLib.pipeline.write import Written as Written
from MTINetLib.pipeline.write import write as write_report
from MTINetLib.presentation.classes import class_title as class_title
from MTINetLib.presentation.warnings import study_warnings as study_warnings
from MTINetLib.presentation.words import flags_in_words as flags_in_words
from MTINetLib.progress import Progress as Progress
from MTINetLib.study.grid import Grid as Grid
from MTINetLib.study.liver import Liver as Liver
from MTINetLib.study.phase import Phase as Phase
from MTINetLib.study.study import PhaseSource as PhaseSource
from MTINetLib.study.study import Study as Study
from MTINetLib.train_model import FittedModel as FittedModel
from MTINetLib.train_model import train as train
from MTINetLib.training.settings import TrainingSettings as TrainingSettings
from MTINetLib.training.settings import training_preset as training_preset

__version__: str

__all__ = [
    "Analysis",
    "Cancelled",
    "Enhancement",
    "EnhancementCurve",
    "EvaluationSummary",
    "FineTuned",
    "FittedModel",
    "Grid",
    "InputError",
    "LesionFinding",
    "LesionModel",
    "LesionPlace",
    "Liver",
    "LiverFinding",
    "MTINetError",
    "Marks",
    "MissingResourceError",
    "ModelError",
    "ModelInfo",
    "Phase",
    "PhaseSource",
    "PhaseSummary",
    "Progress",
    "Provenance",
    "Study",
    "StudyFindings",
    "StudySummary",
    "Thresholds",
    "TrainingSettings",
    "WriteOptions",
    "Written",
    "__version__",
    "analyze",
    "class_title",
    "evaluate",
    "findings_from_json",
    "findings_schema",
    "findings_to_json",
    "fine_tune",
    "flags_in_words",
    "install_outline_model",
    "list_models",
    "load_model",
    "open_study",
    "outline_lesions",
    "read_liver",
    "remeasure",
    "study_warnings",
    "train",
    "training_preset",
    "write_report",
]
