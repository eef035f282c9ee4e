"""Reflections: four questions, answered, submitted, kept with their evidence, and exported."""
