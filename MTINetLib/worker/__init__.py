"""The process that does the heavy work, its jobs, and the client that drives it."""
