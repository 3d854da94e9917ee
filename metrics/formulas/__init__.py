"""The formulas, by the shape of their arguments."""
