"""Whether there is an alert yet; before that no page speaks of one."""

from __future__ import annotations

from portal.criteria.store import stored_verdict
from portal.rulefolder.folder import RuleFolder
from portal.services import Services


def has_alert(services: Services, learner_id: int) -> bool:
    """Whether the learner has an alert, in Prometheus' folder or managed by Grafana."""
    if RuleFolder.of(services.settings, services.limits.room).files_of(learner_id):
        return True
    verdict = stored_verdict(learner_id, "alert")  # it may be one that Grafana manages
    return verdict is not None and verdict.met_now
