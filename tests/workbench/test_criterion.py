"""The dashboard criterion, against each Grafana's shapes, with a real Prometheus full of data.

A live Grafana is among them when SLO_LAB_GRAFANA_URL names one (and SLO_LAB_GRAFANA_TOKEN, or a
user and a password, may edit it). What is made there is deleted again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
from flask import Flask

from portal.clients import ClientError
from portal.clients.grafana import Credentials, GrafanaClient
from portal.clients.grafana.credentials import from_settings
from portal.config import Settings
from portal.criteria import store as verdicts
from portal.criteria.base import Status, Subject, Verdict
from portal.criteria.checker import judge
from portal.deadline import Deadline
from portal.kit.db import db
from portal.learners.models import Learner
from portal.objectives.store import add_slo
from portal.services import Services
from portal.slo.objective import SLO, SLIKind
from portal.workbench import store
from portal.workbench.candidates import CandidateJudge, DashboardOrigin
from portal.workbench.criterion import DashboardCriterion
from portal.workbench.evidence import DashboardEvidence, gather
from portal.workbench.turns import NOT_A_NUMBER
from tests.apps import portal_app
from tests.conftest import NOWHERE, START
from tests.fakes.boards import AVAILABILITY, P95, classic_board, v2_board, v2alpha1_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.server import Reply, Request
from tests.mockapp.process import wait_until
from tests.patience import SECONDS, limited
from tests.workbench.lab import RealLab, at_lab, lab, services_of

__all__ = ["lab"]

URL = os.environ.get("SLO_LAB_GRAFANA_URL", "")
RAW = "http_requests_total"
FRESH = AVAILABILITY.replace("1m", "30s")
FRESH_P95 = P95.replace("1m", "30s")
ONLY_AVAILABILITY = (FRESH, f"100 * ({FRESH})")
IDLE = FRESH.replace("total[30s]", 'total{path="/checkout"}[30s]').replace(
    "{status", '{path="/checkout",status'
)
NOWHERE_TO_BE_FOUND = IDLE.replace("/checkout", "/nowhere")
TOO_DEEP = "(" * 70 + FRESH + ")" * 70
"""Prometheus runs it; the parser doesn't go down so far."""
Board = Callable[..., dict[str, object]]


@dataclass(frozen=True)
class Shape:
    """A Grafana's version, and how it keeps a dashboard that is made in it."""

    version: str
    board: Board
    stored_as: str = "classic"
    native_reads: bool = True


SHAPES = {
    "9.4": Shape("9.4.0", classic_board),
    "10.4": Shape("10.4.2", classic_board),
    "11.6": Shape("11.6.1", classic_board),
    "12.1, kept as v2alpha1": Shape("12.1.0", v2alpha1_board, "v2alpha1"),
    "12.4, kept as v2beta1": Shape("12.4.3", v2_board, "v2beta1"),
    "12.4, classic": Shape("12.4.3", classic_board),
    "13.2, kept as v2": Shape("13.2.0", v2_board, "v2"),
    "13.2, only the lossy conversion": Shape("13.2.0", v2_board, "v2", native_reads=False),
    "13.2, classic": Shape("13.2.0", classic_board),
}


@pytest.fixture
def portal(settings: Settings, lab: RealLab) -> Iterator[Flask]:
    """A portal at the real lab, without a Grafana."""
    settings = at_lab(settings, lab)
    with portal_app(settings, services_of(settings)) as app, app.app_context():
        yield app


@pytest.fixture
def subject(portal: Flask) -> Subject:
    """The learner of that portal."""
    services: Services = portal.extensions["slo_lab"]
    learner = db.session.execute(db.select(Learner)).scalar_one()
    return Subject(services, learner)


def with_grafana(subject: Subject, fake: FakeGrafana) -> Subject:
    """The same learner with that Grafana before their Prometheus, as an editor."""
    fake.stand_before(subject.services.settings.prometheus_url)
    settings = replace(subject.services.settings, grafana_url=fake.url)
    client = GrafanaClient(fake.url, Credentials(token=fake.make_token("Editor")), timeout=SECONDS)
    return replace(subject, services=replace(subject.services, settings=settings, grafana=client))


def check(subject: Subject) -> Verdict:
    """Check and keep the verdict, as the checker does."""
    verdict = judge(DashboardCriterion(), subject)
    verdicts.save(subject.learner.id, "dashboard", verdict, START)
    return verdict


def evidence(subject: Subject) -> DashboardEvidence:
    return gather(subject.services, subject.learner, wait_seconds=3)


def keep(subject: Subject, *exprs: str) -> None:
    """Panels on the workbench."""
    for number, expr in enumerate(exprs):
        store.add_panel(subject.learner.id, f"Panel {number}", expr, "none", START)


def words(verdict: Verdict) -> str:
    return " ".join([verdict.headline, verdict.observed, *(line.text for line in verdict.lines)])


# Through the life of a dashboard


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_it_fails_then_passes_then_fails_when_the_dashboard_is_deleted(
    subject: Subject, shape: Shape
) -> None:
    with FakeGrafana(shape.version, anonymous=None) as fake:
        fake.native_reads = shape.native_reads
        fake.add_folder()
        subject = with_grafana(subject, fake)
        assert check(subject).code == "no_dashboard"

        def save(*exprs: str) -> None:
            board = shape.board("My SLIs", *exprs)
            fake.add_dashboard(board, "mine", folder="slo-lab", stored_as=shape.stored_as)

        save(RAW, FRESH)
        one = check(subject)
        assert (one.status, one.code) == (Status.NOT_MET, "too_few_sli_panels")
        assert "growing total" in one.lines[0].text
        save(FRESH_P95, FRESH)
        both = check(subject)
        assert (both.status, both.advice) == (Status.MET, ""), both
        assert [line.status for line in both.lines] == [Status.MET, Status.MET]
        assert "/d/mine" in (both.where.url if both.where else "")
        del fake.dashboards["mine"]
        assert check(subject).code == "no_dashboard"
    kept = verdicts.stored_verdict(subject.learner.id, "dashboard")
    assert kept
    assert kept.first_met_at == START
    assert not kept.met_now


@pytest.mark.live_grafana
@pytest.mark.skipif(not URL, reason="no live Grafana: SLO_LAB_GRAFANA_URL is not set")
def test_the_same_holds_for_a_live_grafana(subject: Subject) -> None:
    live = Settings.from_env()
    client = GrafanaClient(live.grafana_base, from_settings(live), timeout=10)
    settings = replace(subject.services.settings, grafana_url=live.grafana_base)
    subject = replace(
        subject, services=replace(subject.services, settings=settings, grafana=client)
    )
    uid, title = "slo-lab-criterion-test", "Made by a test of the criterion"

    def shown() -> tuple[int, bool] | None:
        for one in gather(subject.services, subject.learner, known=uid, wait_seconds=5).candidates:
            if one.uid == uid:
                return len(one.sli_panels), one.meets
        return None

    def save(*exprs: str, over: int = 0) -> int:
        board = {**classic_board(title, *exprs), "uid": uid}
        return client.save_dashboard(board, folder_uid=uid, version=over).version

    client.ensure_folder(uid, title)
    try:
        assert shown() is None
        first = save(RAW, FRESH)
        assert shown() == (1, False)
        save(FRESH, FRESH_P95, over=first)
        assert shown() == (2, True)
        assert check(subject).status is Status.MET
        client.delete_dashboard(uid)
        assert shown() is None
    finally:
        with contextlib.suppress(ClientError):
            client.delete_dashboard(uid)
        client._api.send("DELETE", f"/api/folders/{uid}")


# What counts


def test_two_panels_of_one_kind_are_enough_with_advice_for_the_other(subject: Subject) -> None:
    keep(subject, *ONLY_AVAILABILITY)
    verdict = check(subject)
    assert verdict.status is Status.MET
    assert "Add latency" in verdict.advice
    assert "not in Grafana yet" in verdict.observed


def test_the_workbench_says_not_in_grafana_yet_where_grafana_is_there(subject: Subject) -> None:
    keep(subject, FRESH, FRESH_P95)
    with FakeGrafana("12.4.3", anonymous=None) as fake:
        assert "not in Grafana yet" in check(with_grafana(subject, fake)).observed


def test_what_the_lab_or_a_file_made_does_not_count(subject: Subject) -> None:
    with FakeGrafana("9.4.0", anonymous=None) as fake:
        boards = classic_board("Assisted", FRESH, FRESH_P95, tags=("slo-lab-assisted",))
        fake.add_dashboard(boards, "assisted")
        fake.add_dashboard(classic_board("From a file", FRESH, FRESH_P95), "f", provisioned=True)
        verdict = check(with_grafana(subject, fake))
    assert (verdict.status, verdict.code) == (Status.NOT_MET, "no_dashboard")
    assert "2 made by the lab or from files" in verdict.observed


def test_the_best_of_several_is_shown_and_the_others_are_named(subject: Subject) -> None:
    keep(subject, *ONLY_AVAILABILITY)
    with FakeGrafana("11.6.1", anonymous=None) as fake:
        fake.add_dashboard(classic_board("One kind", *ONLY_AVAILABILITY), "one")
        fake.add_dashboard(classic_board("Nothing", RAW), "none")
        there = with_grafana(subject, fake)
        assert "“One kind”" in check(there).observed
        fake.add_dashboard(classic_board("Both kinds", FRESH, FRESH_P95), "both")
        wait_until(lambda: "“Both kinds”, in Grafana" in check(there).observed)
        verdict = check(there)
    assert verdict.advice == ""
    assert "“My SLIs”" in verdict.observed
    assert "“Nothing”" not in verdict.observed


def test_of_a_repeated_panel_one_value_with_data_is_enough(subject: Subject) -> None:
    each = FRESH.replace("total[30s]", 'total{path="$path"}[30s]').replace(
        "{status", '{path="$path",status'
    )
    paths = {"name": "path", "type": "custom", "multi": True, "current": {"value": ["$__all"]}}
    paths["options"] = [{"value": "/nowhere"}, {"value": "/"}]
    board = classic_board("Each path", each, f"100 * ({each})")
    board["templating"] = {"list": [paths]}
    with FakeGrafana("9.4.0", anonymous=None) as fake:
        there = with_grafana(subject, fake)
        fake.add_dashboard(board, "mine")
        assert check(there).code == "panels_without_data"
        repeated = [{**one, "repeat": "path"} for one in board["panels"]]
        fake.add_dashboard({**board, "panels": repeated}, "mine")
        wait_until(lambda: check(there).status is Status.MET)


def test_the_learners_own_objective_says_how_far_a_number_may_be_rounded(
    subject: Subject,
) -> None:
    board = classic_board("Rounded", FRESH, FRESH)
    for one in board["panels"]:
        defaults = {"unit": "percentunit", "decimals": 0}
        one |= {"type": "stat", "fieldConfig": {"defaults": defaults, "overrides": []}}

    def codes() -> list[str]:
        with_its_slos = CandidateJudge(subject.services, subject.learner, Deadline(10))
        found = with_its_slos.candidate(DashboardOrigin.HANDED_IN, "", "", "", board)
        return [panel.code for panel in found.panels]

    assert codes() == ["unsure", "unsure"]
    slo = SLO("two-nines", SLIKind.AVAILABILITY, 0.99)
    add_slo(subject.learner.id, slo, START)
    assert codes() == ["good_ratio", "good_ratio"]
    add_slo(subject.learner.id, replace(slo, name="more", objective=0.9995), START)
    assert codes() == ["unsure", "unsure"]


def test_grafana_down_does_not_matter_to_what_is_handed_in(subject: Subject) -> None:
    settings = replace(subject.services.settings, grafana_url=NOWHERE)
    services = replace(subject.services, settings=settings, grafana=GrafanaClient(NOWHERE))
    subject = replace(subject, services=services)
    down = check(subject)
    assert (down.status, down.code) == (Status.CANNOT_CHECK, "grafana_cannot_be_asked")
    assert "not at fault" in down.observed
    keep(subject, FRESH, FRESH_P95)
    assert check(subject).status is Status.MET


def test_prometheus_down_means_that_nothing_can_be_checked(subject: Subject) -> None:
    settings = replace(subject.services.settings, prometheus_url=NOWHERE)
    subject = replace(subject, services=services_of(settings))
    keep(subject, FRESH, FRESH_P95)
    verdict = check(subject)
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "prometheus_unreachable")
    assert NOWHERE in verdict.observed


def test_a_check_that_could_not_ask_keeps_what_was_known(subject: Subject) -> None:
    learner_id = subject.learner.id
    found = Verdict(Status.MET, "x", "", "", "", memory={"uid": "mine"})
    verdicts.save(learner_id, "dashboard", found, START)
    verdicts.save(learner_id, "dashboard", Verdict(Status.CANNOT_CHECK, "y", "", "", ""), START)
    kept = verdicts.stored_verdict(learner_id, "dashboard")
    assert kept
    assert kept.verdict["memory"] == {"uid": "mine"}


def test_queries_that_cannot_be_tried_are_not_called_wrong(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(subject, f"{FRESH} + 0", f"0 + {FRESH_P95}")
    with monkeypatch.context() as without:
        without.setenv("PATH", "")
        without.setenv("SLO_LAB_CACHE_DIR", str(subject.services.settings.data_dir))
        verdict = check(subject)
    assert (verdict.status, verdict.code) == (Status.CANNOT_CHECK, "queries_cannot_be_tried")
    assert "start the lab once" in verdict.observed
    assert {line.status for line in verdict.lines} == {Status.CANNOT_CHECK}


# Data now


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        (NOWHERE_TO_BE_FOUND, "no data now"),
        (FRESH.replace("[30s]", "[30s] offset 2h"), "no data now"),
        (IDLE, "not a number now: there is no traffic"),
    ],
    ids=["unknown path", "two hours ago", "0/0"],
)
def test_right_panels_without_a_value_are_not_enough_data_yet(
    subject: Subject, expr: str, why: str
) -> None:
    keep(subject, FRESH, expr)
    verdict = check(subject)
    assert why in words(verdict), verdict
    assert (verdict.status, verdict.code) == (Status.NOT_ENOUGH_DATA, "panels_without_data")
    assert [line.status for line in verdict.lines] == [Status.MET, Status.NOT_ENOUGH_DATA]


def test_panels_that_had_data_stay_met_while_there_is_no_traffic(subject: Subject) -> None:
    keep(subject, FRESH, FRESH_P95)
    assert check(subject).status is Status.MET
    kept = verdicts.stored_verdict(subject.learner.id, "dashboard")
    assert kept
    seen = frozenset(kept.verdict["memory"]["seen"].split())
    (full,) = evidence(subject).candidates
    idle = replace(full, silent=dict.fromkeys(full.silent, NOT_A_NUMBER))
    later = DashboardCriterion().judge(DashboardEvidence((idle,), without_grafana=True, seen=seen))
    assert (later.status, later.code) == (Status.MET, "dashboard_shows_slis")
    assert later.observed.endswith(
        "Their queries had data before; their values are not numbers now: there is no traffic in "
        "their range."
    )
    never = DashboardCriterion().judge(DashboardEvidence((idle,), without_grafana=True))
    assert never.status is Status.NOT_ENOUGH_DATA


def test_what_prometheus_refuses_to_run_counts_for_nothing(subject: Subject) -> None:
    keep(subject, FRESH, f"{FRESH} +")
    verdict = check(subject)
    assert verdict.code == "too_few_sli_panels"
    assert "Prometheus refuses this query" in verdict.lines[1].text


def test_a_query_that_cannot_be_analysed_counts_once_confirmed(subject: Subject) -> None:
    keep(subject, FRESH, TOO_DEEP)
    before = check(subject)
    assert (before.status, before.code) == (Status.NOT_ENOUGH_DATA, "confirmation_needed")
    assert "counts when you confirm" in before.observed
    assert before.where
    assert before.where.url == "/workbench/dashboards"
    store.confirm(subject.learner.id, TOO_DEEP, "latency", START)
    after = check(subject)
    assert (after.status, after.advice) == (Status.MET, "")
    assert "1 of them as confirmed by you" in after.observed


def test_a_confirmed_query_that_does_not_run_counts_for_nothing(subject: Subject) -> None:
    broken = "(" * 70 + "sum(" + ")" * 70
    keep(subject, FRESH, broken)
    store.confirm(subject.learner.id, broken, "latency", START)
    assert check(subject).code == "too_few_sli_panels"


def test_halves_of_characters_in_a_dashboard_do_no_harm(subject: Subject) -> None:
    document = '{"title": "\\ud800", "panels": [{"title": "\\udc00", "type": "stat"}]}'
    store.hand_in(subject.learner.id, "odd.json", document, START)
    assert "“?”" in check(subject).observed


# A thousand dashboards


def crowded(count: int = 1000) -> FakeGrafana:
    fake = FakeGrafana("9.4.0", anonymous=None)
    fake.add_folder()
    for number in range(count):
        fake.add_dashboard(classic_board(f"Team {number:04}", RAW), f"team{number}")
    return fake


@contextlib.contextmanager
def held_back(fake: FakeGrafana, part: str) -> Iterator[None]:
    """Answers to requests with that part in their path have to wait meanwhile."""
    at_once, go_on = fake._answer, threading.Event()

    def answer(request: Request) -> Reply:
        if part in request.path:
            go_on.wait(60)
        return at_once(request)

    fake._answer = answer
    try:
        yield
    finally:
        go_on.set()


def test_the_known_dashboard_is_judged_in_under_a_second_among_a_thousand(
    subject: Subject,
) -> None:
    with crowded() as fake:
        fake.add_dashboard(classic_board("Zzz mine", FRESH, FRESH_P95), "mine")
        there = with_grafana(subject, fake)
        met = Verdict(Status.MET, "x", "", "", "", memory={"uid": "mine"})
        verdicts.save(subject.learner.id, "dashboard", met, START)
        began = time.monotonic()
        verdict = check(there)
        assert time.monotonic() - began < 30
        assert verdict.status is Status.MET
        assert "GET /api/search" not in fake.paths()


def test_a_known_dashboard_of_one_kind_waits_for_no_other(subject: Subject) -> None:
    with crowded() as fake:
        fake.add_dashboard(classic_board("Zzz mine", *ONLY_AVAILABILITY), "mine")
        there = with_grafana(subject, fake)
        met = Verdict(Status.MET, "x", "", "", "", memory={"uid": "mine"})
        verdicts.save(subject.learner.id, "dashboard", met, START)
        began = time.monotonic()
        with held_back(fake, "/uid/team"):
            verdict = check(there)
        assert time.monotonic() - began < 30
        assert verdict.status is Status.MET
        assert "Add latency" in verdict.advice
        fake.add_dashboard(classic_board("Aaa", FRESH, FRESH_P95), "both", folder="slo-lab")
        wait_until(lambda: "“Aaa”, in Grafana" in check(there).observed)


def test_the_lab_folder_is_read_before_the_rest(subject: Subject) -> None:
    with crowded() as fake:
        mine = classic_board("Zzz mine", FRESH, FRESH_P95)
        fake.add_dashboard(mine, "mine", folder="slo-lab")
        there = with_grafana(subject, fake)
        began = time.monotonic()
        with held_back(fake, "/uid/team"):
            verdict = check(there)
        assert time.monotonic() - began < 30
    assert verdict.status is Status.MET


def read_so_far(evidence: DashboardEvidence) -> int | None:
    """How many dashboards of Grafana a scan that is not over has read."""
    return evidence.progress.read if evidence.progress else None


def test_a_scan_goes_on_over_checks_and_tells_how_far_it_is(subject: Subject) -> None:
    with crowded(300) as fake:
        fake.add_dashboard(classic_board("Zzz mine", FRESH, FRESH_P95), "mine")
        there = with_grafana(subject, fake)
        of_others = threading.enumerate()
        from_afar = limited(there.services, "workbench", closer_looks=0)
        with held_back(fake, "/uid/team2"):
            look = partial(gather, from_afar, there.learner, wait_seconds=0.1)
            wait_until(lambda: read_so_far(look()) == 2)
            verdict = DashboardCriterion().judge(look())
            scans = [t for t in threading.enumerate() if t.name == "dashboard-scan"]
            assert len([t for t in scans if t not in of_others]) == 1
        assert (verdict.status, verdict.code) == (Status.NOT_ENOUGH_DATA, "still_reading")
        assert "Read 2 of 301 dashboards so far" in verdict.observed
        wait_until(lambda: check(there).status is Status.MET)
        read = [path for path in fake.paths() if path.startswith("GET /api/dashboards/uid/team")]
        assert len(read) == len(set(read)) == 300


def test_a_scan_that_grafana_cuts_short_is_told_and_taken_up_again(subject: Subject) -> None:
    with crowded(60) as fake:
        there = with_grafana(subject, fake)
        assert evidence(there).progress is None
        fake.stop()
        assert "can't be reached" in evidence(there).grafana_trouble
        fake.start()
        fake.add_dashboard(classic_board("New", FRESH, FRESH_P95), "new", folder="slo-lab")
        wait_until(lambda: check(there).status is Status.MET)
