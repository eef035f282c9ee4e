"""Whether a data source of Grafana asks the lab's Prometheus: told by what only that one knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.clients.grafana import DataSource
from portal.clients.grafana.data_sources import SourceAnswer
from portal.clients.prometheus import Rows, Sample
from portal.lab.data_sources import source_answer
from portal.services import Services
from portal.shop.queries import SLIQueries

QUERIES = SLIQueries("flask-app")
SCRAPED_AT, TOOK = 1_770_000_000.123, 0.002345678


class Told:
    """A Prometheus that knows of one scrape."""

    def numbers(self, promql: str, at: float | None = None) -> Rows[Sample]:
        value = {QUERIES.scraped_before: SCRAPED_AT, QUERIES.scrape_seconds: TOOK}[promql]
        return Rows([Sample(labels={}, at=at or SCRAPED_AT, value=value)])


class Through:
    """A Grafana whose source scraped the service in the same millisecond."""

    def __init__(self, *took: float) -> None:
        self._took = list(took)

    def through_data_source(self, uid: str, promql: str, at: float) -> list[float]:
        assert at > SCRAPED_AT
        return [SCRAPED_AT] if promql == QUERIES.scraped_at else self._took


@pytest.mark.parametrize(
    ("took", "answer"),
    [
        ((TOOK,), SourceAnswer.THE_LAB),
        ((0.002345679,), SourceAnswer.ANOTHER),
        ((), SourceAnswer.ANOTHER),
    ],
)
def test_two_that_scrape_in_the_same_millisecond_are_told_apart(
    services: Services, took: tuple[float, ...], answer: SourceAnswer
) -> None:
    others: dict[str, Any] = {"prometheus": Told(), "grafana": Through(*took)}
    source = DataSource(uid="one", name="One", type="prometheus", is_default=True)
    assert source_answer(replace(services, **others), source, "flask-app") is answer
