"""The first page: what this is, how long it takes, start."""
