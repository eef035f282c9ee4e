"""What was measured, beside its aim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

WIDTH = 58


@dataclass(frozen=True)
class Figure:
    """One measured value, the highest one we aim for (None: told for comparison) and its peer."""

    what: str
    value: float
    unit: str
    aim: float | None = None
    beside: str = ""

    @property
    def verdict(self) -> str:
        """``met``, ``MISSED``, or nothing where there is no aim."""
        if self.aim is None:
            return ""
        return "met" if self.value <= self.aim else "MISSED"

    def __str__(self) -> str:
        """One line of the table."""
        aim = "" if self.aim is None else f"≤ {self.aim:g}"
        line = f"{self.what:<{WIDTH}} {self.value:9.2f} {self.unit:<4} {aim:>8} {self.verdict:<7}"
        return f"{line} {self.beside}".rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0..1) of the values don't exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print each as it comes; returns them."""
    shown = []
    for figure in figures:
        click.echo(str(figure))
        shown.append(figure)
    return shown
