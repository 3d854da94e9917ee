"""The published networks of sound."""
