"""What the parser reads, what it refuses, and that nothing ends its process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from typing import Any

import promql_parser
import pytest

from portal.promql import nodes
from portal.promql.nodes import Aggregation, Binary, Call, Matcher, Matching, MatchOp, Number
from portal.promql.parser import ParseError, ParseFailure, parse


def test_a_ratio_becomes_a_tree() -> None:
    tree = parse('sum by (path) (rate(x{status=~"5.."}[5m])) / on(path) group_left(y) total')
    assert tree == Binary(
        "/",
        Aggregation(
            "sum",
            Call(
                "rate", (nodes.Selector("x", (Matcher("status", MatchOp.MATCHES, "5.."),), 300.0),)
            ),
            by=("path",),
        ),
        nodes.Selector("total"),
        Matching(on=("path",), many="left", include=("y",)),
    )


@pytest.mark.parametrize(
    ("expr", "tree"),
    [
        ("1", Number(1.0)),
        ("-x", nodes.Negation(nodes.Selector("x"))),
        ("((x))", nodes.Selector("x")),
        ('{__name__="x"}', nodes.Selector("x")),
        ("x offset 1h", nodes.Selector("x", offset_s=3600.0)),
        ("x offset -1h", nodes.Selector("x", offset_s=-3600.0)),
        ("x[1m:10s]", nodes.Subquery(nodes.Selector("x"), 60.0, 10.0)),
        ("x[1m:]", nodes.Subquery(nodes.Selector("x"), 60.0)),
        ("SUM(x)", Aggregation("sum", nodes.Selector("x"))),
        ("topk(3, x)", Aggregation("topk", nodes.Selector("x"), Number(3.0))),
        ("sum without (a) (x)", Aggregation("sum", nodes.Selector("x"), without=("a",))),
        (
            "x > bool 1",
            Binary(">", nodes.Selector("x"), Number(1.0), return_bool=True),
        ),
        ('x{a=`5\\d"`}', nodes.Selector("x", (Matcher("a", MatchOp.EQUAL, '5\\d"'),))),
        ('x{a="\\u00e9\\n"}', nodes.Selector("x", (Matcher("a", MatchOp.EQUAL, "é\n"),))),
        ('x{"a.b"="c"} # "d"', nodes.Selector("x", (Matcher("a.b", MatchOp.EQUAL, "c"),))),
        ('{"a.b"}', nodes.Selector("a.b")),
        ('"§1"', nodes.Text("§1")),
        ('sum by ("a.b") (x)', Aggregation("sum", nodes.Selector("x"), by=("a.b",))),
    ],
)
def test_every_kind_of_node(expr: str, tree: nodes.Expr) -> None:
    assert parse(expr) == tree


@pytest.mark.parametrize(
    ("expr", "failure"),
    [
        ("", ParseFailure.EMPTY),
        ("  \n", ParseFailure.EMPTY),
        ("sum(", ParseFailure.SYNTAX),
        ('x{a="1" or b="2"}', ParseFailure.SYNTAX),
        ("x offset nan", ParseFailure.SYNTAX),
        ("x[3000000y]", ParseFailure.SYNTAX),
        ("§1", ParseFailure.SYNTAX),
        ('{a=""}', ParseFailure.SYNTAX),
        ('{a=~".*"}', ParseFailure.SYNTAX),
        ('x{a=~"("}', ParseFailure.SYNTAX),
        ('x{a="\\q"}', ParseFailure.SYNTAX),
        ('x{a="\ud800"}', ParseFailure.SYNTAX),
        ("x" * 5000, ParseFailure.TOO_LONG),
        ("(" * 2000 + "1" + ")" * 2000, ParseFailure.TOO_DEEP),
        ("+".join(["1"] * 2000), ParseFailure.TOO_DEEP),
        ("+".join(["1"] * 200), ParseFailure.TOO_DEEP),
        ("-" * 4000 + "1", ParseFailure.TOO_DEEP),
    ],
)
def test_what_cannot_be_read_is_refused(expr: str, failure: ParseFailure) -> None:
    with pytest.raises(ParseError) as raised:
        parse(expr)
    assert raised.value.failure is failure


def test_a_panic_of_the_parser_leaves_it_usable() -> None:
    with pytest.raises(ParseError):
        parse("y offset nan")
    assert parse("y") == nodes.Selector("y")


def test_a_message_quotes_what_was_written() -> None:
    with pytest.raises(ParseError, match="'x' or '\"é\"'"):
        parse('x{"é"}')


STRAIN = textwrap.dedent(
    """
    import sys, threading
    from portal.promql.parser import MAX_NESTING, MAX_OPERATORS, ParseError, parse

    def strain():
        for expr in EXTREMES:
            try:
                parse(expr)
            except ParseError as error:
                assert not str(error).startswith("The expression "), error  # within the limits

    nesting, operators = MAX_NESTING, MAX_OPERATORS
    broad = "+1" * (operators // nesting)
    EXTREMES = [
        "1" + "+1" * operators,
        "x" + "^x" * operators,
        "-" * operators + "x",
        "(" * nesting + "1" + (broad + ")") * nesting,
        ("1+(1" + broad[2:] + "+") * (nesting - 1) + "1" + ")" * (nesting - 1),
        "abs(" * nesting + "x" + ")" * nesting,
        "max_over_time(" * (nesting // 2) + "x" + "[1m:1m])" * (nesting // 2),
    ]
    threading.stack_size(1 << 20)
    thread = threading.Thread(target=strain)
    thread.start()
    thread.join()
    print("alive")
    """
)


def test_the_worst_within_the_limits_fits_in_a_mebibyte_of_stack() -> None:
    done = subprocess.run([sys.executable, "-c", STRAIN], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_the_library_never_compiles_a_regular_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred of these took it three seconds, in which no other thread ran."""
    read: list[str] = []
    library = promql_parser.parse

    def noting(text: str) -> Any:
        read.append(text)
        return library(text)

    monkeypatch.setattr(promql_parser, "parse", noting)
    assert parse(r'x{a=~"\\pL{9}"}') == nodes.Selector(
        "x", (Matcher("a", MatchOp.MATCHES, r"\pL{9}"),)
    )
    assert read == [r'"\\pL{9}"', 'x{a=~"§0"}']


def test_a_thousand_expressions_are_read_in_time() -> None:
    started = time.monotonic()
    for number in range(1000):
        parse(f'sum(rate(x{{a="{number}"}}[5m])) / sum(rate(x[5m]))')
    assert time.monotonic() - started < 60
