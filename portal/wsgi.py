"""``python -m portal.wsgi``: the portal behind waitress, its database migrated first."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import waitress
from alembic.util import CommandError
from flask import Flask
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from portal import create_app, end_app
from portal.config import Settings
from portal.errors import SLOLabError
from portal.features import start_background
from portal.kit.database_fault import DatabaseFault, DatabaseTrouble, fault_of
from portal.kit.db import migrate_to_head
from portal.kit.observability import log_as_json
from portal.learners import ensure_solo_learner
from portal.services import utc_now

THREADS = 12
CONNECTIONS = 800  # every open page holds one; the next one would wait until another is closed
END_SECONDS = 4.0  # the supervisor waits a little longer
IDLE_SECONDS = 60  # an open page asks again sooner than that
log = logging.getLogger(__name__)


def prepared_app(settings: Settings) -> Flask:
    """The portal with its tables up to date and its learner present; raises SLOLabError."""
    try:
        app = create_app(settings)
        _fill(app)
    except (SQLAlchemyError, CommandError, ImportError) as error:
        raise SLOLabError(f"The database can't be used: {_why(error)}") from error
    except OSError as error:
        raise SLOLabError(
            f"{error.filename or settings.data_dir} can't be used ({error.strerror or error}); "
            "set SLO_LAB_DATA_DIR to another folder."
        ) from error
    return app


def _fill(app: Flask) -> None:
    """Bring tables and learner into the database; where that fails, the app is over."""
    try:
        migrate_to_head(app)
        with app.app_context():
            ensure_solo_learner(utc_now())
    except BaseException:
        end_app(app)
        raise


def _why(error: DatabaseTrouble | ImportError) -> str:
    """What is wrong, by its name; else the driver's own words on one line (no password in them)."""
    if isinstance(error, (ImportError, ArgumentError)):
        return (
            "SLO_LAB_DATABASE_URL must be like postgresql+psycopg://USER:PASSWORD@HOST/NAME, and "
            "its driver installed (pip install 'slo-lab[postgresql]')."
        )
    fault = fault_of(error)
    if fault not in {DatabaseFault.AWAY, DatabaseFault.UNKNOWN}:
        return fault.sentence
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    return f"{' '.join(said.split())} Is it running, and SLO_LAB_DATABASE_URL right?"


@contextmanager
def command_app() -> Iterator[Flask]:
    """The portal as long as a command needs it, and its context; raises SLOLabError."""
    app = prepared_app(Settings.from_env())
    try:
        with app.app_context():
            yield app
    finally:
        end_app(app, END_SECONDS)


@contextmanager
def quiet_app() -> Iterator[Flask]:
    """The same, with a log for errors only."""
    log_as_json("error")
    with command_app() as app:
        yield app


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    try:
        settings = Settings.from_env()
        log_as_json(settings.log_level)
        app = prepared_app(settings)
        server = _listen(app, settings)
    except SLOLabError as error:
        sys.exit(f"portal: {error}")
    start_background(app)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    log.info("listening", extra={"url": settings.portal_base})
    try:
        server.run()
    finally:
        if left := end_app(app, END_SECONDS):
            log.warning("still at work at the end", extra={"threads": left})


def _listen(app: Flask, settings: Settings) -> waitress.server.BaseWSGIServer:
    try:
        return waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            asyncore_use_poll=True,  # select() fails beyond file number 1,023
            ident=None,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            reason = error.strerror or str(error)
            raise SLOLabError(f"{_address(settings)} can't be used ({reason}).") from error
        raise SLOLabError(
            f"Port {settings.port} is taken; free it or set SLO_LAB_PORT to another one."
        ) from error
    except ValueError as error:  # waitress' word for a name that nobody knows
        raise SLOLabError(f"{_address(settings)} is no address of this machine.") from error


def _address(settings: Settings) -> str:
    return f"{settings.host}:{settings.port} (SLO_LAB_HOST, SLO_LAB_PORT)"


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
