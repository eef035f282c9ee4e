"""Where the reading alone would say something else than the trial: every row has its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.promql.context import Context
from portal.promql.parser import ParseError, parse
from portal.slo.objective import SLO
from portal.tie import AlertRule, TieCode
from portal.tie.expressions import Conditions
from portal.tie.judgement import judge
from tests.patient import analyse_all
from tests.tie.cases import CASES, SLOS, expanded
from tests.tie.disagreements import CHANGED, GRAFANA, PASSING, READ_OTHERWISE
from tests.tie.kinds import KINDS


def tables() -> Iterator[tuple[tuple[SLO, ...], list[str]]]:
    """The rows of all tables, by the SLOs that they are judged for."""
    yield SLOS, [*(case.written for case in CASES), *PASSING]
    for slos in dict.fromkeys(case.slos for case in KINDS):
        yield slos, [case.written for case in KINDS if case.slos == slos]


def read(written: str, slos: Sequence[SLO]) -> TieCode | None:
    """What the reading alone says; None where the expression can't be read."""
    try:
        tree = parse(expanded(written))
    except ParseError:
        return None
    condition = Conditions(Context()).of(tree)
    return max((judge(condition, slo).code for slo in slos), key=lambda code: code.rank)


def test_reading_and_trial_agree_but_for_rows_with_a_reason() -> None:
    found: set[str] = set()
    for slos, rows in tables():
        tried = analyse_all([AlertRule("a", expanded(row)) for row in rows], slos)
        for row, finding in zip(rows, tried, strict=True):
            if read(row, slos) not in (None, finding.code):
                found.add(row)
    assert found == set(READ_OTHERWISE)


def test_every_listed_row_has_a_reason() -> None:
    reasons = [reason for _, reason in (*CHANGED.values(), *PASSING.values(), *GRAFANA.values())]
    assert all(len(reason) > 20 for reason in (*reasons, *READ_OTHERWISE.values()))
