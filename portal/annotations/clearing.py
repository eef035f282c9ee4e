"""Bursts' annotations, when the learner starts over: rows go, and then what stands in Grafana."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portal.annotations import store
from portal.annotations.leftovers import leftovers
from portal.annotations.models import BurstAnnotation
from portal.kit.clearing import Clearing
from portal.services import Services
from portal.words import counted


class AnnotationClearing(Clearing):
    """Grafana is not asked within a reset: what is left there is taken back in the background."""

    def __init__(self) -> None:
        super().__init__(BurstAnnotation)

    def more_losses(self, services: Services, learner_id: int, step: str | None) -> Iterator[str]:
        """The annotations on dashboards."""
        number = store.annotated(learner_id) if step is None else 0
        if number:
            yield counted(
                number, "annotation of a burst in Grafana", "annotations of bursts in Grafana"
            )

    @contextmanager
    def beside(self, services: Services, learner_id: int, step: str | None) -> Iterator[None]:
        """Once the rows are gone."""
        yield
        leftovers(services).are_wanted()
