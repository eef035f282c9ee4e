"""Parsing PromQL in a child process that is reused, watched and replaced when it dies."""

from __future__ import annotations

import atexit
import json
import math
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.clients.calls import announce
from portal.errors import SLOLabError
from portal.limits import ParserLimits
from portal.promql import nodes
from portal.promql.text import nesting, operators, without_backticks

MAX_LENGTH = 4096
"""Characters: more than any query of a dashboard needs, far less than what crashes the parser."""
MAX_NESTING = 60
MAX_OPERATORS = 300
CHILD = Path(__file__).with_name("child.py")
_CRASHED = "The PromQL parser gave up on this expression."


class ParseFailure(StrEnum):
    """Why an expression has no tree."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    SYNTAX = "syntax"
    CRASHED = "crashed"


class ParseError(SLOLabError):
    """The parser can't read the expression; that alone doesn't make it wrong."""

    def __init__(self, failure: ParseFailure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class ParserCrashError(SLOLabError):
    """The parser's process ended or fell silent; the next request starts a new one."""


class ParserProcess:
    """One child process that answers requests; safe to share between threads."""

    def __init__(self, limits: ParserLimits = ParserLimits()) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None before the first request and after a crash."""
        return self._child.pid if self._child else None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The child's answer; raises ParserCrashError when it dies or takes too long.

        A child that was already dead when asked is replaced without a word.
        """
        announce("the PromQL parser")
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            try:
                child = self._child if self._alive() else None
                return _exchange(child or self._start(), line, self.limits.answer_s)
            except (OSError, ValueError) as error:
                self._stop()
                raise ParserCrashError(_CRASHED) from error
            except BaseException:
                self._stop()  # its answer would be taken for the next one's
                raise

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._stop()

    def _alive(self) -> bool:
        if self._owner != os.getpid():
            self._child = None  # a fork: that child talks to our parent
        return self._child is not None and self._child.poll() is None

    def _start(self) -> subprocess.Popen[bytes]:
        self._stop()
        self._owner = os.getpid()
        self._child = subprocess.Popen(
            [sys.executable, "-P", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        _answer(self._child, self.limits.start_s)  # it greets when it is ready
        return self._child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        child.wait()


def _exchange(child: subprocess.Popen[bytes], line: bytes, timeout_s: float) -> dict[str, Any]:
    if child.stdin is None:
        raise ValueError("no pipe")
    child.stdin.write(line)
    return _answer(child, timeout_s)


def _answer(child: subprocess.Popen[bytes], timeout_s: float) -> dict[str, Any]:
    if child.stdout is None:
        raise ValueError("no pipe")
    decoded = json.loads(_read_line(child.stdout.fileno(), time.monotonic() + timeout_s))
    if not isinstance(decoded, dict):
        raise ValueError("no answer")
    return decoded


def _read_line(descriptor: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    while not chunks or not chunks[-1].endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise TimeoutError("the parser fell silent")
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            raise BrokenPipeError("the parser ended")
        chunks.append(chunk)
    return b"".join(chunks)


class PromQLParser:
    """Reads expressions; what was read before, or crashed the child, is remembered."""

    def __init__(self, process: ParserProcess) -> None:
        """The limits are those of the process."""
        self.process = process
        self._read = lru_cache(maxsize=2048)(self._tree)
        self._match = lru_cache(maxsize=1024)(self._matches)
        self._crashes: dict[str, float] = {}  # when an expression crashed the child
        self._endless: deque[float] = deque()  # when patterns that found no end were given up

    def keep_to(self, limits: ParserLimits) -> None:
        """These limits hold from now on."""
        self.process.limits = limits

    def parse(self, expr: str) -> nodes.Expr:
        """The syntax tree of an expression without Grafana variables; raises ParseError.

        What crashed the parser is tried again later: perhaps only the machine stood still.
        """
        limits = self.process.limits
        if time.monotonic() - self._crashes.get(expr, -math.inf) < limits.crash_pause_s:
            raise ParseError(ParseFailure.CRASHED, _CRASHED)
        try:
            tree = self._read(expr)
        except ParserCrashError as crash:
            if len(self._crashes) >= limits.most_crashes:
                self._crashes.clear()
            self._crashes[expr] = time.monotonic()
            raise ParseError(ParseFailure.CRASHED, _CRASHED) from crash
        if isinstance(tree, ParseError):
            raise tree
        return tree

    def fully_matches(self, pattern: str, values: Iterable[str]) -> frozenset[str] | None:
        """Which values the whole of a regular expression matches; None: it can't be told."""
        if self._too_many_endless():
            return None
        return self._match(pattern, tuple(sorted(values)))

    def _tree(self, expr: str) -> nodes.Expr | ParseError:
        refusal = _refusal(expr)
        if refusal:
            return refusal
        answer = self.process.ask({"parse": without_backticks(expr)})
        if "tree" in answer:
            return nodes.from_json(answer["tree"])
        failure = ParseFailure(answer.get("kind", "syntax"))
        return ParseError(failure, f"The expression can't be read: {answer.get('error')}.")

    def _matches(self, pattern: str, values: tuple[str, ...]) -> frozenset[str] | None:
        if len(pattern) > MAX_LENGTH:
            return None
        try:
            answer = self.process.ask({"pattern": pattern, "values": values})
        except ParserCrashError:
            self._endless.append(time.monotonic())
            return None
        return frozenset(answer["matches"]) if "matches" in answer else None

    def _too_many_endless(self) -> bool:
        """A dashboard full of endless patterns must not keep everybody waiting."""
        limits, now = self.process.limits, time.monotonic()
        while self._endless and now - self._endless[0] >= limits.endless_pause_s:
            self._endless.popleft()
        return len(self._endless) >= limits.most_endless


PARSER = PromQLParser(ParserProcess())
"""The one of this process, for the pure floors, which are handed nothing; ``create_app`` tells it
the limits."""
atexit.register(PARSER.process.close)


def parse(expr: str) -> nodes.Expr:
    """The syntax tree of an expression without Grafana variables; raises ParseError."""
    return PARSER.parse(expr)


def fully_matches(pattern: str, values: Iterable[str]) -> frozenset[str] | None:
    """Which values the whole of a regular expression matches; None: it can't be told."""
    return PARSER.fully_matches(pattern, values)


def _refusal(expr: str) -> ParseError | None:
    if not expr.strip():
        return ParseError(ParseFailure.EMPTY, "The expression is empty.")
    if len(expr) > MAX_LENGTH:
        sentence = f"The expression is longer than {MAX_LENGTH} characters."
        return ParseError(ParseFailure.TOO_LONG, sentence)
    if nesting(expr) > MAX_NESTING:
        sentence = f"The expression nests brackets deeper than {MAX_NESTING} levels."
        return ParseError(ParseFailure.TOO_DEEP, sentence)
    if operators(expr) > MAX_OPERATORS:
        sentence = f"The expression has more than {MAX_OPERATORS} operators."
        return ParseError(ParseFailure.TOO_DEEP, sentence)
    return None
