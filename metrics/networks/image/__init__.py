"""The published networks of pictures."""
