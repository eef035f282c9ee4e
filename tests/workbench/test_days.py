"""The fold with the days that a query was tried on: on the workbench, and what it holds."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.learners.models import Learner
from portal.services import Services
from portal.trial.days import DAYS
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from portal.workbench import store
from tests.conftest import START
from tests.patience import PATIENT
from tests.promtool import no_promtool
from tests.trial.cases import R, T

CLAMPED = f"clamp_max({R}, 0.01)"
MOST_BYTES = 25_000


def folds(page: str) -> list[str]:
    """The summaries of the folds on a page."""
    found = re.findall(r'<details class="tried".*?<summary>(.*?)</summary>', page, re.S)
    return [re.sub(r"<[^>]*>", "", one) for one in found]


def drawn(client: FlaskClient, expr: str) -> str:
    """The pictures of a query."""
    answer = client.get("/workbench/days/drawn", query_string={"expr": expr})
    assert answer.status_code == 200
    return answer.text


def test_a_typed_query_has_a_fold_that_says_on_how_many_days_it_surprised(
    client: FlaskClient,
) -> None:
    for path in ("/workbench", "/workbench/try"):
        page = client.get(path, query_string={"expr": CLAMPED}).text
        assert folds(page) == [f"We tried it on {len(DAYS)} days: 13 surprised"]
    assert folds(client.get("/workbench", query_string={"expr": R}).text) == [
        f"We tried it on {len(DAYS)} days"
    ]
    assert folds(client.get("/workbench").text) == []


def test_the_fold_leads_to_the_days_without_a_script_and_loads_them_with_one(
    client: FlaskClient,
) -> None:
    page = unescape(client.get("/workbench", query_string={"expr": CLAMPED}).text)
    [link] = re.findall(r'<a href="(/workbench/days\?[^"]*)">See the days', page)
    [part] = re.findall(r'hx-get="(/workbench/days/drawn\?[^"]*)" hx-trigger="toggle once"', page)
    whole, fragment = client.get(link).text, client.get(part).text
    assert "<html" in whole
    assert "<html" not in fragment
    assert whole.count("<svg") == fragment.count("<svg") == len(DAYS)


def test_every_panel_has_its_own(client: FlaskClient, learner: Learner) -> None:
    for number, expr in enumerate((R, CLAMPED, R, "up")):
        store.add_panel(learner.id, f"Panel {number}", expr, "ratio", START, f"key {number}")
    page = client.get("/workbench/panels/drawn").text
    assert len(folds(page)) == 3
    ids = re.findall(r'<details class="tried" id="([^"]+)"', page)
    assert len(set(ids)) == 3


def test_a_changed_query_is_another_fold(client: FlaskClient) -> None:
    pages = [client.get("/workbench/try", query_string={"expr": expr}).text for expr in (R, T, R)]
    ids = [re.findall(r'<details class="tried" id="([^"]+)"', page) for page in pages]
    assert ids[0] == ids[2] != []
    assert ids[1] == []
    other = client.get("/workbench/try", query_string={"expr": f"1 - {R}"}).text
    assert re.findall(r'<details class="tried" id="([^"]+)"', other) != ids[0]


def test_the_surprising_days_come_first_and_are_marked_by_a_word(client: FlaskClient) -> None:
    page = unescape(drawn(client, CLAMPED)).replace("\N{NO-BREAK SPACE}", " ")
    texts = re.findall(r"<li.*?<b>(.*?)</b><br>(.*?)</p>", page, re.S)
    assert [("Surprise" in rest) for _, rest in texts] == [True] * 13 + [False] * (len(DAYS) - 13)
    assert texts[0][0] == "All of five thousand requests a second failed"
    assert "it showed 1 %; 100 % would have been true" in texts[0][1]
    assert f"{len(DAYS) - 13} other days: no surprise" in page


def test_every_picture_says_in_words_what_it_shows(client: FlaskClient) -> None:
    page = drawn(client, CLAMPED)
    titles = re.findall(r'role="img" aria-label="([^"]+)"><title>([^<]+)</title>', page)
    assert len(titles) == len(DAYS)
    assert titles[0] == ("Filled: 100 %. Line: 1 %.",) * 2


@pytest.mark.parametrize("expr", [R, CLAMPED, T.replace("sum", "1 - sum")])
def test_the_days_of_a_query_are_no_more_than_some_kilobytes(
    client: FlaskClient, expr: str
) -> None:
    assert len(drawn(client, expr).encode()) < MOST_BYTES


def test_what_is_no_share_says_what_it_was_held_against(client: FlaskClient) -> None:
    expr = '1 - sum(rate(http_requests_total{status=~"5.."}[5m]))'
    assert "surprised" in folds(client.get("/workbench/try", query_string={"expr": expr}).text)[0]
    assert "comes closest to the share of requests that went well" in drawn(client, expr)
    assert "comes closest" not in drawn(client, CLAMPED)


@pytest.mark.parametrize("expr", ["up", "queue_length > 1", "sum("])
def test_what_was_not_tried_has_no_fold(client: FlaskClient, expr: str) -> None:
    page = client.get("/workbench/try", query_string={"expr": expr}).text
    assert "This shows no SLI yet" in page or "can’t analyse" in page
    assert folds(page) == []
    assert "There are no days to see" in drawn(client, expr)


def test_without_promtool_there_is_no_fold_and_the_verdict_says_why(
    app: Flask, client: FlaskClient
) -> None:
    services: Services = app.extensions["slo_lab"]
    app.extensions["slo_lab"] = replace(
        services, trials=TrialMemory(TrialEngine(PATIENT.promtool, no_promtool))
    )
    page = client.get("/workbench/try", query_string={"expr": R}).text
    assert "promtool" in page
    assert folds(page) == []
    assert "There are no days to see" in drawn(client, R)


def test_what_was_typed_is_shown_as_text(client: FlaskClient) -> None:
    hostile = "</pre><script>alert(1)</script>"
    page = client.get("/workbench/days", query_string={"expr": hostile}).text
    assert "<script>alert" not in page
