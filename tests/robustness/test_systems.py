"""The fault matrix: whichever other system is ill, and how, everything answers and names it.

Each cell asks for every page of the portal's own map that asks the system, sends every form, checks
every criterion and runs a burst, while one system is spoiled that is otherwise real (Grafana: a
fake). Where it is down every page is asked for, those too that have never asked it.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from portal.config import Settings
from portal.criteria.base import Status, Verdict
from portal.features import CRITERIA
from portal.limits import Limits
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import Misbehaviour
from tests.fakes.proxy import (
    Answering,
    Spoiling,
    SpoilingProxy,
    bad,
    cut,
    slow,
    stopped,
    wrong_shape,
)
from tests.fakes.server import Reply
from tests.mockapp.process import TOKEN
from tests.patience import PATIENT
from tests.robustness.cell import Cell, portal_cell
from tests.robustness.forms import NOT_SENT, TYPED, Sent, is_kept
from tests.robustness.portals import Answered
from tests.robustness.rows import QUERY, pages
from tests.robustness.test_database import IdleChecker, filled, words
from tests.workbench.lab import RealLab, real_lab

__all__ = ["filled"]

NAMES = {"prometheus": "Prometheus", "mockapp": "mock app", "grafana": "Grafana"}
DOWN, SLOW = "down", "slow"
FAULTS: dict[str, Spoiling | None] = {
    DOWN: None,
    "stopped": stopped,
    SLOW: slow,
    "500": bad(Misbehaviour.ERROR_500),
    "garbage": bad(Misbehaviour.GARBAGE),
    "wrong shape": wrong_shape,
    "cut": cut,
    "web page": bad(Misbehaviour.HTML),
    "refused login": bad(Misbehaviour.UNAUTHORIZED),
    "too large": bad(Misbehaviour.TOO_LARGE),
}
IN_TIME = re.compile(
    r"[\w ]{3,12} did not answer within [\d.]+ s at \S+"
    r"|[\w ]{3,12} at \S+ (did not answer in what was left|was not asked)"
)
"""What is said of a system that took too long, or was not asked because another one did."""

MORE = ("web page", "refused login", "too large")
"""Of these no burst is run: to it they are what garbage is."""

WAITING = ("stopped", SLOW)
SAYS_SO = {
    "prometheus": (
        "/slis",
        "/slos",
        "/slos/shop",
        "/alerts/rules",
        f"/workbench?expr={QUERY}",
        "/lab",
        "/criteria/preflight",
        "/criteria/traffic",
        "/criteria/dashboard",
        "/criteria/alert",
    ),
    "grafana": ("/lab", "/criteria/preflight", "/criteria/dashboard"),
    "mockapp": ("/lab", "/criteria/preflight"),
}
"""Pages that show the address of the system that is ill, with what is wrong with it."""

VERDICTS = [f"/criteria/{one.id}" for one in CRITERIA]
"""Pages that show what the checks found, which ask by themselves."""

NOTHING_ASKED = {"/alerts/rules/days", "/alerts/rules/days/drawn", "/alerts/transitions"}
"""Addresses that are none without their ``?number=`` or ``?burst=``."""

RULES_WAIT = 1
PAGE_S = Limits().page.answer_s
WATCHDOG_S = 5 * PAGE_S
LONGER = {
    "/alerts/rules": 5 * (2 * RULES_WAIT + PAGE_S),
    "/slos/shop/rules": 5 * (2 * RULES_WAIT + PAGE_S),
    "/workbench/push": 5 * (Limits().page.push_s + PAGE_S),
    **dict.fromkeys(
        (f"/reflections/export.{kind}" for kind in ("md", "json", "html")),
        5 * (Limits().page.export_s + PAGE_S),
    ),
}
"""What has a time of its own beside that of the page that answers."""


@dataclass(frozen=True)
class Seen:
    """What a cell gave: each page, each form that was sent, each verdict, why the burst ended."""

    pages: dict[str, Answered]
    forms: list[Sent]
    verdicts: Mapping[str, Verdict]
    reason: str = ""
    later: dict[str, Answered] = field(default_factory=dict)


@dataclass(frozen=True)
class Systems:
    """The other systems, each behind a proxy that can spoil it."""

    proxies: dict[str, SpoilingProxy]
    settings: Settings

    @contextmanager
    def ill(self, name: str, how: str) -> Iterator[None]:
        proxy = self.proxies[name]
        proxy.spoil = FAULTS[how]
        if how == DOWN:
            proxy.stop()
        try:
            yield
        finally:
            proxy.spoil = None
            proxy.break_off()

    def asked_by(self, work: Callable[[], object]) -> set[str]:
        """The systems that are asked meanwhile."""
        asked: set[str] = set()

        def noted(name: str, answering: Answering) -> Reply:
            asked.add(name)
            return answering()

        for name, proxy in self.proxies.items():
            proxy.spoil = partial(noted, name)
        try:
            work()
        finally:
            for proxy in self.proxies.values():
                proxy.spoil = None
        return asked

    def blamed(self, text: str) -> set[str]:
        """Those that are named for anything but their pace: on a busy machine all are slow."""
        return self.named(IN_TIME.sub("", words(text)))

    def named(self, text: str) -> set[str]:
        """The systems of which the text says that, and how, they can't be asked."""
        said = words(text)
        told = {
            name: rf"at {one.url}[^ ]*(\.| \(| (?!and )[a-z])" for name, one in self.proxies.items()
        }
        return {name for name, sentence in told.items() if re.search(sentence, said)}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLab]:
    with real_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory, lab: RealLab) -> Iterator[Systems]:
    with FakeGrafana() as grafana:
        grafana.stand_before(lab.prometheus)
        grafana.add_folder()
        grafana.add_dashboard(classic_board(), "x")
        grafana.add_rule("Burn", "sum(rate(http_requests_total[1m])) > 1")
        targets = {"prometheus": lab.prometheus, "mockapp": lab.mockapp, "grafana": grafana.url}
        with (
            SpoilingProxy(targets["prometheus"]) as prometheus,
            SpoilingProxy(targets["mockapp"]) as mockapp,
            SpoilingProxy(targets["grafana"]) as before_grafana,
        ):
            yield Systems(
                {"prometheus": prometheus, "mockapp": mockapp, "grafana": before_grafana},
                Settings(
                    data_dir=tmp_path_factory.mktemp("none"),
                    cache_dir=tmp_path_factory.mktemp("cache"),
                    htmx="vendored",
                    scrape_interval=1,
                    rules_wait=RULES_WAIT,
                    prometheus_url=prometheus.url,
                    mockapp_url=mockapp.url,
                    grafana_url=before_grafana.url,
                    grafana_token=grafana.make_token(),
                    fault_token=TOKEN,
                ),
            )


@contextmanager
def cell_in(
    systems: Systems, filled: Path, folder: Path, lanes: int, limits: Limits = Limits()
) -> Iterator[Cell]:
    """A portal with a row in every table."""
    data = Path(shutil.copytree(filled, folder / "data"))
    settings = replace(systems.settings, data_dir=data)
    with portal_cell(settings, lanes=lanes, limits=limits) as cell:
        yield cell


def look(
    cell: Cell,
    again: tuple[str, ...] = (),
    *,
    which: set[str] | None = None,
    burst: bool = True,
) -> Seen:
    """Ask for every page (or ``which``); for some once more, when the checks are done.

    ``burst``: run one meanwhile.
    """
    sent = [cell.start_burst()] if burst else []
    answers = {one.path: one for one in cell.pages(which)}
    sent, verdicts = [*sent, *cell.forms()], cell.verdicts()
    later = {path: one for path in again if (one := cell.cold(path))}
    return Seen(answers, sent, verdicts, cell.last_burst().reason or "", later)


@pytest.fixture(scope="module")
def well(systems: Systems, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What everything gives while nothing is ill, however busy the machine is."""
    with cell_in(systems, filled, tmp_path_factory.mktemp("well"), 2, PATIENT) as cell:
        return look(cell)


@pytest.fixture(scope="module")
def askers(
    systems: Systems, filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """By system: the pages that ask it. What it answers instead can reach no other."""
    found: dict[str, set[str]] = {name: set() for name in NAMES}
    with cell_in(systems, filled, tmp_path_factory.mktemp("askers"), 1, PATIENT) as cell:
        cell.app.extensions["slo_lab_checker"] = IdleChecker(cell.app, CRITERIA)
        cell.start_burst()
        for path in pages(cell.app):
            for name in systems.asked_by(lambda path=path: cell.cold(path)):  # type: ignore[misc]
                found[name].add(path)
    assert all(found.values()), found
    return found


def test_every_form_is_sent(systems: Systems, filled: Path, tmp_path: Path) -> None:
    with cell_in(systems, filled, tmp_path, 1) as cell:
        rules = {str(r) for r in cell.app.url_map.iter_rules() if "POST" in (r.methods or ())}
    assert rules == {*(form.rule for form in TYPED), *NOT_SENT}


def test_of_systems_that_are_well_nothing_is_said(systems: Systems, well: Seen) -> None:
    assert {one.path for one in well.pages.values() if systems.named(one.text)} == set()
    assert {one.path for one in well.pages.values() if one.status >= 400} == NOTHING_ASKED
    assert {one.path: one.status for one in well.forms if one.status >= 400} == {
        "/alerts/rules": 422  # this Prometheus reads no folder of the portal's
    }
    assert Status.CANNOT_CHECK not in {one.status for one in well.verdicts.values()}


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("system", NAMES)
def test_everything_answers_and_names_who_is_ill(
    systems: Systems,
    filled: Path,
    well: Seen,
    askers: dict[str, set[str]],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    system: str,
    how: str,
) -> None:
    which = None if how == DOWN else {*askers[system], *VERDICTS}
    with (
        cell_in(systems, filled, tmp_path, 16 if how in WAITING else 2) as cell,
        systems.ill(system, how),
    ):
        seen = look(cell, SAYS_SO[system], which=which, burst=how not in MORE)
    answered = seen.pages
    answers: list[Answered | Sent] = [*answered.values(), *seen.forms]
    assert {
        p: one.status for p, one in answered.items() if one.status != well.pages[p].status
    } == {}
    assert {one.path: one.status for one in answers if one.status >= 500} == {}
    late = {one.path: one.seconds for one in answers if one.seconds > allowed(one.path)}
    assert late == {}
    assert [one.path for one in answers if "Traceback" in one.text] == []
    assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []
    others = {one.path: wrong for one in answers if (wrong := systems.blamed(one.text) - {system})}
    assert others == {}
    if how != SLOW:
        silent = [p for p, one in seen.later.items() if system not in systems.named(one.text)]
        assert silent == []
    file = tmp_path / "data" / "slo-lab.db"
    assert [one.path for one in seen.forms if one.typed and not is_kept(file, one)] == []
    assert wrong_verdicts(seen, well, systems, system) == {}
    assert systems.blamed(seen.reason) <= {system}


def allowed(path: str) -> float:
    """Seconds that an answer may take: five times its deadline."""
    return LONGER.get(path.partition("?")[0], WATCHDOG_S)


def wrong_verdicts(seen: Seen, well: Seen, systems: Systems, system: str) -> dict[str, str]:
    """Verdicts that are neither those of a lab that is well, nor *cannot check* with its name."""
    found = {}
    for name, verdict in seen.verdicts.items():
        said = " ".join([verdict.observed, *(line.text for line in verdict.lines)])
        told = system in systems.named(said) or NAMES[system] in said or IN_TIME.search(said)
        if verdict.status is not well.verdicts[name].status and not (
            verdict.status is Status.CANNOT_CHECK and told
        ):
            found[name] = f"{verdict.status} ({verdict.code}): {said}"
    return found
