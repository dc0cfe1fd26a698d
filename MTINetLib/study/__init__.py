"""A four-phase study on one grid: read, recognise the phases, align, normalise."""
