"""Formulas of the generated clips alone."""
