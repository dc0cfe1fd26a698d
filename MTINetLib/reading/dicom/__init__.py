"""DICOM files of MR images, from bytes to volumes."""
