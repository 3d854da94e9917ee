"""The tables of the papers, each from a checked-in recipe: what runs, what the paper says, the gap."""
