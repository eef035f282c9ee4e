"""Completion criteria: each asks the real systems and says met, or exactly why not."""
