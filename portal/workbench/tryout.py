"""A query tried: is it valid, what does it give, what does the check think of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.bursts.bands import burst_bands
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.prometheus import InvalidQuery, UnaskedQueryError
from portal.kit.charts import CHART_SPAN
from portal.learners.models import Learner
from portal.numbers import count
from portal.promql.findings import Finding
from portal.promql.text import caret_under
from portal.services import Services
from portal.workbench import store
from portal.workbench.drawing import Drawing, draw
from portal.workbench.judge import filled, judge_query, lab_context
from portal.workbench.turns import turn_of
from portal.workbench.units import fitting_name, fitting_unit, unit_remark

MAX_LENGTH = 4000
BUSY = "The query before this one still runs. Try again in a moment."
ASK_YOURSELF = "Ask: which share of all requests went well, or was fast enough?"


@dataclass(frozen=True)
class Tryout:
    """What came of a query.

    ``error`` (with line, column and a ``caret`` under the place) when Prometheus refuses it;
    ``unreachable``: why it can't be tried. ``runs``: the query without Grafana's variables;
    ``remark``: what is odd about its unit.
    """

    expr: str
    runs: str = ""
    error: str = ""
    line: int | None = None
    column: int | None = None
    caret: str = ""
    unreachable: str = ""
    drawing: Drawing | None = None
    finding: Finding | None = None
    remark: str = ""

    @property
    def suggestion(self) -> str:
        """One thing to try next; never the solution."""
        if self.finding is None or self.finding.advice:
            return self.finding.advice if self.finding else ""
        return "" if self.finding.sli else ASK_YOURSELF


def try_query(services: Services, learner: Learner, expr: str, unit: str = "none") -> Tryout:
    """Ask Prometheus and the check; one query of a learner at a time. Never raises."""
    if len(expr) > MAX_LENGTH:
        return Tryout(
            expr, error=f"Keep it under {count(MAX_LENGTH)} characters; it has {count(len(expr))}."
        )
    context = lab_context(services, learner.service.job)
    runs = filled(expr, context)
    finding = judge_query(expr, context, store.confirmed(learner.id), services.trials)
    tryout = Tryout(expr, runs, finding=finding, remark=unit_remark(finding.indicator, unit))
    try:
        with turn_of(services, learner.id) as mine:
            if not mine:
                return replace(tryout, unreachable=BUSY)
            return replace(tryout, drawing=_drawing(services, learner, tryout))
    except InvalidQuery as invalid:
        caret = caret_under(runs, invalid.line, invalid.column)
        return Tryout(expr, runs, invalid.message, invalid.line, invalid.column, caret)
    except ClientError as error:
        if error.kind is ErrorKind.REFUSED:
            return Tryout(expr, runs, error=error.detail or str(error))
        return replace(tryout, unreachable=_in_words(error))


def unreadable(services: Services, learner: Learner, expr: str) -> str:
    """Why Prometheus can't read the query, or can't be asked; "" where it can. Never raises."""
    try:
        with turn_of(services, learner.id) as mine:
            if not mine:
                return BUSY
            services.learners_prometheus.format_query(expr)
    except (InvalidQuery, UnaskedQueryError) as error:
        return str(error)
    except ClientError as error:
        return f"it can’t be tried. {error}"
    return ""


def unit_of_query(services: Services, learner: Learner, expr: str) -> str:
    """The name of the unit that fits what the query gives; "none" where that isn't known."""
    context = lab_context(services, learner.service.job)
    return fitting_name(judge_query(expr, context, {}, services.trials).indicator)


def _drawing(services: Services, learner: Learner, tryout: Tryout) -> Drawing:
    unit = fitting_unit(tryout.finding.indicator if tryout.finding else None)
    now = services.clock()
    bands = burst_bands(learner.id, now - CHART_SPAN, now)
    return draw(services.learners_prometheus, tryout.runs, now, unit, bands)


def _in_words(error: ClientError) -> str:
    if error.kind is ErrorKind.TOO_LARGE:
        return "The answer is far too large for a panel. Sum it, or pick some series."
    return str(error)
