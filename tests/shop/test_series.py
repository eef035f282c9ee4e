"""The series of the shop are spelled in one place, for a service of any name."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.promql.nodes import Expr, Matcher, MatchOp, selectors
from portal.promql.parser import parse
from portal.shop.queries import SLIQueries
from portal.shop.series import bucket_label, of_the_shop

ROOT = Path(__file__).parents[2]
NAMES = ("http_requests_total", "http_request_duration_seconds", '"flask-app"')
SOURCES = [path for top in ("portal", "stack") for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_module_spells_the_metrics_and_the_job(path: Path) -> None:
    text = path.read_text()
    assert path.name == "facts.py" or not [name for name in NAMES if name in text]


def jobs(expr: Expr) -> set[Matcher]:
    return {one for found in selectors(expr) for one in found.matchers if one.label == "job"}


@pytest.mark.parametrize("job", ['a "quoted" job', "back\\slash", "two\nlines"])
def test_every_query_asks_for_the_very_job(job: str) -> None:
    queries = SLIQueries(job)
    named = [name for name, value in vars(SLIQueries).items() if isinstance(value, property)]
    texts = [str(getattr(queries, name)) for name in named]
    for text in [*texts, queries.quantile(0.5), of_the_shop(job)]:
        assert jobs(parse(text)) == {Matcher("job", MatchOp.EQUAL, job)}, text
    assert len(texts) > 10


@pytest.mark.parametrize(("seconds", "bound"), [(0.3, "0.3"), (1, "1.0"), (10.0, "10.0")])
def test_a_bucket_is_spelled_as_the_python_client_does(seconds: float, bound: str) -> None:
    assert bucket_label(seconds) == bound
