"""A model goes on learning from few cases of one's own, and is judged beside the one that it started from."""
