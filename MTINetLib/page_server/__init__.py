"""Results in a browser, from this machine to this machine only."""
