"""What the check knows of the lab, and what it says of a learner's query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from portal.clients.errors import ClientError
from portal.clients.prometheus import InvalidQuery, PrometheusClient, RuleKind, UnaskedQueryError
from portal.clients.promtool import Validity
from portal.kit.charts import CHART_SPAN
from portal.objectives.reading import bucket_bounds
from portal.promql.context import Context, RecordingRule, bucket_labels
from portal.promql.findings import Code, Finding, Sli
from portal.promql.variables import Times, substitute
from portal.services import Services
from portal.shop.series import of_the_shop
from portal.trial.diary import Diary
from portal.trial.memory import TrialMemory
from portal.trial.verdict import diary_of, findings
from portal.words import counted

CONFIRMED = "You confirmed what it shows; the check can’t analyse it."


def judge_query(
    expr: str, context: Context, confirmed: dict[str, str], trials: TrialMemory
) -> Finding:
    """What a query as typed shows, by its text and by the learner's word."""
    return judge_queries([expr], context, confirmed, trials)[0]


def judge_queries(
    exprs: Sequence[str], context: Context, confirmed: dict[str, str], trials: TrialMemory
) -> list[Finding]:
    """What each query shows; they are tried together."""
    runs = [filled(expr, context) for expr in exprs]
    found = findings(runs, context, memory=trials, drawn=True)
    return [with_confirmation(found[one], one, confirmed) for one in runs]


def tried_days(expr: str, context: Context, trials: TrialMemory) -> Diary:
    """What a query as typed did on the invented days; empty where it was not tried."""
    return diary_of(filled(expr, context), context, memory=trials)


def filled(expr: str, context: Context) -> str:
    """The query with Grafana's variables filled in, as the check fills them."""
    span = CHART_SPAN.total_seconds()
    return substitute(expr, times=Times(context.scrape_interval_s, range_s=span)).text


def with_confirmation(finding: Finding, expr: str, confirmed: dict[str, str]) -> Finding:
    """The finding; of a query that can't be analysed, what the learner confirmed of it."""
    if finding.code is Code.UNPARSED and expr in confirmed:
        return replace(finding, sli=Sli(confirmed[expr]), reason=CONFIRMED, advice="")
    return finding


def lab_context(services: Services, job: str) -> Context:
    """Recording rules, buckets and labels as Prometheus has them; defaults where it is silent."""
    ask, rules_s = services.readings.get, services.limits.reading.rules_s
    return ask(("promql context", job), rules_s, lambda: _context(services, job))


def _context(services: Services, job: str) -> Context:
    interval = float(services.settings.scrape_interval)
    buckets = bucket_labels(bucket_bounds(services, job))
    try:
        ask = services.prometheus
        rules, labels = ask.both(partial(recording_rules, ask), partial(_labels, ask, job))
    except ClientError:
        return Context(scrape_interval_s=interval, buckets=buckets)
    return Context(rules=rules, scrape_interval_s=interval, buckets=buckets, labels=labels)


def recording_rules(prometheus: PrometheusClient) -> dict[str, tuple[RecordingRule, ...]]:
    """The loaded recording rules by the name they record; raises ClientError."""
    found: dict[str, tuple[RecordingRule, ...]] = {}
    for group in prometheus.rules():
        for rule in group.rules:
            if rule.kind is RuleKind.RECORDING:
                one = RecordingRule(rule.name, rule.query, rule.labels)
                found[rule.name] = (*found.get(rule.name, ()), one)
    return found


def _labels(prometheus: PrometheusClient, job: str) -> dict[str, dict[str, frozenset[str]]] | None:
    """Metric -> label -> values of the learner's service; None while it has no series."""
    values: dict[str, dict[str, set[str]]] = {}
    for sample in prometheus.query(of_the_shop(job)):
        metric = values.setdefault(sample.labels.get("__name__", ""), {})
        for label, value in sample.labels.items():
            metric.setdefault(label, set()).add(value)
    frozen = {
        metric: {label: frozenset(seen) for label, seen in labels.items()}
        for metric, labels in values.items()
    }
    return frozen or None


def validities(services: Services, exprs: Sequence[str]) -> list[Validity]:
    """Whether Prometheus can read each expression; raises ClientError when it can't be asked."""
    most = services.limits.workbench.validated
    prometheus = services.learners_prometheus
    asked = prometheus.side_by_side([partial(validity, prometheus, expr) for expr in exprs[:most]])
    more = Validity(None, f"only the first {counted(most, 'query is', 'queries are')}")
    return asked + [more] * (len(exprs) - len(asked))


def validity(prometheus: PrometheusClient, expr: str) -> Validity:
    """Whether Prometheus can read the expression; raises ClientError when it can't be asked."""
    try:
        prometheus.format_query(expr)
    except InvalidQuery as error:
        return Validity(False, error.message, error.line, error.column)
    except UnaskedQueryError as error:
        return Validity(None, str(error).rstrip("."))
    return Validity(True)
