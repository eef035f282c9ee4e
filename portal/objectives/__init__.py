"""The SLOs of a learner: their rows, their pages, what they cost and what guards them."""
