"""Labels that hold the measured value: a new value is a new label, and so a new alert.

Prometheus tells alerts apart by their labels, so with a value among them no alert lasts longer
than one evaluation, and `for` begins anew each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VALUE = re.compile(r"\{\{[^}]*(?:\$value|\.Value\b)")
NEVER_SETTLES = (
    "Its label {label} changes with the measured value, so each evaluation makes a new alert, and "
    "none of them lasts the {seconds} s of `for`: it stays pending. An annotation is the place for "
    "the value."
)
VALUE_IN_LABEL = (
    "Its label {label} holds the measured value, so each new value is a new alert: an annotation "
    "is the place for it."
)


def templates(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The labels that hold a template."""
    return tuple((name, text) for name, text in sorted(labels.items()) if "{{" in text)


def holds_value(text: str) -> bool:
    """Whether the label's text holds the measured value."""
    return VALUE.search(text) is not None
