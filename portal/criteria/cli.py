"""``slo-lab check``: the completion checklist on the command line."""

from __future__ import annotations

import json
import sys
from concurrent.futures import wait
from datetime import timedelta
from typing import Any

import click

from portal.criteria import store
from portal.criteria.base import Criterion, Status
from portal.criteria.checker import LIMIT_SECONDS, Checker, overdue
from portal.criteria.registry import CRITERIA
from portal.db import db
from portal.learners import current_learner
from portal.services import current_services
from portal.wsgi import quiet_app

MARKS = {
    Status.MET: "✓",
    Status.NOT_MET: "✗",
    Status.NOT_ENOUGH_DATA: "◔",
    Status.CANNOT_CHECK: "?",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def check(*, as_json: bool) -> None:
    """Ask the real systems about every criterion; exit status 0 when all required ones are met."""
    app = quiet_app()
    with app.app_context():
        rows = _check_all(Checker(app, CRITERIA))
    complete = all(row["optional"] or row["status"] == Status.MET for row in rows)
    if as_json:
        click.echo(json.dumps({"criteria": rows, "complete": complete}))
    else:
        _print(rows, complete=complete)
    sys.exit(0 if complete else 1)


def _check_all(checker: Checker) -> list[dict[str, Any]]:
    learner_id, now = current_learner().id, current_services().clock()
    wait(checker.refresh(learner_id, checker.criteria, now, timedelta(0)), LIMIT_SECONDS)
    db.session.expire_all()
    return [_row(learner_id, criterion) for criterion in CRITERIA]


def _row(learner_id: int, criterion: Criterion) -> dict[str, Any]:
    kept = store.stored_verdict(learner_id, criterion.id)
    verdict = store.verdict_of(kept) if kept else overdue(criterion)
    return {
        "id": criterion.id,
        "status": verdict.status,
        "code": verdict.code,
        "observed": " ".join([verdict.observed, *(line.text for line in verdict.lines)]),
        "expected": verdict.expected,
        "where": f"{verdict.where.text} {verdict.where.url}".strip() if verdict.where else "",
        "optional": criterion.optional,
        "first_met_at": kept.first_met_at.isoformat() if kept and kept.first_met_at else None,
    }


def _print(rows: list[dict[str, Any]], *, complete: bool) -> None:
    for row in rows:
        note = " (optional)" if row["optional"] else ""
        click.echo(f"{MARKS[Status(row['status'])]} {row['id']}{note}: {row['observed']}")
        if row["status"] != Status.MET:
            click.echo(f"    needed: {row['expected']}")
    click.echo("Complete." if complete else "Not complete yet.")
