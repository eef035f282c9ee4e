"""A mock service in the test's own process, with a clock in the test's hands."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from mockapp.app import create_app
from mockapp.faults import Faults
from tests.mockapp.process import TOKEN


class Ticker:
    """A clock in seconds that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticker() -> Ticker:
    """The clock of the faults."""
    return Ticker()


@pytest.fixture
def faults(ticker: Ticker) -> Faults:
    """The faults of ``shop``."""
    return Faults(ticker)


@pytest.fixture
def shop(faults: Faults) -> FlaskClient:
    """A client of the mock service."""
    return create_app(TOKEN, faults).test_client()
