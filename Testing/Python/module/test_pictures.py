"""The pictures of the tutorial: every section with the sample study and the shipped model.

They are looked at by people; the test sees that nothing is cut off or empty. ``make pictures`` keeps them in
Resources/Screenshots.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.slicer_scene import rendering_or_skip
from support.small_dataset import small_dataset

_WIDTH = 440
_SECTIONS = {
    "StudyPanel": "study",
    "AnalyzePanel": "analyze",
    "LesionsPanel": "lesions",
    "PlotPanel": "plot",
    "ClassificationPanel": "classification",
    "CorrectPanel": "correct",
    "ReportPanel": "report",
    "SetupPanel": "setup",
    "TrainingPanel": "training",
}
