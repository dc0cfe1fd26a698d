"""What readers said of the lesions that were found: right, wrong, missed."""
