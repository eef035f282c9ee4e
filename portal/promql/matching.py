"""Which labels survive a binary operation, and whether the two sides meet at all."""

from __future__ import annotations

from dataclasses import dataclass

from portal.promql.events import STATUS
from portal.promql.findings import Code
from portal.promql.nodes import Matching
from portal.promql.values import Quantity

ALONE = frozenset({"job", "instance"})
"""Labels with one value in the lab: one job, one instance."""


@dataclass(frozen=True)
class Meeting:
    """Labels of the result; ``split``: those that only one side is split by."""

    labels: frozenset[str] = frozenset()
    split: frozenset[str] = frozenset()
    problem: Code | None = None


def meet(left: Quantity, right: Quantity, matching: Matching, op: str) -> Meeting:
    """How Prometheus pairs the series of both sides.

    Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching
    """
    if left.scalar or right.scalar:
        return _with_scalar(left, right, op)
    shared = _signature(left.labels, right.labels, matching)
    problem = _never(left, right, shared) or _status_with_itself(left, right, shared, op)
    if problem:
        return Meeting(problem=problem)
    more_left, more_right = left.labels - shared, right.labels - shared
    if _crowd(more_right, right) and matching.many != "right":
        return Meeting(problem=Code.MANY_TO_MANY)
    if _crowd(more_left - {STATUS}, left) and matching.many != "left":
        return Meeting(problem=Code.MANY_TO_MANY)
    if more_right and matching.many == "right":
        return Meeting(right.labels, frozenset(_crowd(more_right, right)))
    kept = left.labels if matching.many == "left" else left.labels & shared
    split = frozenset(_crowd(more_left, left)) if op == "/" or matching.many else frozenset()
    return Meeting(kept | (more_left & {STATUS}), split)


def never_meet(left: frozenset[str], right: frozenset[str], matching: Matching) -> bool:
    """True when no series of one side has the labels of a series of the other."""
    shared = _signature(left, right, matching)
    return left & shared != right & shared


def _with_scalar(left: Quantity, right: Quantity, op: str) -> Meeting:
    vector = right if left.scalar else left
    number = left if left.scalar else right
    if number.constant is not None or op not in {"/", "-", "+"}:
        return Meeting(vector.labels)
    return Meeting(vector.labels, frozenset(_crowd(vector.labels, vector)))


def _signature(left: frozenset[str], right: frozenset[str], matching: Matching) -> frozenset[str]:
    if matching.on is not None:
        return frozenset(matching.on)
    return (left | right) - frozenset(matching.ignoring or ())


def _never(left: Quantity, right: Quantity, shared: frozenset[str]) -> Code | None:
    if left.labels & shared != right.labels & shared:
        return Code.LABELS_NEVER_MATCH
    ours, theirs = left.pinned(), right.pinned()
    differ = {k for k in shared & ours.keys() & theirs.keys() if ours[k] != theirs[k]}
    return Code.LABELS_NEVER_MATCH if differ & left.labels else None


def _status_with_itself(
    left: Quantity, right: Quantity, shared: frozenset[str], op: str
) -> Code | None:
    both = left.labels & right.labels & shared
    for label in both & {STATUS, "le"}:
        if op == "/" or _picked(left, label) != _picked(right, label):
            return Code.DIVIDED_BY_ITSELF
    return None


def _picked(side: Quantity, label: str) -> set[object]:
    terms = [*side.num.terms, *side.den.terms]
    return {events.statuses if label == STATUS else events.le for events in terms}


def _crowd(labels: frozenset[str], side: Quantity) -> frozenset[str]:
    """The labels that make several series of one."""
    return labels - side.pinned().keys() - ALONE
