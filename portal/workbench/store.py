"""Workbench panels, dashboards handed in, and confirmed queries in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.workbench.models import ConfirmedQuery, HandedInDashboard, WorkbenchPanel

MAX_PANELS = 40
MAX_HANDED_IN = 10


def panels(learner_id: int) -> Sequence[WorkbenchPanel]:
    """The learner's panels in their order."""
    own = select(WorkbenchPanel).where(
        WorkbenchPanel.learner_id == learner_id, WorkbenchPanel.removed_at.is_(None)
    )
    return db.session.scalars(own.order_by(WorkbenchPanel.position, WorkbenchPanel.id)).all()


def find_panel(learner_id: int, panel_id: int) -> WorkbenchPanel | None:
    """The learner's panel of that number, a removed one too."""
    return db.session.scalar(
        select(WorkbenchPanel).where(
            WorkbenchPanel.learner_id == learner_id, WorkbenchPanel.id == panel_id
        )
    )


def add_panel(learner_id: int, title: str, expr: str, unit: str, now: datetime) -> WorkbenchPanel:
    """A new panel at the end."""
    last = select(func.max(WorkbenchPanel.position)).where(WorkbenchPanel.learner_id == learner_id)
    panel = WorkbenchPanel(
        learner_id=learner_id,
        position=(db.session.scalar(last) or 0) + 1,
        title=title,
        expr=expr,
        unit=unit,
        saved_at=now,
    )
    db.session.add(panel)
    db.session.commit()
    return panel


def change_panel(panel: WorkbenchPanel, title: str, expr: str, unit: str, now: datetime) -> None:
    """Save the panel's new title, query and unit."""
    panel.title, panel.expr, panel.unit, panel.saved_at = title, expr, unit, now
    db.session.commit()


def remove_panel(panel: WorkbenchPanel, now: datetime) -> None:
    """Take the panel off; ``bring_back`` undoes it."""
    panel.removed_at = now
    db.session.commit()


def bring_back(panel: WorkbenchPanel) -> None:
    """Undo a removal."""
    panel.removed_at = None
    db.session.commit()


def move_up(learner_id: int, panel: WorkbenchPanel) -> None:
    """Swap the panel with the one before it."""
    order = list(panels(learner_id))
    at = order.index(panel)
    if at > 0:
        before = order[at - 1]
        panel.position, before.position = before.position, panel.position
        db.session.commit()


def hand_in(learner_id: int, file_name: str, document: str, now: datetime) -> HandedInDashboard:
    """Keep an uploaded dashboard; only the newest few are kept."""
    row = HandedInDashboard(
        learner_id=learner_id, file_name=file_name[:120], document=document, handed_in_at=now
    )
    db.session.add(row)
    db.session.flush()
    for old in handed_in(learner_id)[MAX_HANDED_IN:]:
        db.session.delete(old)
    db.session.commit()
    return row


def handed_in(learner_id: int) -> Sequence[HandedInDashboard]:
    """The learner's uploaded dashboards, the newest first."""
    own = select(HandedInDashboard).where(HandedInDashboard.learner_id == learner_id)
    return db.session.scalars(own.order_by(HandedInDashboard.id.desc())).all()


def take_back(learner_id: int, row_id: int) -> None:
    """Remove an uploaded dashboard."""
    for row in handed_in(learner_id):
        if row.id == row_id:
            db.session.delete(row)
    db.session.commit()


def confirm(learner_id: int, expr: str, sli: str, now: datetime) -> None:
    """Keep the learner's word on what a query shows."""
    digest = _digest(expr)
    row = db.session.get(ConfirmedQuery, (learner_id, digest))
    if row is None:
        row = ConfirmedQuery(learner_id=learner_id, digest=digest)
        db.session.add(row)
    row.expr, row.sli, row.confirmed_at = expr, sli, now
    db.session.commit()


def confirmed(learner_id: int) -> dict[str, str]:
    """The SLI by query, as the learner confirmed it."""
    own = select(ConfirmedQuery).where(ConfirmedQuery.learner_id == learner_id)
    return {row.expr: row.sli for row in db.session.scalars(own)}


def _digest(expr: str) -> str:
    return hashlib.sha256(expr.encode()).hexdigest()
