"""``python -m portal.wsgi``: the portal behind waitress, its database migrated first."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from alembic.util import CommandError
from flask import Flask
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from portal import create_app, end_app
from portal.commands import printed
from portal.config import Settings
from portal.copies.store import CopyError, database_path, is_lost, keep_copy
from portal.errors import SLOLabError
from portal.features import start_background
from portal.kit.database_fault import DatabaseFault, DatabaseTrouble, fault_of
from portal.kit.database_file import check_whole
from portal.kit.db import db, migrate_to_head, missing_columns, newest_version, version_of
from portal.kit.observability import log_as_json
from portal.learners import ensure_solo_learner
from portal.limits import ServerLimits
from portal.server import PortalServer, create_server
from portal.services import Services, utc_now
from portal.words import listed
from stack.ports import Port, check_ports

log = logging.getLogger(__name__)
ADDRESS = "SLO_LAB_DATABASE_URL must be like postgresql+psycopg://USER:PASSWORD@HOST/NAME."


def prepared_app(settings: Settings, *, with_copy: bool = False) -> Flask:
    """The portal with its tables up to date and its learner present; raises SLOLabError.

    ``with_copy``: a SQLite database is copied first; before its tables change it always is.
    """
    _refuse_lost(settings)
    try:
        app = create_app(settings)
        try:
            _prepare(app, settings, with_copy=with_copy)
        except BaseException:
            end_app(app, _limits(app).end_s)
            raise
    except (SQLAlchemyError, CommandError, ImportError) as error:
        raise SLOLabError(f"The database can't be used: {_why(error)}") from error
    except OSError as error:
        raise SLOLabError(
            f"{error.filename or settings.data_dir} can't be used ({error.strerror or error}); "
            "set SLO_LAB_DATA_DIR to another folder."
        ) from error
    return app


def _prepare(app: Flask, settings: Settings, *, with_copy: bool) -> None:
    with app.app_context():
        version = _version_of_whole_database()
        if version and (with_copy or version != newest_version()):
            _keep_copy(settings)
        migrate_to_head(app)
        _refuse_unreleased()
        ensure_solo_learner(utc_now())


def _refuse_lost(settings: Settings) -> None:
    database = database_path(settings)
    if database and is_lost(database):
        raise SLOLabError(
            f"The database {database} is gone, but there are copies of it: slo-lab restore puts "
            "one back. To begin anew instead, run slo-lab clean first."
        )


def _version_of_whole_database() -> str:
    """The version of its tables; raises DatabaseError when it is damaged."""
    with db.engine.connect() as connection:
        check_whole(connection)
        return version_of(connection)


def _keep_copy(settings: Settings) -> None:
    """A disk without room for a copy is no reason not to start."""
    database = database_path(settings)
    if database is None:
        return
    try:
        keep_copy(database)
    except CopyError as error:
        log.warning("no copy", extra={"reason": str(error)})


def _refuse_unreleased() -> None:
    """Tables under a known version that never were that version's."""
    with db.engine.connect() as connection:
        missing = missing_columns(connection)
    if missing:
        raise SLOLabError(
            "The database was made by an unreleased state of SLO Lab and can't be brought up to "
            f"date ({listed(missing[:3])} {'are' if len(missing) > 1 else 'is'} not in it). "
            "Take what you wrote out with that state (slo-lab export), then run slo-lab clean, or "
            "set SLO_LAB_DATA_DIR (SLO_LAB_DATABASE_URL) to another database."
        )


def _why(error: DatabaseTrouble | ImportError) -> str:
    """What is wrong, by its name; else the driver's own words on one line (no password in them)."""
    if isinstance(error, ArgumentError):
        return ADDRESS
    if isinstance(error, ImportError):
        driven = error.name == "psycopg"
        return DatabaseFault.UNDRIVEN.sentence if driven else f"{error}. {ADDRESS}"
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
        end_app(app, _limits(app).end_s)


@contextmanager
def quiet_app() -> Iterator[Flask]:
    """The same, with a log for errors only."""
    log_as_json("error")
    with command_app() as app:
        yield app


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    os.umask(0o077)  # what it makes is for its user alone; rule files have a mode of their own
    try:
        settings = Settings.from_env()
        log_as_json(settings.log_level)
        app = prepared_app(settings, with_copy=True)
        limits = _limits(app)
        server = _listen(app, settings, limits)
    except SLOLabError as error:
        sys.exit(f"portal: {printed(str(error))}")
    start_background(app)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    log.info("listening", extra={"url": settings.portal_base})
    try:
        server.run()
    finally:
        if left := end_app(app, limits.end_s):
            log.warning("still at work at the end", extra={"threads": left})


def _limits(app: Flask) -> ServerLimits:
    services: Services = app.extensions["slo_lab"]
    return services.limits.server


def _listen(app: Flask, settings: Settings, limits: ServerLimits) -> PortalServer:
    check_ports([Port("the portal", "port", settings.host, settings.port)])
    try:
        return create_server(app, settings.host, settings.port, limits)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SLOLabError(f"{_address(settings)} can't be used ({reason}).") from error
    except ValueError as error:  # waitress' word for a name that nobody knows
        raise SLOLabError(f"{_address(settings)} is no address of this machine.") from error


def _address(settings: Settings) -> str:
    return f"{settings.host}:{settings.port} (SLO_LAB_HOST, SLO_LAB_PORT)"


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
