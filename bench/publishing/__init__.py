"""Rows into result files: those of a run here, and those that others hand in as one archive."""
