"""SLO Lab: the portal."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from portal.config import Settings
    from portal.services import Services


def create_app(
    settings: Settings | None = None,
    services: Services | None = None,
    config: Mapping[str, object] | None = None,
) -> Flask:
    """The portal: settings (default: from the environment), services (default: the real ones)."""
    # Imported here, since every ``import portal.anything`` runs this module: the command line
    # and the supervisor need neither Flask nor the database, which take a second to load.
    from flask import Flask

    from portal import features
    from portal.config import Settings
    from portal.kit import (
        body_size,
        csrf,
        db,
        error_pages,
        htmx,
        observability,
        page_deadline,
        rendering,
        row_numbers,
        security,
    )
    from portal.secret_files import read_or_make
    from portal.services import Services
    from stack.layout import Layout
    from stack.lock import PortalLock

    settings = settings or Settings.from_env()
    app = Flask(__name__)
    app.config.update(config or {})
    app.extensions["slo_lab_lock"] = lock = PortalLock(Layout(settings.data_dir).portals)
    lock.share()
    weakref.finalize(app, lock.release)
    security.init_app(app, settings, read_or_make(settings.data_dir, "secret-key", settings))
    body_size.init_app(app)
    services = services or Services.from_settings(settings)
    db.init_app(app, settings.sqlalchemy_url, services.limits)
    app.extensions["slo_lab"] = services
    page_deadline.init_app(app, services.limits.page.answer_s)
    csrf.init_app(app)
    htmx.init_app(app, settings.htmx)
    rendering.init_app(app)
    observability.init_app(app)
    row_numbers.init_app(app)
    features.init_app(app)
    error_pages.init_app(app)
    return app


def end_app(app: Flask, seconds: float = 10.0) -> list[str]:
    """End what runs beside the requests, within so many seconds, and let the database go.

    The names of the threads that did not end.
    """
    from typing import cast

    from portal.kit import error_pages
    from portal.kit.db import db
    from portal.services import Services

    error_pages.end(app)
    left = cast(Services, app.extensions["slo_lab"]).background.stop(seconds)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["slo_lab_lock"].release()
    return left
