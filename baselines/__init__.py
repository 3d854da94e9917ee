"""The systems under test, one folder or file a system; they know bench.core.types and bench.core.media only."""
