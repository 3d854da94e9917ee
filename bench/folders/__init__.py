"""Folders of a user's own: their files, how names are matched, and the examples that they make together."""
