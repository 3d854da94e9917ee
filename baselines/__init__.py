"""The systems under test, one folder or file a system; they know bench.types and bench.media only."""
