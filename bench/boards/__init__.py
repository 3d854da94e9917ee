"""What is made of rows: the leaderboard, comparisons, the regression check."""
