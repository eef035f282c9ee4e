"""What is written is read as the same tree."""

from __future__ import annotations

import pytest

from portal.promql.notation import written
from portal.promql.parser import parse
from tests.promql.cases import GOOD_RATIO, P95, B, T, expanded

OTHERS = (
    P95,
    f"{B} / ({T} > 0) > bool 0.1",
    'sum without (path) (rate(x{a!="b", c=~"d.\\\\d", e="say \\"hi\\""}[90s] offset 1m))',
    "a / on (job, path) group_left (team) b",
    "a * ignoring (le) group_right () b",
    "a and on () (b unless c) or -d",
    "max_over_time((a / b)[5m:30s] offset -1m)",
    "topk by (x) (3, a)",
    'label_replace(up, "a", "$1", "b", "(.*)")',
    '{__name__=~"a|b"} > 1.5e-7',
    "2 ^ 3 ^ 2",
    "-1 - -up",
    "(-1) ^ 2",
)


@pytest.mark.parametrize("expr", [*GOOD_RATIO, *OTHERS])
def test_what_is_written_is_the_same_tree(expr: str) -> None:
    tree = parse(expanded(expr))
    assert parse(written(tree)) == tree


def test_a_fixed_moment_is_not_written() -> None:
    with pytest.raises(ValueError, match="@"):
        written(parse("up @ start()"))
