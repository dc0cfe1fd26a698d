"""The names of all result files, the same for an analysis on the command line and a report in Slicer."""

from __future__ import annotations

from MTINetLib.report.dicom.names import DICOM_FILES, DICOM_FOLDER
from MTINetLib.report.page.names import PAGE_FILES

FINDINGS_FILE = "findings.json"
#: In the results of a cohort: a folder with the results of each study.
STUDIES_FOLDER = "studies"
LABELS_FILE = "lesions.nii.gz"
PROBABILITY_FILE = "probability.nii.gz"
#: There only where the liver is known.
LIVER_FILE, LIVER_TABLE_FILE = "liver.nii.gz", "liver.csv"
CURVES_FILE = "curves.csv"
LESIONS_FILE = "lesions.csv"
HTML_FILE = "report.html"
PDF_FILE = "report.pdf"
#: What could not be made, and why; there only where something is missing.
NOTES_FILE = "left-out.txt"
SCENE_FILE = "scene.mrb"
PICTURE_FOLDER = "pictures"
#: What is missing where neither could be made, after "There is no".
SCENE_TITLE = f"{SCENE_FILE} or rendered picture"
#: Names of the pictures that may lie in PICTURE_FOLDER.
PICTURES = ("phases.png", "curves.png", "3d.png")

#: All names that a report may leave; only these are ever replaced or taken away.
REPORT_FILES = (
    FINDINGS_FILE,
    LABELS_FILE,
    PROBABILITY_FILE,
    LIVER_FILE,
    LIVER_TABLE_FILE,
    CURVES_FILE,
    LESIONS_FILE,
    HTML_FILE,
    PDF_FILE,
    NOTES_FILE,
    *(f"{DICOM_FOLDER}/{name}" for name in DICOM_FILES),
    *PAGE_FILES,
)
#: The same for the results of an analysis.
OWN_FILES = (*REPORT_FILES, SCENE_FILE, *(f"{PICTURE_FOLDER}/{name}" for name in PICTURES))
