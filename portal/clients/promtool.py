"""Prometheus' own judgement of rules and expressions, through its ``promtool``."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.clients.calls import announce
from portal.errors import SLOLabError
from portal.limits import PromtoolLimits

MAX_RULES_BYTES = 4 << 20
MESSAGE = re.compile(
    r'(?P<line>\d+):(?P<column>\d+): group "(?P<group>[^"]*)", rule (?P<rule>\d+), '
    r'"(?P<name>[^"]*)": (?P<message>.*?)'
    r'(?=\n[^\n]*?\d+:\d+: group "|\nChecking |\n +(?:SUCCESS|FAILED)|\Z)',
    re.DOTALL,
)
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
REFUSED = "FAILED:"
"""What promtool says of a file that Prometheus would not load."""
POSITION = re.compile(r"(?P<line>\d+):(?P<column>\d+): (?:parse error: )?(?P<why>.*)", re.DOTALL)


class PromtoolMissingError(SLOLabError):
    """There is no promtool on this machine."""

    def __init__(self, why: str = "") -> None:
        """``why``: what came of the search, where that is known."""
        super().__init__(
            "promtool was not found. It comes with Prometheus: start the lab once, "
            f"or put promtool on PATH. {why}".rstrip()
        )


class PromtoolIdleError(SLOLabError):
    """There is a promtool, but it can't be started."""

    def __init__(self, program: Path) -> None:
        super().__init__(
            f"{program} was found, but can't be started: it may not be executed, or lies on a disk "
            "that no program may be started from. Allow that, or put another promtool on PATH."
        )


@dataclass(frozen=True)
class RulesMessage:
    """What promtool says about a rule file; ``rule`` counts from 1 within its group.

    ``line`` and ``column`` count from 1: in the file, or None where promtool tells no position.
    """

    text: str
    line: int | None = None
    column: int | None = None
    group: str | None = None
    rule: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class RulesReport:
    """Whether Prometheus would load the rules, and what it says where it would not."""

    ok: bool
    messages: tuple[RulesMessage, ...] = ()


@dataclass(frozen=True)
class Validity:
    """Whether Prometheus would run an expression: True, False, or None (nobody was asked).

    ``line`` and ``column`` count from 1 within the expression.
    """

    valid: bool | None
    why: str = ""
    line: int | None = None
    column: int | None = None


PromtoolPath = Callable[[], Path]
"""Says where promtool is, each time anew, since the lab may get it meanwhile.

Raises SLOLabError where there is none to be had.
"""


def find(cache_dir: Path) -> Path:
    """promtool on PATH or in the lab's cache folder.

    Raises PromtoolMissingError, or PromtoolIdleError for one that can't be started.
    """
    if on_path := shutil.which("promtool"):
        return Path(on_path)
    unpacked = sorted(_unpacked(cache_dir), key=lambda path: path.stat().st_mtime, reverse=True)
    if usable := next((path for path in unpacked if os.access(path, os.X_OK)), None):
        return usable
    if idle := next(iter((*_idle_on_path(), *unpacked)), None):
        raise PromtoolIdleError(idle)
    raise PromtoolMissingError


def _unpacked(cache_dir: Path) -> Iterator[Path]:
    """Each promtool in the folders that releases and packages are unpacked to."""
    for folder in cache_dir.iterdir() if cache_dir.is_dir() else ():
        if not folder.name.startswith("."):
            for pattern in ("promtool", "*/promtool", "usr/bin/promtool", "*/usr/bin/promtool"):
                yield from folder.glob(pattern)


def _idle_on_path() -> Iterator[Path]:
    """Files of that name on PATH, which ``which`` passes over when they can't be started."""
    for folder in os.get_exec_path():
        if (program := Path(folder) / "promtool").is_file():
            yield program


def check_rules(
    text: str, promtool: Path, limits: PromtoolLimits = PromtoolLimits()
) -> RulesReport:
    """What ``promtool check rules`` says about a rule file's text.

    Raises SLOLabError when promtool takes too long, or fails.
    """
    if len(text) > MAX_RULES_BYTES:
        return RulesReport(False, (RulesMessage("The rule file is larger than 4 MB."),))
    try:
        with tempfile.TemporaryDirectory(prefix="slo-lab-") as folder:
            file = Path(folder) / "rules.yml"
            file.write_text(text, encoding="utf-8", errors="backslashreplace")
            return _run(promtool, file, limits.check_s)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SLOLabError(f"promtool could not be given the rules ({reason}).") from error


def _run(promtool: Path, file: Path, seconds: float) -> RulesReport:
    announce("promtool")
    try:
        done = subprocess.run(
            [str(promtool), "check", "rules", str(file)],
            capture_output=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SLOLabError(f"promtool could not check the rules: {error}.") from error
    if done.returncode == 0:
        return RulesReport(True)
    said = (done.stderr + done.stdout).decode(errors="replace").replace(str(file), "rules.yml")
    if done.returncode < 0 or REFUSED not in said:
        raise SLOLabError(
            f"promtool could not check the rules: it ended with status {done.returncode}"
            " and no word about them."
        )
    return RulesReport(False, _messages(said))


def _messages(said: str) -> tuple[RulesMessage, ...]:
    found = tuple(
        RulesMessage(
            match["message"].strip(),
            int(match["line"]),
            int(match["column"]),
            match["group"],
            int(match["rule"]),
            match["name"],
        )
        for match in MESSAGE.finditer(said)
    )
    return found or (RulesMessage(_plain(said), *_line_of_yaml(said)),)


def _plain(said: str) -> str:
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if line and line not in {"FAILED:", "SUCCESS"}]
    return "; ".join(line for line in telling if not line.startswith("Checking ")) or "refused"


def _line_of_yaml(said: str) -> tuple[int | None, int | None]:
    line = re.search(r"\bline (\d+)", said)
    return (int(line[1]) if line else None, None)


def validate(
    exprs: Sequence[str], promtool: Path, limits: PromtoolLimits = PromtoolLimits()
) -> list[Validity]:
    """Whether Prometheus would run each expression, asked in one run.

    Raises SLOLabError when promtool takes too long, or fails.
    """
    verdicts = [_obvious(expr) for expr in exprs]
    asked = [index for index, verdict in enumerate(verdicts) if verdict is None]
    for start in range(0, len(asked), 500):
        part = asked[start : start + 500]
        found = _validate_batch([exprs[i] for i in part], promtool, limits)
        for index, verdict in zip(part, found, strict=True):
            verdicts[index] = verdict
    return [verdict or Validity(None) for verdict in verdicts]


def _obvious(expr: str) -> Validity | None:
    if not expr.strip():
        return Validity(False, "The expression is empty.", 1, 1)
    if "\x00" in expr or any(0xD800 <= ord(character) <= 0xDFFF for character in expr):
        return Validity(False, "The expression holds characters that are no text.")
    return None


def _validate_batch(exprs: Sequence[str], promtool: Path, limits: PromtoolLimits) -> list[Validity]:
    report = check_rules(_rule_file(exprs), promtool, limits)
    if report.ok:
        return [Validity(True)] * len(exprs)
    refused = {message.rule: message.text for message in report.messages if message.rule}
    if refused:
        return [_validity(refused.get(number)) for number in range(1, len(exprs) + 1)]
    if len(exprs) == 1:
        return [Validity(False, report.messages[0].text)]
    middle = len(exprs) // 2  # the file as a whole was refused: find the one that spoils it
    halves = exprs[:middle], exprs[middle:]
    return [one for half in halves for one in _validate_batch(half, promtool, limits)]


def _rule_file(exprs: Sequence[str]) -> str:
    rules = [{"record": f"slo_lab:e{n}", "expr": expr} for n, expr in enumerate(exprs)]
    return yaml_of({"groups": [{"name": "check", "rules": rules}]})


def yaml_of(document: object) -> str:
    """JSON that YAML reads as the same, which knows no surrogate pairs."""
    text = json.dumps(document, ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _validity(message: str | None) -> Validity:
    if message is None:
        return Validity(True)
    why = message.removeprefix("could not parse expression: ")
    position = POSITION.match(why)
    if position is None:
        return Validity(False, why)
    return Validity(False, position["why"], int(position["line"]), int(position["column"]))
