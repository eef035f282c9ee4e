"""The migrations make what the models say; times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import flask_migrate
import pytest
from flask import Flask

from portal.kit.db import UTCDateTime, db


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
