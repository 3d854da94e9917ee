"""Formulas of a system's place among others."""
