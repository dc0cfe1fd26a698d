"""Training: from a dataset folder to a model folder. Nothing here is imported at start-up of the module."""
