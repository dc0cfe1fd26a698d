"""A folder of studies as a list of work: how far each is, by whom and since when."""
