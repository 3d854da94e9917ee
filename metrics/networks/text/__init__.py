"""The published networks of texts, and texts as they are."""
