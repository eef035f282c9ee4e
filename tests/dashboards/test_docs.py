"""The page about the check stays true."""

from __future__ import annotations

from pathlib import Path

from portal.dashboards.classic import MAX_PANELS
from portal.dashboards.cli import check_dashboard
from portal.dashboards.figure import BAD_SHARES, FINEST_BUDGET, FINEST_TIME_S, SECONDS, SPENT
from portal.dashboards.judge import MAX_QUERIES
from portal.dashboards.templating import MAX_REPEATED
from portal.numbers import number
from portal.promql.findings import REASONS, Code
from portal.promql.parser import MAX_LENGTH, MAX_NESTING

PAGE = (Path(__file__).parents[2] / "docs" / "dashboard-check.md").read_text(encoding="utf-8")


def test_every_code_is_explained() -> None:
    assert [code for code in Code if f"| `{code}` |" not in PAGE] == []
    assert [
        code for code, reason in REASONS.items() if f"| `{code}` | {reason} |" not in PAGE
    ] == []


def test_every_option_is_named() -> None:
    options = {name for option in check_dashboard.params for name in option.opts}
    assert [name for name in options if name.startswith("--") and name not in PAGE] == []


def test_the_caps_are_the_codes() -> None:
    for cap in (MAX_PANELS, MAX_QUERIES, MAX_LENGTH):
        assert f"{cap:,}" in PAGE
    assert f"{MAX_NESTING} levels" in PAGE


def test_how_fine_a_number_must_be_is_told() -> None:
    assert f"{number(100 * FINEST_BUDGET, 3)} % of requests" in PAGE
    assert f"at most {number(1000 * FINEST_TIME_S, 3)} ms" in PAGE
    assert MAX_REPEATED == 6
    assert "one value at a time (six at most)" in PAGE


def test_the_rows_of_values_are_the_codes() -> None:
    shares = [number(100 * share, 3) for share in BAD_SHARES]
    assert f"{', '.join(shares[:-1])} and {shares[-1]} % of requests that fail" in PAGE
    assert (SECONDS[0], SECONDS[-1], SPENT[0], SPENT[-1]) == (0.01, 10.0, 0.0, 10.0)
    assert "10 ms to 10 s" in PAGE
    assert "from all left to overspent nine times" in PAGE
