"""What goes back to the archive: DICOM SEG, TID 1500 SR and encapsulated PDF."""
