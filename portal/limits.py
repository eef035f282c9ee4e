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
class GrafanaLimits:
    """Logins and lists of Grafana.

    ``at_once`` calls are in flight with one password: should it be changed meanwhile, fewer than
    the five fail that lock an account. A refused password is held back for ``password_held_s``
    (Grafana forgets wrong ones after 5 minutes), a token for ``token_pause_s``. A list has
    ``pages`` of ``rows``. What it serves is believed for ``served_s``: it may be upgraded.
    """

    at_once: int = 3
    password_held_s: float = 330.0
    token_pause_s: float = 5.0
    rows: int = 1000
    pages: int = 10
    served_s: float = 300.0


@dataclass(frozen=True)
class ClientLimits:
    """One call to Prometheus, Grafana or the mock service, and its answer's size.

    ``learners_bytes``: the size of an answer to a learner's own query.
    """

    call_s: float = 1.5
    answer_bytes: int = 4 << 20
    learners_bytes: int = 2 << 20
    silence: SilenceLimits = SilenceLimits()
    grafana: GrafanaLimits = GrafanaLimits()


@dataclass(frozen=True)
class PageLimits:
    """The time that all calls of one request share; what was not asked by then is told as such.

    ``answer_s``: of a page; ``export_s``, ``push_s``: of an export, or a dashboard saved in
    Grafana. ``at_once``: as many calls are made side by side, by all pages together.
    """

    answer_s: float = 3.0
    export_s: float = 6.0
    push_s: float = 8.0
    at_once: int = 16


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
    So many results are kept (``kept_queries``, ``kept_alerts``), what went wrong for ``trouble_s``.
    """

    check_s: float = 10.0
    queries: TrialLimits = TrialLimits()
    alerts: TrialLimits = TrialLimits(wall_s=20.0)
    at_once: int = 2
    alerts_at_once: int = 300
    kept_queries: int = 2048
    kept_alerts: int = 4000
    trouble_s: float = 60.0


@dataclass(frozen=True)
class CheckLimits:
    """Checks of criteria: side by side, and how long one may take until it is called overdue.

    ``wait_s``: how long "check again" waits for the verdict.
    """

    at_once: int = 8
    longest_s: float = 8.0
    wait_s: float = 1.2


@dataclass(frozen=True)
class ScanLimits:
    """A look through a whole Grafana, over as many checks as it takes.

    ``at_once`` dashboards are read side by side, ``batch`` before it is asked what is due now,
    ``dashboards`` at most; of each so many ``panels`` are kept. One look takes ``whole_s``; a
    finding is believed for ``each_s`` times the dashboards, from ``least_s`` to ``most_s``. A
    Grafana that was silent ``silences`` times in a row is given up.
    """

    dashboards: int = 2000
    panels: int = 40
    at_once: int = 4
    batch: int = 40
    whole_s: float = 120.0
    each_s: float = 0.2
    least_s: float = 4.0
    most_s: float = 300.0
    silences: int = 3


@dataclass(frozen=True)
class WorkbenchLimits:
    """Learners' own queries and dashboards.

    A query waits ``turn_s`` for its turn; ``at_once`` run side by side. A board is drawn for
    ``draw_s`` at most, and anew once it is ``drawn_s`` old; a panel that took ``heavy_s`` rests
    for ``rest_s``. A look at all dashboards takes ``gather_s``, of them ``scan_wait_s`` for a scan
    of Grafana (``page_wait_s`` where a page waits), with ``closer_looks`` at the most promising.
    Of one look so many queries are run (``runs``), of one dashboard so many read by Prometheus
    (``validated``).
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
    runs: int = 40
    validated: int = 200
    scan: ScanLimits = ScanLimits()


@dataclass(frozen=True)
class ReadingLimits:
    """How old an answer may be that all open pages share; less than their rhythm of asking.

    ``numbers_s``: SLIs, budgets and what guards them; ``alerts_s``: what alerts do; ``lab_s``: how
    the lab does; ``buckets_s``: which buckets the latency histogram has; ``rules_s``: recording
    rules and labels that a query may lean on; ``sources_s``: Grafana's data sources;
    ``definitions_s``: Grafana's alert rules, for one of its evaluations; ``others_s``: which of
    them speak of another service.

    ``readout_s`` and, while a burst runs, ``burst_s``: the SLIs; ``history_s``: what was left of
    a budget; ``page_s``: at which address Prometheus has a page. A page shows SLIs as old as
    ``patience_s`` rather than wait. One that is ``settled_s`` old is made anew, scrape or not.
    """

    numbers_s: float = 4.5
    alerts_s: float = 2.0
    lab_s: float = 2.5
    buckets_s: float = 60.0
    rules_s: float = 10.0
    sources_s: float = 10.0
    definitions_s: float = 10.0
    others_s: float = 30.0
    readout_s: float = 4.5
    burst_s: float = 0.9
    history_s: float = 15.0
    page_s: float = 60.0
    patience_s: float = 10.0
    settled_s: float = 5.0


@dataclass(frozen=True)
class BurstLimits:
    """A burst's runner, engine and record.

    The fault's lease ends after ``lease_s``. From one look of the runner to the next: ``tick_s``,
    from one time that it saves the record by the second to the next: ``record_s``; an engine that
    says nothing is ended after ``silence_s``, with ``leave_s`` to leave; when the portal ends it
    has ``last_words_s`` for its last numbers. From one try to save to the next: ``retry_s``, until
    ``retry_for_s``. A burst goes on for ``full_s`` with a full disk, and waits for ``lock_s`` at
    most when it saves, so that its lease is renewed in time. The engine ends when the runner says
    nothing for ``alone_s``: before another portal may take the burst for abandoned, ``abandoned_s``
    after its last heartbeat, which ``settle_every_s`` is looked for. Prometheus is asked each
    ``ask_every_s`` for what it counted; by ``uncounted_s`` a runner that is still there has that,
    or has given up on it: others ask, each ``recount_every_s``.
    """

    lease_s: float = 5.0
    tick_s: float = 0.4
    record_s: float = 1.0
    silence_s: float = 15.0
    leave_s: float = 3.0
    last_words_s: float = 1.5
    retry_s: float = 2.0
    retry_for_s: float = 900.0
    full_s: float = 5.0
    lock_s: float = 1.0
    alone_s: float = 5.0
    abandoned_s: float = 6.0
    settle_every_s: float = 1.0
    ask_every_s: float = 0.5
    uncounted_s: float = 45.0
    recount_every_s: float = 5.0


@dataclass(frozen=True)
class AnnotationLimits:
    """Bursts as annotations on dashboards in Grafana.

    ``every_s``: from one look for what is due to the next. A burst is looked at again after
    ``again_s``, until ``follow_s`` after its end (a dashboard may come later), and after
    ``give_up_s`` not even where Grafana could not be asked. One process looks after it until it was
    not heard of for ``abandoned_s``. ``boards``: on so many dashboards at most. What is left of
    bursts that are gone is looked for after each reset, and every ``sweep_every_s``.
    """

    every_s: float = 2.0
    again_s: float = 30.0
    follow_s: float = 3600.0
    give_up_s: float = 86400.0
    abandoned_s: float = 60.0
    boards: int = 10
    sweep_every_s: float = 600.0


@dataclass(frozen=True)
class RoomLimits:
    """How many there may be: SLOs of a learner, rule files in Prometheus' folder, kept readings.

    ``lock_s``: how long starting over waits for the folder.
    """

    slos: int = 50
    rule_files: int = 1000
    readings: int = 500
    lock_s: float = 5.0


@dataclass(frozen=True)
class ExportLimits:
    """How much of a learner's work a submission keeps: the latest so many."""

    bursts: int = 50
    dashboards: int = 5
    panels: int = 40
    rules: int = 50


@dataclass(frozen=True)
class ServerLimits:
    """The server of the portal.

    Every open page holds one of ``connections``; for the next one the longest idle is closed, and
    any after ``idle_s``: an open page asks again sooner. A request's head comes within ``head_s``
    and its body within ``body_s``; of more than ``refused_bytes`` nothing is read. The supervisor
    waits a little longer than ``end_s``.
    """

    threads: int = 12
    connections: int = 2000
    idle_s: int = 60
    head_s: float = 10.0
    body_s: float = 120.0
    refused_bytes: int = 1 << 30
    end_s: float = 4.0


@dataclass(frozen=True)
class PostgreSQLLimits:
    """How long a PostgreSQL is waited for that takes connections and says nothing.

    ``connect_s``: for a connection; its library knows none below 2. ``ping_s``: whether one that
    lay idle still works. ``answer_s``: for the answer to a statement, which the server itself
    gives up by then; above ``Limits.busy_ms``. One portal has ``connections`` at most.
    """

    connect_s: int = 2
    ping_s: float = 1.0
    answer_s: float = 6.0
    connections: int = 15


@dataclass(frozen=True)
class Limits:
    """All of them. ``busy_ms``: a write waits so long for somebody else's lock on the database,
    and whoever needs a connection to it for one that is free.

    ``follow_every_s``: between two looks at the alerts of a burst; Grafana evaluates no rule more
    often than every 10 s.
    """

    client: ClientLimits = ClientLimits()
    page: PageLimits = PageLimits()
    query: QueryLimits = QueryLimits()
    promtool: PromtoolLimits = PromtoolLimits()
    check: CheckLimits = CheckLimits()
    workbench: WorkbenchLimits = WorkbenchLimits()
    reading: ReadingLimits = ReadingLimits()
    burst: BurstLimits = BurstLimits()
    annotation: AnnotationLimits = AnnotationLimits()
    room: RoomLimits = RoomLimits()
    export: ExportLimits = ExportLimits()
    server: ServerLimits = ServerLimits()
    postgresql: PostgreSQLLimits = PostgreSQLLimits()
    busy_ms: int = 5000
    follow_every_s: float = 5.0
