"""How well findings agree with the truth: metrics, detection, statistics and the run over a dataset."""
