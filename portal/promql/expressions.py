"""Grafana's own expressions: they compute on other queries and ask no data source."""

from __future__ import annotations

EXPRESSION_SOURCES = frozenset({"__expr__", "-100", "-- expression --", "expression"})
"""How their data source has been named, in small letters."""


def is_expression(source: object) -> bool:
    """Whether the name or uid of a data source stands for Grafana's own expressions."""
    return isinstance(source, str) and source.lower() in EXPRESSION_SOURCES
