"""What the writers of all formats share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from MTINetLib.findings import StudyFindings
from MTINetLib.report.content import ReportContent, report_content
from MTINetLib.report.cover import Cover
from MTINetLib.report.deidentify import Disguise
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.pdf import pdf_report
from MTINetLib.study.liver import Liver
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.report.dicom.equipment import Tracking


@dataclass
class Results:
    """All that a writer may need; the report's content is made only once, by the first that asks.

    Args:
        labels: [K, J, I] on the study's grid, numbered as ``findings`` says.
        probability: [K, J, I], 0 to 1; None leaves the map out.
        liver: that the lesions are seen in; None where none is known.
        disguise: of a de-identified export, whose findings are so already.
        files: the DICOM files of each phase, for a study that does not know its images itself.
        tracking: by label, what lesions are called in DICOM objects; others get new names and UIDs.
    """

    study: Study
    findings: StudyFindings
    labels: npt.NDArray[Any]
    probability: npt.NDArray[np.float32] | None
    left_out: LeftOut
    liver: Liver | None = None
    cover: Cover = field(default_factory=Cover)
    disguise: Disguise | None = None
    files: Sequence[Sequence[Path]] = ()
    tracking: Mapping[int, Tracking] = field(default_factory=dict)

    @cached_property
    def content(self) -> ReportContent:
        return report_content(self.study, self.findings, self.labels, self.cover, self.left_out)

    @cached_property
    def pdf(self) -> bytes:
        return pdf_report(self.content)
