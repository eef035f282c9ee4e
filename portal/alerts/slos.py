"""What an alert is to guard: the learner's SLOs, and how the SLI of each is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.alerts.models import AlertRuleText
from portal.rulefile.contents import read_rule_file
from portal.rulefile.reader import RuleFileError
from portal.shop.queries import LATENCY_THRESHOLD, SLIQueries
from portal.slo.objective import SLO
from portal.tie import AlertFinding, analyse_all
from portal.trial.memory import TrialMemory


@dataclass(frozen=True)
class GuardedSLO:
    """An SLO beside the rule editor."""

    slo: SLO

    @property
    def sli(self) -> str:
        """The query of its SLI over the last minute, 0..1, in one line: fit for a rule."""
        queries = SLIQueries(self.slo.job, threshold=self.slo.threshold_s or LATENCY_THRESHOLD)
        query = queries.availability if self.slo.threshold_s is None else queries.fast_share
        return " ".join(query.splitlines())


def applied_findings(
    row: AlertRuleText | None, slos: Sequence[SLO], trials: TrialMemory
) -> tuple[AlertFinding, ...]:
    """What is said of the alerts in the editor's applied text, in its order."""
    if row is None or not row.is_applied:
        return ()
    try:
        file = read_rule_file(row.applied_text or "")
    except RuleFileError:
        return ()
    return tuple(analyse_all(file.alerts, slos, file.records, memory=trials))
