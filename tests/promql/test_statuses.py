"""Which statuses a matcher picks is decided by trying it on all of them."""

from __future__ import annotations

import pytest

from portal.promql.nodes import Matcher, MatchOp
from portal.promql.statuses import ALL, CLIENT_ERRORS, SERVER_ERRORS, picked, spoken, spoken_with


@pytest.mark.parametrize(
    ("label", "op", "value", "inside", "outside"),
    [
        ("status", "=~", "5..", {500, 503}, {200, 404}),
        ("code", "!~", "5..", {200, 404}, {500}),
        ("answer", "=", "500", {500}, {200, 503}),
        ("status", "!=", "200", {500, 404}, {200}),
        ("status", "=~", "2..|3..", {200, 301}, {404, 500}),
        ("status", "=~", "[45].*", {404, 500}, {200}),
        ("status", "=~", "5", set(), {500}),
    ],
)
def test_values_decide(
    label: str, op: str, value: str, inside: set[int], outside: set[int]
) -> None:
    found = picked(Matcher(label, MatchOp(op), value))
    assert found is not None
    assert inside <= found
    assert not outside & found


@pytest.mark.parametrize(
    ("label", "value"),
    [("le", "500"), ("path", "/"), ("pod", "api-1"), ("pod", ".*"), ("job", "200")],
)
def test_other_labels_are_not_about_statuses(label: str, value: str) -> None:
    assert picked(Matcher(label, MatchOp.MATCHES, value)) is None


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (frozenset(range(500, 600)), "5xx"),
        (frozenset(range(400, 600)), "4xx and 5xx"),
        (frozenset({500, 503}), "500 and 503"),
        (SERVER_ERRORS | {404, 429}, "404, 429 and 5xx"),
        (frozenset(range(500, 600)) - {501}, "5xx but 501"),
        (ALL, "2xx, 3xx, 4xx and 5xx"),
        (frozenset(), "none"),
    ],
)
def test_sets_are_spoken_in_few_words(statuses: frozenset[int], text: str) -> None:
    assert spoken(statuses) == text


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (SERVER_ERRORS, "5xx counts"),
        (SERVER_ERRORS - {501, 505}, "5xx but 501 and 505 counts"),
        (frozenset({500}), "500 counts"),
        (frozenset({500, 503}), "500 and 503 count"),
        (CLIENT_ERRORS | SERVER_ERRORS, "4xx and 5xx count"),
        (frozenset(), "none counts"),
    ],
)
def test_the_verb_fits_how_many_are_named(statuses: frozenset[int], text: str) -> None:
    assert spoken_with(statuses, "counts", "count") == text
