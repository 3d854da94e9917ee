"""What a reviewer would ask about the files behind a table, found by looking at them: warnings with codes."""
