"""The page about the check stays true."""

from __future__ import annotations

from pathlib import Path

from portal.dashboards.classic import MAX_PANELS
from portal.dashboards.cli import check_dashboard
from portal.dashboards.judge import MAX_QUERIES
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
