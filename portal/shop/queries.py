"""The PromQL of the live SLIs, by name, for one service (its Prometheus job)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.shop import series
from portal.shop.facts import STATUS

WINDOW = "1m"
LATENCY_THRESHOLD = 0.3
GAP = "6h"
SETTLED = "15s"
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class SLIQueries:
    """Queries over ``window`` for the service scraped as ``job``; threshold in seconds."""

    job: str
    window: str = WINDOW
    threshold: float = LATENCY_THRESHOLD

    @property
    def requests(self) -> str:
        """Requests/s, all statuses."""
        return f"sum(rate({self._total}[{self.window}]))"

    @property
    def counted(self) -> str:
        """Requests in the window, by status."""
        return f"sum by ({STATUS}) (increase({self._total}[{self.window}]))"

    @property
    def availability(self) -> str:
        """Share of requests not answered with a 5xx, 0..1."""
        good = series.good_requests(self.job)
        return f"sum(rate({good}[{self.window}]))\n/ {self.requests}"

    @property
    def fast_share(self) -> str:
        """Share of requests answered within the threshold, 0..1."""
        fast = series.fast_answers(self.job, self.threshold)
        everything = series.answers(self.job)
        return f"sum(rate({fast}[{self.window}]))\n/ sum(rate({everything}[{self.window}]))"

    @property
    def counted_availability(self) -> str:
        """The share of ``availability`` out of what the counters gained between two scrapes."""
        return f"{self._gained(series.good_requests(self.job))} / {self._gained(self._total)}"

    @property
    def counted_fast_share(self) -> str:
        """The same for ``fast_share``."""
        fast = series.fast_answers(self.job, self.threshold)
        return f"{self._gained(fast)} / {self._gained(series.answers(self.job))}"

    def _gained(self, counter: str) -> str:
        """From the first to the last scrape in the window, and nothing beyond them."""
        window = f"{counter}[{self.window}]"
        return f"sum(last_over_time({window}) - min_over_time({window}))"

    def quantile(self, phi: float) -> str:
        """Seconds within which the share ``phi`` of requests was answered."""
        bucket = series.buckets(self.job)
        return f"histogram_quantile({phi}, sum by (le) (rate({bucket}[{self.window}])))"

    @property
    def target_up(self) -> str:
        """1 when the last scrape worked, 0 when it failed."""
        return series.target(self.job)

    @property
    def scraped_at(self) -> str:
        """Unix seconds of the newest scrape, whether it worked or not."""
        return f"max(timestamp({self.target_up}))"

    @property
    def scraped_before(self) -> str:
        """The same of a moment ago: what was scraped just now may not be everywhere yet."""
        return f"max(timestamp({self.target_up} offset {SETTLED}))"

    @property
    def scrape_seconds(self) -> str:
        """How long the newest scrape took, s."""
        return f"max({series.scrape_seconds(self.job)})"

    @property
    def counted_at(self) -> str:
        """Unix seconds of the newest scrape that worked."""
        return f"max(timestamp({self._total}))"

    @property
    def counter(self) -> str:
        """The raw counter, by status."""
        return f"sum by ({STATUS}) ({self._total})"

    @property
    def counted_from_zero(self) -> str:
        """Requests in the window, also those of before the first scrape of a young counter.

        ``increase`` can't know these; a negative difference tells of a restart. What was counted
        before the window is looked for through gaps of some hours (a laptop asleep).
        """
        before = f"last_over_time({self._total}[{GAP}] offset {self.window})"
        return f"sum({self._total}) - (sum({before}) or vector(0))"

    @property
    def resets(self) -> str:
        """How often the counter began anew since the samples ``counted_from_zero`` starts from."""
        return f"sum(resets({self._total}[{GAP}{self.window}]))"

    @property
    def falls(self) -> str:
        """How often a counter fell in the window: once for each time that the service started."""
        return f"max(resets({self._total}[{self.window}]))"

    @property
    def answers(self) -> str:
        """The raw counters of the answers within each bucket (label ``le``)."""
        return f"sum by (le) ({series.buckets(self.job)})"

    @property
    def scrapes(self) -> str:
        """Scrapes of the service in the window."""
        return f"max(count_over_time({self.target_up}[{self.window}]))"

    @property
    def buckets(self) -> str:
        """One sample for each bucket bound (label ``le``)."""
        return f"count by (le) ({series.buckets(self.job)})"

    @property
    def _total(self) -> str:
        return series.requests(self.job)
