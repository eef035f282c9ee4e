"""Where a panel asks: what the check says, beside whether Grafana itself gets something there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from portal.clients.grafana import Credentials, GrafanaClient
from portal.criteria.base import Subject
from portal.lab.criterion import PreflightCriterion
from portal.lab.data_sources import source_listing
from tests.dashboards.build import classic, panel, target
from tests.real_grafana.lab import AVAILABILITY, P95, RATIO, SOURCE, Walk, add_source, token
from tests.real_grafana.rows import Table

MET = "met"
DEAD = "http://127.0.0.1:9"


def board(source: Any, *exprs: str, **more: Any) -> dict[str, Any]:
    """Two panels that ask this data source, and name it nowhere else."""
    panels = []
    for number, expr in enumerate(exprs or (AVAILABILITY, P95)):
        query = {k: v for k, v in target(expr).items() if k != "datasource"}
        panels.append({**panel(f"Panel {number}", query), "datasource": source, "id": number + 1})
    time = {"from": "now-5m", "to": "now"}
    return classic(*panels, title="Walk: sources", uid="walk-sources", time=time, **more)


def code(walk: Walk, saved: dict[str, Any]) -> str:
    """``met``, or the code of the first panel that is none."""
    walk.save(saved)
    found = walk.judged("walk-sources")
    bad = [one.code.value for one in found.panels if one.sli is None]
    return bad[0] if bad else MET if found.meets else "no data"


def choice(name: str) -> dict[str, Any]:
    current = {"text": name, "value": name}
    variable = {"type": "datasource", "name": "ds", "query": "prometheus", "current": current}
    return {"templating": {"list": [variable]}}


def walk_sources(walk: Walk, second: str, table: Table) -> None:
    """Each way that a data source is written, with sources that are well and that are not."""
    table.part = "data sources"
    grafana = walk.grafana
    add_source(grafana, "dead", "Dead", DEAD)
    add_source(grafana, "second", "Second", second)
    fine = {"timeInterval": "250ms"}
    add_source(grafana, "fast", "Fast", walk.lab.prometheus, jsonData=fine)
    add_source(grafana, "testdata", "Invented", "", type="testdata")
    rate = [one.replace("30s", "$__rate_interval") for one in (AVAILABILITY, P95)]
    interval = [one.replace("30s", "$__interval") for one in (AVAILABILITY, P95)]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("by its uid", MET, board(SOURCE)),
        ("by its name", MET, board("Prometheus")),
        ("none named: the default", MET, board(None)),
        ("a uid that is not there", "no_such_datasource", board({"uid": "gone123"})),
        ("a name that is not there", "no_such_datasource", board("Gone")),
        ("`${DS_PROMETHEUS}` left in", "datasource_placeholder", board("${DS_PROMETHEUS}")),
        ("dead, by its uid", "silent_datasource", board({"uid": "dead", "type": "prometheus"})),
        ("dead, by its name", "silent_datasource", board("Dead")),
        ("dead, by a variable", "silent_datasource", board("$ds", **choice("Dead"))),
        ("well, by a variable", MET, board("$ds", **choice("Prometheus"))),
        ("another Prometheus", "other_prometheus", board("Second")),
        (
            "type prometheus, uid of TestData",
            "other_datasource",
            board({"uid": "testdata", "type": "prometheus"}),
        ),
        ("`$__rate_interval`, 1 s", MET, board(SOURCE, *rate)),
        ("`$__rate_interval`, 250 ms for scrapes of 1 s", "range_too_short", board("Fast", *rate)),
        ("`$__interval`, 1 s", "range_too_short", board(SOURCE, *interval)),
    ]
    for what, expected, saved in rows:
        table.see(what, expected, partial(code, walk, saved))
    for uid, draws in (("prometheus", True), ("dead", False), ("gone123", False)):
        table.see(f"Grafana itself gets data from `{uid}`", draws, partial(walk.draws, uid))
    short = RATIO.replace("30s", "$__rate_interval")
    table.see("Grafana itself, 250 ms", False, lambda: walk.draws("fast", short))
    table.see("preflight names it", "Grafana’s data source “Prometheus” answers.", preflight(walk))
    _default(walk, table)
    _listing(walk, table)


def preflight(walk: Walk) -> Callable[[], str]:
    def look() -> str:
        found = PreflightCriterion().collect(Subject(walk.services, walk.learner))
        return next(one.text for one in found if one.part == "data source")

    return look


def _default(walk: Walk, table: Table) -> None:
    """A dead one as the default, and put right again."""
    for uid, expected in (("dead", "silent_datasource"), ("prometheus", MET)):
        row = walk.grafana.call("GET", f"/api/datasources/uid/{uid}")
        walk.grafana.call("PUT", f"/api/datasources/uid/{uid}", {**row, "isDefault": True})
        what = f"`{uid}` is the default, none named"
        table.see(what, expected, partial(code, walk, board(None)))


def _listing(walk: Walk, table: Table) -> None:
    viewer = Credentials(token=token(walk.grafana, "Viewer")[0])
    client = GrafanaClient(walk.grafana.url, viewer, timeout=30)
    there = replace(walk.services, grafana=client)
    there.readings.forget("data sources")
    table.see("a viewer may list them", "yes", lambda: source_listing(there).trouble or "yes")
    there.readings.forget("data sources")
