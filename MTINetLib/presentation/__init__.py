"""Words, colours and axes that people see."""
