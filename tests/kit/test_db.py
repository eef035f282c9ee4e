"""The migrations make what the models say; times are UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import flask_migrate
import pytest
from flask import Flask

from portal.bursts.models import Burst, BurstState
from portal.kit.db import UTCDateTime, db
from portal.learners.models import Learner
from tests.conftest import START


def test_the_migrations_make_the_models_tables(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_every_table_of_a_learner_names_them(app: Flask) -> None:
    own = {"learner", "service", "slo_revision"}
    for name, table in db.metadata.tables.items():
        parents = {key.column.table.name for key in table.foreign_keys}
        assert name in own or "learner_id" in table.columns or parents - {"learner"}, name


def test_a_time_is_utc_on_its_way_in_and_out() -> None:
    column, here = UTCDateTime(), datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    kept = column.process_bind_param(here, None)  # type: ignore[arg-type]
    assert kept == datetime(2026, 3, 1, 12, tzinfo=UTC)
    naive = kept.replace(tzinfo=None)
    assert column.process_result_value(naive, None) == here  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UTCDateTime().process_bind_param(datetime(2026, 3, 1), None)  # type: ignore[arg-type] # noqa: DTZ001


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("synchronous", 2),  # FULL: what was confirmed outlives a power cut
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
    ],
)
def test_each_connection_to_sqlite_is_safe_and_patient(
    app: Flask, pragma: str, value: object
) -> None:
    with app.app_context(), db.engine.connect() as one, db.engine.connect() as another:
        for connection in (one, another):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_number_that_is_none_never_gets_into_a_json_cell(learner: Learner) -> None:
    """It could not be read again: the record of a burst with an Infinity was lost for good."""
    now = START
    burst = Burst(
        learner_id=learner.id,
        key="k",
        preset="p",
        title="t",
        spec={},
        state=BurstState.FINISHED,
        requested_at=now,
        heartbeat_at=now,
        counts={"sent": 3, "p50": math.nan, "failed": {"500": math.inf}},
        server_counts={"by_status": {"200": -math.inf}, "list": [1, math.inf]},
    )
    db.session.add(burst)
    db.session.commit()
    db.session.expire_all()
    assert burst.counts == {"sent": 3, "p50": None, "failed": {"500": None}}
    assert burst.server_counts == {"by_status": {"200": None}, "list": [1, None]}
