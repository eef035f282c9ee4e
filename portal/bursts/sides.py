"""A finished burst from two sides: what users saw, and what Prometheus counted; pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.bursts.models import Burst

UNKNOWN = "–"


@dataclass(frozen=True)
class Row:
    """One line of the comparison, ready to be shown."""

    label: str
    users: str
    server: str


@dataclass(frozen=True)
class Sides:
    """The comparison, and a sentence that explains a difference."""

    rows: tuple[Row, ...]
    sentence: str


def sides(burst: Burst) -> Sides:
    """Compare the engine's record with the counter's difference."""
    server = burst.server_counts
    rows = (
        Row("requests", f"{burst.sent:,}", _counted(server)),
        Row("failed", f"{burst.failed:,}", _counted(server, "5")),
        Row("availability", _share(burst.good, burst.sent), _server_share(server)),
        Row("slow (over 0.5 s)", f"{burst.slow:,}", UNKNOWN),
        *(Row(name, _seconds(burst.counts.get(name)), UNKNOWN) for name in ("p50", "p95", "p99")),
    )
    return Sides(rows, _explain(burst))


def _counted(server: dict[str, float] | None, status: str = "") -> str:
    if not server:
        return UNKNOWN if server is not None else "waiting for the next scrape"
    return f"{sum(n for s, n in server.items() if s.startswith(status)):,.0f}"


def _share(good: float, total: float) -> str:
    return f"{good / total * 100:.2f} %" if total else UNKNOWN


def _server_share(server: dict[str, float] | None) -> str:
    if not server:
        return UNKNOWN
    total = sum(server.values())
    return _share(total - sum(n for s, n in server.items() if s.startswith("5")), total)


def _seconds(value: float | None) -> str:
    return f"{value * 1000:.0f} ms" if value is not None else UNKNOWN


def _explain(burst: Burst) -> str:
    server = burst.server_counts
    if server is None:
        return "Prometheus will have counted all of it after its next scrape."
    if not server:
        return "Prometheus could not be asked about this burst, so there is nothing to compare."
    counted = sum(server.values())
    unseen = sum(n for kind, n in burst.failed_by_kind.items() if not kind.isdigit())
    if counted < burst.sent:
        return (
            f"The service counted {burst.sent - counted:,.0f} fewer than users sent: "
            f"{unseen:,} ended in a timeout or a broken connection. "
            "A request that never reaches the counter never shows in the SLI."
        )
    if counted > burst.sent:
        return (
            f"The service counted {counted - burst.sent:,.0f} more than this burst sent: "
            "somebody else asked too."
        )
    return "Both agree to the request: the SLI shows what users saw."
