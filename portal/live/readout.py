"""The live readout of the learner's service, shared among all open pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from portal.bursts.bands import burst_bands
from portal.bursts.models import Burst
from portal.bursts.store import active_burst
from portal.kit.charts import Chart, ChartLine, ratio_chart
from portal.learners.models import Learner
from portal.live.reading import (
    ReadingState,
    SLIHistory,
    SLIReading,
    no_history,
    read_after_scrape,
    read_history,
)
from portal.numbers import exact, percent, quantile_name
from portal.services import Services
from portal.shop.queries import QUANTILES, SLIQueries

IDLE_SECONDS = 5
BURST_SECONDS = 1


@dataclass(frozen=True)
class Readout:
    """What a readout shows: the reading, its PromQL, how soon to ask again (s), what runs."""

    reading: SLIReading
    history: SLIHistory
    queries: SLIQueries
    refresh_seconds: int
    burst: Burst | None
    scrape_interval: int

    @property
    def counted_within(self) -> str:
        """How long it takes until a request is counted: ``5 to 10 s``."""
        return f"{self.scrape_interval} to {2 * self.scrape_interval} s"

    @property
    def promql(self) -> list[tuple[str, str]]:
        """Name and query of every number shown."""
        quantiles = [(quantile_name(phi), self.queries.quantile(phi)) for phi in QUANTILES]
        return [
            ("Availability", self.queries.availability),
            (f"Under {exact(self.queries.threshold)} s", self.queries.fast_share),
            *quantiles,
            ("Traffic", self.queries.requests),
        ]


def readout(services: Services, learner: Learner, *, fresh: bool = True) -> Readout:
    """The present readout for the learner's service; one of seconds ago unless ``fresh``."""
    queries = SLIQueries(learner.service.job)
    burst = active_burst(learner.id)
    refresh = BURST_SECONDS if burst else IDLE_SECONDS
    now = services.clock()
    ask, limits = services.prometheus, services.limits.reading
    get, key = services.readings.get, ("reading", queries)
    last = services.readings.last(key)
    interval = services.settings.scrape_interval

    def anew() -> SLIReading:
        return read_after_scrape(ask, queries, now, interval, last, limits.settled_s)

    def past() -> SLIHistory:
        return read_history(ask, queries, now)

    patience = 0 if fresh else limits.patience_s
    present = partial(get, key, limits.burst_s if burst else limits.readout_s, anew, patience)
    history = partial(get, ("history", queries), limits.readout_s, past, patience)
    services.ask_ahead([present, history])
    reading: SLIReading = present()
    return Readout(
        reading=reading,
        history=no_history(now, reading.reason)
        if reading.state is ReadingState.UNREACHABLE
        else history(),
        queries=queries,
        refresh_seconds=refresh,
        burst=burst,
        scrape_interval=services.settings.scrape_interval,
    )


def sli_chart(
    shown: Readout, learner_id: int, objective: float | None, width: int, height: int
) -> Chart:
    """Availability (and latency share) over the history, bursts shaded, the objective drawn."""
    history = shown.history
    lines = [ChartLine("availability", history.availability)]
    lines.append(
        ChartLine(f"under {exact(shown.queries.threshold)} s", history.fast_share, "second")
    )
    return ratio_chart(
        _chart_words(history),
        lines,
        history.start,
        history.end,
        bands=burst_bands(learner_id, history.start, history.end),
        objective=objective,
        width=width,
        height=height,
    )


def _chart_words(history: SLIHistory) -> str:
    known = [value for _, value in history.availability if value is not None]
    if not known:
        return "Availability over the last 15 minutes: no data"
    return (
        f"Availability over the last 15 minutes: now {percent(known[-1], 1)}, "
        f"lowest {percent(min(known), 1)}"
    )
