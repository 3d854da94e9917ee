"""Faults that are planted on purpose, and what becomes of them. The table is docs/reliability.md."""
