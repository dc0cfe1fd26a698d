"""DICOM objects on their way to an archive: by C-STORE or by STOW-RS, with an account of what arrived."""
