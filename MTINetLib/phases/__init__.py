"""Which volume is which phase, and what is doubtful about it."""
