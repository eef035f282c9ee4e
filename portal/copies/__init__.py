"""Copies of a SQLite database: made as the portal starts, put back by ``slo-lab restore``."""
