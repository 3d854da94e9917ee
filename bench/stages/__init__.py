"""The way of the data: generate, embed, score, and the chain of the three."""
