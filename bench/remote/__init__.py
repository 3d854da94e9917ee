"""Folders on object stores and other file systems that fsspec knows, by URI: copied here, worked on, copied back."""
