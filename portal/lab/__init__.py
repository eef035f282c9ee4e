"""The state of the lab itself: what is up, what is not, what to do."""
