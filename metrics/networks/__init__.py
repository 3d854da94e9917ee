"""The networks that turn audio, pictures and text into features: a network, its card and its assets together."""
