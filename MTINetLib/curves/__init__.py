"""The curve of any segment, box or point over any number of time points."""
