"""Benchmarks: what the lab costs, beside its aims and beside peers measured in the same run."""
