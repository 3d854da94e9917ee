"""The audit of a run: its values computed again by the packages that others measure with."""
