"""The digital liver DCE-MRI phantom: anatomy, kinetics, lesions, scanner, cohort, DICOM writer."""
