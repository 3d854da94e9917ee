"""The user's own media: what a file holds, and how a folder of them becomes a split."""
