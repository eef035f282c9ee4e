"""The stage of a burst: users, SLI, budget and alerts on one axis, and what they tell; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from portal.alerts.transitions import AlertHistory
from portal.bursts.models import Burst
from portal.bursts.record import BurstRecord, SecondView
from portal.durations import duration
from portal.numbers import about, count, exact, exact_percent, percent
from portal.rulefile.states import AlertState
from portal.shop.queries import LATENCY_THRESHOLD
from portal.slo.budget import Budget
from portal.slo.objective import SLO
from portal.stage.alert_lane import alert_drawing
from portal.stage.axis import BEFORE_S, Axis, AxisMark, since_start
from portal.stage.budget_lane import budget_drawing, spent_at
from portal.stage.drawing import Lane
from portal.stage.measurement import Measurement
from portal.stage.sli_lane import below_since, sli_drawing
from portal.stage.users_lane import users_drawing
from portal.words import counted

AFTER_S = 60.0
"""How much of the time after a burst is shown: as long as its last failure is in the window."""

LONGEST_AFTER_S = 600.0
AHEAD_S = 15.0
BEYOND_S = 10.0
WIDE, NARROW = 800, 330
MOST_ALERTS = 4


@dataclass(frozen=True)
class Tile:
    """One figure of the incident, with what it is of; ``alarm``: it is wrong."""

    name: str
    value: str
    about: str
    alarm: bool = False


@dataclass(frozen=True)
class Ground:
    """What stands behind all lanes of one width: the burst, the marks, and now."""

    width: int
    band_x: float
    band_width: float
    marks: tuple[AxisMark, ...]
    now_x: float | None


@dataclass(frozen=True)
class StageSpan:
    """The time that a stage shows, Unix seconds; ``known_to``: nothing is known beyond."""

    start: float
    end: float
    origin: float
    burst_end: float
    known_to: float


@dataclass(frozen=True)
class IncidentScene:
    """The stage as ``_stage.html`` draws it; ``summary`` says it in a sentence."""

    tiles: tuple[Tile, ...]
    lanes: tuple[Lane, ...]
    wide: Ground
    narrow: Ground
    summary: str
    reason: str = ""


@dataclass(frozen=True)
class Incident:
    """What is known of a burst: its record, what was measured, what the alerts did.

    ``budget``: that of ``slo`` at the end of what is known. ``histories``: None while nobody has
    looked at the alerts.
    """

    burst: Burst
    stretch: StageSpan
    record: BurstRecord
    measured: Measurement
    slo: SLO | None = None
    budget: Budget | None = None
    histories: Sequence[AlertHistory] | None = None
    views: list[SecondView] = field(default_factory=list)


def stretch_of(
    burst: Burst, record: BurstRecord, histories: Sequence[AlertHistory] | None, now: float
) -> StageSpan | None:
    """The time to show: from shortly before the burst until its alerts are resolved.

    None for one that never began.
    """
    if burst.started_at is None:
        return None
    origin = record.start if record.seconds else burst.started_at.timestamp()
    ended = burst.ended_at.timestamp() if burst.ended_at else None
    burst_end = max(ended or origin + burst.duration, origin + 1.0)
    if ended is None:
        end = max(now, burst_end) + AHEAD_S
    else:
        moves = [step.at for one in histories or () for step in one.transitions]
        end = max([burst_end + AFTER_S, *(at + AHEAD_S for at in moves)])
        end = min(end, burst_end + LONGEST_AFTER_S)
    return StageSpan(origin - BEFORE_S, end, origin, burst_end, max(origin, min(now, end)))


def scene_of(incident: Incident) -> IncidentScene:
    """Draw what is known."""
    wide, narrow = (_axis(incident.stretch, width) for width in (WIDE, NARROW))
    lanes = tuple(_lanes(incident, wide, narrow))
    tiles = tuple(_tiles(incident))
    told = (f"{tile.name}: {tile.value}, {tile.about}" for tile in tiles)
    return IncidentScene(
        tiles=tiles,
        lanes=lanes,
        wide=_ground(incident, wide, 9),
        narrow=_ground(incident, narrow, 4),
        summary=". ".join(told),
        reason=incident.measured.reason,
    )


def _axis(stretch: StageSpan, width: int) -> Axis:
    return Axis(stretch.start, stretch.end, stretch.origin, width, left=52.0)


def _ground(incident: Incident, axis: Axis, most: int) -> Ground:
    stretch = incident.stretch
    left, right = axis.x(stretch.origin), axis.x(stretch.burst_end)
    is_now = stretch.known_to < stretch.end - 1
    return Ground(
        width=axis.width,
        band_x=left,
        band_width=round(right - left, 1),
        marks=tuple(axis.marks(most)),
        now_x=axis.x(stretch.known_to) if is_now else None,
    )


def _lanes(incident: Incident, wide: Axis, narrow: Axis) -> Iterator[Lane]:
    yield _users_lane(incident, wide, narrow)
    yield _sli_lane(incident, wide, narrow)
    if incident.slo is not None:
        yield _budget_lane(incident, incident.slo, wide, narrow)
    for history in (incident.histories or ())[:MOST_ALERTS]:
        note, alarm = _alert_note(incident, history)
        severity = "page" if history.is_page else history.labels.get("severity", "")
        known_to = incident.stretch.known_to
        yield Lane(
            name="Alert",
            note=note,
            about=tuple(text for text in (history.name, severity) if text),
            wide=alert_drawing(wide, history, known_to, height=84),
            narrow=alert_drawing(narrow, history, known_to, height=40),
            alarm=alarm,
        )


def _users_lane(incident: Incident, wide: Axis, narrow: Axis) -> Lane:
    start, views = incident.record.start, incident.views
    return Lane(
        name="Users",
        note=_hurt_words(incident.burst),
        about=("each mark a request,", "by the second it was due"),
        wide=users_drawing(wide, start, views),
        narrow=users_drawing(narrow, start, views),
        alarm=incident.burst.hurt > 0,
    )


def _sli_lane(incident: Incident, wide: Axis, narrow: Axis) -> Lane:
    measured, objective = incident.measured, incident.slo.objective if incident.slo else None
    drawings = (
        sli_drawing(axis, measured.sli, measured.scrapes, objective) for axis in (wide, narrow)
    )
    first, second = drawings
    note, alarm = _sli_note(incident)
    return Lane(
        name="SLI",
        note=note,
        about=(f"{_sli_name(incident.slo)}, last minute;", "each tick is a scrape"),
        wide=first,
        narrow=second,
        alarm=alarm,
    )


def _budget_lane(incident: Incident, slo: SLO, wide: Axis, narrow: Axis) -> Lane:
    points = incident.measured.remaining
    spent = spent_at(points, incident.stretch.origin)
    note = f"spent at {_moment(incident, spent)}" if spent else ""
    return Lane(
        name="Error budget",
        note=note or _budget_words(incident.budget),
        about=(f"{exact_percent(slo.objective)} over {slo.window.label},", "of what came so far"),
        wide=budget_drawing(wide, points),
        narrow=budget_drawing(narrow, points),
        alarm=_is_spent(incident.budget),
    )


def _hurt_words(burst: Burst) -> str:
    """``240 of 1,200 failed``; what was slow beside it."""
    if not burst.sent:
        return "nobody asked yet"
    said = []
    if burst.failed:
        said.append(f"{count(burst.failed)} of {count(burst.sent)} failed")
    if burst.slow:
        said.append(f"{count(burst.slow)} of {count(burst.sent)} slow")
    return ", ".join(said) or f"none of {count(burst.sent)} hurt"


def _sli_name(slo: SLO | None) -> str:
    if slo is None or slo.threshold_s is None:
        return "availability"
    return f"under {exact(slo.threshold_s or LATENCY_THRESHOLD)} s"


def _moment(incident: Incident, at: float | None) -> str:
    return since_start(at - incident.stretch.origin) if at is not None else ""


def _known(incident: Incident) -> list[float]:
    """The values of the SLI from the burst's start on."""
    start = incident.stretch.origin
    return [value for at, value in incident.measured.sli if value is not None and at >= start]


def _sli_note(incident: Incident) -> tuple[str, bool]:
    known, slo = _known(incident), incident.slo
    if not known:
        return "no data", False
    if slo is None:
        return f"lowest {percent(min(known))}", False
    since = below_since(incident.measured.sli, slo.objective, incident.stretch.origin)
    if since is None:
        return f"never below {exact_percent(slo.objective)}", False
    return f"below {exact_percent(slo.objective)} since {_moment(incident, since)}", True


def _is_spent(budget: Budget | None) -> bool:
    return budget is not None and budget.remaining is not None and budget.remaining <= 0


def _budget_words(budget: Budget | None) -> str:
    """``240 bad where 94 were allowed``; why there is no number, else."""
    if budget is None or budget.events is None or budget.allowed_shown is None:
        return str(budget.state) if budget else "not known"
    bad = count(about(budget.events.bad))
    return f"{bad} bad, {exact(budget.allowed_shown)} allowed"


def _alert_note(incident: Incident, history: AlertHistory) -> tuple[str, bool]:
    pending, fired = history.first(AlertState.PENDING), history.fired
    if history.on_nothing:
        return "active on nothing", False
    if history.before in (AlertState.PENDING, AlertState.FIRING):
        return f"{history.before} before the burst", history.now is AlertState.FIRING
    if fired:
        tense = "firing since" if history.now is AlertState.FIRING else "fired at"
        return f"{tense} {_moment(incident, fired.at)}", True
    return ("pending, not firing" if pending else "stayed silent"), False


def _tiles(incident: Incident) -> Iterator[Tile]:
    burst = incident.burst
    hurt_for = f", for {exact(round(burst.hurt_seconds, 1))} s" if burst.hurt_seconds else ""
    of = f"of {counted(burst.sent, 'request')}{hurt_for}"
    yield Tile("Users hurt", count(burst.hurt), of, burst.hurt > 0)
    yield _sli_tile(incident)
    if incident.slo is not None:
        yield _budget_tile(incident.budget)
    yield _alert_tile(incident)


def _sli_tile(incident: Incident) -> Tile:
    known, slo = _known(incident), incident.slo
    name = _sli_name(slo).capitalize()
    title = f"{name}, last minute" if incident.burst.is_active else f"{name}, lowest"
    if not known:
        return Tile(title, "no data", incident.measured.reason or "nothing was counted", False)
    value = known[-1] if incident.burst.is_active else min(known)
    note, alarm = _sli_note(incident)
    objective = f"objective {exact_percent(slo.objective)}" if slo else "no objective yet"
    about_it = f"{objective}, below it {note.partition(' % ')[2]}" if alarm else objective
    return Tile(title, percent(value), about_it, alarm)


def _budget_tile(budget: Budget | None) -> Tile:
    if budget is None or budget.remaining is None:
        return Tile(
            "Error budget", "not known", str(budget.state) if budget else "nobody could say"
        )
    return Tile(
        "Error budget",
        percent(budget.remaining, 0),
        f"{_budget_words(budget)} so far",
        _is_spent(budget),
    )


def _alert_tile(incident: Incident) -> Tile:
    histories = incident.histories or ()
    if not histories:
        silent = (
            "none was pending or firing" if incident.histories is not None else "not looked yet"
        )
        return Tile("Alerts", "silent", silent)
    first = min(histories, key=_urgency)
    seconds = first.fired.seconds_after(incident.stretch.origin) if first.fired else None
    after = (
        f"fired after {duration(seconds)}"
        if seconds and seconds > 0
        else _alert_note(incident, first)[0]
    )
    return Tile(f"Alert {first.name}", str(first.now), after, first.now is AlertState.FIRING)


def _urgency(history: AlertHistory) -> tuple[bool, bool, float]:
    """The page that fired first comes first."""
    at = history.fired.at if history.fired else float("inf")
    return history.fired is None, not history.is_page, at
