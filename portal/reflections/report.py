"""The export as one HTML file: nothing to load, charts inside, prints clean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app

from portal.kit.charts import Band, Chart, ChartLine, ratio_chart
from portal.numbers import exact
from portal.reflections.export import Reflection
from portal.reflections.facts import BurstFacts, Evidence
from portal.reflections.questions import QUESTIONS

WIDTH, HEIGHT = 720, 220
SAME_HOUR = timedelta(minutes=15)


def to_html(reflection: Reflection) -> str:
    """The report; needs an app context for its template, but no request."""
    template = current_app.jinja_env.get_template("reflections/report.html")
    return template.render(
        reflection=reflection,
        questions=QUESTIONS,
        evidence=reflection.evidence,
        charts=[(title, chart) for title, chart in _charts(reflection) if chart],
    )


def _charts(reflection: Reflection) -> Iterator[tuple[str, Chart | None]]:
    """The hour before the last submission, and the hour before the export where that is another."""
    latest, now = reflection.latest, reflection.evidence
    if latest:
        yield f"At submission {latest.number}", evidence_chart(latest.evidence)
    if not latest or now.taken_at - latest.evidence.taken_at > SAME_HOUR:
        yield "At the export", evidence_chart(now)


def evidence_chart(evidence: Evidence) -> Chart | None:
    """The SLIs over the hour before the evidence was taken, with its bursts; None without data."""
    history = evidence.history
    if history is None or not any(good is not None for _, good, _ in history.points):
        return None
    under = f"under {exact(evidence.slis.threshold_seconds)} s"
    return ratio_chart(
        f"Availability and answers {under}, the hour before {evidence.taken_at:%Y-%m-%d %H:%M} UTC",
        [
            ChartLine("availability", [(at, good) for at, good, _ in history.points]),
            ChartLine(under, [(at, fast) for at, _, fast in history.points], "second"),
        ],
        history.start,
        history.end,
        bands=[_band(b, b.started_at, history.end) for b in evidence.bursts if b.started_at],
        objective=next((s.objective for s in evidence.slos if s.sli == "availability"), None),
        width=WIDTH,
        height=HEIGHT,
    )


def _band(burst: BurstFacts, started_at: datetime, end: datetime) -> Band:
    ended = burst.ended_at or end
    return Band(started_at.timestamp(), ended.timestamp(), burst.title.lower(), burst.number)
