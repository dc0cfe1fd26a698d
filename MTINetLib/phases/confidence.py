"""What a confidence is enough for. A file of its own: who shows it need not load what reads images."""

#: A phase below this confidence is not used; the user is asked instead.
LOWEST_CONFIDENCE = 0.6
#: A phase below this confidence is used, and flagged.
DOUBTFUL_CONFIDENCE = 0.8
