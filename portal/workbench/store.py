"""Workbench panels, dashboards handed in, and confirmed queries in the database."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.kit.db import db
from portal.kit.version import take_version
from portal.workbench.export import TITLE
from portal.workbench.models import (
    ConfirmedQuery,
    HandedInDashboard,
    WorkbenchDashboard,
    WorkbenchPanel,
)

MAX_PANELS = 40
MAX_REMOVED = 20
MAX_HANDED_IN = 10


# The dashboard


def bench(learner_id: int) -> WorkbenchDashboard:
    """The learner's workbench dashboard; a new one is not in the database yet."""
    kept = db.session.get(WorkbenchDashboard, learner_id)
    return kept or WorkbenchDashboard(
        learner_id=learner_id,
        title=TITLE,
        grafana_uid="",
        grafana_path="",
        grafana_version=0,
        version=0,
    )


def rename(learner_id: int, title: str, seen: int | None = None) -> bool:
    """Give the workbench dashboard a title, on a page that showed version ``seen`` (None: any).

    False: another page gave it another one since, and that stays.
    """
    dashboard = _kept(bench(learner_id))
    try:
        db.session.commit()
    except IntegrityError:  # another page was first
        db.session.rollback()
        dashboard = bench(learner_id)
    if dashboard.title == title or take_version(dashboard, seen, title=title):
        db.session.commit()
        return True
    db.session.rollback()
    return False


def grafana_uid(learner_id: int) -> str:
    """The uid of the dashboard in Grafana, the same for every push; of this lab alone."""
    dashboard = _kept(bench(learner_id))
    dashboard.grafana_uid = dashboard.grafana_uid or new_uid()
    db.session.commit()
    return dashboard.grafana_uid


def new_uid() -> str:
    """A uid for a dashboard in Grafana that nobody has."""
    return f"slo-lab-{secrets.token_hex(6)}"


def pushed(learner_id: int, uid: str, path: str, version: int, now: datetime) -> None:
    """Keep where in Grafana the dashboard is now, and in which version."""
    dashboard = _kept(bench(learner_id))
    dashboard.grafana_uid, dashboard.grafana_path = uid[:40], path[:500]
    dashboard.grafana_version, dashboard.pushed_at = version, now
    db.session.commit()


def _kept(dashboard: WorkbenchDashboard) -> WorkbenchDashboard:
    db.session.add(dashboard)
    return dashboard


# Panels


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


def find_by_key(learner_id: int, key: str) -> WorkbenchPanel | None:
    """The panel that was added with this form."""
    return db.session.scalar(
        select(WorkbenchPanel).where(
            WorkbenchPanel.learner_id == learner_id, WorkbenchPanel.key == key
        )
    )


def newest_panel(learner_id: int) -> int:
    """The number of the learner's panel that was made last, removed or not; 0 without any."""
    own = select(func.max(WorkbenchPanel.id)).where(WorkbenchPanel.learner_id == learner_id)
    return db.session.scalar(own) or 0


def is_full(learner_id: int) -> bool:
    """Whether no further panel fits."""
    return len(panels(learner_id)) >= MAX_PANELS


def add_panel(
    learner_id: int, title: str, expr: str, unit: str, now: datetime, key: str | None = None
) -> WorkbenchPanel:
    """A new panel at the end; the one from before when the form was sent before."""
    last = select(func.max(WorkbenchPanel.position)).where(WorkbenchPanel.learner_id == learner_id)
    panel = WorkbenchPanel(
        learner_id=learner_id,
        key=key,
        position=(db.session.scalar(last) or 0) + 1,
        title=title,
        expr=expr,
        unit=unit,
        saved_at=now,
    )
    db.session.add(panel)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        before = find_by_key(learner_id, key or "")
        if before is None:
            raise
        return before
    return panel


def change_panel(
    panel: WorkbenchPanel, said: tuple[str, str, str], now: datetime, seen: int | None = None
) -> bool:
    """Save the panel's new title, query and unit, typed over version ``seen`` (None: any).

    False: another page has changed it since, and that stays.
    """
    title, expr, unit = said
    if (panel.title, panel.expr, panel.unit) == said:
        return True
    if take_version(panel, seen, title=title, expr=expr, unit=unit, saved_at=now):
        db.session.commit()
        return True
    db.session.rollback()
    return False


def remove_panel(panel: WorkbenchPanel, now: datetime) -> None:
    """Take the panel off; ``bring_back`` undoes it. Only the last few removed ones are kept."""
    panel.removed_at = panel.removed_at or now
    removed = select(WorkbenchPanel).where(
        WorkbenchPanel.learner_id == panel.learner_id, WorkbenchPanel.removed_at.is_not(None)
    )
    newest_first = removed.order_by(WorkbenchPanel.removed_at.desc(), WorkbenchPanel.id.desc())
    for old in db.session.scalars(newest_first.offset(MAX_REMOVED)):
        db.session.delete(old)
    db.session.commit()


def bring_back(panel: WorkbenchPanel) -> bool:
    """Undo a removal; False when there is no room for it."""
    if panel.removed_at is None:
        return True
    if is_full(panel.learner_id):
        return False
    panel.removed_at = None
    db.session.commit()
    return True


def move(learner_id: int, panel: WorkbenchPanel, place: int) -> None:
    """Put the panel at that place, counted from 0."""
    order = [one for one in panels(learner_id) if one.id != panel.id]
    order.insert(max(place, 0), panel)
    for position, one in enumerate(order, 1):
        one.position = position
    db.session.commit()


# Dashboards handed in


def hand_in(learner_id: int, file_name: str, document: str, now: datetime) -> HandedInDashboard:
    """Keep an uploaded dashboard; only the newest few are kept, each once."""
    digest = _digest(document)
    row = next((one for one in handed_in(learner_id) if one.digest == digest), None)
    if row is None:
        row = HandedInDashboard(learner_id=learner_id, digest=digest, document=document)
        db.session.add(row)
    row.file_name, row.handed_in_at = file_name[:120], now
    db.session.flush()
    for old in handed_in(learner_id)[MAX_HANDED_IN:]:
        db.session.delete(old)
    db.session.commit()
    return row


def handed_in(learner_id: int) -> Sequence[HandedInDashboard]:
    """The learner's uploaded dashboards, the newest first."""
    own = select(HandedInDashboard).where(HandedInDashboard.learner_id == learner_id)
    newest_first = own.order_by(HandedInDashboard.handed_in_at.desc(), HandedInDashboard.id.desc())
    return db.session.scalars(newest_first).all()


def take_back(learner_id: int, row_id: int) -> None:
    """Remove an uploaded dashboard."""
    for row in handed_in(learner_id):
        if row.id == row_id:
            db.session.delete(row)
    db.session.commit()


# Queries confirmed


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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
