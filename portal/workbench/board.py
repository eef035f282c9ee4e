"""The learner's panels as a dashboard: each with what it shows and drawn as of now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from portal.bursts.bands import burst_bands
from portal.clients.errors import ClientError, ErrorKind, NotAskedError
from portal.clients.prometheus import UnaskedQueryError
from portal.deadline import Deadline
from portal.kit.charts import CHART_SPAN
from portal.learners.models import Learner
from portal.promql.findings import Finding
from portal.services import Services
from portal.workbench import store
from portal.workbench.drawing import Drawing, draw
from portal.workbench.judge import filled, judge_queries, lab_context
from portal.workbench.models import WorkbenchPanel
from portal.workbench.turns import turn
from portal.workbench.units import NONE, UNITS, unit_remark

REFRESH_SECONDS = 5
HEAVY = Drawing(note="Prometheus takes too long to work it out.")
TOO_LARGE = Drawing(note="The answer is far too large for a panel. Sum it, or pick some series.")
LATER = Drawing(note="There was no time left to draw it. The next reading may have some.")

Asked = tuple[str, str]
"""A query without Grafana's variables, and the unit it is drawn in."""


@dataclass(frozen=True)
class BoardPanel:
    """A panel, what the check thinks of it, what is odd about its unit, and its drawing."""

    panel: WorkbenchPanel
    finding: Finding
    remark: str
    drawing: Drawing

    @property
    def words(self) -> str:
        """The one thing to know: why it shows no SLI, what is odd, or what it shows."""
        if self.drawing.refused:
            return self.drawing.note
        if self.finding.sli is None:
            return self.finding.reason
        return self.remark or self.drawing.note or self.finding.reason


@dataclass(frozen=True)
class Board:
    """The panels in their order; ``trouble``: why they can't be drawn."""

    panels: list[BoardPanel]
    trouble: str = ""
    refresh_seconds: int = REFRESH_SECONDS


@dataclass(frozen=True)
class _Strokes:
    """``heavy``: the queries that took long, and when (monotonic seconds).

    ``left``: the first query that there was no time for.
    """

    drawings: dict[Asked, Drawing] = field(default_factory=dict)
    trouble: str = ""
    heavy: dict[Asked, float] = field(default_factory=dict)
    left: Asked | None = None


def board(services: Services, learner: Learner) -> Board:
    """The learner's panels, drawn; never raises. Open pages share one drawing."""
    panels = store.panels(learner.id)
    if not panels:
        return Board([])
    context, confirmed = lab_context(services, learner.service.job), store.confirmed(learner.id)
    asked = [(filled(panel.expr, context), panel.unit) for panel in panels]
    drawn = _shared(services, learner.id, asked)
    findings = judge_queries([panel.expr for panel in panels], context, confirmed, services.trials)
    made = [
        BoardPanel(
            panel,
            finding,
            unit_remark(finding.indicator, panel.unit),
            drawn.drawings.get(key, Drawing() if drawn.trouble else LATER),
        )
        for panel, finding, key in zip(panels, findings, asked, strict=True)
    ]
    return Board(made, drawn.trouble)


def _shared(services: Services, learner_id: int, asked: Sequence[Asked]) -> _Strokes:
    key = ("workbench board", learner_id, frozenset(asked))
    last: _Strokes = services.readings.last(key) or _Strokes()
    pen, wanted = _Pen(services, learner_id), list(dict.fromkeys(asked))
    ask = lambda: _draw_all(services, pen, wanted, last)  # noqa: E731
    return services.readings.get(key, services.limits.workbench.drawn_s, ask)


def _draw_all(services: Services, pen: _Pen, wanted: Sequence[Asked], last: _Strokes) -> _Strokes:
    """As many of them as the time allows; one that cost much is left alone for a while.

    It begins where the time ended before, so that each gets its turn.
    """
    limits = services.limits.workbench
    first = next((at for at, one in enumerate(wanted) if one == last.left), 0)
    rests = {one: at for one, at in last.heavy.items() if time.monotonic() - at < limits.rest_s}
    drawn = _Strokes(dict.fromkeys(rests, HEAVY), heavy=rests)
    with turn(services) as mine:
        deadline = Deadline(limits.draw_s)
        for one in [*wanted[first:], *wanted[:first]] if mine else ():
            if one in rests:
                continue
            if deadline.passed:
                return replace(drawn, left=one)
            began = time.monotonic()
            try:
                drawn.drawings[one] = pen.drawing(*one)
            except NotAskedError:
                return replace(drawn, left=one)
            except ClientError as error:
                return replace(drawn, trouble=str(error))
            if time.monotonic() - began > limits.heavy_s:
                drawn.heavy[one] = began
    return drawn


class _Pen:
    """Draws a learner's queries as of now, with their bursts."""

    def __init__(self, services: Services, learner_id: int) -> None:
        self._prometheus = services.learners_prometheus
        self._now = services.clock()
        self._bands = burst_bands(learner_id, self._now - CHART_SPAN, self._now)

    def drawing(self, expr: str, unit: str) -> Drawing:
        """The drawing, or why this query has none; raises ClientError where none would have one."""
        try:
            return draw(self._prometheus, expr, self._now, UNITS.get(unit, NONE), self._bands)
        except UnaskedQueryError as error:
            return Drawing(note=str(error), refused=True)
        except ClientError as error:
            if error.kind is ErrorKind.TIMEOUT:
                return HEAVY
            if error.kind is ErrorKind.TOO_LARGE:
                return TOO_LARGE
            if error.kind is ErrorKind.REFUSED:
                return Drawing(note=f"Prometheus refuses it: {error.detail or error}", refused=True)
            raise
