"""A DICOM node: takes MR images, analyzes each study when it is complete, and sends its results on."""
