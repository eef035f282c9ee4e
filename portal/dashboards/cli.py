"""``slo-lab check-dashboard``: judge dashboard files without a running lab."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from portal.clients import promtool
from portal.clients.promtool import Validity
from portal.dashboards.document import MAX_BYTES, load, too_large
from portal.dashboards.errors import UnreadableDashboardError
from portal.dashboards.figure import FINEST_BUDGET
from portal.dashboards.judge import (
    CheckContext,
    DashboardFinding,
    DashboardVerdict,
    PanelFinding,
    Prepared,
    conclude,
    prepare,
    unreadable,
)
from portal.dashboards.templating import seconds
from portal.durations import prometheus_duration
from portal.errors import SLOLabError
from portal.limits import PromtoolLimits
from portal.objectives.cli import read_slos
from portal.promql.context import Context, RecordingRule, bucket_labels, by_name
from portal.rulefile.recordings import recording_rules
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from portal.trial.verdict import findings
from portal.words import counted
from stack.console import Console
from stack.sources.promtool import PromtoolSource

DEFAULTS = Context()
UNREAD_RULES = "But {} could not be read: with its recording rules a panel may show more."


@dataclass(frozen=True)
class ReadFile:
    """One file of the command line: taken apart, or the reason why it can't be."""

    name: str
    prepared: Prepared | None = None
    trouble: str = ""


def _scrape_interval(_context: click.Context, _option: click.Parameter, text: str) -> float:
    found = seconds(text if not text.isdigit() else f"{text}s")
    if not found:
        raise click.BadParameter(f"{text!r} is no duration like 5s.")
    return found


def _buckets(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[str, ...]:
    if text is None:
        return DEFAULTS.buckets
    try:
        written = {part.strip(): float(part) for part in text.split(",")}
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no list of seconds like 0.1,0.2.") from error
    if any(math.isnan(bound) for bound in written.values()):
        raise click.BadParameter(f"{text!r} is no list of seconds like 0.1,0.2.")
    finite = {label: bound for label, bound in written.items() if math.isfinite(bound)}
    return tuple(dict.fromkeys((*bucket_labels(tuple(finite.values())), *finite)))


@click.command("check-dashboard")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option(
    "--rules",
    "rule_files",
    multiple=True,
    metavar="RULES.yml",
    type=click.Path(path_type=Path),
    help="Prometheus rule file with recording rules to follow; may be repeated.",
)
@click.option(
    "--scrape-interval",
    "scrape_interval_s",
    default=prometheus_duration(DEFAULTS.scrape_interval_s),
    show_default=True,
    callback=_scrape_interval,
    help="How often Prometheus scrapes the service.",
)
@click.option(
    "--buckets",
    default=None,
    callback=_buckets,
    help="The latency histogram's bounds in seconds, like 0.1,0.2  [default: the mock app's].",
)
@click.option(
    "--slo",
    "slo_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="OpenSLO v1 file with your SLOs, which say how fine a number has to be; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
@click.pass_context
def check_dashboard(
    context: click.Context,
    files: tuple[Path, ...],
    rule_files: tuple[Path, ...],
    scrape_interval_s: float,
    buckets: tuple[str, ...],
    slo_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Say which panels of a dashboard show an SLI, which don't, and why.

    FILE is a dashboard's JSON in any shape that Grafana writes. Exit status: 0 when every
    dashboard has at least two panels that show SLIs, 1 when one hasn't, 2 when a file can't be
    read or checked (the others are judged all the same).
    """
    rules, unread = _rules(rule_files)
    engine = TrialEngine(PromtoolLimits(), PromtoolSource(Console(err=True)))
    context_of_queries = Context(by_name(rules), scrape_interval_s, buckets)
    budget = _least_budget(slo_files)
    check = CheckContext(TrialMemory(engine), context_of_queries, budget=budget)
    read = [_read(path, check) for path in files]
    prepared = [file.prepared for file in read if file.prepared]
    validity = _validity(prepared, engine)
    texts = [text for one in prepared for text in one.texts]
    findings(texts, check.promql, memory=check.memory)  # all in few runs
    found = [_finding(file, validity, check, unread) for file in read]
    for file, finding in zip(read, found, strict=True):
        if finding.verdict is DashboardVerdict.ERROR:
            click.echo(f"slo-lab: {_printable(file.name)}: {finding.reason}", err=True)
        if as_json:
            click.echo(json.dumps(as_data(file.name, finding)))
        elif finding.verdict is not DashboardVerdict.ERROR:
            _print(file.name, finding)
    context.exit(2 if unread else _status(found))


def _least_budget(paths: tuple[Path, ...]) -> float:
    """The smallest error budget among the SLOs; ends the command where a file can't be read."""
    try:
        slos = read_slos(paths)
    except SLOLabError as error:
        click.echo(f"slo-lab: {error}", err=True)
        raise click.exceptions.Exit(2) from None
    return min((slo.error_budget for slo in slos), default=FINEST_BUDGET)


def _rules(paths: Sequence[Path]) -> tuple[list[RecordingRule], int]:
    """The recording rules of all files, and how many files can't be read (one line for each)."""
    found: list[RecordingRule] = []
    unread = 0
    for path in paths:
        try:
            found += recording_rules(_text(path))
        except (OSError, UnicodeDecodeError, SLOLabError) as error:
            unread += 1
            click.echo(f"slo-lab: {_printable(str(path))}: {_why_unread(error)}", err=True)
    return found, unread


def _text(path: Path) -> str:
    """The file's text; of one that is too large as much as its reader needs to say so."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    cut = len(content) > MAX_BYTES
    return content.decode("utf-8-sig", "ignore" if cut else "strict")


def _why_unread(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The rule file can't be read: {error.strerror or error}."
    if isinstance(error, SLOLabError):
        return f"The rule file can't be read: {error}"
    return "The rule file is not text in UTF-8."


def _read(path: Path, check: CheckContext) -> ReadFile:
    try:
        return ReadFile(str(path), prepare(load(_bytes(path)), check))
    except OSError as error:
        return ReadFile(str(path), trouble=f"It can't be read: {error.strerror or error}.")
    except UnreadableDashboardError as error:
        return ReadFile(str(path), trouble=str(error))


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UnreadableDashboardError(too_large(size))
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1).removeprefix(b"\xef\xbb\xbf")


def _validity(prepared: Sequence[Prepared], engine: TrialEngine) -> dict[str, Validity]:
    """What promtool says about every expression, asked in one go."""
    asked = list(dict.fromkeys(text for one in prepared for text in one.asked))
    try:
        answers = promtool.validate(asked, engine.promtool(), engine.limits) if asked else []
    except promtool.PromtoolMissingError:
        answers = [Validity(None, "promtool was not found")] * len(asked)
    except SLOLabError as error:
        answers = [Validity(None, str(error).rstrip("."))] * len(asked)
    return dict(zip(asked, answers, strict=True))


def _finding(
    file: ReadFile, validity: dict[str, Validity], check: CheckContext, unread: int
) -> DashboardFinding:
    if file.prepared is None:
        return unreadable(file.trouble)
    finding = conclude(file.prepared, validity, check)
    if not unread or finding.verdict is not DashboardVerdict.NOT_MET:
        return finding
    reason = (
        f"{finding.reason} But {counted(unread, 'rule file')} could not be read: {UNREAD_RULES}"
    )
    return replace(finding, verdict=DashboardVerdict.CANNOT_CHECK, reason=reason)


def _status(findings: Sequence[DashboardFinding]) -> int:
    verdicts = {finding.verdict for finding in findings}
    if verdicts & {DashboardVerdict.ERROR, DashboardVerdict.CANNOT_CHECK}:
        return 2
    return 1 if DashboardVerdict.NOT_MET in verdicts else 0


def as_data(name: str, finding: DashboardFinding) -> dict[str, Any]:
    """A finding as plain data for JSON."""
    return {
        "verdict": finding.verdict,
        "sli_panels": finding.sli_panels,
        "panels": [_panel_data(panel) for panel in finding.panels],
        "reason": finding.reason,
        "title": finding.title,
        "file": name,
    }


def _panel_data(panel: PanelFinding) -> dict[str, Any]:
    return {
        "title": panel.title,
        "sli": panel.sli,
        "code": panel.code,
        "reason": panel.reason,
        "advice": panel.advice,
        "queries": [query.written for query in panel.queries],
    }


def _print(name: str, finding: DashboardFinding) -> None:
    click.echo(f"{_printable(name)}: {finding.verdict.replace('_', ' ')}. {finding.reason}")
    for panel in finding.panels:
        shows = panel.sli or "no SLI"
        title = _printable(panel.title) or "(no title)"
        click.echo(f"  {title}: {shows} [{panel.code}]")
        click.echo(f"    {_printable(panel.reason)}")
        if panel.advice:
            click.echo(f"    {_printable(panel.advice)}")


def _printable(text: str) -> str:
    """One line that every terminal can take."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line.encode("utf-8", "replace").decode()
