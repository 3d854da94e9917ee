"""What several networks share: front ends, batching, checkpoint files."""
