"""Rule files, and other YAML that somebody hands in: read within limits, by one reader."""
