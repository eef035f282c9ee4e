"""The burst pages: started once, stopped, refused with a sentence; an abandoned one is settled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.bursts import store
from portal.bursts.models import Burst, BurstState
from portal.bursts.profiles import PRESETS
from portal.bursts.recount import recount
from portal.bursts.runner import Runner
from portal.config import Settings
from portal.criteria.base import Status, Verdict
from portal.criteria.store import save as save_verdict
from portal.kit.db import db
from portal.learners.models import Learner
from portal.rulefolder.folder import learner_file
from portal.services import Services

pytestmark = pytest.mark.both_databases

HTMX = {"HX-Request": "true"}


class IdleRunner(Runner):
    """Takes bursts and leaves them queued."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.started: list[int] = []

    def start(self, burst_id: int) -> None:
        self.started.append(burst_id)


@pytest.fixture
def runner(app: Flask) -> IdleRunner:
    idle = IdleRunner(app)
    app.extensions["slo_lab_runner"] = idle
    return idle


def bursts() -> list[Burst]:
    db.session.expire_all()
    return list(db.session.scalars(db.select(Burst)))


def test_a_burst_is_started_and_the_page_of_it_is_shown(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    answer = client.post("/bursts", data={"preset": "steady", "key": "k1"})
    assert (answer.status_code, answer.location) == (303, "/bursts/1")
    assert runner.started == [1]
    assert "queued" in client.get("/bursts/1").text


def test_htmx_gets_the_card_and_is_told(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    answer = client.post("/bursts", data={"preset": "steady", "key": "k1"}, headers=HTMX)
    assert answer.status_code == 200
    assert 'id="burst-1"' in answer.text
    assert "<html" not in answer.text
    assert answer.headers["HX-Trigger"] == "burst-changed"


def test_second_post_returns_the_same_burst(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    for _ in range(3):
        client.post("/bursts", data={"preset": "steady", "key": "same"})
    assert len(bursts()) == 1
    assert runner.started == [1]


def test_while_one_runs_another_start_shows_that_one(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    answer = client.post("/bursts", data={"preset": "slow-burst", "key": "b"})
    assert answer.location == "/bursts/1?asked=slow-burst"
    assert "One burst at a time. This one is still running" in client.get(answer.location).text
    assert [b.preset for b in bursts()] == ["steady"]


def test_htmx_is_told_of_the_one_that_runs_where_no_poll_takes_it_away(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"}, headers=HTMX)
    answer = client.post("/bursts", data={"preset": "slow-burst", "key": "b"}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#problem"
    assert 'One burst at a time: <a href="/bursts/1">Steady traffic</a> is still' in answer.text


def test_a_resent_form_after_the_end_starts_nothing(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    bursts()[0].state = BurstState.FINISHED
    db.session.commit()
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    assert len(bursts()) == 1


def test_a_start_form_gets_a_new_key_after_each_start(client: FlaskClient) -> None:
    page = client.get("/bursts").text
    assert 'hx-get="/bursts/key/steady" hx-trigger="burst-changed from:body"' in page
    first, second = (client.get("/bursts/key/steady").text for _ in range(2))
    assert 'id="key-steady"' in first
    assert first != second


def test_pages_without_the_burst_say_that_it_runs(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "slow-burst", "key": "a"})
    runs = '<a href="/bursts/1">Slow burst <span class="only-now">runs</span>'
    for path in ("/steps/alert", "/steps/user-impact", "/slis/readout"):
        assert runs in client.get(path).text
    bursts()[0].state = BurstState.FINISHED
    db.session.commit()
    assert runs not in client.get("/steps/alert").text


def test_the_list_of_bursts_is_renewed_when_one_begins_or_ends(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    page = client.get("/bursts").text
    assert 'hx-get="/bursts/before" hx-trigger="burst-changed from:body"' in page
    assert "Nothing yet" in client.get("/bursts/before").text
    assert "<p>No burst yet.</p>" in client.get("/bursts/active").text
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    part = client.get("/bursts/before").text
    assert "1 · Steady traffic" in part
    assert "<html" not in part


def test_a_prediction_stands_on_the_card_beside_what_came_of_it(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a", "predicted_errors": "2"})
    assert "You predicted 2 % failing." in client.get("/bursts/1/fragment").text
    burst = bursts()[0]
    burst.state, burst.counts = BurstState.FINISHED, {"sent": 600, "good": 600}
    db.session.commit()
    assert "You predicted 2 % failing; 0 % failed." in client.get("/bursts/1/fragment").text


def test_an_unknown_preset_gets_a_sentence(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    answer = client.post("/bursts", data={"preset": "ddos"})
    assert answer.status_code == 422
    assert "There is no preset of that name" in answer.text
    assert bursts() == []


def test_a_prediction_out_of_range_is_told_at_its_field_and_stays(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    typed = {"preset": "error-burst", "key": "k", "predicted_errors": "150"}
    page = client.post("/bursts", data=typed)
    assert page.status_code == 422
    assert page.text.count("Predict a share from 0 to 100 %") == 1
    assert page.text.count('value="150"') == 1
    assert page.text.count(" open hx-get=") == 1
    part = client.post("/bursts", data=typed, headers=HTMX)
    assert part.status_code == 422
    assert part.headers["HX-Retarget"] == "#predict-error-burst"
    assert part.headers["HX-Reswap"] == "outerHTML"
    assert part.text.startswith('<details id="predict-error-burst" open')
    assert 'value="150"' in part.text
    assert 'hx-get="/bursts/predict/error-burst" hx-trigger="burst-changed' in part.text
    assert "150" not in client.get("/bursts/predict/error-burst").text
    assert bursts() == []


def test_no_page_speaks_of_an_alert_before_there_is_one(
    client: FlaskClient, learner: Learner, runner: IdleRunner, settings: Settings
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "k"})
    assert "predicted_page" not in client.get("/bursts").text
    assert "What the alerts did" not in client.get("/bursts/1").text
    settings.rules_path.mkdir(parents=True)
    (settings.rules_path / learner_file(learner.id)).write_text("groups: []")
    assert client.get("/bursts").text.count('name="predicted_page"') == len(PRESETS) + 1
    assert "What the alerts did" in client.get("/bursts/1").text


def test_an_alert_that_grafana_manages_is_asked_about_too(
    client: FlaskClient, learner: Learner, runner: IdleRunner, services: Services
) -> None:
    verdict = Verdict(Status.MET, "alert_tied", "Your alert follows from your SLO", "", "")
    save_verdict(learner.id, "alert", verdict, services.clock())
    assert 'name="predicted_page"' in client.get("/bursts").text


def test_a_burst_that_began_on_this_page_stays_in_view(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "k"})
    bursts()[0].state = BurstState.FINISHED
    db.session.commit()
    assert "followed" in client.get("/bursts/active").text
    assert "followed" not in client.get("/bursts").text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("rate", "1000000000", "from 0.1 to 500"),
        ("rate", "0", "from 0.1 to 500"),
        ("rate", "nan", "Type a number."),
        ("rate", "inf", "Type a number."),
        ("rate", "fast", "Type a number"),
        ("duration", "601", "from 1 to 600"),
        ("error_percent", "101", "from 0 to 100"),
        ("latency_ms", "5001", "from 0 to 5000"),
    ],
)
def test_a_burst_beyond_the_limits_is_refused_with_the_limit(
    client: FlaskClient, learner: Learner, runner: IdleRunner, field: str, value: str, reason: str
) -> None:
    typed = {"rate": "20", "duration": "5", "error_percent": "0", "latency_ms": "0", field: value}
    answer = client.post("/bursts/custom", data=typed)
    assert answer.status_code == 422
    assert reason in answer.text
    assert f'value="{value}"' in answer.text
    assert bursts() == []


def test_all_that_is_wrong_with_a_burst_is_told_at_once(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    typed = {"rate": "9999", "duration": "", "error_percent": "-5", "latency_ms": "0"}
    page = client.post("/bursts/custom", data={**typed, "predicted_errors": "200"}).text
    for reason in ("from 0.1 to 500", "Type a number", "from 0 to 100 %.", "Predict a share"):
        assert page.count(reason) == 1


def test_what_was_wrong_with_a_burst_is_told_until_one_has_begun(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    renewal = 'hx-get="/bursts/custom/fields"'
    assert renewal in client.post("/bursts/custom", data={"rate": "9999"}).text
    page = client.get("/bursts/custom/fields", query_string={"rate": "7", "key": "k"}).text
    assert 'name="rate" value="7"' in page
    assert "error" not in page.replace("error_percent", "")
    assert renewal not in page


def test_a_target_in_the_form_is_ignored(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    typed = {"rate": "20", "duration": "5", "target": "http://evil.example", "url": "http://x"}
    client.post("/bursts/custom", data=typed)
    assert "evil" not in str(bursts()[0].spec)


def test_requests_that_a_stop_cut_off_are_counted_for_themselves(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "k1"})
    [burst] = bursts()
    burst.state, burst.counts = BurstState.STOPPED, {"sent": 377, "good": 369, "cut": 8}
    db.session.commit()
    page = client.get("/bursts/1").text
    assert "<dt>cut off at the end, unanswered</dt><dd>8</dd>" in page


def test_stop_asks_the_runner_whichever_process_it_is_in(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    assert client.post("/bursts/1/stop").status_code == 303
    assert bursts()[0].stop_requested
    assert client.get("/bursts/1/stop").status_code == 405


def test_a_burst_whose_runner_is_gone_ends_with_a_name_and_frees_the_way(
    client: FlaskClient, learner: Learner, runner: IdleRunner, services: Services
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    old = bursts()[0]
    old.heartbeat_at = services.clock() - timedelta(seconds=services.limits.burst.abandoned_s + 1)
    old.counts = {"sent": 42, "good": 41, "failed": {"500": 1}}
    db.session.commit()
    store.settle_abandoned(services.clock(), services.limits.burst)
    page = client.get("/bursts/1").text
    assert "failed" in page
    assert "The portal stopped while this burst ran" in page
    assert ">42<" in page
    client.post("/bursts", data={"preset": "steady", "key": "b"})
    assert len(bursts()) == 2


def test_a_burst_that_this_portal_follows_is_not_given_up_after_the_machine_slept(
    client: FlaskClient, learner: Learner, runner: IdleRunner, services: Services
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    runner.followed.add(1)
    bursts()[0].heartbeat_at = services.clock() - timedelta(hours=1)
    db.session.commit()
    for path in ("/bursts", "/bursts/1", "/bursts/active", "/bursts/before"):
        assert client.get(path).status_code == 200
    client.post("/bursts", data={"preset": "steady", "key": "b"})
    assert [burst.state for burst in bursts()] == [BurstState.QUEUED]


@pytest.mark.parametrize("path", ["/bursts/99", "/bursts/99/fragment", "/bursts/x"])
def test_a_burst_that_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_running_card_polls_and_an_ended_one_does_not(
    client: FlaskClient, learner: Learner, runner: IdleRunner
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    assert "every 1s" in client.get("/bursts/1/fragment").text
    bursts()[0].state = BurstState.FINISHED
    db.session.commit()
    ended = client.get("/bursts/1/fragment?was=active")
    assert "every 1s" not in ended.text
    assert ended.headers["HX-Trigger"] == "burst-changed, criterion-changed"


def test_a_burst_whose_runner_went_before_it_was_counted_is_not_waited_for(
    client: FlaskClient, learner: Learner, runner: IdleRunner, services: Services
) -> None:
    client.post("/bursts", data={"preset": "steady", "key": "a"})
    bursts()[0].state = BurstState.FINISHED
    db.session.commit()
    assert "waiting for the next scrape" in client.get("/bursts/1").text
    bursts()[0].heartbeat_at = services.clock() - timedelta(
        seconds=services.limits.burst.uncounted_s + 1
    )
    db.session.commit()
    recount(services)
    page = client.get("/bursts/1").text
    assert "waiting for the next scrape" not in page
    assert "Prometheus could not be asked about this burst" in page
    assert bursts()[0].state == BurstState.FINISHED
