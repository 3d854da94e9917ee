"""People's answers about outputs: what they were asked, and their answers as rows with intervals."""
