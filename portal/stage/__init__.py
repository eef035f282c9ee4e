"""The page of a burst: what users saw, what Prometheus counted, what alerts did."""
