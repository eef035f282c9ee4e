"""What is up, what is not, and what to do: for ``slo-lab doctor`` and the portal's lab page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from portal.clients import postgresql
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import CredentialKind, GrafanaClient, tells_health
from portal.clients.grafana.credentials import password_advice
from portal.clients.http import Answer, Http
from portal.clients.prometheus import PrometheusClient, ScrapeTarget, TargetHealth
from portal.clients.shape import decode_json, moment
from portal.commands import in_containers, typed_here
from portal.config import Settings, variable
from portal.deadline import carried
from portal.durations import duration
from portal.logins import split_login
from portal.numbers import number
from portal.shop.facts import JOB
from stack.layout import Layout
from stack.lock import is_held
from stack.state import ServerState, ServerStatus, State, read_state

PROBE_SECONDS = 1.0
DATABASE = "database"
DATABASE_SECONDS = 2
DATABASE_ADVICE = "Is it running, and SLO_LAB_DATABASE_URL right?"
LEAST_FREE = 200_000_000  # bytes; below that, databases begin to fail soon
FIRST_SECONDS = 20.0  # of a Prometheus, in which it need not have found its targets
LOGIN = "Grafana login"
REFUSALS = (ErrorKind.UNAUTHORIZED, ErrorKind.FORBIDDEN)
LOGINS = {
    CredentialKind.TOKEN: "with a token",
    CredentialKind.BASIC: "with user and password",
    CredentialKind.NONE: "without a login: enough to read what Grafana shows to anybody",
}
COMING = (ServerStatus.STARTING, ServerStatus.RESTARTING)
WAIT = "Wait a few seconds."
NOBODY_STARTED_IT = "Start the lab, or whatever program is to answer there."


class Health(StrEnum):
    """How one part of the lab does."""

    UP = "up"
    DOWN = "down"
    ABSENT = "absent"  # not here, and the lab runs without it
    STARTING = "starting"


@dataclass(frozen=True)
class Diagnosis:
    """One part of the lab. ``url`` is for a browser; ``todo`` is empty when all is well."""

    name: str
    status: Health
    url: str = ""
    detail: str = ""
    todo: str = ""


def diagnose(settings: Settings) -> list[Diagnosis]:
    """A finding for each part that there is, always in the same order.

    Asks all at once; takes about 1 s, and 2 s where a PostgreSQL is silent.
    """
    layout = Layout(settings.data_dir)
    running = is_held(layout.lock)
    state = read_state(layout.state) if running else None
    examinations: list[Callable[[], Diagnosis | None]] = [
        lambda: _supervisor(settings, state, running=running),
        lambda: _portal(settings, state),
        lambda: _mockapp(settings, state),
        lambda: _prometheus(settings, state),
        lambda: _target(settings, state),
        lambda: _grafana(settings, state),
        lambda: _grafana_login(settings, state),
        lambda: _data_folder(settings),
        lambda: _database(settings),
    ]
    with ThreadPoolExecutor(len(examinations)) as pool:
        found = pool.map(lambda examine: examine(), map(carried, examinations))
        return [finding for finding in found if finding]


def _supervisor(settings: Settings, state: State | None, *, running: bool) -> Diagnosis:
    if running:
        pid = f"process {state.pid}" if state else ""
        return Diagnosis("lab", Health.UP, detail=pid)
    if settings.is_in_containers:
        return Diagnosis("lab", Health.ABSENT, detail="docker compose runs the servers.")
    if settings.mockapp_url and settings.prometheus_url:
        return Diagnosis("lab", Health.ABSENT, detail="The servers are started by other means.")
    todo = "Start it with `make lab` or `slo-lab up`."
    return Diagnosis("lab", Health.DOWN, detail=f"Not running on {settings.data_dir}.", todo=todo)


def _portal(settings: Settings, state: State | None) -> Diagnosis:
    asked = settings.portal_ready
    return _server(settings, "portal", asked, settings.portal_base, _known(state, "portal"))


def _mockapp(settings: Settings, state: State | None) -> Diagnosis:
    asked = f"{settings.mockapp_base}/healthz"
    known = _known(state, "mockapp")
    return _server(settings, "mock app", asked, settings.mockapp_link, known, _is_ok)


def _prometheus(settings: Settings, state: State | None) -> Diagnosis:
    asked, known = f"{settings.prometheus_base}/-/ready", _known(state, "prometheus")
    return _server(settings, "Prometheus", asked, settings.prometheus_link, known)


def _grafana(settings: Settings, state: State | None) -> Diagnosis:
    known = _known(state, "grafana")
    if known and known.status is ServerStatus.ABSENT:
        todo = "Nothing has to be done: every step can be done without it."
        return Diagnosis("Grafana", Health.ABSENT, known.url, known.detail, todo)
    if known and known.status is ServerStatus.GETTING:
        detail = known.detail or "being looked for"
        return Diagnosis("Grafana", Health.STARTING, known.url, detail, "Wait until it is here.")
    asked = f"{settings.grafana_base}/api/health"
    found = _server(settings, "Grafana", asked, settings.grafana_link, known, _is_grafanas)
    if found.status is Health.DOWN and known is None and not settings.grafana_url:
        return Diagnosis("Grafana", Health.ABSENT, found.url, found.detail)
    return found


def _grafana_login(settings: Settings, state: State | None) -> Diagnosis | None:
    """Whether Grafana lets the portal in; None where no Grafana answers, which has its own line."""
    known = _known(state, "grafana")
    if not settings.grafana_url and (known is None or known.status is not ServerStatus.UP):
        return None
    try:
        standing = GrafanaClient.from_settings(settings, timeout=PROBE_SECONDS).check()
    except ClientError as error:
        if error.kind not in REFUSALS:
            return None
        return Diagnosis(LOGIN, Health.DOWN, detail=str(error), todo=_login_todo(settings))
    detail = LOGINS[standing.login]
    if standing.login is CredentialKind.NONE:
        return Diagnosis(LOGIN, Health.UP, detail=detail, todo=_login_todo(settings))
    return Diagnosis(LOGIN, Health.UP, detail=detail)


def _login_todo(settings: Settings) -> str:
    """Where a login that works is to be written."""
    if settings.grafana_token or (settings.grafana_url and not _has_another_login(settings)):
        return f"Make a token in Grafana (service accounts) and set {variable('grafana_token')}."
    if settings.grafana_user:
        names = variable("grafana_user"), variable("grafana_password")
        return f"Set {' and '.join(names)} to a login that works."
    if settings.grafana_token_file:
        if settings.is_in_containers:
            return (
                "The service grafana-account makes a new token within seconds; "
                "`docker compose logs grafana-account` tells what keeps it from that. "
                f"{password_advice(settings)}"
            )
        return f"Write a token that works into {settings.grafana_token_file}."
    if settings.grafana_url:
        return f"Write a login that works into {variable('grafana_url')}."
    return f"The lab makes a new token within seconds. {password_advice(settings)}"


def _has_another_login(settings: Settings) -> bool:
    named = settings.grafana_user or settings.grafana_token_file
    return bool(named or split_login(settings.grafana_url)[1])


def _known(state: State | None, name: str) -> ServerState | None:
    return state.servers.get(name) if state else None


def _is_ok(answer: Answer) -> bool:
    """What the mock app says of itself."""
    return answer.text.strip() == "ok"


def _is_grafanas(answer: Answer) -> bool:
    try:
        return tells_health(decode_json(answer.body))
    except ValueError:
        return False


def _server(
    settings: Settings,
    title: str,
    asked: str,
    url: str,
    known: ServerState | None,
    is_its_own: Callable[[Answer], bool] = bool,
) -> Diagnosis:
    """Ask the server itself; where it doesn't answer, tell what the supervisor knows of it.

    ``is_its_own``: whether this is an answer of that server's, and of no other program.
    """
    version = known.version if known else ""
    try:
        _get(title, asked, is_its_own)
    except ClientError as error:
        return _silent_server(settings, title, url, error, known)
    past = f"new starts so far: {known.restarts}" if known and known.restarts else ""
    return Diagnosis(title, Health.UP, url, ", ".join(filter(None, (version, past))))


def _silent_server(
    settings: Settings, title: str, url: str, error: ClientError, known: ServerState | None
) -> Diagnosis:
    if known is None:
        return Diagnosis(title, Health.DOWN, url, str(error), _start_it(settings, title))
    if known.status in COMING:
        detail = known.detail or "not answering yet"
        return Diagnosis(title, Health.STARTING, url, detail, WAIT)
    todo = f"See `slo-lab logs {known.name}`; stopping and starting the lab may help."
    return Diagnosis(title, Health.DOWN, url, known.detail or str(error), todo)


def _start_it(settings: Settings, title: str) -> str:
    """What to do about a server that no supervisor started."""
    if not settings.is_in_containers:
        return NOBODY_STARTED_IT
    service = title.lower().replace(" ", "")
    logs = f"`{in_containers('logs')} {service}` has its last words"
    return f"`{in_containers('up')}` starts it; {logs}."


def _get(title: str, url: str, is_its_own: Callable[[Answer], bool]) -> None:
    http = Http(title, url, timeout=PROBE_SECONDS)
    try:
        if not is_its_own(http.get("")):
            raise http.garbage("its health: is this another program?")
    finally:
        http.close()


def _target(settings: Settings, state: State | None) -> Diagnosis:
    """Whether Prometheus scrapes the mock app; it looks for targets for seconds after a start."""
    url = f"{settings.prometheus_link}/targets"
    name = f"scrape of {JOB}"
    try:
        client = PrometheusClient(settings.prometheus_base, timeout=PROBE_SECONDS)
        targets = [target for target in client.targets() if target.job == JOB]
        url = settings.prometheus_link + client.page("targets")
        new = not targets and _is_new(client)
    except ClientError as error:
        if (known := _known(state, "prometheus")) and known.status in COMING:
            return Diagnosis(name, Health.STARTING, url, "Prometheus starts", WAIT)
        return Diagnosis(name, Health.DOWN, url, str(error), "Get Prometheus up first.")
    if new:
        return Diagnosis(name, Health.STARTING, url, "Prometheus looks for its targets", WAIT)
    if not targets:
        todo = "Does Prometheus read the lab's prometheus.yml? Its page of targets tells."
        return Diagnosis(name, Health.DOWN, url, f"Prometheus has no target in job {JOB}.", todo)
    failing = [target for target in targets if target.health is TargetHealth.DOWN]
    if failing:
        todo = "Is the mock app up, and can Prometheus reach it at that address?"
        detail = f"{failing[0].instance}: {failing[0].last_error}"
        return Diagnosis(name, Health.DOWN, url, detail, todo)
    if any(target.health is TargetHealth.UNKNOWN for target in targets):
        return Diagnosis(name, Health.STARTING, url, "not scraped yet", WAIT)
    if detail := _another_interval(settings, targets):
        todo = (
            f"Let Prometheus scrape it as often, or set {variable('scrape_interval')} to what it "
            "does (1 to 5 s)."
        )
        return Diagnosis(name, Health.DOWN, url, detail, todo)
    return Diagnosis(name, Health.UP, url, ", ".join(target.instance for target in targets))


def _another_interval(settings: Settings, targets: Sequence[ScrapeTarget]) -> str:
    """That windows and ages go by other scrapes than there are, in a sentence; "" where not."""
    lab_s = settings.scrape_interval
    for target in targets:
        if target.scrape_interval_s not in {None, lab_s}:
            real = duration(target.scrape_interval_s or 0)
            return f"{target.instance} is scraped every {real}, and the lab reckons with {lab_s} s."
    return ""


def _is_new(client: PrometheusClient) -> bool:
    """Whether Prometheus was started moments ago; raises ClientError."""
    started = moment(client.runtimeinfo().get("startTime"))
    if started is None:
        return False
    return 0 <= (datetime.now(UTC) - started).total_seconds() < FIRST_SECONDS


def _data_folder(settings: Settings) -> Diagnosis:
    """Whether there is room for what the learner does."""
    folder = settings.data_dir
    name = "data volume" if settings.is_in_containers else "data folder"
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        todo = typed_here("`slo-lab up` makes it.", settings)
        return Diagnosis(name, Health.DOWN, detail=f"{folder}: {error.strerror}", todo=todo)
    detail = f"{folder}, {number(free / 1e9, 2)} GB free"
    if free < LEAST_FREE:
        todo = "Free some space: nothing can be kept on a full disk."
        return Diagnosis(name, Health.DOWN, detail=detail, todo=todo)
    return Diagnosis(name, Health.UP, detail=detail)


def has_no_database(findings: Sequence[Diagnosis]) -> bool:
    """Whether PostgreSQL was asked and gave no answer."""
    return any(one.name == DATABASE and one.status is not Health.UP for one in findings)


def _database(settings: Settings) -> Diagnosis | None:
    """Whether PostgreSQL answers; None for SQLite's file, which lies in the data folder."""
    if not settings.postgresql_url:
        return None
    where = urlsplit(settings.postgresql_url)
    detail = f"PostgreSQL on {where.hostname or 'this machine'}"
    trouble = postgresql.ask(settings.postgresql_url, DATABASE_SECONDS)
    if trouble is None:
        return Diagnosis(DATABASE, Health.UP, detail=detail)
    status = Health.STARTING if trouble is postgresql.PostgreSQLTrouble.STARTING else Health.DOWN
    advice = DATABASE_ADVICE if trouble is postgresql.PostgreSQLTrouble.AWAY else trouble.advice
    return Diagnosis(DATABASE, status, detail=f"{detail}: {trouble.what}", todo=advice)
