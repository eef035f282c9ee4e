"""The rule editor's pages, with htmx and without."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.alerts.views import STARTER
from portal.config import Settings
from portal.learners.models import Learner
from portal.objectives.store import list_slos, save_slo
from portal.rulefolder.folder import RuleFolder, learner_file
from portal.services import Services, utc_now
from portal.shop.queries import SLIQueries
from portal.slo.objective import SLO, SLIKind
from portal.slo.windows import Window
from portal.steps.catalog import CONTENT
from portal.tie import AlertRule
from tests.apps import portal_app
from tests.patient import analyse
from tests.promtool import check_rules
from tests.rulefolder.conftest import GOOD, PATIENCE

HTMX = {"HX-Request": "true"}
BAD = GOOD.replace("vector(1) > 2", "sum(up")
OTHER = GOOD.replace("TooManyErrors", "AnotherName")


def typed(page: TestResponse) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.S)
    assert found
    return unescape(found[1])


def version(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page.text)
    assert found
    return found[1]


def post(client: FlaskClient, text: str, **more: str) -> TestResponse:
    """A post without JavaScript, from the page as it is now."""
    form = {"text": text, "seen": version(client.get("/alerts/rules")), **more}
    return client.post("/alerts/rules", data=form)


class TestWithoutPrometheus:
    def test_editor_starts_with_a_rule_that_prometheus_would_load(
        self, client: FlaskClient
    ) -> None:
        page = client.get("/alerts/rules")
        assert page.status_code == 200
        assert typed(page) == STARTER
        assert check_rules(STARTER).ok
        assert "http_requests" not in STARTER
        assert "can&#39;t be reached" in page.text
        assert "outside the portal" not in page.text

    def test_the_rule_to_begin_with_is_as_fast_as_the_lab(self, settings: Settings) -> None:
        with portal_app(replace(settings, scrape_interval=2), config={}) as app:
            text = typed(app.test_client().get("/alerts/rules"))
        assert "interval: 2s  " in text
        assert "how often: 2 s or more" in text
        assert "5" not in text.split("rules:")[0]

    def test_the_lesson_shows_the_rule_that_the_editor_begins_with(self) -> None:
        lesson = CONTENT.joinpath("alert.md").read_text(encoding="utf-8")
        shown = lesson.split("```")[1].strip("\n").splitlines()
        lines = [line.split("  #")[0].strip() for line in shown]
        assert [line for line in lines if line] == [
            line.split("  #")[0].strip()
            for line in STARTER.splitlines()
            if line.split(":")[0].strip(" -") in {"alert", "expr", "for"}
        ]

    def test_what_the_alert_should_guard_stands_beside_the_editor(
        self, client: FlaskClient, learner: Learner
    ) -> None:
        assert "no SLO that your alert could guard" in client.get("/alerts/rules").text
        fast = SLO("fast", SLIKind.LATENCY, 0.95, Window.LAB, threshold_s=0.5, title="Fast enough")
        save_slo(learner.id, fast, utc_now())
        save_slo(learner.id, SLO("all", SLIKind.AVAILABILITY, 0.99, Window.LAB), utc_now())
        page = client.get("/alerts/rules").text
        assert "no SLO that your alert could guard" not in page
        assert "so 0.05 of them may be bad" in page
        assert "so 0.01 of them may be bad" in page
        fast_sli, all_sli = re.findall(r'<pre class="query"[^>]*>(.*)</pre>', page)
        for sli, name in ((fast_sli, "fast"), (all_sli, "all")):
            rule = AlertRule("a", f"{unescape(sli)} < 0.9")
            slos = [row.value for row in list_slos(learner.id)]
            assert analyse(rule, slos).slo == name

    def test_typed_text_may_be_restored_by_the_browser(self, client: FlaskClient) -> None:
        editor = re.search(r"<textarea[^>]*>", client.get("/alerts/rules").text)
        assert editor
        assert "autocomplete" not in editor[0]

    def test_alerts_lead_to_the_editor(self, client: FlaskClient) -> None:
        assert client.get("/alerts").headers["Location"] == "/alerts/rules"

    def test_refused_text_comes_back_with_its_place(self, client: FlaskClient) -> None:
        answer = post(client, BAD)
        assert answer.status_code == 422
        assert "<html" in answer.text
        assert "Not applied: line 6, column 21" in answer.text
        assert "expr: sum(up\n                    ^</pre>" in answer.text
        assert "unclosed left parenthesis" in answer.text
        assert typed(answer) == BAD
        assert typed(client.get("/alerts/rules")) == BAD

    def test_lab_that_is_down_is_not_the_texts_fault(self, client: FlaskClient) -> None:
        answer = post(client, GOOD)
        assert answer.status_code == 422
        assert "nothing is wrong with your text" in answer.text
        assert typed(answer) == GOOD

    def test_text_of_a_megabyte_comes_back_whole(self, client: FlaskClient) -> None:
        text = "# é <b>\n" * 130_000
        answer = client.post("/alerts/rules", data={"text": text}, headers=HTMX)
        assert answer.status_code == 422
        assert "larger than 64 KiB" in answer.text
        assert typed(answer) == text

    def test_what_is_typed_is_shown_as_text(self, client: FlaskClient) -> None:
        text = "</textarea><script>alert(1)</script>"
        answer = post(client, text)
        assert "<script>alert" not in answer.text
        assert typed(answer) == text

    def test_second_tab_overwrites_nothing_silently(self, client: FlaskClient) -> None:
        post(client, BAD)
        form = {"text": "# mine", "seen": "0"}
        answer = client.post("/alerts/rules", data=form, headers=HTMX)
        assert answer.status_code == 409
        assert typed(answer) == "# mine"
        assert "sum(up" in answer.text
        again = client.post("/alerts/rules", data={**form, "seen": version(answer)})
        assert again.status_code == 422
        assert typed(client.get("/alerts/rules")) == "# mine"

    def test_unknown_action_is_refused(self, client: FlaskClient) -> None:
        assert post(client, GOOD, do="explode").status_code == 422

    @pytest.mark.parametrize("origin", ["same-site", "cross-site"])
    def test_other_sites_change_nothing(self, client: FlaskClient, origin: str) -> None:
        headers = {"Sec-Fetch-Site": origin}
        answer = client.post("/alerts/rules", data={"text": GOOD}, headers=headers)
        assert answer.status_code == 403
        assert typed(client.get("/alerts/rules")) == STARTER

    def test_reading_addresses_take_no_post(self, client: FlaskClient) -> None:
        for address in ("/alerts", "/alerts/rules/loaded", "/alerts/transitions?burst=1"):
            assert client.post(address).status_code == 405

    def test_pages_do_not_vary_with_htmx(self, client: FlaskClient) -> None:
        assert "<html" in client.get("/alerts/rules", headers=HTMX).text
        assert "<html" not in client.get("/alerts/rules/loaded").text

    def test_nothing_to_put_back_is_told(self, client: FlaskClient) -> None:
        assert "no removed rules" in post(client, "", do="restore").text


@pytest.mark.stack
class TestWithPrometheus:
    @pytest.fixture
    def services(self, lab_services: Services) -> Services:
        return lab_services

    def test_good_rules_are_applied_and_listed(
        self, client: FlaskClient, folder: RuleFolder
    ) -> None:
        answer = post(client, GOOD.replace("\n", "\r\n"))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/alerts/rules")
        assert folder.read(learner_file(1)) == GOOD
        page = client.get("/alerts/rules")
        assert "Applied at" in page.text
        assert "vector(1) &gt; 2" in page.text
        assert learner_file(1) in page.text
        assert post(client, GOOD).status_code == 303

    def test_htmx_gets_the_editor_and_an_event(self, client: FlaskClient) -> None:
        form = {"text": GOOD, "seen": "0"}
        answer = client.post("/alerts/rules", data=form, headers=HTMX)
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<section id="rule-editor"')
        assert "rules-changed" in answer.headers["HX-Trigger"]
        assert "TooManyErrors" in client.get("/alerts/rules/loaded").text

    def test_refusal_leaves_the_rules_from_before(
        self, client: FlaskClient, folder: RuleFolder
    ) -> None:
        post(client, GOOD)
        assert post(client, BAD).status_code == 422
        assert folder.read(learner_file(1)) == GOOD
        page = client.get("/alerts/rules")
        assert typed(page) == BAD
        assert "This is a draft" in page.text

    def test_file_that_was_changed_by_hand_is_told(
        self, client: FlaskClient, folder: RuleFolder
    ) -> None:
        post(client, GOOD)
        (folder.path / learner_file(1)).unlink()
        assert "changed or removed outside the portal" in client.get("/alerts/rules").text

    def test_removed_rules_can_be_put_back_and_the_draft_stays(
        self, client: FlaskClient, folder: RuleFolder
    ) -> None:
        post(client, GOOD)
        assert post(client, "# half a thought", do="remove").status_code == 303
        assert folder.read(learner_file(1)) is None
        page = client.get("/alerts/rules")
        assert typed(page) == "# half a thought"
        assert 'value="restore"' in page.text
        assert post(client, "# half a thought", do="restore").status_code == 303
        assert folder.read(learner_file(1)) == GOOD
        assert typed(client.get("/alerts/rules")) == "# half a thought"

    def test_first_result_is_a_new_verdict_and_shows_how_far_the_alert_is(
        self, client: FlaskClient
    ) -> None:
        assert "<article" not in client.get("/alerts/rules/now").text
        watched = GOOD.replace("vector(1) > 2", "sum(scrape_samples_scraped) >= 1e9")
        post(client, watched.replace("interval: 5s", "interval: 1h"))
        page = client.get("/alerts/rules/now")
        assert "first result within 1 h" in page.text
        assert "every 1s" in page.text
        again = re.search(r'hx-get="([^"]+)"', page.text)[1]  # type: ignore[index]
        assert "HX-Trigger" not in client.get(again).headers
        post(client, watched)
        deadline = time.monotonic() + PATIENCE
        while "first result" in (page := client.get(again)).text:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        assert page.headers["HX-Trigger"] == "criterion-changed"
        assert "now, needs 1,000,000,000 or more" in page.text
        assert "every 5s" in page.text

    def test_an_alert_in_another_state_than_the_page_saw_is_a_new_verdict(
        self, client: FlaskClient
    ) -> None:
        client.post("/alerts/rules", data={"text": GOOD, "seen": "0"}, headers=HTMX)
        address = re.search(r'hx-get="([^"]*loaded[^"]*)"', client.get("/alerts/rules/loaded").text)
        assert address
        other = re.sub(r"seen=\w+", "seen=0", unescape(address[1]))
        assert client.get(other).headers["HX-Trigger"] == "criterion-changed"
        assert "HX-Trigger" not in client.get("/alerts/rules/loaded").headers

    def test_early_alert_is_applied_with_advice(
        self, client: FlaskClient, learner: Learner
    ) -> None:
        save_slo(learner.id, SLO("all", SLIKind.AVAILABILITY, 0.99, Window.LAB), utc_now())
        early = GOOD.replace("vector(1) > 2", f"'{SLIQueries('flask-app').availability} < 0.999'")
        text = early.replace("\n/", " /")
        answer = client.post("/alerts/rules", data={"text": text, "seen": "0"}, headers=HTMX)
        assert "fires before the objective is in danger" in answer.text
        assert "until 1 % of the requests are bad" in answer.text

    def test_verdict_after_a_change_is_not_the_one_from_before(
        self, client: FlaskClient, learner: Learner
    ) -> None:
        save_slo(learner.id, SLO("all", SLIKind.AVAILABILITY, 0.99, Window.LAB), utc_now())
        checked = client.post("/criteria/alert/check", headers=HTMX)
        assert "There is no alert rule yet" in checked.text
        client.post("/alerts/rules", data={"text": GOOD, "seen": "0"}, headers=HTMX)
        assert "no alert rule yet" not in client.get("/criteria/alert").text
