"""From a study to findings: slice-wise prediction, lesions, curves, decisions."""
