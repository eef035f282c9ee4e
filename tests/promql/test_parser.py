"""The parser's process: what it reads, what it refuses, and that it comes back from the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from portal.promql import nodes, parser
from portal.promql.nodes import Aggregation, Binary, Call, Matcher, Matching, MatchOp, Number
from portal.promql.parser import ParseError, ParseFailure, ParserCrashError, ParserProcess, parse


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


def test_a_killed_child_is_replaced() -> None:
    process = ParserProcess(timeout_s=60)
    process.ask({"parse": "x"})
    first = process.pid
    assert first is not None
    assert process._child is not None
    os.kill(first, signal.SIGKILL)
    process._child.wait(60)
    assert "tree" in process.ask({"parse": "x"})
    assert process.pid != first
    process.close()


def test_a_child_that_dies_midway_is_a_crash_once(monkeypatch: pytest.MonkeyPatch) -> None:
    process, waits, answer = ParserProcess(timeout_s=60), Event(), parser._answer
    process.ask({"parse": "x"})
    child = process.pid
    assert child is not None
    os.kill(child, signal.SIGSTOP)

    def answered(*asked: Any) -> Any:
        waits.set()
        return answer(*asked)

    monkeypatch.setattr(parser, "_answer", answered)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(process.ask, {"parse": "y"})
        assert waits.wait(60)
        os.kill(child, signal.SIGKILL)
        with pytest.raises(ParserCrashError):
            asked.result(timeout=60)
    assert "tree" in process.ask({"parse": "y"})
    process.close()


def test_a_crash_is_kept_for_a_while_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(request: object) -> dict[str, object]:
        asked.append(request)
        raise ParserCrashError("silent")

    asked: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(parser._process, "ask", crash)
        for _ in range(3):
            with pytest.raises(ParseError) as raised:
                parse("the_machine_stood_still")
            assert raised.value.failure is ParseFailure.CRASHED
    assert len(asked) == 1
    monkeypatch.setattr(parser, "CRASH_PAUSE_S", 0)
    assert parse("the_machine_stood_still") == nodes.Selector("the_machine_stood_still")


def test_a_silent_child_is_replaced() -> None:
    process = ParserProcess(timeout_s=60)
    process.ask({"parse": "x"})
    child = process.pid
    assert child is not None
    process.timeout_s = 0.2
    os.kill(child, signal.SIGSTOP)
    with pytest.raises(ParserCrashError):
        process.ask({"parse": "x"})
    process.timeout_s = 60
    assert "tree" in process.ask({"parse": "x"})
    process.close()


def test_many_threads_share_one_child() -> None:
    process = ParserProcess(timeout_s=60)
    with ThreadPoolExecutor(8) as pool:
        names = [f"metric_{n}" for n in range(200)]
        answers = list(pool.map(lambda name: process.ask({"parse": name}), names))
    assert [answer["tree"]["name"] for answer in answers] == names
    process.close()


def test_the_child_dies_with_its_parent() -> None:
    script = textwrap.dedent(
        """
        from portal.promql import parser
        parser.parse("x")
        print(parser._process.pid, flush=True)
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    child = int(done.stdout)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _running(child):
        time.sleep(0.02)
    assert not _running(child)


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def hurried() -> Iterator[list[object]]:
    """The portal's parser with little patience, and the list of what it is asked."""
    asked: list[object] = []
    ask = parser._process.ask

    def noted(one: dict[str, Any]) -> dict[str, Any]:
        asked.append(one)
        return ask(one)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser._process, "timeout_s", 0.2)
        patch.setattr(parser._process, "ask", noted)
        yield asked


def test_a_regular_expression_matches_as_a_whole() -> None:
    assert parser.fully_matches("5..", ["500", "5000", "200"]) == frozenset({"500"})
    assert parser.fully_matches("[[:digit:]]+", ["12", "a"]) == frozenset({"12"})


def test_a_regular_expression_that_cannot_be_read_is_unknown() -> None:
    assert parser.fully_matches("(", ["a"]) is None


def test_a_regular_expression_without_end_is_given_up() -> None:
    started = time.monotonic()
    with hurried():
        assert parser.fully_matches("(a*)*(a*)*(a*)*(a*)*b", ["a" * 200]) is None
    assert time.monotonic() - started < 30
    assert parse("still_there") == nodes.Selector("still_there")


def test_many_endless_patterns_are_soon_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    parser._endless.clear()
    monkeypatch.setattr(parser, "ENDLESS_PAUSE_S", 600)
    with hurried() as asked:
        for number in range(50):
            assert parser.fully_matches(f"(a*)*(a*)*(a*)*(a*)*{number}", ["a" * 200]) is None
    assert len(asked) == parser.MAX_ENDLESS
    parser._endless.clear()
    assert parser.fully_matches("a+", ["aa"]) == frozenset({"aa"})


def test_a_thousand_expressions_are_read_in_time() -> None:
    started = time.monotonic()
    for number in range(1000):
        parse(f'sum(rate(x{{a="{number}"}}[5m])) / sum(rate(x[5m]))')
    assert time.monotonic() - started < 60
