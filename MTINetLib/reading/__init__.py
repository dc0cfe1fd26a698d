"""From DICOM and volume files to volumes in memory."""
