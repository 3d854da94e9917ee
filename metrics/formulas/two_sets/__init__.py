"""Formulas of two sets of clips: generated against reference."""
