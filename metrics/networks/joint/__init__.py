"""The published networks that put music, pictures, videos and sentences into one space."""
