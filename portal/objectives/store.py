"""SLOs of a learner: list, save, delete and bring back; OpenSLO documents out and in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.errors import SLOLabError
from portal.kit.db import db
from portal.kit.version import take_version
from portal.learners import current_learner
from portal.numbers import exact, exact_percent
from portal.objectives.models import SavedSLO, SLORevision
from portal.services import current_services
from portal.slo import openslo
from portal.slo.objective import MAX_TITLE, MAX_WHY, SLO, SLIKind
from portal.slo.openslo import OpenSLOError
from portal.words import counted

PAGES = frozenset({"import", "list", "planner", "preview", "scale"})
"""Names that no SLO can have: under ``/slos/`` they are pages."""


class TooManySLOsError(SLOLabError):
    """The learner has as many SLOs as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have {counted(most, 'SLO')}, and more than that nobody can keep an eye on. "
            "Delete one you don't need; then there is room for another."
        )


def list_slos(learner_id: int) -> Sequence[SavedSLO]:
    """The learner's SLOs, the oldest first; those whose row can't be read are left out."""
    return [row for row in _all_slos(learner_id) if row.is_readable]


def unreadable_slos(learner_id: int) -> Sequence[SavedSLO]:
    """The others: what the database keeps of them is no SLO."""
    return [row for row in _all_slos(learner_id) if not row.is_readable]


def _all_slos(learner_id: int) -> Sequence[SavedSLO]:
    own = select(SavedSLO).where(SavedSLO.learner_id == learner_id, SavedSLO.deleted_at.is_(None))
    return db.session.scalars(own.order_by(SavedSLO.id)).all()


def find_slo(learner_id: int, name: str) -> SavedSLO | None:
    """The learner's SLO of that name; a deleted one too (look at ``deleted_at``)."""
    return db.session.scalar(
        select(SavedSLO).where(SavedSLO.learner_id == learner_id, SavedSLO.name == name)
    )


def count_changes(learner_id: int) -> int:
    """How often the learner made, changed, deleted or brought back an SLO."""
    own = select(func.count(SLORevision.id)).join(SavedSLO)
    return db.session.scalar(own.where(SavedSLO.learner_id == learner_id)) or 0


def first_objective(learner_id: int) -> float | None:
    """The objective of the oldest availability SLO: the line drawn in the charts."""
    own = (s.objective for s in list_slos(learner_id) if s.sli == SLIKind.AVAILABILITY)
    return next(own, None)


def least_budget(learner_id: int) -> float | None:
    """The smallest error budget among the learner's SLOs, as a ratio; None without an SLO."""
    return min((slo.value.error_budget for slo in list_slos(learner_id)), default=None)


def add_slo(learner_id: int, slo: SLO, now: datetime) -> SavedSLO:
    """Save a new SLO under a free name; the same one sent again is the one already there.

    Raises TooManySLOsError.
    """
    while True:
        kept = list_slos(learner_id)
        twin = next((r for r in kept if _content(r) == _content_of(slo)), None)
        if twin is not None:
            return twin
        _check_room(len(kept) + 1)
        try:
            row = _put(learner_id, replace(slo, name=_free_name(learner_id, slo.name)), now)
            db.session.commit()
        except IntegrityError:  # another page was faster; it may have sent the same
            db.session.rollback()
        else:
            return row


def _check_room(wanted: int) -> None:
    """Raise TooManySLOsError where a learner can't have so many."""
    most = current_services().limits.room.slos
    if wanted > most:
        raise TooManySLOsError(most)


def _free_name(learner_id: int, wanted: str) -> str:
    """``wanted``, or ``wanted-2``, ``wanted-3``... where that is taken."""
    own = select(SavedSLO.name).where(SavedSLO.learner_id == learner_id)
    taken = {*PAGES, *db.session.scalars(own)}
    candidates = (wanted if n == 1 else f"{wanted[:58]}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in candidates if name not in taken)


def save_slo(learner_id: int, slo: SLO, now: datetime) -> SavedSLO:
    """Save a new SLO, or the new state of the one with that name."""
    row = _put(learner_id, slo, now, find_slo(learner_id, slo.name))
    db.session.commit()
    return row


def change_slo(row: SavedSLO, slo: SLO, seen: int | None, now: datetime) -> bool:
    """Save the new state of an SLO of which a page showed the version ``seen`` (None: any).

    False: another page has changed it since, and that stays.
    """
    if _content(row) == _content_of(slo):
        return True
    if not take_version(row, seen, **_columns(slo), changed_at=now, deleted_at=None):
        db.session.rollback()
        return False
    _note(row, "changed", now)
    db.session.commit()
    return True


def _columns(slo: SLO) -> dict[str, Any]:
    """What a learner says in an SLO, by the row's columns."""
    said = ("title", "sli", "threshold_s", "objective", "window", "why")
    return dict(zip(said, _content_of(slo), strict=True))


def _put(learner_id: int, slo: SLO, now: datetime, row: SavedSLO | None = None) -> SavedSLO:
    """Write the SLO into its row, with an entry in its history where anything changes."""
    if row is not None and row.deleted_at is None and _content(row) == _content_of(slo):
        return row
    what = "changed" if row else "created"
    if row is None:
        row = SavedSLO(learner_id=learner_id, name=slo.name, created_at=now)
        db.session.add(row)
    for column, said in _columns(slo).items():
        setattr(row, column, said)
    row.changed_at, row.deleted_at = now, None
    _remember(row, what, now)
    return row


def _content(row: SavedSLO) -> tuple[object, ...]:
    """What a learner says in an SLO: everything but its name."""
    return (row.title, row.sli, row.threshold_s, row.objective, row.window, row.why)


def _content_of(slo: SLO) -> tuple[object, ...]:
    return (slo.title or slo.name, slo.sli, slo.threshold_s, slo.objective, slo.window, slo.why)


def delete_slo(row: SavedSLO, now: datetime) -> None:
    """Take the SLO off the list; ``restore_slo`` brings it back."""
    row.deleted_at = now
    _remember(row, "deleted", now)
    db.session.commit()


def restore_slo(row: SavedSLO, now: datetime) -> None:
    """Bring a deleted SLO back. Raises TooManySLOsError."""
    if row.deleted_at is None:
        return
    _check_room(len(list_slos(row.learner_id)) + 1)
    row.deleted_at = None
    _remember(row, "restored", now)
    db.session.commit()


def _remember(row: SavedSLO, what: str, now: datetime) -> None:
    """Note a change; a page that showed the state before is too late from now on."""
    row.version = (row.version or 0) + 1
    _note(row, what, now)


def _note(row: SavedSLO, what: str, now: datetime) -> None:
    row.revisions.append(SLORevision(at=now, what=what, summary=summary(row), why=row.why))


def summary(row: SavedSLO) -> str:
    """One line: ``99 % of requests answered within 0.3 s, over 28d``."""
    good = f"within {exact(row.threshold_s)} s" if row.threshold_s else "without a server error"
    return f"{exact_percent(row.objective)} of requests answered {good}, over {row.window}"


def export_documents() -> str:
    """The current learner's SLOs as OpenSLO v1 YAML."""
    return openslo.dumps(row.value for row in list_slos(current_learner().id))


def import_documents(text: str) -> list[str]:
    """Save the SLOs of an OpenSLO text for the current learner's own service; their names.

    Raises OpenSLOError or TooManySLOsError, with nothing saved, when the text can't be taken
    over whole.
    """
    learner, now = current_learner(), current_services().clock()
    found = openslo.loads(text)
    for slo in found:
        _check_for_pages(slo)
    kept = {row.name for row in list_slos(learner.id)}
    _check_room(len(kept | {slo.name for slo in found}))
    for slo in found:
        _put(learner.id, slo, now, find_slo(learner.id, slo.name))
    db.session.commit()
    return [slo.name for slo in found]


def _check_for_pages(slo: SLO) -> None:
    """Refuse what the SLO's page could not show, or its form not save again."""
    if slo.name in PAGES:
        raise OpenSLOError(f"SLO {slo.name}: a page of the portal has this name; choose another.")
    for name, text, most in (("displayName", slo.title, MAX_TITLE), ("reason", slo.why, MAX_WHY)):
        if len(text) > most:
            raise OpenSLOError(
                f"SLO {slo.name}: its {name} has more than {counted(most, 'character')}."
            )
