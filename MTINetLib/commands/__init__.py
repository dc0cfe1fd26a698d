"""The commands of ``mtinet``, one a file. What is slow to import is imported inside them."""
