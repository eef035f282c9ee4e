"""``slo-lab check``: the completion checklist on the command line."""

from __future__ import annotations

import json
import sys
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from portal.criteria import store
from portal.criteria.base import Criterion, Status, Verdict
from portal.criteria.checker import Checker, overdue
from portal.features import CRITERIA
from portal.kit.db import db
from portal.learners import current_learner
from portal.services import current_services
from portal.wsgi import quiet_app


@dataclass(frozen=True)
class Judged:
    """A criterion, its verdict now, and when it was met for the first time."""

    criterion: Criterion
    verdict: Verdict
    first_met_at: datetime | None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def check(*, as_json: bool) -> None:
    """Ask the real systems about every criterion.

    Exit status 0 when all required ones are met at this moment.
    """
    with quiet_app() as app:
        checked = _check_all(Checker(app, CRITERIA))
    open_now = [one.criterion.id for one in checked if _is_open(one)]
    if as_json:
        rows = [_row(one) for one in checked]
        click.echo(json.dumps({"criteria": rows, "complete": not open_now}))
    else:
        for one in checked:
            _print(one)
        click.echo(_end(checked, open_now))
    sys.exit(1 if open_now else 0)


def _check_all(checker: Checker) -> list[Judged]:
    learner_id, now = current_learner().id, current_services().clock()
    wait(checker.refresh(learner_id, checker.criteria, now, timedelta(0)), checker.limits.longest_s)
    db.session.expire_all()
    return [_judged(checker, learner_id, criterion) for criterion in CRITERIA]


def _judged(checker: Checker, learner_id: int, criterion: Criterion) -> Judged:
    kept = store.stored_verdict(learner_id, criterion.id)
    if kept is None:
        return Judged(criterion, overdue(checker.limits.longest_s), None)
    return Judged(criterion, store.verdict_of(kept), kept.first_met_at)


def _is_open(one: Judged) -> bool:
    return not one.criterion.optional and one.verdict.status is not Status.MET


def _row(one: Judged) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "id": one.criterion.id,
        "status": verdict.status,
        "code": verdict.code,
        "observed": " ".join([verdict.observed, *(line.text for line in verdict.lines)]),
        "expected": verdict.expected,
        "where": f"{verdict.where.text} {verdict.where.url}".strip() if verdict.where else "",
        "optional": one.criterion.optional,
        "first_met_at": one.first_met_at.isoformat() if one.first_met_at else None,
    }


def _print(one: Judged) -> None:
    verdict = one.verdict
    note = " (optional)" if one.criterion.optional else ""
    click.echo(f"{verdict.status.mark} {one.criterion.id}{note}: {verdict.observed}")
    for line in verdict.lines:
        click.echo(f"    {line.status.mark} {line.text}")
    if verdict.status is not Status.MET:
        if one.first_met_at:
            click.echo(f"    met before: first at {one.first_met_at:%Y-%m-%d %H:%M} UTC")
        click.echo(f"    needed: {verdict.expected}")


def _end(checked: list[Judged], open_now: list[str]) -> str:
    if not open_now:
        return "Complete."
    if all(one.criterion.optional or one.first_met_at for one in checked):
        blind = [one.criterion.id for one in checked if one.verdict.status is Status.CANNOT_CHECK]
        missed = [name for name in open_now if name not in blind]
        blind = [name for name in open_now if name in blind]
        words = "You finished the lab."
        words += f" Not met any more at this moment: {', '.join(missed)}." if missed else ""
        return words + (f" Can’t be checked now: {', '.join(blind)}." if blind else "")
    return "Not complete yet."
