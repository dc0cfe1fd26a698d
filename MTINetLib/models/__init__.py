"""Models as folders, found, checked and loaded."""
