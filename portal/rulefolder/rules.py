"""The rules that Prometheus has loaded, whoever wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from portal.clients.prometheus import Alert, LoadedGroup, Rule, RuleKind
from portal.services import Services

LEARNER_FILE = re.compile(r"learner-([0-9]+)\.rules\.yml")
SLO_FILE = re.compile(r"slo-([0-9]+)-.+\.rules\.yml")


class LoadedState(StrEnum):
    """What a rule says now. An error or a missing evaluation hides what it said before."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECORDING = "recording"
    NOT_EVALUATED = "not evaluated yet"
    ERROR = "error"


class RuleOrigin(StrEnum):
    """Who wrote a rule's file."""

    EDITOR = "rule editor"
    SLO = "made for you from an SLO"
    HAND = "written by hand"


@dataclass(frozen=True, kw_only=True)
class LoadedRule:
    """A rule as Prometheus has it. ``file`` is the file's name without its folder.

    ``duration_s`` is the rule's ``for``; ``learner_id`` is None where the file's name tells none.
    """

    kind: RuleKind
    name: str
    query: str
    state: LoadedState
    health: str
    last_error: str
    last_evaluation: datetime | None
    duration_s: float
    interval_s: float
    labels: dict[str, str]
    annotations: dict[str, str]
    alerts: tuple[Alert, ...]
    group: str
    file: str
    origin: RuleOrigin
    learner_id: int | None


def loaded_rules(services: Services) -> list[LoadedRule]:
    """Every loaded rule, in the order of files, groups and rules; raises ClientError."""
    return [
        loaded_rule(group, rule) for group in services.prometheus.rules() for rule in group.rules
    ]


def loaded_rule(group: LoadedGroup, rule: Rule) -> LoadedRule:
    """One rule of a group, with its state as it may be believed."""
    file = file_name(group)
    own = LEARNER_FILE.fullmatch(file) or SLO_FILE.fullmatch(file)
    return LoadedRule(
        kind=rule.kind,
        name=rule.name,
        query=rule.query,
        state=_state(rule),
        health=rule.health,
        last_error=rule.last_error,
        last_evaluation=rule.last_evaluation,
        duration_s=rule.duration_s,
        interval_s=group.interval_s,
        labels=rule.labels,
        annotations=rule.annotations,
        alerts=rule.alerts,
        group=group.name,
        file=file,
        origin=_origin(file),
        learner_id=int(own[1]) if own else None,
    )


def file_name(group: LoadedGroup) -> str:
    """The name of a group's file, without the folder (which differs in containers)."""
    return PurePosixPath(group.file).name


def _origin(file: str) -> RuleOrigin:
    if LEARNER_FILE.fullmatch(file):
        return RuleOrigin.EDITOR
    return RuleOrigin.SLO if SLO_FILE.fullmatch(file) else RuleOrigin.HAND


def _state(rule: Rule) -> LoadedState:
    """After a reload Prometheus hands a changed rule the state of the old one (by its name).

    Until the new expression is evaluated, its health is "unknown" and the state is not its own.
    """
    if rule.health == "unknown" or rule.last_evaluation is None:
        return LoadedState.NOT_EVALUATED
    if rule.health == "err":
        return LoadedState.ERROR
    if rule.kind is RuleKind.RECORDING:
        return LoadedState.RECORDING
    states = {str(state) for state in LoadedState}
    return LoadedState(rule.state) if rule.state in states else LoadedState.NOT_EVALUATED
