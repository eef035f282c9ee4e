"""What promtool is given and what it answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from portal.promql.context import RecordingRule


@dataclass(frozen=True)
class InventedSeries:
    """One invented series: its selector and its samples in promtool's notation."""

    selector: str
    values: str


@dataclass(frozen=True)
class TriedAlert:
    """One alert rule that takes part; ``for_s`` in seconds."""

    name: str
    expr: str
    for_s: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialQuestion:
    """An expression, and the moment it is asked at in seconds since the scene began."""

    expr: str
    at_s: float


@dataclass(frozen=True)
class Scene:
    """Invented series, the rules over them, and what is asked.

    ``interval_s``: between two samples; ``evaluation_s``: between two evaluations of the rules;
    ``epoch_s``: what the clock says when it begins, in seconds since 1970; ``far_s``: offsets lead
    no further back than that.
    """

    interval_s: float
    series: tuple[InventedSeries, ...]
    questions: tuple[TrialQuestion, ...]
    rules: tuple[RecordingRule | TriedAlert, ...] = ()
    evaluation_s: float = 0.0
    epoch_s: float = 0.0
    far_s: float = inf


@dataclass(frozen=True)
class AnswerSample:
    """One series of an answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class TrialAnswer:
    """What Prometheus made of a question.

    ``error``: it refused, in its words. ``untried``: nobody knows, and why (promtool is missing,
    crashed, or went over a limit); ``passing``: that may be over in a moment.
    Without either ``samples`` is the answer, empty for none.
    """

    samples: tuple[AnswerSample, ...] = ()
    error: str = ""
    untried: str = ""
    passing: bool = False
