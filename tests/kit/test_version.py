"""Of two pages based on the same version only the first is saved, on both databases, at once."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.alerts import store as rules
from portal.bursts.models import Burst, BurstState
from portal.impact import store as impact
from portal.impact.comparison import Statement
from portal.kit.db import db
from portal.kit.version import seen_version
from portal.learners.models import Learner
from portal.objectives import store as objectives
from portal.slo.objective import SLO, SLIKind
from portal.workbench import store as workbench
from tests.conftest import START

TABS = 4
EDITED = ("panel", "title", "rules", "slo", "impact")
AVAILABILITY = SLO("availability", SLIKind.AVAILABILITY, 0.99, title="All")


def hurting_burst() -> Burst:
    """An incident that impact can be stated of."""
    burst = Burst(learner_id=1, key="k", preset="error-burst", title="Error burst")
    burst.spec = {"rate": 20, "duration": 60, "mode": "open"}
    burst.state, burst.requested_at, burst.heartbeat_at = BurstState.FINISHED, START, START
    burst.started_at, burst.ended_at = START, START + timedelta(seconds=60)
    burst.counts, burst.server_counts = {"sent": 100, "good": 60, "failed": {"500": 40}}, {}
    db.session.add(burst)
    db.session.commit()
    return burst


def prepared(edited: str) -> int:
    """The thing made, if it must be there; the version that every tab then shows."""
    if edited == "panel":
        return workbench.add_panel(1, "Saved", "up", "none", START, "key").version
    if edited == "title":
        return workbench.bench(1).version
    if edited == "slo":
        return objectives.save_slo(1, AVAILABILITY, START).version
    if edited == "rules":
        return rules.save_draft(1, "saved", START).version
    latest = impact.latest_statement(1)
    hurting_burst()
    return latest.number if latest else 0


def save(edited: str, text: str, seen: int) -> bool:
    if edited == "panel":
        panel = workbench.find_by_key(1, "key")
        assert panel is not None
        return workbench.change_panel(panel, (text, "up", "none"), START, seen)
    if edited == "title":
        return workbench.rename(1, text, seen)
    if edited == "slo":
        row = objectives.find_slo(1, "availability")
        assert row is not None
        return objectives.change_slo(row, replace(AVAILABILITY, why=text), seen, START)
    if edited == "rules":
        return rules.take_draft(1, text, seen, START)
    burst = impact.incidents(1)[0]
    return impact.save(1, burst, Statement(1, 0, 1, text), START, seen)


@pytest.mark.both_databases
@pytest.mark.parametrize("edited", EDITED)
def test_of_several_tabs_at_once_one_is_saved_and_the_others_are_told(
    app: Flask, edited: str
) -> None:
    with app.app_context():
        seen = prepared(edited)
    gate, saved = threading.Barrier(TABS), []

    def tab(number: int) -> None:
        with app.app_context():
            gate.wait()
            if save(edited, f"text of tab {number}", seen):
                saved.append(number)

    tabs = [threading.Thread(target=tab, args=(number,)) for number in range(TABS)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    assert len(saved) == 1
    with app.app_context():
        assert not save(edited, "a late one", seen)
        assert save(edited, "one that has seen it", seen + 1)


def test_what_another_tab_typed_while_prometheus_loaded_stays_typed(learner: Learner) -> None:
    rules.save_draft(1, "applied", START)
    assert rules.take_draft(1, "typed meanwhile", 1, START)
    rules.mark_applied(1, "applied", START, assisted=False)
    row = rules.find(1)
    assert row is not None
    assert (row.text, row.applied_text) == ("typed meanwhile", "applied")


@pytest.mark.parametrize("path", ["/workbench/panels/1", "/workbench/title", "/impact"])
def test_without_javascript_a_late_form_gets_the_page_with_both_texts(
    client: FlaskClient, learner: Learner, path: str
) -> None:
    prepared("panel")
    burst = hurting_burst()
    first, late = ("First tab’s, long enough to be kept for good", "Late tab’s, as long as that is")
    more = {"expr": "up", "unit": "none", "burst": burst.id, "failed": "1", "slow": "1"}
    page = path.replace("/title", "")
    versions = re.findall(r'name="seen" value="(\d+)"', client.get(page).text)
    sent = {**more, "seconds": "1", "seen": versions[-1]}
    said = {"title": first, "sentence": first}
    assert client.post(path, data={**sent, **said}).status_code == 303
    answer = client.post(path, data={**sent, "title": late, "sentence": late + " and longer yet"})
    assert answer.status_code == 409
    assert "another tab changed" in answer.text
    assert first in answer.text
    assert late in answer.text


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 5000, "٣"])
def test_a_version_that_makes_no_sense_is_none(typed: str) -> None:
    assert seen_version({"seen": typed}) is None
