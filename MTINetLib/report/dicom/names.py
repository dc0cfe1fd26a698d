"""Where the DICOM objects lie among the results; the names tell nothing of the patient."""

from __future__ import annotations

DICOM_FOLDER = "dicom"
SEG_FILE, SR_FILE, PDF_FILE = "segmentation.dcm", "measurements.dcm", "report.dcm"
DICOM_FILES = (SEG_FILE, SR_FILE, PDF_FILE)
