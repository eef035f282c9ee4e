"""The limits of a rule file's text."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.prometheus import RuleKind
from portal.rulefile.outline import (
    MAX_BYTES,
    GroupOutline,
    RuleTextError,
    fits,
    line_of_value,
    one_newline,
    outline,
    place_within,
)
from tests.rulefolder.conftest import GOOD

FLOOR_S = 5.0
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{chr(97 + n)}: &{chr(97 + n)} [{','.join(['*' + chr(96 + n)] * 9)}]" for n in range(1, 9)
)


def refusal(text: str) -> RuleTextError:
    with pytest.raises(RuleTextError) as caught:
        outline(text, FLOOR_S)
    return caught.value


def rules(count: int) -> str:
    return "".join(f"      - {{alert: A{n}, expr: up}}\n" for n in range(count))


def groups(count: int) -> str:
    return "groups:\n" + "".join(f"  - name: g{n}\n    rules:\n{rules(1)}" for n in range(count))


def test_outline_names_groups_and_rules_in_their_order() -> None:
    text = GOOD + "  - name: records\n    rules: [{record: 'a:b', expr: up}]\n"
    assert outline(text, FLOOR_S) == (
        GroupOutline("lab", ((RuleKind.ALERTING, "TooManyErrors"),)),
        GroupOutline("records", ((RuleKind.RECORDING, "a:b"),)),
    )


@pytest.mark.parametrize("text", ["", "# only a comment\n", "groups:\n", "groups: []", "42", "[]"])
def test_text_without_a_rule_is_refused(text: str) -> None:
    assert "no rule" in str(refusal(text))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("groups:\n\t- name: g\n", 2, 1),
        ("groups:\n  - name: 'g\n", 3, 1),
        ("groups: [}\n", 1, 10),
        ("a: 1\nb: c: d\n", 2, 5),
        ("groups:\n  - name: a\x00b\n", 2, 12),
        ("groups:\n---\ngroups:\n", 2, 1),
        ("expr: good\n/ all\nfor: 30s\n", 2, 1),
    ],
)
def test_broken_yaml_is_told_with_its_place(text: str, line: int, column: int) -> None:
    error = refusal(text)
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("groups:\n\t- name: g\n", "a tab stands here"),
        ("groups:\n    - name: g\n  rules: []\n", "indentation fits none of the lines above"),
        ("a: 1\nb: c: d\n", "this line has one too many"),
        ("- name mine\n  rules: []\n", '":" is missing in the line above'),
        ("expr: good\n/ all\nfor: 30s\n", 'this line has no ":"'),
    ],
)
def test_broken_yaml_is_told_in_plain_words(text: str, words: str) -> None:
    assert words in str(refusal(text))


@pytest.mark.parametrize(
    ("value", "inner", "place"),
    [
        ("sum(up", (1, 4), (2, 10)),
        ("'sum(up'", (1, 4), (2, 11)),
        ("|\n    sum(\n      up)\n", (2, 3), (4, 7)),
        ("|\n    sum(\n      up\n", (3, 1), (4, 9)),
        ("sum(\n    up", (1, 9), (2, 7)),
        (">\n    sum(\n    up", (1, 9), (2, 7)),
    ],
    ids=["plain", "quoted", "block", "after the block", "folded plain", "folded"],
)
def test_a_place_within_a_value_is_found_in_the_text(
    value: str, inner: tuple[int, int], place: tuple[int, int]
) -> None:
    assert place_within(f"a: 1\nexpr: {value}", 2, 7, inner) == place


def test_a_line_that_yaml_alone_counts_is_told_as_yaml_does() -> None:
    assert place_within("a: 1 # one\u2028# two\nexpr: sum(up", 3, 7, (1, 4)) == (3, 7)


def test_a_value_is_found_where_it_stands_alone() -> None:
    assert line_of_value("for: 5s\nkeep: 30 # s\n", "30") == 2
    assert line_of_value("for: 30\nkeep: 30\n", "30") is None


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (BOMB, "aliases", 1),
        ("groups:\n  - &g\n    name: g\n  - *g\n", "aliases", 2),
        ('groups:\n  - !!binary "aW50ZXJ2YWw=": 1s\n', "Tags", 2),
        ("groups:\n  - <<: {interval: 1s}\n    name: g\n", "Merge keys", 2),
        ("[" * 50_000, "nested too deeply", 1),
        ("{a: " * 10_000, "nested too deeply", 1),
    ],
    ids=["bomb", "alias", "tag", "merge", "lists", "maps"],
)
def test_tricks_are_refused_at_once(text: str, reason: str, line: int) -> None:
    began = time.thread_time()
    error = refusal(text)
    assert reason in str(error)
    assert error.line == line
    assert time.thread_time() - began < 5


def test_counts_have_limits() -> None:
    assert len(outline(groups(20), FLOOR_S)) == 20
    assert "21 groups" in str(refusal(groups(21)))
    head = "groups:\n  - name: g\n    rules:\n"
    assert len(outline(head + rules(100), FLOOR_S)[0].rules) == 100
    assert "101 rules" in str(refusal(head + rules(101)))


@pytest.mark.parametrize("interval", ["4s", "1ms", "0s", '"4999ms"', "4.9s"])
def test_interval_under_the_floor_is_refused_where_it_stands(interval: str) -> None:
    error = refusal(GOOD.replace("interval: 5s", f"interval: {interval}"))
    assert (error.line, error.column) == (3, 15)
    assert "is under 5 s, the time between two scrapes" in str(error)


@pytest.mark.parametrize("interval", ["5s", "1m", "5000ms"])
def test_interval_at_or_over_the_floor_is_taken(interval: str) -> None:
    assert outline(GOOD.replace("interval: 5s", f"interval: {interval}"), FLOOR_S)


@pytest.mark.parametrize("floor_s", [1, 2, 3, 4])
def test_the_floor_is_what_the_lab_scrapes(floor_s: int) -> None:
    assert outline(GOOD.replace("interval: 5s", f"interval: {floor_s}s"), floor_s)
    with pytest.raises(RuleTextError, match=f"is under {floor_s} s"):
        outline(GOOD.replace("interval: 5s", f"interval: {floor_s * 1000 - 1}ms"), floor_s)


@pytest.mark.parametrize("expr", ["(" * 101 + "up" + ")" * 101, "up" + " + up" * 301])
def test_an_expression_that_prometheus_would_read_for_long_is_refused_where_it_stands(
    expr: str,
) -> None:
    error = refusal(GOOD.replace("vector(1) > 2", expr))
    assert (error.line, error.column) == (6, 15)
    assert "are taken at most" in str(error)


def test_a_prometheus_rule_of_kubernetes_is_told_what_of_it_prometheus_reads() -> None:
    indented = "".join(f"  {line}\n" for line in GOOD.splitlines())
    found = refusal(
        f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n{indented}"
    )
    assert "what stands under its spec: begin with groups" in str(found)


def test_text_is_measured_in_bytes() -> None:
    assert fits("x" * MAX_BYTES)
    assert not fits("x" * (MAX_BYTES + 1))
    assert not fits("é" * (MAX_BYTES // 2 + 1))
    assert "64 KiB" in str(refusal("#" * (1 << 20)))


def test_line_ends_become_plain() -> None:
    assert one_newline("a\r\nb\rc\n") == "a\nb\nc\n"


@given(st.text(max_size=300))
def test_any_text_gives_an_outline_or_a_refusal(text: str) -> None:
    with suppress(RuleTextError):
        assert outline(text, FLOOR_S)


@pytest.mark.parametrize(
    "name",
    [
        "ALERTS",
        "ALERTS_FOR_STATE",
        "up",
        "scrape_duration_seconds",
        "http_requests_total",
        "http_request_duration_seconds_bucket",
    ],
)
def test_names_of_the_lab_are_not_to_be_recorded(name: str) -> None:
    text = f"groups:\n  - name: lab\n    rules:\n      - {{record: {name}, expr: 1 / 0}}\n"
    found = refusal(text)
    assert str(found).startswith(f"{name} is a name of Prometheus or of the service")
    assert (found.line, found.column) == (4, 18)


@pytest.mark.parametrize("name", ["upper", "my_up", "shop:http_requests_total", "alerts"])
def test_other_names_are(name: str) -> None:
    text = f"groups:\n  - name: lab\n    rules:\n      - {{record: {name}, expr: up}}\n"
    assert outline(text, FLOOR_S)[0].rules == ((RuleKind.RECORDING, name),)
