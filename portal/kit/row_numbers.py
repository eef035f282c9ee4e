"""Numbers of rows in addresses: what no database can hold is no row's number."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1
"""What fits into an INTEGER of PostgreSQL."""


class RowNumber(IntegerConverter):
    """``<int:…>`` in a route; a larger number is an address that does not exist."""

    def __init__(self, map: Map, max: int = LARGEST) -> None:  # noqa: A002 - Werkzeug's names
        """``max`` is the largest number taken."""
        super().__init__(map, max=min(max, LARGEST))


def init_app(app: Flask) -> None:
    """Make it what ``<int:…>`` means; before any route is added."""
    app.url_map.converters["int"] = RowNumber


def row_number(typed: str) -> int:
    """A number in a query string or a form; raises ValueError for what can't be a row's."""
    if not (typed.isascii() and typed.isdigit()) or len(typed) > len(str(LARGEST)):
        raise ValueError("no row's number")
    if (number := int(typed)) > LARGEST:
        raise ValueError("no row's number")
    return number
