"""The step pages and the rail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.bursts.models import Burst, BurstState
from portal.clients.prometheus import PrometheusClient
from portal.config import Settings
from portal.criteria.base import Status
from portal.learners.models import Learner
from portal.secret_files import secret_path
from portal.services import Services
from portal.steps import store, views
from portal.steps.catalog import DoneBy, Step, load
from tests.apps import portal_app
from tests.conftest import START, Clock
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS

Judge = Callable[[str, Status], None]
AddBurst = Callable[..., Burst]
HTMX = {"HX-Request": "true"}


def rail_of(html: str) -> str:
    return html.split('<div id="rail"')[1].split("</ol>")[0]


@pytest.mark.parametrize("step", load(), ids=lambda step: step.id)
def test_every_step_has_a_page_with_its_verdicts(client: FlaskClient, step: Step) -> None:
    html = client.get(f"/steps/{step.id}").text
    for part in ("<h1>", 'id="rail"', 'class="live card"', 'id="strip"', "Is it done?"):
        assert part in html
    assert re.findall(r'id="verdict-([\w-]+)"', html) == list(step.criteria)


@pytest.mark.parametrize(
    ("has_grafana", "todo", "not_there"),
    [(True, "Open <a href=", "Open the <a"), (False, "Open the <a", "localhost:3000")],
)
def test_the_dashboard_step_tells_what_can_be_done_in_this_lab(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    has_grafana: bool,
    todo: str,
    not_there: str,
) -> None:
    monkeypatch.setattr(views, "has_grafana", lambda _: has_grafana)
    prose = client.get("/steps/dashboard").text.split('<div class="prose">')[1]
    first = prose.split("<h2>What to do</h2>")[1].split("</li>")[0]
    assert todo in first
    assert prose.count("<ol>") == 1
    assert not_there not in prose


def prose_in(settings: Settings, services: Services, step_id: str) -> str:
    """A step's text as a lab with these settings tells it."""
    with portal_app(settings, replace(services, settings=settings)) as app:
        page = app.test_client().get(f"/steps/{step_id}").text
    return re.sub(r"<details.*?</details>", "", page.split('<div class="prose">')[1], flags=re.S)


@pytest.mark.parametrize("step_id", [step.id for step in load()])
def test_a_lesson_names_the_ports_of_this_lab_alone(
    settings: Settings, services: Services, step_id: str
) -> None:
    ports: dict[str, Any] = {"mockapp_port": 8101, "prometheus_port": 9191, "grafana_port": 3131}
    moved = replace(settings, mockapp_url="", prometheus_url="", **ports)
    assert not re.findall(r":(?:8000|9090|3000|8080)\b", prose_in(moved, services, step_id))


def test_a_lesson_for_programs_says_nothing_of_containers(
    settings: Settings, services: Services
) -> None:
    prose = prose_in(replace(settings, mockapp_url="", prometheus_url=""), services, "preflight")
    assert "<code>make lab</code> runs them" in prose
    assert "docker compose" not in prose
    assert "host.docker.internal" not in prose


def test_a_lesson_in_containers_names_the_ports_that_a_browser_sees(
    settings: Settings, services: Services
) -> None:
    compose = replace(
        settings,
        mockapp_public_url="http://localhost:8101",
        prometheus_public_url="http://localhost:9191",
        grafana_url="http://127.0.0.1:9",
        grafana_public_url="http://localhost:3131",
    )
    prose = prose_in(compose, services, "preflight")
    assert "launches and manages multiple containers together" in prose
    assert "make lab" not in prose
    assert "localhost:9191" in prose
    assert "localhost:3131" in prose
    assert not re.findall(r"localhost:(?:9090|3000)", prose)


@pytest.mark.parametrize("grafana_url", ["http://127.0.0.1:9", ""])
def test_no_login_is_named_where_the_lab_page_has_none(
    settings: Settings, services: Services, grafana_url: str
) -> None:
    """Somebody else's Grafana, and none at all; the lab made a password once."""
    path = secret_path(settings.data_dir, "grafana-password")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("made")
    lab = replace(settings, grafana_url=grafana_url)
    for step_id in ("preflight", "dashboard"):
        assert "name and password" not in prose_in(lab, services, step_id).lower()
    with portal_app(lab, replace(services, settings=lab)) as app:
        assert "Your Grafana login" not in app.test_client().get("/lab").text


def test_the_login_is_named_where_the_lab_made_it(
    settings: Settings, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "has_grafana", lambda _: True)
    monkeypatch.setattr(views, "grafana_password", lambda _: "made")
    for step_id in ("preflight", "dashboard"):
        assert "name and password" in prose_in(settings, services, step_id).lower()


def test_a_lesson_tells_the_scrape_interval_of_this_lab(
    settings: Settings, services: Services
) -> None:
    slow = replace(settings, scrape_interval=2)
    assert "every 2 seconds" in prose_in(slow, services, "preflight")
    prose = prose_in(slow, services, "traffic")
    assert "every 2 seconds" in prose
    assert "about 30 readings" in prose
    assert "5 seconds" not in prose


def test_an_unknown_step_is_not_found(client: FlaskClient) -> None:
    assert client.get("/steps/nonsense").status_code == 404
    assert client.post("/steps/nonsense/done").status_code == 404


def test_the_overview_lists_every_step(client: FlaskClient) -> None:
    html = client.get("/steps").text
    for step in load():
        assert step.summary in html


def test_pages_link_to_the_steps_before_and_after(client: FlaskClient) -> None:
    html = client.get("/steps/traffic").text
    assert '<a href="/steps/meet-the-service" rel="prev">' in html
    assert '<a href="/steps/read-your-slis" rel="next" class="btn quiet">' in html
    assert 'rel="prev"' not in client.get("/steps/preflight").text
    assert 'rel="next"' not in client.get("/steps/what-you-learned").text


def test_the_way_on_stands_out_once_the_step_is_done(client: FlaskClient, judged: Judge) -> None:
    judged("traffic", Status.NOT_MET)
    assert 'rel="next" class="btn quiet"' in client.get("/steps/traffic/turn").text
    judged("traffic", Status.MET)
    assert 'rel="next" class="btn"' in client.get("/steps/traffic/turn").text
    assert 'rel="next" class="btn"' in client.get("/steps/traffic").text


def test_the_way_on_is_one_fragment_that_hears_of_checks(client: FlaskClient) -> None:
    html = client.get("/steps/traffic/turn").text.strip()
    assert html.startswith('<nav id="turn"')
    assert 'hx-get="/steps/traffic/turn" hx-trigger="criterion-changed from:body"' in html
    assert client.get("/steps/nonsense/turn").status_code == 404


def test_the_mock_service_is_shown_from_its_file(client: FlaskClient) -> None:
    html = client.get("/steps/meet-the-service").text
    assert "mockapp/app.py" in html
    assert "http_request_duration_seconds&#34;" in html


def test_prometheus_configuration_is_shown_from_its_file(client: FlaskClient) -> None:
    assert "job_name: flask-app" in client.get("/steps/preflight").text


def test_addresses_are_those_of_this_lab(client: FlaskClient) -> None:
    html = client.get("/steps/preflight").text
    assert 'href="http://127.0.0.1:9/targets"' in html
    assert "http://localhost:9090" not in html


def test_the_last_page_offers_the_export(client: FlaskClient) -> None:
    html = client.get("/steps/what-you-learned").text
    assert 'href="/reflections/export.md"' in html
    assert 'href="/reflections/export.json"' in html
    assert 'href="/reflections/export.html"' in html


def test_the_export_links_lead_somewhere(client: FlaskClient) -> None:
    for kind in ("md", "json", "html"):
        assert client.get(f"/reflections/export.{kind}").status_code == 200


def test_the_last_page_says_what_was_reached(client: FlaskClient, judged: Judge) -> None:
    judged("slo", Status.MET)
    assert "You finished" not in client.get("/steps/what-you-learned").text
    finish = client.get("/steps/what-you-learned").text.split("What you reached")[1]
    assert re.search(r'slo">SLO</a> <small>done</small>', finish)
    assert re.search(r'alert">Alert</a> <small>to do</small>', finish.split("Optional")[1])


# Done, next


def test_done_marks_a_reading_step_and_goes_on(client: FlaskClient) -> None:
    answer = client.post("/steps/meet-the-service/done")
    assert (answer.status_code, answer.location) == (303, "/steps/traffic")
    assert "You marked this page as read" in client.get("/steps/meet-the-service").text


def test_a_reading_step_is_ticked_by_the_button_that_goes_on(client: FlaskClient) -> None:
    html = client.get("/steps/meet-the-service").text
    assert "<button>Done, next: Traffic →</button>" in html
    assert 'rel="next"' not in html
    client.post("/steps/meet-the-service/done")
    html = client.get("/steps/meet-the-service").text
    assert "Done, next:" not in html
    assert 'rel="next"' in html


def test_the_way_on_comes_after_the_live_numbers(client: FlaskClient) -> None:
    html = client.get("/steps/traffic").text
    assert html.index('class="live card"') < html.index('aria-label="Before and after"')


def test_done_tells_htmx_to_go_on(client: FlaskClient) -> None:
    answer = client.post("/steps/meet-the-service/done", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/steps/traffic")


def test_done_twice_is_done_once(client: FlaskClient, learner: Learner) -> None:
    client.post("/steps/meet-the-service/done")
    client.post("/steps/meet-the-service/done")
    assert store.read_steps(learner.id) == {"meet-the-service": START}


def test_only_reading_steps_can_be_ticked_by_hand(client: FlaskClient) -> None:
    for step in load():
        expected = 303 if step.done_by is DoneBy.READING else 409
        assert client.post(f"/steps/{step.id}/done").status_code == expected, step.id


def test_done_takes_no_get(client: FlaskClient) -> None:
    assert client.get("/steps/meet-the-service/done").status_code == 405


def test_done_refuses_another_sites_form(client: FlaskClient, learner: Learner) -> None:
    answer = client.post("/steps/meet-the-service/done", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert store.read_steps(learner.id) == {}


# Break it


def test_break_it_waits_for_an_incident(client: FlaskClient, burst: AddBurst) -> None:
    assert "hurt 10 requests or more.<" in client.get("/steps/incident").text
    for failed in (9, 0):
        burst(failed=failed)
    html = client.get("/steps/break-it").text
    assert "hurt 10 requests or more; the worst so far hurt 9.<" in html
    assert "No user was hurt yet" in html
    assert "at least 10 failed or slow" in html


@pytest.mark.parametrize("hurt", [{"failed": 10}, {"slow": 10}, {"failed": 5, "slow": 5}])
def test_break_it_is_done_by_an_incident(
    client: FlaskClient, burst: AddBurst, hurt: dict[str, int]
) -> None:
    burst(**hurt)
    assert "You broke it" in client.get("/steps/break-it").text


def test_a_running_burst_is_no_incident_yet(client: FlaskClient, burst: AddBurst) -> None:
    burst(BurstState.RUNNING, failed=50, slow=3)
    html = client.get("/steps/incident").text
    assert '<span class="only-now">Running</span>' in html
    assert ": 53 hurt so far" in html
    assert "You broke it" not in html


def test_a_running_burst_that_hurts_nobody_is_no_news(client: FlaskClient, burst: AddBurst) -> None:
    burst(BurstState.RUNNING)
    assert "No user was hurt yet" in client.get("/steps/incident").text


def test_the_first_incident_is_announced_and_polling_ends(
    client: FlaskClient, burst: AddBurst
) -> None:
    before = client.get("/steps/incident")
    assert "HX-Trigger" not in before.headers
    assert "hx-get" in before.text
    burst(failed=20)
    after = client.get("/steps/incident")
    assert after.headers["HX-Trigger"] == "criterion-changed"
    assert "hx-get" not in after.text


# The rail


def test_the_rail_is_one_fragment_that_renews_itself(client: FlaskClient) -> None:
    html = client.get("/steps/rail?at=slo").text.strip()
    assert html.startswith('<div id="rail"')
    assert 'hx-get="/steps/rail?at=slo"' in html
    assert "criterion-changed from:body" in html
    assert "<html" not in html


def test_the_rail_ignores_the_headers_of_htmx(client: FlaskClient) -> None:
    plain = client.get("/steps/rail?at=slo")
    assert client.get("/steps/rail?at=slo", headers=HTMX).text == plain.text


def test_the_rail_counts_required_steps(client: FlaskClient, judged: Judge) -> None:
    judged("slo", Status.MET)
    judged("alert", Status.MET)
    client.post("/steps/read-your-slis/done")
    assert '<progress max="9" value="2"' in client.get("/steps/rail").text


def test_the_rail_says_what_is_next(client: FlaskClient, judged: Judge) -> None:
    judged("preflight", Status.MET)
    assert re.search(r"Next to do:</b> <a[^>]*meet-the-service", client.get("/steps/rail").text)
    assert "Next to do:</b> this page" in client.get("/steps/rail?at=meet-the-service").text


def test_the_rail_marks_the_current_step(client: FlaskClient) -> None:
    rail = rail_of(client.get("/steps/traffic").text)
    assert rail.count('aria-current="step"') == 1
    assert re.search(r'href="/steps/traffic" aria-current="step"', rail)


@pytest.mark.parametrize(
    ("status", "mark", "words"),
    [
        (Status.MET, "✓", "done"),
        (Status.NOT_ENOUGH_DATA, "◔", "not enough data yet"),
        (Status.CANNOT_CHECK, "?", "can’t check now"),
    ],
)
def test_a_mark_is_never_colour_alone(
    client: FlaskClient, judged: Judge, status: Status, mark: str, words: str
) -> None:
    judged("slo", status)
    line = next(li for li in client.get("/steps/rail").text.split("<li") if "/steps/slo" in li)
    assert f'aria-hidden="true">{mark}</span>' in line
    assert words in line


def test_what_is_no_longer_met_is_told(client: FlaskClient, judged: Judge) -> None:
    judged("slo", Status.MET)
    judged("slo", Status.NOT_MET)
    line = next(li for li in client.get("/steps/rail").text.split("<li") if "/steps/slo" in li)
    assert "✗" in line
    assert "no longer met" in line


def test_all_done_leads_to_the_export(client: FlaskClient, judged: Judge, burst: AddBurst) -> None:
    for step in load():
        for criterion_id in step.criteria:
            judged(criterion_id, Status.MET)
        if step.done_by is DoneBy.READING:
            client.post(f"/steps/{step.id}/done")
    burst(failed=20)
    html = client.get("/steps/rail").text
    assert "9 of 9" in html
    assert "You finished the lab" in html
    assert 'href="/steps/what-you-learned#export"' in html
    assert "You finished the lab" in client.get("/").text
    last = client.get("/steps/what-you-learned").text
    finished = last.split('aria-labelledby="finished"')[1].split("</section>")[0]
    assert "100 requests in 1 burst" in finished
    assert "it hurt 20 requests" in finished
    assert "/reflections/export.md" in finished
    assert last.count('id="export"') == 1


def test_the_rail_has_every_criterion_checked_in_the_background(
    client: FlaskClient, no_checks: list[list[str]]
) -> None:
    client.get("/steps/rail")
    assert {name for step in load() for name in step.criteria} <= set(no_checks[-1])


def test_every_page_carries_the_rail(client: FlaskClient) -> None:
    for page in ("/", "/steps", "/slos", "/bursts", "/slis", "/lab", "/reflections"):
        assert 'id="rail"' in client.get(page).text, page


def test_an_odd_current_step_is_only_text(client: FlaskClient) -> None:
    assert "<script>" not in client.get("/steps/rail?at=<script>").text


@pytest.mark.parametrize(
    ("page", "step"), [("/slos", "slo"), ("/alerts/rules", "alert"), ("/workbench", "dashboard")]
)
def test_a_page_of_a_steps_work_leads_back_to_it(client: FlaskClient, page: str, step: str) -> None:
    assert f'href="/steps/{step}">Back to the step</a>' in client.get(page).text


# The strip


def strip(client: FlaskClient, page: str = "/slis/readout") -> str:
    html = client.get(page).text
    assert html.count('id="strip"') == 1
    return html.partition('<section id="strip"')[2].partition("</section>")[0]


def test_the_strip_shows_the_running_burst(
    client: FlaskClient, burst: AddBurst, clock: Clock
) -> None:
    row = burst(BurstState.RUNNING)
    runs = f'href="/bursts/{row.id}">Error burst <span class="only-now">runs</span>'
    assert runs in strip(client)


def test_the_strip_comes_with_the_readout_of_each_poll(client: FlaskClient) -> None:
    assert "hx-swap-oob" in strip(client)
    page = strip(client, "/steps/traffic")
    assert "Available" in page
    assert "hx-" not in page
    assert 'id="strip"' not in client.get("/bursts").text


def test_the_strip_shows_both_slis(app: Flask, client: FlaskClient, services: Services) -> None:
    def answer(request: Request) -> Reply:
        sample = {"metric": {"status": "200"}, "value": [0, "1"]}
        kinds = {"/api/v1/query": ("vector", [sample])}
        kind, result = kinds.get(request.path, ("matrix", []))
        data = {"resultType": kind, "result": result}
        return Reply.of({"status": "success", "data": data})

    with LocalServer(answer) as server:
        asking = replace(services, prometheus=PrometheusClient(server.url, timeout=SECONDS))
        app.extensions["slo_lab"] = asking
        html = strip(client)
    assert "Available <b>100 %</b>" in html
    assert "Under 0.3 s <b>100 %</b>" in html


def test_the_strip_has_words_where_there_is_no_number(client: FlaskClient) -> None:
    html = strip(client)
    assert "Available: unreachable" in html
    assert "%" not in html
