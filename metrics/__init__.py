"""The measures: pure functions over features, and the networks that make the features.

Knows nothing of bench."""
