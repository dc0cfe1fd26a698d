"""What work is doing, in words."""

from __future__ import annotations

from collections.abc import Callable

from MTINetLib.progress import Stage

_TEXTS = {
    Stage.ADDING_VOLUMES: "Adding the volumes",
    Stage.ALIGNING_PHANTOMS: "Aligning phantoms",
    Stage.ALIGNING_PHASES: "Aligning phases",
    Stage.ANALYZING_STUDIES: "Analyzing studies",
    Stage.BUILDING_SCENE: "Building the scene",
    Stage.CHECKING_CASES: "Checking cases",
    Stage.COMPARING: "Comparing systems",
    Stage.DOWNLOADING: "Downloading",
    Stage.DRAFTING: "Drafting studies",
    Stage.EVALUATING: "Evaluating",
    Stage.EXPORTING: "Exporting cases",
    Stage.FINDING_LESIONS: "Finding lesions",
    Stage.FINDING_STUDIES: "Finding studies",
    Stage.FITTING_THRESHOLDS: "Fitting the thresholds",
    Stage.HANDING_OVER_PHASES: "Handing over the phases",
    Stage.IMPORTING_CASES: "Importing cases",
    Stage.JUDGING_VALUES: "Judging values",
    Stage.LOADING_MODEL: "Loading the model",
    Stage.LOADING_TORCH: "Loading PyTorch",
    Stage.LOOKING_AGAIN: "Looking at changed images",
    Stage.LOOKING_AT_COMPUTER: "Looking at this computer",
    Stage.MAKING_CASES: "Making phantom cases",
    Stage.MAKING_PHANTOM: "Making the phantom",
    Stage.MAKING_SAMPLE: "Making the sample study",
    Stage.MAKING_STUDIES: "Making the studies",
    Stage.MEASURING_CURVES: "Measuring the curves",
    Stage.MEASURING_LESIONS: "Measuring lesions",
    Stage.MEASURING_SPEED: "Measuring",
    Stage.OUTLINING: "Outlining",
    Stage.PREPARING_REPORT: "Preparing the report",
    Stage.PREPARING_SLICES: "Preparing slices",
    Stage.READING_FILES: "Reading files",
    Stage.READING_HEADERS: "Reading headers",
    Stage.READING_LESIONS: "Reading lesions",
    Stage.READING_PHASES: "Reading phases",
    Stage.READING_SEGMENTATION: "Reading the segmentation",
    Stage.RECOGNISING: "Recognising",
    Stage.RENDERING_PICTURES: "Rendering pictures",
    Stage.SAVING_SCENE: "Saving the scene",
    Stage.SENDING: "Sending",
    Stage.STARTING_WORKERS: "Starting the workers",
    Stage.TRAINING: "Training",
    Stage.UNPACKING: "Unpacking",
    Stage.WRITING_CASE: "Writing the case",
    Stage.WRITING_DICOM: "Writing DICOM",
    Stage.WRITING_RESULTS: "Writing results",
    Stage.WRITING_TABLES: "Writing the tables",
}


def stage_text(stage: Stage, translate: Callable[[str], str] = str) -> str:
    """A short text for people, without an ending."""
    return translate(_TEXTS[stage])
