"""A query tried at a real lab: where it is wrong, what it gives, what it shows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.clients.http import Answer, Http
from portal.clients.prometheus import PrometheusClient
from portal.deadline import Deadline
from portal.kit.charts import KINDS
from portal.kit.db import db
from portal.learners.models import Learner
from portal.promql.text import caret_under
from portal.services import Services
from portal.workbench import store, tryout
from portal.workbench.board import board
from portal.workbench.candidates import Candidate, CandidateJudge, DashboardOrigin
from portal.workbench.drawing import Drawing, draw
from portal.workbench.tryout import Tryout, try_query
from portal.workbench.turns import NO_TIME, TOO_SLOW, run, turn
from tests.conftest import START
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.mockapp.process import wait_until
from tests.patience import limited

FRESH = AVAILABILITY.replace("1m", "30s")
HEAVY = "max_over_time(sum_over_time(vector(time())[12h:1s])[12h:1s])"


@pytest.fixture
def ask(lab_app: Flask) -> object:
    """Tries a query as the learner."""
    services: Services = lab_app.extensions["slo_lab"]
    with lab_app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        yield lambda expr: try_query(services, learner, expr)


def test_a_good_query_gives_its_value_a_chart_and_the_checks_opinion(ask: object) -> None:
    tried: Tryout = ask(FRESH)  # type: ignore[operator]
    assert tried.drawing
    assert tried.drawing.value == "100 %"
    assert tried.drawing.chart
    assert "1 series" in tried.drawing.chart.title
    assert tried.drawing.chart.y_marks[-1].label == "100"
    assert tried.finding
    assert tried.finding.sli == "availability"
    assert tried.suggestion == ""


@pytest.mark.parametrize(
    ("expr", "words", "caret"),
    [
        ("rate(x[1m]))", "unexpected right parenthesis", "rate(x[1m]))\n            ^"),
        ("up +\n  sum(up", "unclosed left parenthesis", "  sum(up\n        ^"),
        ("up}", "unexpected", "up}\n  ^"),
        ("rate(up)", "expected type range vector", "rate(up)\n     ^"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_told_in_prometheus_words_with_the_place(
    ask: object, expr: str, words: str, caret: str
) -> None:
    tried: Tryout = ask(expr)  # type: ignore[operator]
    assert words in tried.error
    assert tried.caret == caret
    assert tried.finding is None


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        ("up[5m]", "a range of values"),
        ('"text"', "a text"),
        ("http_requests_total * on() http_requests_total", "duplicate series"),
        ("x" * 4001, "under 4,000 characters"),
    ],
)
def test_what_a_panel_could_not_draw_is_told(ask: object, expr: str, words: str) -> None:
    tried: Tryout = ask(expr)  # type: ignore[operator]
    assert words in tried.error, tried


@pytest.mark.parametrize(
    ("expr", "note"),
    [
        ("nothing_of_that_name", "finds no data"),
        ("vector(0) / vector(0)", "not a number"),
        ('{__name__=~".+"}', "too many to draw"),
    ],
)
def test_what_is_missing_in_a_valid_query_is_told(ask: object, expr: str, note: str) -> None:
    tried: Tryout = ask(expr)  # type: ignore[operator]
    assert tried.drawing
    assert note in tried.drawing.note
    assert not tried.error


def test_the_verdict_stands_before_the_drawing(lab_app: Flask) -> None:
    page = lab_app.test_client().get("/workbench/try", query_string={"expr": FRESH}).text
    assert page.index("This shows an SLI") < page.index("Now:") < page.index("<svg")


def test_several_series_have_a_row_and_a_look_each_and_the_rest_is_counted(ask: object) -> None:
    tried: Tryout = ask("http_requests_total")  # type: ignore[operator]
    drawing = tried.drawing
    assert drawing
    assert drawing.series[0].name == "path=/, status=200"
    assert [one.kind for one in drawing.series] == list(KINDS)
    assert drawing.more > 0
    assert drawing.value == ""
    assert drawing.chart
    assert [line.kind for line in drawing.chart.lines] == list(KINDS)


def test_a_unit_that_does_not_fit_gets_a_remark_and_no_refusal(lab_app: Flask) -> None:
    asked = {"expr": P95.replace("1m", "30s"), "unit": "ratio"}
    page = lab_app.test_client().get("/workbench/try", query_string=asked).text
    assert "This shows an SLI: latency" in page
    assert "The query gives seconds, but the unit says ratio (0 to 1)." in page
    page = (
        lab_app.test_client().get("/workbench/try", query_string={**asked, "unit": "seconds"}).text
    )
    assert "but the unit says" not in page


def test_a_value_on_the_page_is_read_anew_and_a_mistake_is_not(lab_app: Flask) -> None:
    client = lab_app.test_client()
    assert 'hx-trigger="every 5s"' in client.get("/workbench/try?expr=up").text
    assert "hx-trigger" not in client.get("/workbench/try?expr=rate(up)").text


def test_what_could_not_be_tried_is_tried_again_after_a_while(client: FlaskClient) -> None:
    page = client.get("/workbench/try?expr=up").text
    assert "It can’t be tried now" in page
    assert 'hx-trigger="every 30s"' in page


def test_what_shows_no_sli_gets_one_suggestion_and_not_the_solution(ask: object) -> None:
    for expr in ("http_requests_total", "sum(rate(http_requests_total[5s]))", "up", "1"):
        tried: Tryout = ask(expr)  # type: ignore[operator]
        assert tried.finding
        assert tried.finding.sli is None
        assert tried.suggestion
        assert "sum(" not in tried.suggestion


def test_grafanas_variables_are_filled_in(ask: object) -> None:
    tried: Tryout = ask(P95.replace("1m", "$__rate_interval"))  # type: ignore[operator]
    assert "[16s]" in tried.runs
    assert tried.finding
    assert tried.finding.sli == "latency"


def test_a_confirmed_query_shows_what_the_learner_said(lab_app: Flask, ask: object) -> None:
    deep = "(" * 70 + FRESH + ")" * 70
    client = lab_app.test_client()
    page = client.get("/workbench", query_string={"expr": deep}).text
    assert "The check can’t analyse this" in page
    assert "This shows no SLI" not in page
    client.post("/workbench/confirm", data={"expr": deep, "sli": "availability"})
    assert "confirmed" in ask(deep).finding.reason  # type: ignore[operator]
    wrong = client.post("/workbench/confirm", data={"expr": "(((", "sli": "latency"})
    assert wrong.status_code == 303
    with lab_app.app_context():
        assert list(store.confirmed(1)) == [deep]


def test_a_heavy_query_is_given_up_and_starves_nobody(
    lab_app: Flask, ask: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = lab_app.extensions["slo_lab"]
    hurried = PrometheusClient(services.prometheus.base_url, timeout=1.5)
    monkeypatch.setattr(services.prometheus, "apart", lambda **_: hurried)
    tried: Tryout = ask(HEAVY)  # type: ignore[operator]
    assert "did not answer" in tried.unreachable or "gave up" in tried.unreachable, tried
    # However often it is asked for, the portal's own questions are not put off.
    assert run(services.learners_prometheus, HEAVY).silent == TOO_SLOW
    assert services.prometheus.query("up")


def test_what_prometheus_would_read_for_long_is_not_asked(
    lab_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    services: Services = lab_app.extensions["slo_lab"]
    send = Http.send

    def noted(self: Http, *more: Any, **named: Any) -> Answer:
        asked.append(str(named.get("form")))
        return send(self, *more, **named)

    monkeypatch.setattr(Http, "send", noted)
    client, deep = lab_app.test_client(), "(" * 1500 + "up" + ")" * 1500
    tried = client.post("/workbench/try", data={"expr": deep}).text
    assert "It nests brackets 1,500 deep; 100 are taken at most." in tried
    client.post("/workbench/confirm", data={"expr": deep, "sli": "latency"})
    assert "Not recorded: It nests brackets 1,500 deep" in client.get("/workbench").text
    with lab_app.app_context():
        assert store.confirmed(1) == {}
        store.add_panel(1, "Deep", deep, "none", START)
        learner = db.session.execute(db.select(Learner)).scalar_one()
        assert board(services, learner).panels[0].words.startswith("It nests brackets")
        judge = CandidateJudge(services, learner, Deadline(60))
        found = judge.candidate(
            DashboardOrigin.HANDED_IN, "1", "Deep", "", classic_board("Deep", deep, FRESH)
        )
    assert [panel.sli for panel in found.finding.panels] == [None, "availability"]
    assert "not validated: It nests" in found.finding.panels[0].reason
    assert FRESH in "".join(asked)
    assert "(((" not in "".join(asked)


def test_a_learners_query_is_asked_by_the_learners_client_alone(
    lab_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = lab_app.extensions["slo_lab"]
    own: list[str] = []
    monkeypatch.setattr(services.prometheus, "format_query", own.append)
    client = lab_app.test_client()
    client.post("/workbench/confirm", data={"expr": FRESH, "sli": "latency"})
    assert "Recorded as confirmed" in client.get("/workbench").text
    assert "Now:" in client.get("/workbench/try", query_string={"expr": FRESH}).text
    with lab_app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        judge = CandidateJudge(services, learner, Deadline(60))
        judge.candidate(DashboardOrigin.HANDED_IN, "1", "One", "", classic_board("One", FRESH))
    assert own == []


def test_a_query_is_only_read_when_it_is_its_turn(
    lab_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = limited(lab_app.extensions["slo_lab"], "workbench", turn_s=0.1, at_once=1)
    lab_app.extensions["slo_lab"] = services
    read: list[str] = []
    monkeypatch.setattr(services.learners_prometheus, "format_query", read.append)
    monkeypatch.setattr(services.learners_prometheus, "query", read.append)
    client = lab_app.test_client()
    with turn(services), lab_app.app_context():
        client.post("/workbench/confirm", data={"expr": FRESH, "sli": "latency"})
        assert "Not recorded: The query before this one still runs" in client.get("/workbench").text
        learner = db.session.execute(db.select(Learner)).scalar_one()
        judge = CandidateJudge(services, learner, Deadline(0.3))
        judge.candidate(DashboardOrigin.HANDED_IN, "1", "One", "", classic_board("One", FRESH))
    assert read == []


def test_a_check_waits_for_its_turn_as_long_as_it_has_time(lab_app: Flask) -> None:
    services = limited(lab_app.extensions["slo_lab"], "workbench", turn_s=0.01, at_once=1)
    lab_app.extensions["slo_lab"] = services

    def judged() -> Candidate:
        with lab_app.app_context():
            learner = db.session.execute(db.select(Learner)).scalar_one()
            judge = CandidateJudge(services, learner, Deadline(60))
            board = classic_board("One", FRESH)
            return judge.candidate(DashboardOrigin.HANDED_IN, "1", "One", "", board)

    with ThreadPoolExecutor(1) as pool:
        with turn(services):
            waiting = pool.submit(judged)
            gate = services.instruments.get("workbench", threading.Semaphore)
            wait_until(lambda: gate._cond._waiters)  # type: ignore[attr-defined]
        found = waiting.result()
    assert found.untried == []
    assert list(found.silent) == [FRESH]
    assert found.silent[FRESH] != NO_TIME


def test_a_learner_runs_one_query_at_a_time(
    lab_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, gate, go_on = 0, 0, threading.Lock(), threading.Event()
    run_it = draw

    def slow(*arguments: object) -> Drawing:
        nonlocal running, most
        with gate:
            running += 1
            most = max(most, running)
        go_on.wait(60)
        with gate:
            running -= 1
        return run_it(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tryout, "draw", slow)
    lab_app.extensions["slo_lab"] = limited(lab_app.extensions["slo_lab"], "workbench", turn_s=0.2)
    with ThreadPoolExecutor(6) as pool:
        ask = lambda: lab_app.test_client().get("/workbench/try?expr=up").text  # noqa: E731
        asked = [pool.submit(ask) for _ in range(6)]
        refused = [one.result() for one in islice(as_completed(asked, 60), 5)]
        go_on.set()
    assert most == 1
    assert all("still runs" in page for page in refused)
    assert sum("Now:" in one.result() for one in asked) == 1


def test_without_a_script_a_long_query_is_tried_by_post(at_the_lab: FlaskClient) -> None:
    long = FRESH + "\n" + " " * (3998 - len(FRESH)) + "#"
    page = at_the_lab.post("/workbench/try", data={"expr": long, "title": "Kept title"})
    assert page.status_code == 200
    assert "This shows an SLI: availability" in page.text
    assert 'value="Kept title"' in page.text
    assert "<html" in page.text
    part = at_the_lab.post("/workbench/try", data={"expr": long}, headers={"HX-Request": "true"})
    assert part.text.split("#}")[-1].lstrip().startswith("<section")


def test_an_edited_panel_is_tried_on_its_own_page(lab_app: Flask) -> None:
    with lab_app.app_context():
        number = store.add_panel(1, "Mine", "up", "none", START).id
    sent = {"expr": FRESH, "panel": str(number), "title": "Mine"}
    page = lab_app.test_client().post("/workbench/try", data=sent).text
    assert "Save the panel" in page
    assert "This shows an SLI" in page


def test_the_caret_stays_in_sight_in_a_long_line() -> None:
    line, under = caret_under("x" * 300 + "!" + "y" * 300, 1, 301).split("\n")
    assert line[len(under) - 1] == "!"
    assert len(under) < 25
    assert (line[0], line[-1]) == ("…", "…")
    assert caret_under("up", None, None) == ""
    assert caret_under("up", 7, 1) == ""
    assert caret_under("\tup", 1, 99) == " up\n   ^"
