"""The SLO pages: saved, previewed, deleted; with htmx, without, and from nowhere else."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.bursts.models import Burst, BurstState
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import Rows, Sample
from portal.config import Settings
from portal.criteria.store import stored_verdict
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.reading import read_budget
from portal.objectives.store import find_slo, list_slos
from portal.rulefolder.folder import RuleFolder, slo_file
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from tests.apps import portal_app
from tests.conftest import START, Clock
from tests.objectives.counting import FORM, Counting
from tests.patience import limited

HTMX = {"HX-Request": "true"}
AWAY = ClientError("Prometheus is away.", system="Prometheus", kind=ErrorKind.UNREACHABLE)
POSTS = ["/slos", "/slos/availability", "/slos/availability/delete", "/slos/availability/restore"]


@pytest.fixture
def prometheus() -> Counting:
    return Counting()


@pytest.fixture
def services(services: Services, prometheus: Counting) -> Services:
    return replace(services, prometheus=prometheus)


@pytest.fixture
def burst(learner: Learner) -> Burst:
    began = START - timedelta(minutes=3)
    found = Burst(
        learner=learner,
        key="k",
        preset="error-burst",
        title="Error burst",
        spec={"rate": 20, "duration": 60},
        state=BurstState.FINISHED,
        requested_at=began,
        started_at=began,
        ended_at=began + timedelta(seconds=60),
        heartbeat_at=began,
        counts={"sent": 100, "good": 97, "failed": {"500": 3}},
        server_counts={},
    )
    db.session.add(found)
    db.session.commit()
    return found


def words(page: str) -> str:
    """The text of the page on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split()).replace(" .", ".").replace(" :", ":")


def seen_by(page: str) -> str:
    """The version that the form on the page is of."""
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return found[1]


def objective_of(learner: Learner) -> float:
    db.session.expire_all()
    return list_slos(learner.id)[0].objective


def preview(client: FlaskClient, **typed: str) -> str:
    return client.get("/slos/preview", query_string={**FORM, **typed}).text


@pytest.mark.parametrize("path", POSTS)
def test_another_site_changes_nothing(client: FlaskClient, learner: Learner, path: str) -> None:
    client.post("/slos", data=FORM)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(path, data=FORM, headers=headers).status_code == 403
    assert [row.name for row in list_slos(learner.id)] == ["availability"]


@pytest.mark.parametrize("path", POSTS[2:])
def test_a_get_changes_nothing(client: FlaskClient, learner: Learner, path: str) -> None:
    client.post("/slos", data=FORM)
    assert client.get(path).status_code == 405
    assert len(list_slos(learner.id)) == 1


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "without"])
@pytest.mark.parametrize("text", ["- neither <one> nor the other", "kind: SLO\n\u202e", "a: b: c"])
def test_a_text_that_is_no_openslo_stays_in_its_form_beside_the_reason(
    client: FlaskClient, learner: Learner, text: str, headers: dict[str, str]
) -> None:
    answer = client.post("/slos/import", data={"text": text}, headers=headers)
    assert answer.status_code == 422
    # Focused, so that a browser without JavaScript shows it though it stands far down.
    assert 'tabindex="-1" autofocus>Nothing was taken over: ' in answer.text
    [kept] = re.findall(r'<textarea[^>]*id="openslo-text"[^>]*>(.*?)</textarea>', answer.text, re.S)
    assert html.unescape(kept) == text
    assert list_slos(learner.id) == []


def test_deleting_twice_is_deleting_once(client: FlaskClient, learner: Learner) -> None:
    client.post("/slos", data=FORM)
    first = client.post("/slos/availability/delete", headers=HTMX)
    assert first.status_code == 200
    assert first.text.lstrip().startswith('<section id="slo-list"')
    assert client.post("/slos/availability/delete", headers=HTMX).status_code == 404
    assert client.post("/slos/availability/restore").status_code == 303
    assert client.post("/slos/availability/restore", headers=HTMX).status_code == 200
    row = find_slo(learner.id, "availability")
    assert row is not None
    assert row.deleted_at is None


def test_a_deleted_slo_tries_to_take_its_rules_along(
    client: FlaskClient, learner: Learner, services: Services
) -> None:
    client.post("/slos", data=FORM)
    folder = RuleFolder.of(services.settings, services.limits.room)
    name = slo_file(learner.id, "availability")
    with folder.locked(1):
        folder.begin(name, "groups: []")
        folder.commit(name)
    page = client.post("/slos/availability/delete", follow_redirects=True).text
    assert "Its rules are still in Prometheus" in page
    assert "Undo" in page


class TestPreview:
    def test_it_says_of_each_alert_whether_it_can_fire(self, client: FlaskClient) -> None:
        page = preview(client)
        assert "page 5m/25s: fires above 3 % errors" in page
        assert "Burn-rate alerts, a later step: both could fire" in page
        assert "can never fire" not in page
        page = preview(client, objective="60", window="28d")
        assert "can never fire" in page
        assert "3 of 4 could never fire" in page
        assert "13.44 × 0.4 = 5.376" in page

    def test_alerts_are_no_later_step_once_there_is_one(
        self, client: FlaskClient, learner: Learner, services: Services
    ) -> None:
        folder = RuleFolder.of(services.settings, services.limits.room)
        name = slo_file(learner.id, "availability")
        with folder.locked(1):
            folder.begin(name, "groups: []")
            folder.commit(name)
        assert "Burn-rate alerts: both could fire" in preview(client)

    def test_much_is_promised_on_little_traffic(self, client: FlaskClient) -> None:
        page = preview(client, objective="99.999")
        assert "600 requests × 0.00001 = 0.006 bad requests allowed" in page
        assert "page 5m/25s: fires above 0.003 % errors" in page

    def test_it_says_what_the_last_burst_would_have_cost(
        self, client: FlaskClient, burst: Burst
    ) -> None:
        page = preview(client)
        assert "would have cost 50 % of the budget so far: 3 bad of 100 requests" in page

    def test_a_latency_slo_counts_its_own_slow_requests(
        self, client: FlaskClient, burst: Burst
    ) -> None:
        burst.server_counts = {"within": {"0.1": 88.0, "0.5": 95.0, "+Inf": 100.0}}
        db.session.commit()
        page = preview(client, sli="latency", threshold="0.1")
        assert "would have cost 200 % of the budget so far: 12 bad of 100 requests.<" in page

    def test_one_request_is_no_requests(self, client: FlaskClient, burst: Burst) -> None:
        burst.counts = {"sent": 1, "failed": {"500": 1}}
        db.session.commit()
        assert ": 1 bad of 1 request.<" in preview(client)

    def test_other_requests_than_those_of_the_burst_are_named(
        self, client: FlaskClient, burst: Burst
    ) -> None:
        burst.server_counts = {"within": {"0.3": 101.0, "+Inf": 101.0}}
        db.session.commit()
        page = preview(client, sli="latency")
        assert "0 bad of 101 requests that the service counted meanwhile.<" in page

    def test_a_burst_that_runs_or_just_ended_costs_nothing_yet(
        self, client: FlaskClient, burst: Burst
    ) -> None:
        burst.server_counts = None
        db.session.commit()
        assert "would have cost" not in preview(client, sli="latency")
        burst.state, burst.ended_at = BurstState.RUNNING, None
        db.session.commit()
        assert "would have cost" not in preview(client)

    def test_without_javascript_the_page_itself_shows_it(self, client: FlaskClient) -> None:
        page = client.get("/slos", query_string=FORM).text
        assert "fires above 3 % errors" in page
        assert 'value="99 %"' in page
        refused = client.post("/slos", data={**FORM, "why": ""}).text
        assert "fires above 3 % errors" in refused
        assert "why this number" in refused

    def test_nothing_typed_is_nothing_previewed(self, client: FlaskClient) -> None:
        page = preview(client, objective="")
        assert 'id="objective-error" hx-swap-oob="innerHTML"></span>' in page
        assert '<div id="previewed">' in page  # htmx swaps nothing where nothing is left to swap
        assert "requests came" not in page

    def test_a_hundred_percent_is_refused_beside_the_field_and_nowhere_else(
        self, client: FlaskClient
    ) -> None:
        pages = [
            preview(client, objective="100"),
            client.get("/slos", query_string={**FORM, "objective": "100"}).text,
            client.post("/slos", data={**FORM, "objective": "100"}).text,
        ]
        for page in pages:
            assert page.count("leaves no error budget") == 1
            assert re.search(r'id="objective-error"[^>]*>[^<]*leaves no error budget', page)

    def test_once_nothing_is_red_nothing_is_called_unsaved(self, client: FlaskClient) -> None:
        refused = client.post("/slos", data={**FORM, "objective": "100"}).text
        assert re.search(r'<div id="slo-unsaved"><p class="error"[^>]*>Not saved yet', refused)
        cleared = '<div id="slo-unsaved" hx-swap-oob="innerHTML"></div>'
        assert cleared in preview(client)
        assert cleared not in preview(client, objective="100")
        assert cleared not in preview(client, why="")

    def test_a_draft_is_previewed_before_its_texts_are_right(self, client: FlaskClient) -> None:
        assert "requests came" in preview(client, why="", title="x" * 200)


class TestPlanner:
    def test_the_step_leads_to_the_planner_of_the_first_slo(self, client: FlaskClient) -> None:
        assert client.get("/slos/planner").headers["Location"] == "/slos"
        client.post("/slos", data=FORM)
        assert client.get("/slos/planner").headers["Location"] == (
            "/slos/availability?rate=20&errors=20#slo-alerts"
        )
        page = client.get("/slos/planner", follow_redirects=True).text
        assert "<details open><summary>Burst planner" in page.partition('id="slo-alerts"')[2]


class TestFigures:
    def test_they_tell_what_is_allowed_then_what_was_used_then_the_whole_window(
        self, client: FlaskClient
    ) -> None:
        client.post("/slos", data=FORM)
        text = words(client.get("/slos/availability").text)
        told = [
            "Allowed so far Over the 11 min of data so far about 600 requests came. "
            "99 % allows 6 of them to be bad.",
            "Used so far 3 were bad, which is an SLI of 99.5 %: 50 % of the budget so far is",
            "For the whole window of 1 hour (lab window)",
            "full outage allowed 36 s used of the whole window’s budget, at this traffic 9.17 %",
            "burn rate, last 5 min 0.5× time to exhaustion 1 h 49 min at this burn rate",
        ]
        places = [text.index(part) for part in told]
        assert places == sorted(places)

    def test_the_list_tells_the_time_so_far_alone(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        text = words(client.get("/slos").text)
        assert "99 % allows 6 of them to be bad. 3 were bad" in text
        assert "full outage" not in text

    def test_what_is_overspent_is_said_by_how_much(
        self, client: FlaskClient, prometheus: Counting
    ) -> None:
        prometheus.bad = 9.0
        client.post("/slos", data=FORM)
        assert "the budget so far is overspent by 50 %." in words(client.get("/slos").text)

    def test_what_is_estimated_is_said_in_few_digits_and_allows_whole_requests(
        self, client: FlaskClient, prometheus: Counting
    ) -> None:
        prometheus.total, prometheus.bad = 4948.3, 481.4
        text = words(preview(client, objective="95"))
        assert "about 4,950 requests came. 95 % allows 247 of them to be bad." in text
        assert "About 480 were bad, which is an SLI of 90.271 %" in text

    def test_a_small_count_that_is_estimated_says_so(
        self, client: FlaskClient, prometheus: Counting
    ) -> None:
        prometheus.bad = 97.7
        assert "About 98 were bad" in words(preview(client))

    @pytest.mark.parametrize("path", ["/slos/availability?objective=99.9", "/slos?objective=99.9"])
    def test_all_of_a_page_is_asked_for_at_one_instant(
        self, client: FlaskClient, prometheus: Counting, clock: Clock, path: str
    ) -> None:
        client.post("/slos", data=FORM)
        client.post("/slos", data={**FORM, "objective": "99.5", "sli": "latency"})
        clock.pass_seconds(13.7)
        prometheus.asked.clear()
        client.get(path)
        ours = re.compile(r"\[(1h|5m|75s|25s)\]")
        instants = {at for query, at in prometheus.asked if ours.search(query)}
        assert instants == {START.timestamp() + 10}

    def test_slos_of_one_sli_and_window_are_counted_once(
        self, client: FlaskClient, prometheus: Counting
    ) -> None:
        for objective in ("99", "99.5", "99.9"):
            client.post("/slos", data={**FORM, "objective": objective})
        prometheus.asked.clear()
        client.get("/slos/list")
        assert len(prometheus.asked) == len(set(prometheus.asked))

    def test_the_arithmetic_is_that_of_the_total_beside_it(self, client: FlaskClient) -> None:
        text = words(preview(client, objective="99.999"))
        assert "600 requests came. 99.999 % allows 0.006 of them to be bad. Mind" in text


class TestWithoutNumbers:
    @pytest.mark.parametrize(
        ("total", "said"),
        [
            (None, "No data yet: Prometheus has not counted anything for this SLO."),
            (0.0, "No traffic in this window, so there is no budget to speak of."),
            (AWAY, "No figures: Prometheus is away."),
        ],
    )
    def test_each_reason_has_words_of_its_own(
        self,
        client: FlaskClient,
        prometheus: Counting,
        monkeypatch: pytest.MonkeyPatch,
        total: float | ClientError | None,
        said: str,
    ) -> None:
        def query(promql: str, at: float | None = None) -> Rows[Sample]:
            if isinstance(total, ClientError):
                raise total
            return Rows([] if total is None else [Sample({}, total, 0.0)])

        client.post("/slos", data=FORM)
        monkeypatch.setattr(prometheus, "query", query)
        for page in (client.get("/slos/availability").text, preview(client, objective="98")):
            assert said in words(page)
            assert "0 %:" not in page
            assert "requests came" not in page

    def test_a_burst_is_not_planned_on_a_history_that_nobody_knows(
        self, client: FlaskClient, prometheus: Counting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def query(promql: str, at: float | None = None) -> Rows[Sample]:
            raise AWAY

        client.post("/slos", data=FORM)
        monkeypatch.setattr(prometheus, "query", query)
        text = words(client.get("/slos/availability").text)
        assert "The present history is not known: Prometheus is away." in text
        assert "No request came" not in text


class TestAfterSaving:
    def test_the_saved_one_comes_first_with_the_way_on_and_the_form_is_folded(
        self, client: FlaskClient
    ) -> None:
        assert "<details open><summary>Define a new SLO</summary>" in client.get("/slos").text
        client.post("/slos", data=FORM)
        saved = client.post("/slos", data={**FORM, "title": "Second"})
        page = client.get(saved.location).text
        assert "Saved: Second." in page
        assert page.index(">Second</a>") < page.index(">Availability</a>")
        assert "<details><summary>Define a new SLO</summary>" in page
        refused = client.post("/slos", data={**FORM, "why": ""}).text
        assert "<details open><summary>Define a new SLO</summary>" in refused

    def test_the_step_is_done_at_once_and_the_way_on_leads_to_another(
        self, client: FlaskClient, learner: Learner
    ) -> None:
        client.get("/slos")
        client.post("/slos", data=FORM)
        db.session.expire_all()
        verdict = stored_verdict(learner.id, "slo")
        assert verdict is not None
        assert verdict.met_now
        page = client.get("/slos?saved=availability").text
        assert re.search(r"Saved: Availability. Next: <a href=\"/steps/(?!slo\")", page)
        client.post("/slos/availability/delete", headers=HTMX)
        db.session.expire_all()
        verdict = stored_verdict(learner.id, "slo")
        assert verdict is not None
        assert not verdict.met_now

    def test_saved_goes_when_it_is_deleted(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        deleted = client.post("/slos/availability/delete", headers=HTMX).text
        for page in (deleted, client.get("/slos?saved=availability").text):
            assert "Saved:" not in page


def test_a_reason_that_is_long_enough_is_not_complained_of_any_more(client: FlaskClient) -> None:
    gone = '<span id="why-error" hx-swap-oob="innerHTML"></span>'
    assert gone in preview(client)
    assert gone not in preview(client, why="short")


class TestTwoTabs:
    def test_the_later_one_is_told_and_nothing_is_lost(
        self, client: FlaskClient, learner: Learner
    ) -> None:
        client.post("/slos", data=FORM)
        seen = seen_by(client.get("/slos/availability").text)
        client.post("/slos/availability", data={**FORM, "objective": "99.5", "seen": seen})
        late = {**FORM, "objective": "98", "why": "Typed in the other tab.", "seen": seen}
        answer = client.post("/slos/availability", data=late, headers=HTMX)
        assert answer.status_code == 409
        assert "another page changed this SLO meanwhile. It is now: 99.5 %" in answer.text
        assert "Typed in the other tab." in answer.text
        assert 'value="98"' in answer.text
        assert objective_of(learner) == 0.995
        again = {**late, "seen": seen_by(answer.text)}
        assert client.post("/slos/availability", data=again).status_code == 303
        assert objective_of(learner) == 0.98
        page = client.get("/slos/availability").text
        assert "changed: 99.5 %" in page

    def test_a_refused_form_does_not_take_the_other_change_as_seen(
        self, client: FlaskClient
    ) -> None:
        client.post("/slos", data=FORM)
        seen = seen_by(client.get("/slos/availability").text)
        client.post("/slos/availability", data={**FORM, "objective": "99.5"})
        refused = client.post("/slos/availability", data={**FORM, "why": "", "seen": seen})
        assert seen_by(refused.text) == seen

    def test_saying_the_same_is_no_conflict(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        changed = {**FORM, "objective": "99.5"}
        seen = seen_by(client.get("/slos/availability").text)
        for _ in range(2):
            answer = client.post("/slos/availability", data={**changed, "seen": seen, "title": ""})
            assert answer.status_code == 303

    @pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 5000, "٣"])
    def test_a_version_that_makes_no_sense_breaks_nothing(
        self, client: FlaskClient, seen: str
    ) -> None:
        client.post("/slos", data=FORM)
        answer = client.post("/slos/availability", data={**FORM, "objective": "98", "seen": seen})
        assert answer.status_code in {303, 409}


class TestTooMany:
    @pytest.fixture
    def services(self, services: Services) -> Services:
        return limited(services, "room", slos=1)

    @pytest.fixture(autouse=True)
    def full(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)

    def test_one_more_is_refused_with_the_reason_and_kept_in_the_form(
        self, client: FlaskClient
    ) -> None:
        answer = client.post("/slos", data={**FORM, "objective": "97"}, headers=HTMX)
        assert answer.status_code == 422
        assert "You have 1 SLO, and more than that" in answer.text
        assert 'value="97"' in answer.text

    def test_none_is_brought_back_beyond_it(self, client: FlaskClient, learner: Learner) -> None:
        client.post("/slos/availability/delete")
        client.post("/slos", data={**FORM, "objective": "97"})
        assert client.post("/slos/availability/restore", headers=HTMX).status_code == 409
        assert [row.name for row in list_slos(learner.id)] == ["availability-2"]


def test_the_page_shows_whether_the_step_is_done_and_leads_back(client: FlaskClient) -> None:
    page = client.get("/slos").text
    assert 'id="verdict-slo"' in page
    assert 'href="/steps/slo">Back to the step' in page
    assert 'href="/slos#slo-form"' in client.get("/steps/slo").text


def test_why_the_lab_window_exists_is_said_where_it_is_chosen(client: FlaskClient) -> None:
    page = client.get("/slos").text
    assert "Take the lab’s 1 hour: the lab has minutes of data" in page
    assert '<option value="1h" selected>' in page


class TestAlertsOfAnSLO:
    def test_before_its_rules_are_applied_they_take_one_line(
        self, client: FlaskClient, learner: Learner, services: Services
    ) -> None:
        client.post("/slos", data=FORM)
        page = client.get("/slos/availability").text
        assert "<h2>Alerts</h2>" not in page
        assert 'Alerts come in <a href="/steps/alert">a later step</a>' in page
        assert "<details><summary>Burst planner: what would it take to fire them?" in page
        asked = client.get("/slos/availability?rate=20&errors=20").text
        assert "<details open><summary>Burst planner: what would it take to fire them?" in asked
        folder = RuleFolder.of(services.settings, services.limits.room)
        name = slo_file(learner.id, "availability")
        with folder.locked(1):
            folder.begin(name, client.get("/slos/availability/rules.yml").text)
            folder.commit(name)
        assert "<h2>Alerts and burst planner</h2>" in client.get("/slos/availability").text

    def test_rules_of_an_earlier_state_are_called_so(
        self, client: FlaskClient, learner: Learner, services: Services
    ) -> None:
        client.post("/slos", data=FORM)
        folder = RuleFolder.of(services.settings, services.limits.room)
        name = slo_file(learner.id, "availability")
        with folder.locked(1):
            folder.begin(name, client.get("/slos/availability/rules.yml").text)
            folder.commit(name)
        assert "not those of this SLO" not in client.get("/slos/availability").text
        client.post("/slos/availability", data={**FORM, "objective": "99.5"})
        assert "not those of this SLO" in client.get("/slos/availability").text

    def test_a_plan_is_made_for_the_burst_that_is_asked_for(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        page = client.get("/slos/availability?rate=20&errors=20").text
        assert "(600 × 0.03 - 3) / (20 × (0.2 - 0.03))" in page
        page = client.get("/slos/availability/alerts?rate=20&errors=2").text
        assert page.lstrip().startswith('<section id="slo-alerts"')
        assert "With 2 % errors this alert never fires" in page

    @pytest.mark.parametrize("query", ["rate=-1&errors=20", "rate=x&errors=", "errors=500&rate=1"])
    def test_a_plan_that_makes_no_sense_is_the_usual_one(
        self, client: FlaskClient, query: str
    ) -> None:
        client.post("/slos", data=FORM)
        assert 'value="20"' in client.get(f"/slos/availability/alerts?{query}").text

    @pytest.mark.parametrize("path", ["rules", "rules/remove"])
    def test_rules_are_changed_by_our_own_forms_alone(self, client: FlaskClient, path: str) -> None:
        client.post("/slos", data=FORM)
        url = f"/slos/availability/{path}"
        assert client.get(url).status_code == 405
        assert client.post(url, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403

    def test_applying_judges_the_alert_at_once(self, client: FlaskClient, learner: Learner) -> None:
        client.post("/slos", data=FORM)
        assert stored_verdict(learner.id, "alert") is None
        client.post("/slos/availability/rules", headers=HTMX)
        db.session.expire_all()
        assert stored_verdict(learner.id, "alert") is not None

    def test_a_lab_that_is_down_is_told_with_htmx_and_without(self, client: FlaskClient) -> None:
        client.post("/slos", data=FORM)
        answer = client.post("/slos/availability/rules", headers=HTMX)
        assert "Not applied" in answer.text
        assert "<html" not in answer.text
        page = client.post("/slos/availability/rules", follow_redirects=True)
        assert "Not applied" in page.text


@pytest.mark.parametrize("every_s", [1, 2, 5])
def test_the_age_of_the_data_goes_by_the_scrapes_of_the_lab(
    services: Services, prometheus: Counting, every_s: int
) -> None:
    lab = replace(services, settings=replace(services.settings, scrape_interval=every_s))
    reading = read_budget(lab, SLO("a", SLIKind.AVAILABILITY, 0.99, Window.LAB), 1e9)
    asked = [promql for promql, _ in prometheus.asked if "count_over_time" in promql]
    shown = [query.promql for query in reading.queries if query.name == "age"]
    assert asked == shown
    assert asked[0].endswith(f"* {every_s}")


def test_the_rules_of_an_slo_are_as_fast_as_the_lab(settings: Settings) -> None:
    with portal_app(replace(settings, scrape_interval=2)) as app:
        client = app.test_client()
        client.post("/slos", data=FORM)
        rules = client.get("/slos/availability/rules.yml").text
    assert rules.count("interval: 2s\n") == 3
