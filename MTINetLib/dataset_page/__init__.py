"""A page to look at all cases of a dataset."""
