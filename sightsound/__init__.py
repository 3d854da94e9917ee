"""SightSound: the benchmark suite for music generated from images, video and text."""

__version__ = "0.1.0"
