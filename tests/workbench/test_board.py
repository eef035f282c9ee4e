"""The kept panels as a dashboard: drawn as of now, within a time, whatever a query does."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.bursts.store import add_or_find
from portal.clients.errors import ClientError, ErrorKind
from portal.kit.db import db
from portal.learners.models import Learner
from portal.live.reading import ReadingState
from portal.promql.findings import Code, Finding, Sli
from portal.workbench import board as board_module
from portal.workbench import store, views
from portal.workbench.board import HEAVY as TOO_HEAVY
from portal.workbench.board import Board, BoardPanel, board
from portal.workbench.drawing import Drawing, draw
from portal.workbench.models import WorkbenchPanel
from tests.conftest import START
from tests.fakes.boards import AVAILABILITY, P95
from tests.patience import limited

FRESH, FRESH_P95 = AVAILABILITY.replace("1m", "30s"), P95.replace("1m", "30s")


def drawn(app: Flask, *panels: tuple[str, str]) -> Board:
    """The learner's board with these queries, each in its unit, kept as panels."""
    with app.app_context():
        learner = db.session.execute(db.select(Learner)).scalar_one()
        for expr, unit in panels:
            store.add_panel(learner.id, expr[:20], expr, unit, START)
        return board(app.extensions["slo_lab"], learner)


def test_a_panel_is_drawn_with_its_value_in_its_unit(lab_app: Flask) -> None:
    made = drawn(lab_app, (FRESH, "ratio"), (FRESH_P95, "seconds"))
    first, second = (one.drawing for one in made.panels)
    assert first.value == "100 %"
    assert second.value.endswith(" ms")
    assert first.chart
    assert first.chart.lines[0].polylines or first.chart.lines[0].dots
    assert first.chart.y_marks[-1].label == "100"
    page = lab_app.test_client().get("/workbench").text
    assert "100 %</strong>" in page
    assert page.count('<svg class="chart"') == 2


def test_panels_without_a_drawing_say_why(lab_app: Flask) -> None:
    many_to_many = "http_requests_total * on() http_requests_total"
    for expr, words in (
        ("nothing_of_that_name", "finds no data now"),
        ("vector(0) / vector(0)", "no traffic in the range"),
        (many_to_many, "Prometheus refuses it: found duplicate series"),
        ('{__name__=~".+"}', "too many to draw"),
    ):
        note = drawn(lab_app, (expr, "none")).panels[-1].drawing.note
        assert words in note, note


def test_a_panel_without_a_chosen_unit_has_that_of_its_query(client: FlaskClient) -> None:
    for expr, words in ((P95, "seconds"), (AVAILABILITY, "ratio (0 to 1)"), ("up", "none")):
        client.post("/workbench/panels", data={"expr": expr, "unit": "query", "key": expr})
        panel = client.get("/workbench").text.rpartition("/workbench/panels/")[2].partition('"')[0]
        edited = client.get(f"/workbench/panels/{panel.partition('/')[0]}").text
        assert f" selected>{words}</option>" in edited


def test_a_misfit_of_unit_and_query_is_remarked_on_the_panel(client: FlaskClient) -> None:
    kept = {"title": "p95", "expr": P95, "unit": "ratio", "key": "k"}
    page = client.post("/workbench/panels", data=kept, follow_redirects=True).text
    assert re.search(r"Kept as panel 1: <a href=\"#panel-\d+\">p95</a>", page)
    assert '<span class="badge wait">unit</span> The query gives seconds, but the unit' in page


def test_open_pages_share_one_drawing_and_a_move_needs_none(
    lab_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(prometheus: object, expr: str, *rest: object) -> object:
        asked.append(expr)
        return draw(prometheus, expr, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(board_module, "draw", counted)
    drawn(lab_app, (FRESH, "ratio"), (FRESH, "ratio"), ("up", "none"))
    client = lab_app.test_client()
    for _ in range(3):
        assert client.get("/workbench/panels/drawn").status_code == 200
    client.post("/workbench/panels/3/move", data={"to": "0"})
    client.get("/workbench")
    assert sorted(asked) == sorted([FRESH, "up"])


def test_a_heavy_panel_is_left_alone_for_a_while(
    app: Flask, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    seconds = [0.0]

    def slow(prometheus: object, expr: str, *rest: object) -> Drawing:
        asked.append(expr)
        if expr == "up":
            return Drawing(note="drawn")
        seconds[0] += 2
        raise ClientError("silent", system="Prometheus", kind=ErrorKind.TIMEOUT)

    monkeypatch.setattr(board_module, "draw", slow)
    monkeypatch.setattr(board_module, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    for expr in ("heavy", "up"):
        store.add_panel(learner.id, expr, expr, "none", START)
    services = limited(app.extensions["slo_lab"], "workbench", drawn_s=0, heavy_s=1)
    for _ in range(3):
        made = board(services, learner)
        assert [one.drawing for one in made.panels] == [TOO_HEAVY, Drawing(note="drawn")]
    assert asked == ["heavy", "up", "up", "up"]
    board(limited(services, "workbench", rest_s=0), learner)
    assert asked[-2:] == ["heavy", "up"]


def test_what_there_is_no_time_for_is_drawn_later(app: Flask, learner: Learner) -> None:
    services = limited(app.extensions["slo_lab"], "workbench", draw_s=0)
    store.add_panel(learner.id, "up", "up", "none", START)
    [panel] = board(services, learner).panels
    assert "no time left" in panel.drawing.note


def test_each_panel_gets_its_turn_where_the_time_is_short(
    app: Flask, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def drawn_one(prometheus: object, expr: str, *rest: object) -> Drawing:
        asked.append(expr)
        return Drawing(note="drawn")

    class TimeForOne:
        def __init__(self, seconds: float) -> None:
            self._before = len(asked)

        @property
        def passed(self) -> bool:
            return len(asked) > self._before

    monkeypatch.setattr(board_module, "draw", drawn_one)
    monkeypatch.setattr(board_module, "Deadline", TimeForOne)
    services = limited(app.extensions["slo_lab"], "workbench", drawn_s=0)
    for expr in ("a", "b", "c"):
        store.add_panel(learner.id, expr, expr, "none", START)
    for _ in range(4):
        board(services, learner)
    assert asked == ["a", "b", "c", "a"]


def test_without_prometheus_the_board_says_so_once(client: FlaskClient) -> None:
    for key in ("a", "b"):
        client.post("/workbench/panels", data={"expr": AVAILABILITY, "unit": "ratio", "key": key})
    page = client.get("/workbench/panels/drawn").text
    assert page.count("Prometheus can&#39;t be reached") == 1
    assert page.count("✓ availability") == 2
    assert "no time left" not in page


@pytest.mark.parametrize(
    ("sli", "remark", "drawing", "words"),
    [
        (Sli.LATENCY, "", Drawing(), "what it shows"),
        (Sli.LATENCY, "", Drawing(note="no data"), "no data"),
        (Sli.LATENCY, "odd unit", Drawing(note="no data"), "odd unit"),
        (None, "", Drawing(note="no data"), "what it shows"),
        (None, "", Drawing(note="refused", refused=True), "refused"),
    ],
)
def test_a_panel_says_one_thing(sli: Sli | None, remark: str, drawing: Drawing, words: str) -> None:
    finding = Finding(sli, Code.QUANTILE, "what it shows")
    assert BoardPanel(WorkbenchPanel(), finding, remark, drawing).words == words


def test_a_panel_without_an_sli_says_why_and_no_more(client: FlaskClient, learner: Learner) -> None:
    page = client.post(
        "/workbench/panels", data={"expr": "up", "unit": "none"}, follow_redirects=True
    ).text
    card = page.split('<article class="card panel"')[1].split("<details")[0]
    assert card.count("<p") == 1
    assert "whether the scrape worked" in card


def test_an_empty_board_asks_nobody(client: FlaskClient) -> None:
    page = client.get("/workbench/panels/drawn").text
    assert "No panels yet" in page
    assert "hx-get" not in page


@pytest.mark.parametrize("state", list(ReadingState))
def test_a_burst_is_offered_where_there_is_no_traffic(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, state: ReadingState
) -> None:
    shown = SimpleNamespace(reading=SimpleNamespace(state=state))
    monkeypatch.setattr(views, "readout", lambda *_: shown)
    for path in ("/workbench", "/workbench/traffic"):
        offered = "Start steady traffic" in client.get(path).text
        assert offered == (state is ReadingState.NO_TRAFFIC)


def test_the_burst_that_runs_stands_on_the_bench(client: FlaskClient, learner: Learner) -> None:
    burst = Burst(learner_id=learner.id, key="k", preset="steady", title="Steady traffic", spec={})
    burst.state, burst.counts = BurstState.RUNNING, {}
    burst.requested_at = burst.started_at = burst.heartbeat_at = START
    burst.spec = PRESETS["steady"].as_dict()
    add_or_find(burst)
    page = client.get("/workbench/traffic").text
    assert "Stop" in page
    assert "Start steady" not in page
