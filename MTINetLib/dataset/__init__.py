"""Folders of studies with masks, to train and evaluate on."""
