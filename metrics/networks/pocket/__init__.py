"""Small trained networks that any machine can fetch."""
