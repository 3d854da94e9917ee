"""What the suite itself costs, as ratios measured in one run."""
