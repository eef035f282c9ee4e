"""Does the lab stand? Each part a line of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from portal.clients.errors import ClientError
from portal.clients.grafana import SourceAnswer
from portal.clients.scrapes import last_scrape
from portal.criteria.base import Status, Subject, Verdict, VerdictLine, Where
from portal.lab.data_sources import source_answer, source_listing
from portal.lab.grafana_state import grafana_absence
from portal.shop import DURATIONS, REQUESTS
from portal.shop.queries import SLIQueries
from portal.words import listed

FAMILIES = (REQUESTS, DURATIONS)
LAB = Where("How is the lab?", "/lab")


@dataclass(frozen=True)
class Probe:
    """One part of the lab: how it does, in words."""

    part: str
    status: Status
    text: str
    absent: bool = False


class PreflightCriterion:
    """Mock app, metric families, Prometheus target, Grafana, its data source."""

    id: ClassVar[str] = "preflight"
    title: ClassVar[str] = "The lab stands"
    optional: ClassVar[bool] = False

    def collect(self, subject: Subject) -> tuple[Probe, ...]:
        """Ask all parts side by side."""
        job = subject.learner.service.job
        asked: tuple[tuple[str, Callable[[], Probe]], ...] = (
            ("mock service", lambda: _mockapp(subject)),
            ("metrics", lambda: _families(subject)),
            ("Prometheus", lambda: _target(subject, job)),
            ("Grafana", lambda: _grafana(subject)),
            ("data source", lambda: _data_source(subject)),
        )
        background = subject.services.background
        make = partial(background.pool, "preflight", len(asked))
        pool = subject.services.instruments.get("preflight", make)
        probes = [partial(_probe, part, ask) for part, ask in asked]
        return tuple(pool.side_by_side("asks a part of the lab", probes))

    def judge(self, evidence: tuple[Probe, ...]) -> Verdict:
        """Met when every line is; else the worst line speaks."""
        lines = tuple(VerdictLine(probe.status, probe.text) for probe in evidence)
        expected = (
            "Mock service, its metrics, Prometheus and Grafana (where there is one), all well."
        )
        for status, code, headline, which in (
            (
                Status.CANNOT_CHECK,
                "part_unreachable",
                "Can’t check: a part of the lab doesn’t answer",
                "No answer from",
            ),
            (Status.NOT_MET, "part_unwell", "A part of the lab is not ready", "Not ready"),
            (Status.NOT_ENOUGH_DATA, "part_starting", "The lab is still starting", "Not there yet"),
        ):
            found = [probe for probe in evidence if probe.status is status]
            if found:
                names = listed(probe.part for probe in found)
                wait = 5 if status is Status.NOT_ENOUGH_DATA else None
                return Verdict(
                    status, code, headline, f"{which}: {names}.", expected, LAB, wait, lines=lines
                )
        absent = any(probe.absent for probe in evidence)
        seen = "Every part answers; Grafana is not here." if absent else "Every part answers."
        return Verdict(Status.MET, "lab_stands", "The lab stands", seen, expected, lines=lines)


def _probe(part: str, ask: Callable[[], Probe]) -> Probe:
    try:
        return ask()
    except ClientError as error:
        return Probe(part, Status.CANNOT_CHECK, f"{error}")


def _mockapp(subject: Subject) -> Probe:
    fault = subject.services.mockapp.fault()
    words = "The mock service answers"
    text = f"{words}, with a fault switched on." if fault.is_set else f"{words}."
    return Probe("mock service", Status.MET, text)


def _families(subject: Subject) -> Probe:
    text = subject.services.mockapp.metrics_text()
    missing = [name for name in FAMILIES if f"# TYPE {name} " not in text]
    if missing:
        words = f"The service’s metrics page lacks {listed(missing)}."
        return Probe("metrics", Status.NOT_MET, words)
    return Probe(
        "metrics", Status.MET, f"The service’s metrics are there: {FAMILIES[0]} and {FAMILIES[1]}."
    )


def _target(subject: Subject, job: str) -> Probe:
    scrape = last_scrape(subject.services.prometheus, SLIQueries(job).target_up)
    if scrape is None:
        words = f"Prometheus has not scraped the job {job} yet."
        return Probe("Prometheus", Status.NOT_ENOUGH_DATA, words)
    if scrape.is_overdue(subject.services.settings.scrape_interval):
        return Probe("Prometheus", Status.CANNOT_CHECK, scrape.overdue_words(job))
    if not scrape.up:
        words = f"Prometheus’ target {job} is down: its last scrape failed."
        return Probe("Prometheus", Status.NOT_MET, words)
    return Probe("Prometheus", Status.MET, f"Prometheus scrapes {job}; the target is up.")


def _grafana(subject: Subject) -> Probe:
    absence = grafana_absence(subject.services.settings)
    if absence is not None:
        return Probe("Grafana", absence.status, absence.text, absent=True)
    standing = subject.services.grafana.check()
    version = f" {standing.version}" if standing.version else ""
    return Probe("Grafana", Status.MET, f"Grafana{version} answers and lets the portal in.")


def _data_source(subject: Subject) -> Probe:
    """The one that a push uses too; where the list is kept from the portal, the lab's own."""
    services = subject.services
    if grafana_absence(services.settings) is not None:
        words = "No data source needed: Prometheus is asked directly."
        return Probe("data source", Status.MET, words)
    source = services.grafana.prometheus_source()
    if source is None:
        words = "Grafana has no Prometheus data source."
        return Probe("data source", Status.NOT_MET, words)
    services.grafana.data_source_answers(source.uid, source.name)
    answer = source_answer(services, source, subject.learner.service.job)
    if answer is SourceAnswer.ANOTHER:
        words = f"Grafana’s data source “{source.name}” asks another Prometheus than the lab’s."
        return Probe("data source", Status.NOT_MET, words)
    words = f"Grafana’s data source “{source.name}” answers."
    return Probe("data source", Status.MET, f"{words} {source_listing(services).trouble}".strip())
