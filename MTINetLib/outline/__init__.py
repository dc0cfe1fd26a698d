"""A lesion's outline from a box around it, by a network that takes prompts."""
