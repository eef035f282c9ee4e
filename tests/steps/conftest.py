"""Fixtures of the step pages: verdicts and bursts put straight into the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime, timedelta

import pytest
from flask import Flask

from portal.bursts.models import Burst, BurstState
from portal.criteria import store
from portal.criteria.base import Status, Verdict
from portal.criteria.checker import Checker
from portal.kit.db import db
from portal.learners.models import Learner
from tests.conftest import START


@pytest.fixture(autouse=True)
def no_checks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Nothing is checked in the background; the ids that a page wanted checked are kept."""
    wanted: list[list[str]] = []

    def refresh(
        self: Checker, learner_id: int, ids: Iterable[str], now: datetime, older_than: timedelta
    ) -> list[Future[None]]:
        wanted.append(list(ids))
        return []

    monkeypatch.setattr(Checker, "refresh", refresh)
    return wanted


@pytest.fixture
def judged(app: Flask, learner: Learner) -> Callable[[str, Status], None]:
    """Store a verdict."""

    def judge(criterion_id: str, status: Status) -> None:
        verdict = Verdict(status, "code", f"It is {status}", "seen", "needed")
        store.save(learner.id, criterion_id, verdict, START)

    return judge


@pytest.fixture
def burst(app: Flask, learner: Learner) -> Callable[..., Burst]:
    """Store a burst."""

    def add(state: BurstState = BurstState.FINISHED, failed: int = 0, slow: int = 0) -> Burst:
        row = Burst(
            learner_id=learner.id,
            key=f"key-{state}-{failed}-{slow}",
            preset="error-burst",
            title="Error burst",
            spec={"duration": 60, "rate": 20},
            state=state,
            requested_at=START,
            started_at=START,
            ended_at=START + timedelta(seconds=60) if state == BurstState.FINISHED else None,
            heartbeat_at=START,
            counts={"sent": 100, "good": 100 - failed, "failed": {"500": failed}, "slow": slow},
        )
        db.session.add(row)
        db.session.commit()
        return row

    return add
