"""Alert rules: written by the learner, applied safely, watched over time."""
