"""An alert's lane: how long it was inactive, pending and firing; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.alerts.transitions import AlertHistory
from portal.rulefile.states import AlertState
from portal.stage.axis import Axis, since_start
from portal.stage.drawing import LaneDrawing, Stroke, Word, box, line_through

HALF = 10.0
A_LETTER = 6.6
TOLD_SINCE = (AlertState.FIRING, AlertState.RESOLVED)


@dataclass(frozen=True)
class AlertSpan:
    """The alert was in ``state`` from ``start`` to ``end`` (Unix seconds)."""

    state: AlertState
    start: float
    end: float
    on_nothing: bool = False


def spans_of(history: AlertHistory, start: float, end: float) -> list[AlertSpan]:
    """The alert's states one after the other, from ``start`` to ``end`` (Unix seconds)."""
    spans, state, since, nothing = [], history.before, start, False
    for step in history.transitions:
        if step.at > since:
            spans.append(AlertSpan(state, since, min(step.at, end), nothing))
        state, since, nothing = step.state, max(step.at, start), step.on_nothing
    if end > since:
        spans.append(AlertSpan(state, since, end, nothing))
    return [span for span in spans if span.end > span.start]


def alert_drawing(axis: Axis, history: AlertHistory, end: float, height: int) -> LaneDrawing:
    """Up to ``end`` (Unix seconds), the last moment that is known of."""
    middle = height / 2
    spans = spans_of(history, axis.start, min(end, axis.end))
    strokes = [_stroke(axis, span, middle) for span in spans]
    return LaneDrawing(height, tuple(strokes), tuple(_words(axis, spans, middle)))


def _stroke(axis: Axis, span: AlertSpan, middle: float) -> Stroke:
    left, right = axis.x(span.start), axis.x(span.end)
    if span.state in (AlertState.PENDING, AlertState.FIRING):
        shape = box(left, middle - HALF, max(right - left, 1.0), 2 * HALF)
        return Stroke(str(span.state), shape)
    look = "unknown" if span.state in (AlertState.NO_DATA, AlertState.ERROR) else "calm"
    return Stroke(look, line_through([(left, middle), (right, middle)]))


def _words(axis: Axis, spans: list[AlertSpan], middle: float) -> Iterator[Word]:
    """The name of each state that has room for it."""
    for span in spans:
        room = axis.x(span.end) - axis.x(span.start) - 8
        is_shown = span.state in (AlertState.PENDING, AlertState.FIRING)
        names = [str(span.state)]
        if span.state in TOLD_SINCE and span.start > axis.start:
            names.insert(0, f"{span.state} since {since_start(span.start - axis.origin)}")
        name = next((text for text in names if len(text) * A_LETTER < room), "")
        if name:
            y = middle + 4 if is_shown else middle - 5
            yield Word(f"state {span.state}", axis.x(span.start) + 5, y, name)
