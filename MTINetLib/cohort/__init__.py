"""Many studies at once, on Dask: found, analyzed on several processes or computers, and put into tables."""
