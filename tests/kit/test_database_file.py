"""A SQLite file that is lost under a running portal is noticed, and nothing is promised."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from portal.config import Settings
from portal.kit.database_fault import DatabaseFault, fault_of
from portal.kit.database_file import check_whole
from portal.kit.db import db
from portal.learners.models import Learner

Loss = Callable[[Path], None]


def deleted(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("other"))
    file.with_name("other").replace(file)


def log_deleted(file: Path) -> None:
    file.with_name(f"{file.name}-wal").unlink()


def log_replaced(file: Path) -> None:
    replaced(file.with_name(f"{file.name}-wal"))


def folder_moved(file: Path) -> None:
    file.parent.rename(file.parent.with_name("moved"))


LOSSES = (deleted, replaced, log_deleted, log_replaced, folder_moved)


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.data_dir / "slo-lab.db"


@pytest.mark.parametrize("lose", LOSSES)
def test_nothing_is_committed_to_a_file_that_was_lost_meanwhile(
    app: Flask, file: Path, lose: Loss
) -> None:
    with app.app_context():
        db.session.add(Learner(name="Ada", created_at=app.extensions["slo_lab"].clock()))
        db.session.flush()
        lose(file)
        with pytest.raises(SQLAlchemyError) as refused:
            db.session.commit()
        db.session.rollback()
    assert fault_of(refused.value) is DatabaseFault.LOST


@pytest.mark.parametrize("lose", LOSSES)
def test_the_next_page_names_the_loss_and_no_other_file_is_made(
    app: Flask, client: FlaskClient, file: Path, lose: Loss
) -> None:
    assert client.get("/readyz").status_code == 200
    lose(file)
    there = file.exists()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "deleted, moved or replaced while the portal was running" in answer.text
    assert file.exists() == there


def test_a_file_that_is_put_back_is_as_good_as_before(client: FlaskClient, file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    assert client.get("/readyz").status_code == 503
    file.with_name("elsewhere").rename(file)
    assert client.get("/readyz").status_code == 200


def test_a_new_file_is_for_its_owner_alone(app: Flask, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_fault_in_the_file_is_found_before_anybody_reads_it(
    app: Flask, client: FlaskClient, file: Path
) -> None:
    with app.app_context():
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        root = db.session.execute(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'reflection_answer'")
        ).scalar_one()
        db.session.remove()
        db.engine.dispose()
    with file.open("r+b") as raw:
        raw.seek((root - 1) * 4096)
        raw.write(b"\xa5" * 4096)
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(text("SELECT * FROM learner")).all()
        with pytest.raises(DatabaseError) as found:
            check_whole(connection)
    assert fault_of(found.value) is DatabaseFault.DAMAGED
    answer = client.get("/readyz")
    assert (answer.status_code, "The database is damaged" in answer.text) == (503, True)
