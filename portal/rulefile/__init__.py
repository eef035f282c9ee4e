"""Prometheus rule files as text: read within bounds, without a running Prometheus."""
