"""Datasets in other layouts, brought into the one that training and evaluation read."""
