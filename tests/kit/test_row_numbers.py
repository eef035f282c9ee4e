from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.kit.row_numbers import LARGEST, init_app, row_number


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    init_app(app)
    app.add_url_rule("/<int:number>", "row", lambda number: str(number))
    app.add_url_rule("/few/<int(max=9):number>", "few", lambda number: str(number))
    return app.test_client()


@pytest.mark.parametrize("number", [0, 1, LARGEST])
def test_an_address_takes_what_a_row_can_have(client: FlaskClient, number: int) -> None:
    assert client.get(f"/{number}").text == str(number)
    assert row_number(str(number)) == number


@pytest.mark.parametrize("typed", [str(LARGEST + 1), "9" * 30, "9" * 5000, "-1", "²", "x"])
def test_what_no_row_can_have_is_no_address(client: FlaskClient, typed: str) -> None:
    assert client.get(f"/{typed}").status_code == 404
    with pytest.raises(ValueError, match="row"):
        row_number(typed)


def test_a_route_may_have_a_smaller_limit(client: FlaskClient) -> None:
    assert client.get("/few/9").status_code == 200
    assert client.get("/few/10").status_code == 404
