"""The rows that come with the package: published, measured, and what the regression check compares with."""
