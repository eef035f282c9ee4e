"""Quantiles out of a histogram's buckets, as Prometheus estimates them; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping


def quantile(phi: float, within: Mapping[str, float]) -> float | None:
    """The seconds that the share ``phi`` (0..1) of all answers stayed within; None without any.

    ``within``: answers by bucket (``le``), each with those of the smaller ones. The estimate is
    ``histogram_quantile``'s: on a straight line through the bucket that holds it, and the end of
    the last one where nothing bounds it
    (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile).
    """
    buckets = sorted((bound, n) for le, n in within.items() if (bound := _bound(le)) is not None)
    if not buckets or buckets[-1][0] != math.inf or len(buckets) < 2 or buckets[-1][1] <= 0:
        return None
    rank = phi * buckets[-1][1]
    below, fewer = 0.0, 0.0
    for bound, number in buckets[:-1]:
        if number >= rank and number > fewer:
            return below + (bound - below) * (rank - fewer) / (number - fewer)
        below, fewer = bound, max(fewer, number)
    return below


def _bound(le: str) -> float | None:
    """A bucket's end; None for a label that is no number."""
    try:
        bound = float(le)
    except ValueError:
        return None
    return None if math.isnan(bound) else bound
