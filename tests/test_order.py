"""The order in which the files of tests begin."""

from __future__ import annotations

from collections import Counter

import pytest

from tests import order


def test_the_longest_files_are_there_and_named_once() -> None:
    assert [name for name in order.LONGEST if not (order.TESTS / name).is_file()] == []
    assert [name for name, count in Counter(order.LONGEST).items() if count > 1] == []


def test_the_longest_files_of_a_run_begin_first(request: pytest.FixtureRequest) -> None:
    ranks = [order.rank(item.path) for item in request.session.items]
    assert ranks == sorted(ranks)
    first, last = order.TESTS / order.LONGEST[0], order.TESTS / "test_order.py"
    assert order.rank(first) < order.rank(last)
