"""Which dashboards in Grafana are the learner's own, to be marked with their bursts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.annotations.store import AnnotatedBoard
from portal.clients.grafana import Hit
from portal.criteria.base import Status
from portal.criteria.store import stored_verdict
from portal.learners.models import Learner
from portal.services import Services
from portal.workbench import store
from portal.workbench.criterion import DashboardCriterion, known_dashboard
from portal.workbench.scan import ASSISTED_TAG, in_folder


@dataclass(frozen=True)
class LearnersDashboards:
    """The learner's ``own`` in Grafana, and those of the ``marked`` ones that are still there."""

    own: tuple[AnnotatedBoard, ...]
    marked: tuple[AnnotatedBoard, ...]


def learners_dashboards(
    services: Services, learner: Learner, marked: Iterable[AnnotatedBoard]
) -> LearnersDashboards:
    """What was pushed, what meets the criterion, and what lies in the lab's folder; in this order.

    Raises ClientError.
    """
    first = [uid for uid in (store.bench(learner.id).grafana_uid, _met_by(learner)) if uid]
    hits = services.grafana.search()
    own = [hit for hit in hits if hit.uid in first or _is_in_lab(hit)]
    own.sort(key=lambda hit: first.index(hit.uid) if hit.uid in first else len(first))
    there = {hit.uid for hit in hits}
    return LearnersDashboards(
        tuple(
            AnnotatedBoard(hit.uid, hit.title, hit.url)
            for hit in own[: services.limits.annotation.boards]
        ),
        tuple(board for board in marked if board.uid in there),
    )


def _met_by(learner: Learner) -> str:
    """The uid of the dashboard that meets the criterion; "" where none does.

    The best of those that don't may be anybody's.
    """
    kept = stored_verdict(learner.id, DashboardCriterion.id)
    return known_dashboard(learner) if kept and kept.known_status is Status.MET else ""


def _is_in_lab(hit: Hit) -> bool:
    return in_folder(hit) and ASSISTED_TAG not in hit.tags
