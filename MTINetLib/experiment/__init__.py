"""Compared systems side by side: what is run, the results that are kept, and the tables made of them."""
