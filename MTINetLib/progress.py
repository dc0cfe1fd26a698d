"""How long work tells its progress and learns that it was cancelled."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class Stage(Enum):
    """What work is doing; ``presentation.stages`` has the words."""

    ADDING_VOLUMES = "adding_volumes"
    ALIGNING_PHANTOMS = "aligning_phantoms"
    ALIGNING_PHASES = "aligning_phases"
    ANALYZING_STUDIES = "analyzing_studies"
    BUILDING_SCENE = "building_scene"
    CHECKING_CASES = "checking_cases"
    COMPARING = "comparing"
    DOWNLOADING = "downloading"
    DRAFTING = "drafting"
    EVALUATING = "evaluating"
    EXPORTING = "exporting"
    FINDING_LESIONS = "finding_lesions"
    FINDING_STUDIES = "finding_studies"
    FITTING_THRESHOLDS = "fitting_thresholds"
    HANDING_OVER_PHASES = "handing_over_phases"
    IMPORTING_CASES = "importing_cases"
    JUDGING_VALUES = "judging_values"
    LOADING_MODEL = "loading_model"
    LOADING_TORCH = "loading_torch"
    LOOKING_AGAIN = "looking_again"
    LOOKING_AT_COMPUTER = "looking_at_computer"
    MAKING_CASES = "making_cases"
    MAKING_PHANTOM = "making_phantom"
    MAKING_SAMPLE = "making_sample"
    MAKING_STUDIES = "making_studies"
    MEASURING_CURVES = "measuring_curves"
    MEASURING_LESIONS = "measuring_lesions"
    MEASURING_SPEED = "measuring_speed"
    OUTLINING = "outlining"
    PREPARING_REPORT = "preparing_report"
    PREPARING_SLICES = "preparing_slices"
    READING_FILES = "reading_files"
    READING_HEADERS = "reading_headers"
    READING_LESIONS = "reading_lesions"
    READING_PHASES = "reading_phases"
    READING_SEGMENTATION = "reading_segmentation"
    RECOGNISING = "recognising"
    RENDERING_PICTURES = "rendering_pictures"
    SAVING_SCENE = "saving_scene"
    SENDING = "sending"
    STARTING_WORKERS = "starting_workers"
    TRAINING = "training"
    UNPACKING = "unpacking"
    WRITING_CASE = "writing_case"
    WRITING_DICOM = "writing_dicom"
    WRITING_RESULTS = "writing_results"
    WRITING_TABLES = "writing_tables"


class Progress(Protocol):
    """Receives progress of stages.

    Raise :class:`MTINetLib.errors.Cancelled` from :meth:`update` to stop the work at the next safe point.
    """

    def start(self, stage: Stage, total: int) -> None:
        """A stage begins; ``total`` is its number of steps, 0 where nobody knows it."""

    def update(self, done: int) -> None:
        """``done`` of the current stage's steps are finished."""

    def finish(self) -> None:
        """The current stage is over."""


class Silent:
    """Progress that nobody watches."""

    def start(self, stage: Stage, total: int) -> None:
        pass

    def update(self, done: int) -> None:
        pass

    def finish(self) -> None:
        pass
