"""Models that live elsewhere: behind a command, or in another Python interpreter."""
