"""Changes of rules that a kill cut short: the rows in the database say what becomes of them.

A file and the row that goes with it can't change in one step. The row decides: where it was saved
the file stays as it was changed, else the file comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.errors import SLOLabError
from portal.learners.beginnings import has_begun
from portal.rulefolder.folder import RuleFolder, writer_of
from portal.services import Services

EXTENSION = "slo_lab_applied_text"
AppliedText = Callable[[int], str | None]
log = logging.getLogger(__name__)


def init_app(app: Flask, told_by: AppliedText) -> None:
    """``told_by`` says what the database has a learner's own rule file hold (None: no file)."""
    app.extensions[EXTENSION] = told_by


def start_healing(app: Flask) -> None:
    """Put right what a portal before left half done, before anybody changes a rule again."""
    services: Services = app.extensions["slo_lab"]

    def look() -> None:
        with app.app_context():
            _heal_alone(services)

    services.background.start("healer", "puts half-done changes of rules right", look)


def heal(folder: RuleFolder) -> list[str]:
    """Finish or undo what was cut short, in a locked folder; the names of the files it changed."""
    return folder.heal(lambda name, mark: _was_made(folder, name, mark))


def _heal_alone(services: Services) -> None:
    limits = services.limits.room
    folder = RuleFolder.of(services.settings, limits)
    try:
        if folder.unfinished():
            with folder.locked(limits.lock_s):
                heal(folder)
    except (SLOLabError, SQLAlchemyError) as error:  # the next change of rules tries again
        log.warning("rules half done", extra={"reason": str(error)})


def _was_made(folder: RuleFolder, name: str, mark: str) -> bool:
    if mark:
        return has_begun(mark)
    learner_id = writer_of(name)
    if learner_id is None:
        return False
    told_by = cast(AppliedText, current_app.extensions[EXTENSION])
    return folder.holds(name, told_by(learner_id))
