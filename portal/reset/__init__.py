"""Starting over: a step, the reflections, or the whole lab."""
