"""The papers' own ways of making data, on any two folders: `bench splits build`. One file a builder."""
