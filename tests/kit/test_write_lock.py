"""The watch over the write lock sees every way to hold it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from portal.clients.errors import ClientError
from portal.kit.db import db
from portal.learners.models import Learner
from portal.services import Services
from tests.write_lock import watched


@pytest.fixture
def nobody_is_asked_while_the_database_waits() -> None:
    """What is forbidden elsewhere is done here on purpose."""


def change(learner: Learner) -> None:
    learner.name = "somebody"


def flush(learner: Learner) -> None:
    change(learner)
    db.session.flush()


def flush_by_a_query(learner: Learner) -> None:
    change(learner)
    db.session.scalars(select(Learner)).all()


def execute(learner: Learner) -> None:
    db.session.execute(update(Learner).values(name="somebody"))


def ask(services: Services) -> None:
    with pytest.raises(ClientError):
        services.prometheus.query("up")


@pytest.mark.parametrize("write", [change, flush, flush_by_a_query, execute])
def test_asking_after_a_write_is_seen(
    learner: Learner, services: Services, write: Callable[[Learner], None]
) -> None:
    with watched() as watch:
        write(learner)
        ask(services)
        db.session.rollback()
    assert len(watch.held) == 1
    assert watch.held[0].startswith("Prometheus is asked")
    assert "prometheus.py" in watch.held[0]


@pytest.mark.parametrize("end", [db.session.commit, db.session.rollback])
def test_asking_after_the_end_of_the_transaction_is_fine(
    learner: Learner, services: Services, end: Callable[[], None]
) -> None:
    with watched() as watch:
        execute(learner)
        end()
        learner.name = learner.name  # no change
        ask(services)
    assert watch.held == []
