"""How long, how large, how many: the limits that one may want to set, as values by subject.

``_s`` is seconds, ``_ms`` milliseconds, ``_bytes`` bytes. ``Services`` holds one ``Limits``; what
stands below it (clients, promtool, trials) is handed its part. What follows from a definition
(a window, a scrape, the length of a title in a form) stands where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SilenceLimits:
    """How long a system that fell silent is waited for.

    A silence counts when ``worth_s`` were given: less says nothing about the system. The question
    after it decides within ``brief_s``; then nobody asks again for ``silent_s``.
    """

    worth_s: float = 1.0
    brief_s: float = 0.3
    silent_s: float = 3.0


@dataclass(frozen=True)
class ClientLimits:
    """One call to Prometheus, Grafana or the mock service, and its answer's size.

    ``learners_bytes``: the size of an answer to a learner's own query.
    """

    call_s: float = 1.5
    answer_bytes: int = 4 << 20
    learners_bytes: int = 2 << 20
    silence: SilenceLimits = SilenceLimits()


@dataclass(frozen=True)
class QueryLimits:
    """How deep the brackets of a learner's own query may nest, and how many operators it has.

    Prometheus writes and reads trees in time that grows with the cube of their depth: at these it
    takes a tenth of a second, at 1,500 seven. Nobody nests as deep by hand.
    """

    nesting: int = 100
    operators: int = 300


@dataclass(frozen=True)
class TrialLimits:
    """What one run of promtool may take (seconds, bytes), and all runs of a trial together.

    ``questions``: as many are asked in one run; ``failures``: so many runs may come to nothing.
    """

    wall_s: float = 10.0
    cpu_s: int = 20
    memory_bytes: int = 4 << 30
    output_bytes: int = 32 << 20
    questions: int = 1000
    failures: int = 16
    total_s: float = 30.0


@dataclass(frozen=True)
class PromtoolLimits:
    """promtool: a check of rules, trials of queries and of alerts.

    ``at_once``: trials that run side by side; ``alerts_at_once``: different alerts of one trial.
    """

    check_s: float = 10.0
    queries: TrialLimits = TrialLimits()
    alerts: TrialLimits = TrialLimits(wall_s=20.0)
    at_once: int = 2
    alerts_at_once: int = 300


@dataclass(frozen=True)
class CheckLimits:
    """Checks of criteria: side by side, and how long one may take until it is called overdue.

    ``wait_s``: how long "check again" waits for the verdict.
    """

    at_once: int = 8
    longest_s: float = 8.0
    wait_s: float = 1.2


@dataclass(frozen=True)
class WorkbenchLimits:
    """Learners' own queries and dashboards.

    A query waits ``turn_s`` for its turn; ``at_once`` run side by side. A board is drawn for
    ``draw_s`` at most, and anew once it is ``drawn_s`` old; a panel that took ``heavy_s`` rests
    for ``rest_s``. A look at all dashboards takes ``gather_s``, of them ``scan_wait_s`` for a scan
    of Grafana (``page_wait_s`` where a page waits), with ``closer_looks`` at the most promising.
    """

    turn_s: float = 2.0
    at_once: int = 3
    draw_s: float = 2.0
    heavy_s: float = 1.0
    drawn_s: float = 4.5
    rest_s: float = 30.0
    gather_s: float = 6.0
    scan_wait_s: float = 3.0
    page_wait_s: float = 0.4
    closer_looks: int = 5


@dataclass(frozen=True)
class ReadingLimits:
    """How old an answer may be that all open pages share; less than their rhythm of asking.

    ``numbers_s``: SLIs, budgets and what guards them; ``alerts_s``: what alerts do; ``lab_s``: how
    the lab does; ``buckets_s``: which buckets the latency histogram has.
    """

    numbers_s: float = 4.5
    alerts_s: float = 2.0
    lab_s: float = 2.5
    buckets_s: float = 60.0


@dataclass(frozen=True)
class RoomLimits:
    """How many there may be: SLOs of a learner, rule files in Prometheus' folder, kept readings."""

    slos: int = 50
    rule_files: int = 1000
    readings: int = 500


@dataclass(frozen=True)
class ServerLimits:
    """The server of the portal.

    Every open page holds one of ``connections``; the next would wait until another is closed. An
    idle one is closed after ``idle_s``: an open page asks again sooner. The supervisor waits a
    little longer than ``end_s``.
    """

    threads: int = 12
    connections: int = 800
    idle_s: int = 60
    end_s: float = 4.0


@dataclass(frozen=True)
class Limits:
    """All of them. ``busy_ms``: a write waits so long for somebody else's lock on the database.

    ``follow_every_s``: between two looks at the alerts of a burst; Grafana evaluates no rule more
    often than every 10 s.
    """

    client: ClientLimits = ClientLimits()
    query: QueryLimits = QueryLimits()
    promtool: PromtoolLimits = PromtoolLimits()
    check: CheckLimits = CheckLimits()
    workbench: WorkbenchLimits = WorkbenchLimits()
    reading: ReadingLimits = ReadingLimits()
    room: RoomLimits = RoomLimits()
    server: ServerLimits = ServerLimits()
    busy_ms: int = 5000
    follow_every_s: float = 5.0
