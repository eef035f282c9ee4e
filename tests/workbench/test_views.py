"""The workbench's pages: each action with htmx and without, twice, by GET, from elsewhere."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from portal.kit.db import db
from portal.learners.models import Learner
from portal.promql.classify import classify
from portal.promql.context import Context
from portal.workbench import store
from portal.workbench.forms import PanelForm
from portal.workbench.starts import starts
from portal.workbench.units import unit_remark
from tests.conftest import START
from tests.fakes.boards import AVAILABILITY, P95, classic_board, v2_board

HTMX = {"HX-Request": "true"}
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
HOSTILE = "<script>alert(1)</script>"
PANEL = {"title": "Failed share", "expr": AVAILABILITY, "unit": "ratio", "key": "one"}
POSTS = {
    "/workbench/panels": PANEL,
    "/workbench/panels/1": PANEL,
    "/workbench/panels/1/remove": {},
    "/workbench/panels/1/bring-back": {},
    "/workbench/panels/1/move": {"to": "0"},
    "/workbench/title": {"title": "Our shop"},
    "/workbench/confirm": {"sli": "latency", "expr": "up"},
    "/workbench/push": {},
    "/workbench/hand-in": {"document": json.dumps(classic_board())},
    "/workbench/handed-in/1/remove": {},
}


@pytest.fixture
def panel(learner: Learner) -> int:
    """A panel of the learner's."""
    return store.add_panel(learner.id, "First", AVAILABILITY, "ratio", START).id


def titles(learner: Learner) -> list[str]:
    return [panel.title for panel in store.panels(learner.id)]


def hand_in(client: FlaskClient, raw: bytes, name: str = "mine.json", **more: Any) -> Any:
    data = {"file": (io.BytesIO(raw), name)}
    return client.post("/workbench/hand-in", data=data, **more)


# Every action


@pytest.mark.parametrize("path", POSTS)
def test_an_action_works_without_a_script(client: FlaskClient, panel: int, path: str) -> None:
    answer = client.post(path, data=POSTS[path])
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/workbench")
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_an_action_works_with_htmx(client: FlaskClient, panel: int, path: str) -> None:
    answer = client.post(path, data=POSTS[path], headers=HTMX)
    assert answer.status_code == 200
    assert "HX-Redirect" in answer.headers or answer.text.lstrip().startswith("<section")
    # The same page with another anchor would only scroll.
    assert "#" not in answer.headers.get("HX-Redirect", "")


@pytest.mark.parametrize("path", POSTS)
def test_an_action_twice_does_no_more_than_once(
    client: FlaskClient, learner: Learner, panel: int, path: str
) -> None:
    def all_there_is() -> tuple[Any, ...]:
        db.session.expire_all()
        handed_in = [row.file_name for row in store.handed_in(learner.id)]
        bench = store.bench(learner.id)
        return titles(learner), handed_in, bench.title, store.confirmed(learner.id)

    client.post(path, data=POSTS[path])
    once = all_there_is()
    assert client.post(path, data=POSTS[path]).status_code == 303
    assert all_there_is() == once


def test_an_action_is_no_get(client: FlaskClient, panel: int) -> None:
    for path in POSTS.keys() - {"/workbench/panels/1"}:
        assert client.get(path).status_code == 405


def test_an_action_from_another_site_is_refused(
    client: FlaskClient, learner: Learner, panel: int
) -> None:
    for path in (*POSTS, "/workbench/try"):
        assert client.post(path, data=POSTS.get(path), headers=ELSEWHERE).status_code == 403
    assert titles(learner) == ["First"]


def test_a_panel_of_nobody_is_not_found(client: FlaskClient) -> None:
    for path in ("", "/remove", "/bring-back", "/move"):
        sent = {**PANEL, "to": "0"}
        assert client.post(f"/workbench/panels/9{path}", data=sent).status_code == 404


# Panels


def test_panels_are_kept_moved_removed_and_brought_back(
    client: FlaskClient, learner: Learner
) -> None:
    for title in ("a", "b", "c"):
        client.post("/workbench/panels", data={**PANEL, "title": title, "key": title})
    last = store.panels(learner.id)[2].id
    client.post(f"/workbench/panels/{last}/move", data={"to": "0"})
    assert titles(learner) == ["c", "a", "b"]
    removed = client.post(f"/workbench/panels/{last}/remove", follow_redirects=True)
    assert titles(learner) == ["a", "b"]
    assert "Removed “c”" in removed.text
    client.post(f"/workbench/panels/{last}/bring-back")
    assert titles(learner) == ["c", "a", "b"]


def test_a_panel_is_changed(client: FlaskClient, learner: Learner, panel: int) -> None:
    assert AVAILABILITY.replace('"', "&#34;") in client.get(f"/workbench/panels/{panel}").text
    changed = {**PANEL, "title": "", "expr": "up\r\n+ 0", "unit": "none"}
    client.post(f"/workbench/panels/{panel}", data=changed)
    db.session.expire_all()
    [kept] = store.panels(learner.id)
    assert (kept.title, kept.expr, kept.unit) == ("Untitled panel", "up\n+ 0", "none")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("expr", "", "Type a query first"),
        ("expr", "x" * 4001, "under 4,000 characters"),
        ("title", "x" * 121, "under 120 characters"),
        ("unit", "furlongs", "Choose one of the units"),
    ],
)
def test_a_refused_panel_says_why_and_keeps_what_was_typed(
    client: FlaskClient, learner: Learner, panel: int, field: str, value: str, reason: str
) -> None:
    for path in ("/workbench/panels", f"/workbench/panels/{panel}"):
        answer = client.post(path, data={**PANEL, field: value})
        assert answer.status_code == 422
        assert reason in answer.text
        assert PANEL["title"] in answer.text or field == "title"
        part = client.post(path, data={**PANEL, field: value}, headers=HTMX)
        assert part.status_code == 422
        assert part.text.split("#}")[-1].lstrip().startswith("<form")
    assert titles(learner) == ["First"]


def test_the_address_holds_what_is_typed(client: FlaskClient, panel: int) -> None:
    typed = {"expr": "sum(up)\n+ 1", "title": "50 % & more", "unit": "rate", "key": "k"}
    for more, page in (({}, "/workbench"), ({"panel": panel}, f"/workbench/panels/{panel}")):
        answer = client.get("/workbench/try", query_string={**typed, **more})
        address = answer.headers["HX-Replace-Url"]
        assert address.split("?")[0] == page
        again = client.get(address).text
        assert "sum(up)\n+ 1</textarea>" in again
        assert 'value="50 % &amp; more"' in again
        assert '<option value="rate" selected>' in again
        assert "can’t be tried now" in again


def test_an_address_names_only_what_it_changes(client: FlaskClient, panel: int) -> None:
    page = client.get(f"/workbench/panels/{panel}?title=Other").text
    assert 'value="Other"' in page
    assert AVAILABILITY.replace('"', "&#34;") in page


def test_an_address_does_not_grow_without_end(client: FlaskClient) -> None:
    answer = client.get("/workbench/try", query_string={"expr": "up" + " + up" * 500})
    assert answer.status_code == 200
    assert "HX-Replace-Url" not in answer.headers


@pytest.mark.parametrize("start", starts("flask-app"), ids=lambda start: start.title)
def test_each_live_sli_is_a_start_that_shows_an_sli_in_its_unit(
    client: FlaskClient, start: PanelForm
) -> None:
    links = re.findall(
        rf'href="([^"]*)">{re.escape(start.title)}</a>', client.get("/workbench").text
    )
    named = [parse_qs(urlsplit(unescape(link)).query) for link in links]
    assert {"expr": [start.expr], "unit": [start.unit]} in named
    indicator = classify(start.expr, Context()).indicator
    assert indicator
    assert unit_remark(indicator, start.unit) == ""


def test_what_is_kept_is_named_once_however_often_it_is_sent(client: FlaskClient) -> None:
    for _ in range(2):
        page = client.post("/workbench/panels", data=PANEL, follow_redirects=True).text
        assert re.search(r'Kept as panel 1: <a href="#panel-(\d+)">Failed share</a>', page)
    for number in ("9", "x", ""):
        assert "Kept as panel" not in client.get(f"/workbench?kept={number}").text


def test_forty_panels_are_enough(client: FlaskClient, learner: Learner) -> None:
    for number in range(store.MAX_PANELS):
        store.add_panel(learner.id, str(number), "up", "none", START)
    refused = client.post("/workbench/panels", data=PANEL)
    assert refused.status_code == 422
    assert "at most 40 panels" in refused.text
    first = store.panels(learner.id)[0].id
    client.post(f"/workbench/panels/{first}/remove")
    client.post("/workbench/panels", data=PANEL)
    back = client.post(f"/workbench/panels/{first}/bring-back", follow_redirects=True)
    assert "at most 40 panels" in back.text
    assert len(store.panels(learner.id)) == store.MAX_PANELS


def test_only_the_last_removed_panels_are_kept(learner: Learner) -> None:
    made = [store.add_panel(learner.id, str(n), "up", "none", START) for n in range(25)]
    numbers = [panel.id for panel in made]
    for panel in made:
        store.remove_panel(panel, START)
    left = [n for n in numbers if store.find_panel(learner.id, n)]
    assert left == numbers[-store.MAX_REMOVED :]


def test_the_dashboard_has_the_title_it_is_given(client: FlaskClient, panel: int) -> None:
    client.post("/workbench/title", data={"title": "Our shop"})
    assert 'value="Our shop"' in client.get("/workbench").text
    assert client.get("/workbench/dashboard.json").get_json()["title"] == "Our shop"
    refused = client.post("/workbench/title", data={"title": "  "})
    assert refused.status_code == 422
    assert "Give the dashboard a title" in refused.text


def test_without_panels_there_is_nothing_to_take_away(client: FlaskClient) -> None:
    page = client.get("/workbench").text
    assert "No panels yet" in page
    assert "Download" not in page
    answer = client.get("/workbench/dashboard.json", follow_redirects=True)
    assert "nothing to download yet" in answer.text
    assert "no panels yet" in client.post("/workbench/push", follow_redirects=True).text


def test_without_a_grafana_nothing_offers_to_push_there(client: FlaskClient, panel: int) -> None:
    page = client.get("/workbench").text
    assert "Download as Grafana JSON" in page
    assert "Push into Grafana" not in page


def test_hostile_text_is_shown_as_text(client: FlaskClient, learner: Learner) -> None:
    client.post(
        "/workbench/panels", data={**PANEL, "title": HOSTILE, "expr": f'up{{a="{HOSTILE}"}}'}
    )
    client.post("/workbench/title", data={"title": HOSTILE})
    board = classic_board(HOSTILE, f'up{{a="{HOSTILE}"}}', "(" * 70 + HOSTILE + ")" * 70)
    board["panels"][0]["title"] = HOSTILE
    hand_in(client, json.dumps(board).encode(), f"{HOSTILE}.json")
    for path in ("/workbench", f"/workbench?expr={HOSTILE}", "/workbench/dashboards", "/criteria"):
        text = client.get(path).text
        assert HOSTILE not in text
    assert "&lt;script&gt;" in client.get("/workbench/dashboards").text


# Handing in


@pytest.mark.parametrize(
    "raw", [json.dumps(classic_board("Ours")), json.dumps({"spec": v2_board("Ours")})]
)
def test_what_is_handed_in_is_explained_at_once(client: FlaskClient, raw: str) -> None:
    hand_in(client, b"\xef\xbb\xbf" + raw.encode())
    page = client.get("/workbench").text
    assert "Ours" in page
    assert "2 of 2 panels show SLIs" in page
    assert "Availability: the share of requests" in page
    assert "Latency: 95 %" in page


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Choose a dashboard"),
        (b"\x89PNG\r\n\xff", "not a text file"),
        (b"{\0}", "not a text file"),
        (b"hello", "not valid JSON in line 1"),
        (b'{"a": 1}', "no Grafana dashboard"),
        (b"[1, 2]", "no Grafana dashboard"),
        (b"[" * 100_000, "nested too deeply"),
    ],
    ids=["nothing", "a picture", "binary", "a word", "other JSON", "a list", "deep"],
)
def test_what_is_no_dashboard_is_refused_with_the_reason(
    client: FlaskClient, learner: Learner, raw: bytes, reason: str
) -> None:
    answer = hand_in(client, raw)
    assert answer.status_code == 422
    assert reason in answer.text
    assert reason in hand_in(client, raw, headers=HTMX).text
    assert not store.handed_in(learner.id)


def test_what_is_far_too_large_is_refused(client: FlaskClient) -> None:
    text = " " * (5 << 20) + "{}"
    assert "5 MB" in client.post("/workbench/hand-in", data={"document": text}).text


def test_refused_text_stays_in_its_field(client: FlaskClient) -> None:
    answer = client.post("/workbench/hand-in", data={"document": "my {broken} text"})
    assert "my {broken} text" in answer.text
    assert '<p class="error" role="alert">The file is not valid JSON' in answer.text


def test_only_the_newest_few_are_kept(client: FlaskClient, learner: Learner) -> None:
    for number in range(store.MAX_HANDED_IN + 2):
        hand_in(client, json.dumps(classic_board(str(number))).encode(), f"{number}.json")
    kept = [row.file_name for row in store.handed_in(learner.id)]
    assert kept == [f"{number}.json" for number in range(11, 1, -1)]


# Without Prometheus


def test_without_prometheus_every_page_says_so_and_still_reads_the_text(
    client: FlaskClient, panel: int
) -> None:
    hand_in(client, json.dumps(classic_board("Ours", AVAILABILITY, P95)).encode())
    tried = client.get("/workbench/try", query_string={"expr": AVAILABILITY}).text
    assert "can’t be tried now" in tried
    assert "This shows an SLI: availability" in tried
    dashboards = client.get("/workbench/dashboards").text
    assert "Prometheus can&#39;t be reached" in dashboards
    assert "2 of 2 panels show SLIs" in dashboards
    assert "✓ 2 of 2" not in dashboards


def test_a_word_on_a_query_that_cannot_be_tried_is_not_recorded(
    client: FlaskClient, learner: Learner
) -> None:
    client.post("/workbench/confirm", data={"sli": "latency", "expr": "up"})
    assert store.confirmed(learner.id) == {}
    assert client.post("/workbench/confirm", data={"sli": "x", "expr": "up"}).status_code == 422
