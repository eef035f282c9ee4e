"""What the portals of a test process share, so that each begins at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment

from portal.config import Settings
from tests import apps
from tests.apps import portal_app


def never(*arguments: object, **named: object) -> None:
    """Instead of what was done once already."""
    raise AssertionError("done a second time")


def test_a_portal_begins_with_a_copy_of_the_migrated_tables(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "migrate_to_head", never)
    with portal_app(replace(settings, data_dir=tmp_path / "second")) as second:
        assert second.test_client().get("/steps/traffic").status_code == 200
    file = tmp_path / "second" / "slo-lab.db"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_template_is_compiled_once_for_all_portals(
    client: FlaskClient, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/steps/traffic").status_code == 200
    monkeypatch.setattr(Environment, "compile", never)
    with portal_app(replace(settings, data_dir=tmp_path / "second")) as second:
        assert second.test_client().get("/steps/traffic").status_code == 200


def test_two_texts_of_one_name_are_two_templates(app: Flask) -> None:
    cache = apps.CompiledTemplates()
    buckets = [cache.get_bucket(app.jinja_env, "one.html", "one.html", text) for text in "ab"]
    for bucket in buckets:
        bucket.code = compile(f"'{bucket.checksum}'", "one.html", "eval")
        cache.set_bucket(bucket)
    again = cache.get_bucket(app.jinja_env, "one.html", "one.html", "a")
    assert again.code is buckets[0].code is not buckets[1].code
