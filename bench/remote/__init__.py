"""Folders on object stores and whatever else fsspec knows, by URI: copied here, worked on, copied back."""
