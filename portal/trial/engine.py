"""Running promtool: invented series and expressions in, what Prometheus makes of them out.

``promtool test rules`` tells what it got wherever an expectation fails, so each question expects
a sample that can't be. A file holds one scene, and one process takes all files in turn. What a
run leaves unanswered (a crash, a limit) is asked again in halves, until the one expression that
does it stands alone.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from portal.clients.calls import announce
from portal.clients.promtool import PromtoolPath, yaml_of
from portal.durations import prometheus_duration
from portal.errors import SLOLabError
from portal.limits import PromtoolLimits, TrialLimits
from portal.numbers import exact
from portal.promql.context import RecordingRule
from portal.shop import SCRAPE_INTERVAL_S
from portal.trial.retelling import Retelling
from portal.trial.scene import AnswerSample, Scene, TrialAnswer, TrialQuestion, TriedAlert

IMPOSSIBLE = [{"labels": '{never="this"}', "value": 4242}]
LIMITED = 'ulimit -c 0; ulimit -t "$1"; ulimit -v "$2" 2>/dev/null; shift 2; exec "$@"'
"""Sets the limits of CPU seconds and of KiB of memory for promtool, and becomes it."""
ANSWER = re.compile(
    r'^    expr: (?P<expr>"(?:[^"\\\n]|\\.)*"), time: (?P<at>\S+),'
    r"(?: err: (?P<error>.*?)|\s*exp: [^\n]*\n\s*got: (?P<got>[^\n]*))"
    r'(?=\n    expr: "|\n    rule: |\n  FAILED:|\n\n|\nUnit Testing: |\s*\Z)',
    re.DOTALL | re.MULTILINE,
)
SAMPLE = re.compile(r'\{(?P<labels>(?:[^"{}]|"(?:[^"\\]|\\.)*")*)\} (?P<value>[^\s,]+)')
LABEL = re.compile(r'(?P<name>\w+)="(?P<value>(?:[^"\\]|\\.)*)"')
RULE_FAILS = re.compile(r"^    rule: (?P<rule>.*?), time: \S+, err: (?P<why>[^\n]*)", re.MULTILINE)
RULE_REFUSED = re.compile(
    r'group "trial", rule \d+, "(?P<rule>[^"]*)": (?:could not parse expression: )?(?P<why>[^\n]*)'
)
TOO_MUCH = ("too many samples", "query timed out", "query was canceled")
HEADER = "Unit Testing:  "


BUSY = "Other queries are being tried. Try again in a moment."


class TrialEngine:
    """Tries scenes, a few at a time; safe to share between threads."""

    def __init__(
        self,
        limits: PromtoolLimits,
        promtool: PromtoolPath,
        scrape_interval_s: float = SCRAPE_INTERVAL_S,
    ) -> None:
        """``promtool`` says where it is, when it is needed.

        ``scrape_interval_s``: of the lab whose alerts are tried.
        """
        self.limits = limits
        self.promtool = promtool
        self.scrape_interval_s = scrape_interval_s
        self._turns = threading.BoundedSemaphore(limits.at_once)

    def answers(
        self, scenes: Sequence[Scene], limits: TrialLimits
    ) -> list[tuple[TrialAnswer, ...]]:
        """For each scene the answers to its questions, in their order; never raises."""
        if not scenes:
            return []
        try:
            tool = self.promtool()
        except SLOLabError as error:
            return _not_begun(scenes, str(error))
        if not self._turns.acquire(timeout=limits.wall_s):
            return _not_begun(scenes, BUSY)
        try:
            return _Session(tool, limits).answers(scenes)
        finally:
            self._turns.release()


def _not_begun(scenes: Sequence[Scene], why: str) -> list[tuple[TrialAnswer, ...]]:
    """What no run was begun for: the next moment there may be a turn, or a promtool."""
    answer = TrialAnswer(untried=why, passing=True)
    return [tuple(answer for _ in scene.questions) for scene in scenes]


@dataclass
class _Session:
    """Asks until each question is answered or given up."""

    promtool: Path
    limits: TrialLimits
    failures: int = 0
    trouble: str = "promtool gave no answer."
    started: float = field(default_factory=time.monotonic)

    def answers(self, scenes: Sequence[Scene]) -> list[tuple[TrialAnswer, ...]]:
        """The answers to each scene's questions."""
        found: list[tuple[TrialAnswer, ...]] = []
        while len(found) < len(scenes):
            rest = self._lot(scenes[len(found) :])
            done = self._run(rest) or (len(rest) > 1 and self._run(rest[:1]))
            found += done or [self._in_halves(rest[0])]
        return found

    def _lot(self, scenes: Sequence[Scene]) -> Sequence[Scene]:
        """As many scenes as one run takes, one at least."""
        count = asked = 0
        for scene in scenes:
            asked += len(scene.questions)
            if count and asked > self.limits.questions:
                break
            count += 1
        return scenes[:count]

    @property
    def _is_spent(self) -> bool:
        late = time.monotonic() - self.started > self.limits.total_s
        return late or self.failures >= self.limits.failures

    def _in_halves(self, scene: Scene) -> tuple[TrialAnswer, ...]:
        """The scene that a run did not get through, each half of its expressions by itself."""
        exprs = list(dict.fromkeys(question.expr for question in scene.questions))
        self.failures += 1
        if len(exprs) < 2 or self._is_spent:
            return tuple(TrialAnswer(untried=self.trouble) for _ in scene.questions)
        first = set(exprs[: len(exprs) // 2])
        halves = [
            tuple(q for q in scene.questions if (q.expr in first) is wanted)
            for wanted in (True, False)
        ]
        parts = self.answers([replace(scene, questions=half) for half in halves])
        known = {
            question: answer
            for half, part in zip(halves, parts, strict=True)
            for question, answer in zip(half, part, strict=True)
        }
        return tuple(known[question] for question in scene.questions)

    def _run(self, scenes: Sequence[Scene]) -> list[tuple[TrialAnswer, ...]]:
        """The answers of the scenes that one run got through."""
        if self._is_spent:
            return []
        try:
            with tempfile.TemporaryDirectory(prefix="slo-lab-") as folder:
                names = [_written(scene, Path(folder), n) for n, scene in enumerate(scenes)]
                said, why = _run(self.promtool, Path(folder), names, self.limits)
        except OSError as error:
            said, why = "", f"promtool could not be given the days ({error.strerror or error})."
        parts = said.split(HEADER)[1:]
        found: list[tuple[TrialAnswer, ...]] = []
        for scene, part in zip(scenes, parts, strict=False):
            read = _read(scene, part)
            if read is None:
                break
            found.append(read)
        self.trouble = why or self.trouble
        return found


def _written(scene: Scene, folder: Path, number: int) -> str:
    """The scene as files of the folder; returns the name of promtool's test file."""
    name = f"scene-{number}.json"
    rule_files = []
    retelling, told = _retelling(scene), _told(scene)
    if scene.rules:
        rule_files = [f"rules-{number}.json"]
        groups = [{"name": "trial", "rules": [_rule(rule, retelling) for rule in scene.rules]}]
        (folder / rule_files[0]).write_text(yaml_of({"groups": groups}), encoding="utf-8")
    interval = prometheus_duration(scene.interval_s)
    test = {
        "interval": interval,
        "input_series": [{"series": s.selector, "values": s.values} for s in scene.series],
        "promql_expr_test": [
            {
                "expr": told.get(q.expr, q.expr),
                "eval_time": prometheus_duration(q.at_s),
                "exp_samples": IMPOSSIBLE,
            }
            for q in (*scene.questions, _last(scene))
        ],
    }
    document = {
        "rule_files": rule_files,
        "evaluation_interval": prometheus_duration(scene.evaluation_s or scene.interval_s),
        "tests": [test],
    }
    (folder / name).write_text(yaml_of(document), encoding="utf-8")
    return name


def _last(scene: Scene) -> TrialQuestion:
    """One more question: promtool loads no sample after its last evaluation before the end."""
    end_s = max((question.at_s for question in scene.questions), default=0.0)
    return TrialQuestion("vector(0)", end_s + scene.evaluation_s + scene.interval_s)


def _retelling(scene: Scene) -> Retelling:
    """How the scene's expressions are put to promtool."""
    moments = {question.at_s for question in scene.questions}
    return Retelling(scene.epoch_s, max(moments, default=0.0), len(moments) > 1, scene.far_s)


def _told(scene: Scene) -> Mapping[str, str]:
    """Each expression that is asked, as promtool is asked it."""
    retelling = _retelling(scene)
    return {expr: retelling.of(expr) for expr in {q.expr for q in scene.questions}}


def _rule(rule: RecordingRule | TriedAlert, retelling: Retelling) -> Mapping[str, object]:
    expr = retelling.of(rule.expr)
    if isinstance(rule, RecordingRule):
        return {"record": rule.name, "expr": expr, "labels": dict(rule.labels)}
    return {
        "alert": rule.name,
        "expr": expr,
        "for": prometheus_duration(rule.for_s),
        "labels": dict(rule.labels),
    }


# The process


def _run(
    promtool: Path, folder: Path, names: Sequence[str], limits: TrialLimits
) -> tuple[str, str]:
    """What promtool said, and why it was ended; "" when it ended by itself."""
    announce("promtool")
    memory_kib = str(limits.memory_bytes >> 10)
    command = ["/bin/sh", "-c", LIMITED, "sh", str(limits.cpu_s), memory_kib]
    try:
        child = subprocess.Popen(
            [*command, str(promtool), "test", "rules", *names],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder), "GOGC": "400"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return "", f"promtool can't be started: {error.strerror or error}."
    try:
        said, why = _listen(child, limits)
    finally:
        _end(child)
    if not why and child.returncode not in (0, 1):
        why = "promtool crashed, or took more memory or time than a trial may."
    return said, why


def _listen(child: subprocess.Popen[bytes], limits: TrialLimits) -> tuple[str, str]:
    """All it says until it ends, or as much as it may say in the time it has."""
    deadline = time.monotonic() + limits.wall_s
    chunks: list[bytes] = []
    why, size = "", 0
    with selectors.DefaultSelector() as waiting:
        pipe = child.stdout
        if pipe is None:
            return "", "promtool can't be heard."
        waiting.register(pipe, selectors.EVENT_READ)
        while not why:
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.select(left):
                why = f"promtool took longer than {exact(limits.wall_s)} s."
                break
            chunk = os.read(pipe.fileno(), 1 << 16)
            if not chunk:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(max(0.1, deadline - time.monotonic()))
                break
            chunks.append(chunk)
            size += len(chunk)
            if size > limits.output_bytes:
                why = "promtool's answer is too long."
    return b"".join(chunks).decode("utf-8", "replace"), why


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the process with its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    if child.stdout is not None:
        child.stdout.close()
    child.wait()


# What it said


def _read(scene: Scene, said: str) -> tuple[TrialAnswer, ...] | None:
    """The answers of one scene; None when they are not all there."""
    trouble = _rule_trouble(said)
    if trouble:
        return tuple(TrialAnswer(error=trouble) for _ in scene.questions)
    found = list(ANSWER.finditer(said))
    if len(found) != len(scene.questions) + 1:
        return None
    read = [_answer(match) for match in found[:-1]]
    told = _told(scene)
    for match, question in zip(found[:-1], scene.questions, strict=True):
        if unquoted(match["expr"]) != told[question.expr]:
            return None
    return tuple(read)


def _answer(match: re.Match[str]) -> TrialAnswer:
    error = match["error"]
    if error is None:
        return TrialAnswer(tuple(_samples(match["got"])))
    error = " ".join(error.split())
    if any(sign in error for sign in TOO_MUCH):
        return TrialAnswer(untried=f"Prometheus gave up: {error}.")
    return TrialAnswer(error=error)


def _samples(got: str) -> Iterator[AnswerSample]:
    for match in SAMPLE.finditer(got):
        labels = {one["name"]: unquoted(f'"{one["value"]}"') for one in LABEL.finditer(match[1])}
        yield AnswerSample(labels, float(match["value"]))


GO_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)")
GO_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unquoted(text: str) -> str:
    """The string that Go's %q wrote."""
    return GO_ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return GO_LETTERS.get(escape, escape)


def _rule_trouble(said: str) -> str:
    """Why a rule fails; promtool asks nothing else of the scene then."""
    found = RULE_FAILS.search(said) or RULE_REFUSED.search(said)
    return f"the rule {found['rule']} fails: {found['why']}" if found else ""
