"""Two portal processes on one database, SQLite and PostgreSQL: still one lab."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from portal.bursts.runner import SETTLED_REASON
from portal.features import CRITERIA
from tests.mockapp.process import TOKEN, MockappProcess, running_mockapp
from tests.robustness.portal_process import PortalProcess, portal_process
from tests.robustness.portals import PAGES, SLO_FORM
from tests.robustness.postgresql import needed_programs, running_postgresql
from tests.stack.labs import wait_until

BURST = {"rate": "20", "duration": "600", "error_percent": "50", "latency_ms": "0"}


class Pair:
    """Two portals and their common database."""

    def __init__(self, first: PortalProcess, second: PortalProcess, url: str) -> None:
        self.first, self.second = first, second
        options = {"timeout": 0.2} if url.startswith("sqlite") else {}
        self._engine = sa.create_engine(url, connect_args=options)

    def ask(self, query: str) -> list[Any]:
        """The rows of a query, as plain tuples."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    def can_write(self) -> bool:
        """Whether nobody holds a lock on the bursts just now."""
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET lock_timeout = 200"))
            try:
                connection.execute(sa.text("UPDATE burst SET preset = preset"))
            except sa.exc.OperationalError:
                return False
            finally:
                connection.rollback()
        return True

    def end_bursts(self) -> None:
        """Stop what a test before may have begun."""
        active = "SELECT number FROM burst WHERE state IN ('queued', 'running')"
        for (number,) in self.ask(active):
            self.first.post(f"/bursts/{number}/stop")
        wait_until(lambda: self.ask(active) == [])

    def pause_first(self) -> None:
        """Let the first stand still, at a moment in which it holds no lock."""
        self.first.process.send_signal(signal.SIGSTOP)
        while not self.can_write():
            self.first.process.send_signal(signal.SIGCONT)
            self.first.process.send_signal(signal.SIGSTOP)

    def each(self, path: str, times: int, **form: str) -> list[tuple[int, str]]:
        """Status and place of as many answers as ``times`` from each, all asked for at once."""
        portals = [self.first, self.second] * times
        with ThreadPoolExecutor(len(portals)) as pool:
            answers = pool.map(lambda portal: portal.post(path, **form), portals)
            return [(one.status_code, one.headers.get("Location", "")) for one in answers]

    def close(self) -> None:
        self._engine.dispose()


def counts_at_rest(mockapp: MockappProcess) -> dict[str, int]:
    """What the service has counted once it has come to the last request that was sent."""
    seen = [mockapp.counts()]

    def is_at_rest() -> bool:
        time.sleep(0.5)
        seen.append(mockapp.counts())
        return seen[-1] == seen[-2]

    wait_until(is_at_rest)
    return seen[-1]


@pytest.fixture(scope="module")
def mockapp() -> Iterator[MockappProcess]:
    with running_mockapp() as process:
        yield process


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    mockapp: MockappProcess,
) -> Iterator[Pair]:
    """Both were started at the same time, on an empty database."""
    folder = tmp_path_factory.mktemp("portals")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'slo-lab.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(running_postgresql(needed_programs()))
        settings = {
            "SLO_LAB_DATABASE_URL": url,
            "SLO_LAB_MOCKAPP_URL": mockapp.url,
            "SLO_LAB_FAULT_TOKEN": TOKEN,
            "SLO_LAB_SECRET_KEY": "a-key-for-the-tests",
        }
        logs = [folder / "first.log", folder / "second.log"]
        with ThreadPoolExecutor(2) as pool:
            starts = [portal_process(folder, log, **settings) for log in logs]
            first, second = pool.map(stack.enter_context, starts)
        pair = Pair(first, second, url)
        stack.callback(pair.close)
        yield pair
        told = [log.read_text() for log in logs]
    assert [text for text in told if "Traceback" in text] == []


def test_started_together_they_made_one_learner(pair: Pair) -> None:
    assert pair.ask("SELECT name FROM learner") == [("you",)]
    assert pair.ask("SELECT job FROM service") == [("flask-app",)]


def test_one_burst_at_a_time_and_either_can_stop_it(pair: Pair, mockapp: MockappProcess) -> None:
    counted = sum(mockapp.counts().values())
    answers = pair.each("/bursts/custom", 6, **BURST)
    assert {status for status, _ in answers} == {303}
    (place,) = {location.partition("?")[0] for _, location in answers}
    assert len(pair.ask("SELECT id FROM burst")) == 1
    wait_until(lambda: sum(mockapp.counts().values()) > counted)
    stopped = pair.each(f"{place}/stop", 1)
    assert {status for status, _ in stopped} == {303}
    wait_until(lambda: pair.ask("SELECT state FROM burst") == [("stopped",)])
    for portal in (pair.first, pair.second):
        assert "Stopped before its time." in portal.get(place).text
    ((counts,),) = pair.ask("SELECT CAST(counts AS text) FROM burst")
    # The service may not have come to the last one yet.
    wait_until(lambda: f'"sent": {sum(mockapp.counts().values()) - counted},' in counts)
    next_one = pair.second.post("/bursts/custom", **BURST).headers["Location"]
    assert next_one.partition("?")[0] == "/bursts/2"  # however many starts were refused
    pair.end_bursts()


def test_verdicts_of_both_do_not_collide(pair: Pair) -> None:
    for criterion in CRITERIA:
        answers = pair.each(f"/criteria/{criterion.id}/check", 3)
        assert {status for status, _ in answers} == {303}, criterion.id

    def all_judged() -> bool:
        return len(pair.ask("SELECT criterion_id FROM stored_verdict")) == len(CRITERIA)

    wait_until(all_judged)


def test_what_one_saves_the_other_shows(pair: Pair) -> None:
    assert pair.first.post("/slos", **SLO_FORM).status_code == 303
    text = "What I learned, with “quotes” and \N{PARTY POPPER}."
    form = {"text-slis": text, "version-slis": "0"}
    assert pair.first.post("/reflections/answers/slis", **form).status_code in {200, 303}
    assert SLO_FORM["why"] in pair.second.get("/slos/shop").text
    assert text in pair.second.get("/reflections").text
    for path in PAGES:
        answer = pair.second.get(path)
        assert (path, answer.status_code) == (path, 200)


@pytest.mark.parametrize("text", ["a\0b", "x" * 100_000, "9" * 5000], ids=["nul", "long", "huge"])
def test_what_the_database_can_t_keep_is_told(pair: Pair, text: str) -> None:
    for path in (*POSTS, "/criteria/traffic/check"):
        answer = pair.first.post(path, **dict.fromkeys(FIELDS, text))
        assert answer.status_code < 500, (path, answer.status_code, answer.text[-2000:])
    for path in ("/slos/a%00b", "/reset/a%00b", "/steps/a%00b", "/criteria/a%00b"):
        assert pair.first.get(path).status_code == 404, path
    assert pair.first.get(f"/bursts/{text[:30]}").status_code == 404


def test_a_portal_that_was_paused_leaves_the_other_ones_burst_alone(
    pair: Pair, mockapp: MockappProcess
) -> None:
    """Its own was given up meanwhile: neither its engine nor its fault may come in between."""
    pair.end_bursts()
    place = pair.first.post("/bursts/custom", **BURST).headers["Location"]
    wait_until(lambda: mockapp.fault()["error_ratio"])
    pair.pause_first()
    try:
        wait_until(lambda: "The portal stopped" in pair.second.get(place).text)
        before = counts_at_rest(mockapp)
        later = {**BURST, "rate": "50", "duration": "8", "error_percent": "0"}
        new = pair.second.post("/bursts/custom", **later).headers["Location"]
        wait_until(lambda: sum(mockapp.counts().values()) > sum(before.values()) + 50)
    finally:
        pair.first.process.send_signal(signal.SIGCONT)
    wait_until(lambda: pair.ask("SELECT id FROM burst WHERE state = 'running'") == [])
    rows = pair.ask("SELECT CAST(counts AS text) FROM burst ORDER BY id DESC LIMIT 1")
    counts = json.loads(rows[0][0])
    assert (counts["sent"], counts["good"]) == (400, 400), new
    # The paused portal has its own last word to say, and no request more to send.
    wait_until(lambda: SETTLED_REASON in pair.second.get(place).text)
    seen = mockapp.counts()
    added = {status: number - before.get(status, 0) for status, number in seen.items()}
    assert {status: number for status, number in added.items() if number} == {"200": 400}


def test_of_two_rules_typed_over_the_same_version_one_is_kept_and_the_other_is_told(
    pair: Pair,
) -> None:
    seen = pair.ask("SELECT version FROM alert_rule_text") or [(0,)]
    portals, texts = (pair.first, pair.second), ("groups: []\n# first", "groups: []\n# second")
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(portal.post, "/alerts/rules", text=text, seen=str(seen[0][0]))
            for portal, text in zip(portals, texts, strict=True)
        ]
        answers = [one.result() for one in sent]
    (late,) = [one for one in answers if one.status_code == 409]
    (kept,) = pair.ask("SELECT text FROM alert_rule_text")
    assert kept[0] in texts
    lost = next(text for text in texts if text != kept[0])
    assert lost.split()[-1] in late.text


def test_the_burst_of_a_killed_portal_is_ended_by_the_other_one(
    pair: Pair, mockapp: MockappProcess
) -> None:
    place = pair.first.post("/bursts/custom", **BURST).headers["Location"]
    before = sum(mockapp.counts().values())
    wait_until(lambda: sum(mockapp.counts().values()) > before)
    pair.first.process.kill()
    told = "The portal stopped while this burst ran"
    wait_until(lambda: told in pair.second.get(place).text)
    wait_until(lambda: not requests.get(f"{mockapp.url}/fault", timeout=60).json()["error_ratio"])
    assert pair.second.post("/bursts", preset="steady").headers["Location"] != place


POSTS = (
    "/slos",
    "/slos/shop",
    "/bursts",
    "/bursts/custom",
    "/impact",
    "/reflections",
    "/alerts/rules",
)
FIELDS = (
    "title",
    "why",
    "key",
    "preset",
    "burst",
    "sentence",
    "text",
    "text-slis",
    "version",
    "tab",
)
