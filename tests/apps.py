"""Portals within a test's own process: tables migrated, the learner there, ended with the test."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from typing import ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from portal import create_app, end_app
from portal.config import Settings
from portal.kit.db import migrate_to_head
from portal.learners import ensure_solo_learner
from portal.limits import Limits
from portal.services import Services
from tests.patience import PATIENT, SECONDS
from tests.patient import services_at

MIGRATED: set[str] = set()
"""Addresses of databases whose tables are there already."""

TESTING: Mapping[str, object] = {"TESTING": True}


class CompiledTemplates(BytecodeCache):
    """The templates as some portal of this process compiled them; told apart by their text."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._codes[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = CompiledTemplates()


class CompiledRule(Rule):
    """A rule of the route map whose builders of addresses some portal of this process compiled.

    Werkzeug writes and compiles two small functions for each of a hundred routes, half of the time
    that a portal takes to begin. They read all that is a rule's own from the rule they are given.
    """

    _builders: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


Flask.url_rule_class = CompiledRule


@contextmanager
def portal_app(
    settings: Settings,
    services: Services | None = None,
    config: Mapping[str, object] = TESTING,
    limits: Limits = PATIENT,
) -> Iterator[Flask]:
    """The portal, until the block ends; nothing that it began is left then.

    ``limits``: those of the services, where none are handed in.
    """
    copied = settings.database_url in MIGRATED or was_copied(
        settings
    )  # before the portal makes the file
    app = create_app(settings, services or services_at(settings, limits), config)
    app.jinja_env.bytecode_cache = TEMPLATES
    if not copied:
        migrate_to_head(app)
    made: Services = app.extensions["slo_lab"]
    with app.app_context():
        ensure_solo_learner(made.clock())
    try:
        yield app
    finally:
        assert end_app(app, 2 * SECONDS) == []


def was_copied(settings: Settings) -> bool:
    """Whether the database was not there yet, and is a copy of one that was migrated now."""
    file = settings.data_dir / "slo-lab.db"
    if settings.database_url or file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_bytes(_migrated())
    return True


@cache
def _migrated() -> bytes:
    """A database file whose tables Alembic made, with nothing in them."""
    with TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        migrate_to_head(app)
        with closing(sqlite3.connect(Path(folder) / "slo-lab.db")) as connection:
            whole = connection.serialize()
        assert end_app(app, 2 * SECONDS) == []
    return whole
