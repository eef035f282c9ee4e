"""From the syntax tree to the normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from portal.promql import values
from portal.promql.combine import compared, computed, either, guarded, is_scalar, unguarded, worse
from portal.promql.context import Context, RecordingRule
from portal.promql.events import CountedEvents, EventKind, Linear, Reader
from portal.promql.findings import Code
from portal.promql.functions import call
from portal.promql.interpret import sum_code
from portal.promql.matching import meet, never_meet
from portal.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Matcher,
    Matching,
    MatchOp,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
    selectors,
)
from portal.promql.parser import ParseError, parse
from portal.promql.values import Opaque, Quantile, Quantity, Value, constant

MAX_RULE_DEPTH = 10
MAX_RULE_VISITS = 100
PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
EXTREMES = frozenset({"avg", "min", "max", "quantile"})
BUSIEST = "It is the busiest or the quietest series."
"""How that differs from the whole depends on how requests are spread over the series."""
AVERAGED = "An average over shares lets quiet series weigh as much as busy ones."


@dataclass
class Evaluator:
    """Reduces one expression; follows recording rules, each path only once."""

    context: Context
    reader: Reader
    rules: tuple[str, ...] = ()
    visits: list[str] = field(default_factory=list)

    def value(self, expr: Expr) -> Value:
        """The normal form of an expression."""
        match expr:
            case Number(number):
                return constant(number)
            case Text():
                return Opaque(Code.CONSTANT, "It is a text.")
            case Selector() if expr.range_s is not None:
                return Opaque(Code.RANGE_VECTOR)
            case Subquery():
                return Opaque(Code.RANGE_VECTOR)
            case Selector():
                return self.selected(expr)
            case Negation(inner):
                return self.scaled(self.value(inner), -1.0)
            case Call():
                return call(self, expr)
            case Aggregation():
                return self._aggregation(expr)
            case Binary():
                return self._binary(expr)

    # Selectors and recording rules

    def selected(self, selector: Selector) -> Value:
        """The series of a selector, raw, or what the recording rule of that name holds."""
        events = self.reader.read(selector)
        if events.kind in {EventKind.OTHER, EventKind.ERRORS}:
            rules = self._rules(events.metric, selector)
            if rules:
                return self._followed(rules, selector)
            if ":" in events.metric:
                return Opaque(Code.UNKNOWN_RULE, f"It is {events.metric}.")
            if events.metric.endswith("_info"):
                return Quantity(values.ONE, labels=frozenset({"job", "instance"}))
        return Quantity(Linear({events: 1.0}), labels=self.reader.labels(events))

    def _rules(self, name: str, selector: Selector) -> list[RecordingRule]:
        given = {m.label: m.value for m in selector.matchers if m.op is MatchOp.EQUAL}
        return [
            rule
            for rule in self.context.rules.get(name, ())
            if all(given.get(label, value) == value for label, value in rule.labels.items())
        ]

    def _followed(self, rules: list[RecordingRule], selector: Selector) -> Value:
        found = [self._rule(rule, selector) for rule in rules[:20]]
        useful = [value for value in found if not isinstance(value, Opaque)]
        ratios = [v for v in useful if isinstance(v, Quantile) or not v.den.is_constant]
        return (ratios or useful or found)[0]

    def _rule(self, rule: RecordingRule, selector: Selector) -> Value:
        if rule.name in self.rules:
            return Opaque(Code.RULE_CYCLE, f"It is {rule.name}.")
        if len(self.rules) >= MAX_RULE_DEPTH or len(self.visits) >= MAX_RULE_VISITS:
            return Opaque(Code.UNKNOWN_RULE, f"{rule.name} rests on too many other rules.")
        self.visits.append(rule.name)
        try:
            tree = parse(rule.expr)
        except ParseError as error:
            return Opaque(Code.UNKNOWN_RULE, f"The rule {rule.name}: {error}")
        scan(tree, self.reader)
        inner = Evaluator(self.context, self.reader, (*self.rules, rule.name), self.visits)
        value = inner.value(tree)
        return self._restricted(value, rule, selector)

    def _restricted(self, value: Value, rule: RecordingRule, selector: Selector) -> Value:
        """Further matchers on a recorded series narrow the events behind it."""
        kept = tuple(
            matcher
            for matcher in selector.matchers
            if matcher.label not in rule.labels and self.reader.label(matcher.label) in value.labels
        )
        shift = (selector.offset_s, selector.at)
        return self.mapped(value, lambda events: self._moved(events, kept, shift))

    def _moved(
        self, events: CountedEvents, matchers: tuple[Matcher, ...], shift: tuple[float, str | None]
    ) -> CountedEvents:
        offset = (events.offset[0] + shift[0], shift[1] or events.offset[1])
        return replace(self.reader.narrowed(events, matchers), offset=offset)

    def mapped(self, value: Value, change: Callable[[CountedEvents], CountedEvents]) -> Value:
        """The value with every event set changed."""
        match value:
            case Quantity():
                num = value.num.mapped((change(e), w) for e, w in value.num.terms.items())
                den = value.den.mapped((change(e), w) for e, w in value.den.terms.items())
                return replace(value, num=num, den=den)
            case Quantile():
                return replace(value, events=change(value.events))
        return value

    # Arithmetic

    def scaled(self, value: Value, factor: float) -> Value:
        """factor · value."""
        match value:
            case Quantity():
                return replace(value, num=value.num.times(factor))
            case Quantile():
                if factor <= 0:
                    return Opaque(Code.DISTORTED, "It turns a time negative.", value.labels)
                return replace(value, factor=value.factor * factor)
        return value

    def _binary(self, node: Binary) -> Value:
        average = self._average_by_hand(node)
        if average is not None:
            return self.value(average)
        left, right = self.value(node.left), self.value(node.right)
        if node.op in {"and", "unless"}:
            return self._kept_where(node, left, right)
        if node.op == "or":
            return either(left, right)
        if node.op in COMPARISONS:
            return compared(left, right, node)
        return self._arithmetic(node, left, right)

    def _kept_where(self, node: Binary, left: Value, right: Value) -> Value:
        """``and`` and ``unless`` keep values of the left side, where the labels meet."""
        if isinstance(left, Opaque) or isinstance(right, Opaque):
            return left
        matching = self._matching(node.matching)
        never = never_meet(left.labels, right.labels, matching)
        if node.op == "and" and never:
            return Opaque(Code.LABELS_NEVER_MATCH, labels=left.labels)
        if node.op == "unless" and not never and not right.comparisons:
            return Opaque(Code.CONDITION, "It goes as soon as the other side has a value.")
        return left

    def _average_by_hand(self, node: Binary) -> Expr | None:
        """``sum_over_time(x)/count_over_time(x)`` and ``sum(x)/count(x)`` are averages of x."""
        left, right = node.left, node.right
        match left:
            case Call("sum_over_time", args) if right == Call("count_over_time", args):
                return Call("avg_over_time", args) if node.op == "/" else None
            case Aggregation(op="sum") if right == replace(left, op="count"):
                return replace(left, op="avg") if node.op == "/" else None
        return None

    def _arithmetic(self, node: Binary, left: Value, right: Value) -> Value:
        if isinstance(left, Opaque) or isinstance(right, Opaque):
            return guarded(node.op, left, right) or worse(left, right)
        if isinstance(left, Quantile) or isinstance(right, Quantile):
            return self._with_quantile(node, left, right)
        left, right = unguarded(left), unguarded(right)
        meeting = meet(left, right, self._matching(node.matching), node.op)
        if meeting.problem:
            return Opaque(meeting.problem, labels=left.labels)
        result = computed(node.op, left, right)
        if not isinstance(result, Quantity):
            return result
        return replace(
            result,
            labels=meeting.labels,
            scalar=left.scalar and right.scalar,
            split=(left.split | right.split | meeting.split) & meeting.labels,
            comparisons=(*left.comparisons, *right.comparisons),
        ).advised(*left.advice, *right.advice)

    def _matching(self, matching: Matching) -> Matching:
        on, ignoring = matching.on, matching.ignoring
        return replace(
            matching,
            on=None if on is None else tuple(self.reader.label(name) for name in on),
            ignoring=None if ignoring is None else tuple(map(self.reader.label, ignoring)),
        )

    def _with_quantile(self, node: Binary, left: Value, right: Value) -> Value:
        op, matching = node.op, self._matching(node.matching)
        vectors = not is_scalar(left) and not is_scalar(right)
        if vectors and never_meet(left.labels, right.labels, matching):
            return Opaque(Code.LABELS_NEVER_MATCH, labels=left.labels)
        number = right.constant if isinstance(right, Quantity) else None
        if isinstance(left, Quantile) and number is not None:
            if op in {"*", "/"} and number:
                return self.scaled(left, number if op == "*" else 1 / number)
            if op in {"+", "-"} and number == 0:
                return left
        factor = left.constant if isinstance(left, Quantity) else None
        if isinstance(right, Quantile) and op == "*" and factor is not None:
            return self.scaled(right, factor)
        return Opaque(Code.DISTORTED, "A quantile is put together with something else.")

    # Aggregations

    def _aggregation(self, node: Aggregation) -> Value:
        value = self.value(node.expr)
        if node.op in PICKING:
            return value
        kept = self._kept(node, value.labels)
        match value:
            case Opaque():
                return replace(value, labels=kept)
            case Quantity() if value.constant is not None:
                return replace(value, labels=kept, scalar=False)
            case Quantity() if value.is_sum and not _leaves_out(node.expr, value, kept):
                return self._aggregated_sum(node.op, value, kept)
            case Quantity() if value.is_sum:
                return Opaque(Code.DISTORTED, "It leaves out all series but a few.", kept)
        return self._aggregated_share(node.op, value, kept)

    def _kept(self, node: Aggregation, labels: frozenset[str]) -> frozenset[str]:
        if node.without is not None:
            return labels - {self.reader.label(name) for name in node.without}
        return labels & {self.reader.label(name) for name in node.by or ()}

    def _aggregated_sum(self, op: str, value: Quantity, kept: frozenset[str]) -> Value:
        if op == "sum" or (op in EXTREMES and kept == value.labels):
            return replace(value, labels=kept, scalar=False)
        if op == "avg":
            whole = replace(value, labels=kept)
            return self.mapped(whole, lambda e: e.staged(f"avg of {_series(e)}", 0.0))
        if op in EXTREMES:
            return Opaque(sum_code(value), BUSIEST, kept)
        return Opaque(Code.DISTORTED, f"It counts series or their spread ({op}).", kept)

    def _aggregated_share(self, op: str, value: Quantity | Quantile, kept: frozenset[str]) -> Value:
        gone = value.labels - kept - {"job", "instance"}
        split = value.split if isinstance(value, Quantity) else frozenset()
        if op in EXTREMES or (op == "sum" and not gone):
            advice = value.advice if op != "avg" or not gone else (*value.advice, AVERAGED)
            return replace(value, labels=kept, advice=advice)
        if op == "sum" and isinstance(value, Quantity) and gone <= split:
            return replace(value, labels=kept, split=split - gone)
        if op == "sum":
            return Opaque(Code.SUM_OF_RATIOS, labels=kept)
        return Opaque(Code.DISTORTED, f"It counts series or their spread ({op}).", kept)


def _leaves_out(expr: Expr, value: Quantity, kept: frozenset[str]) -> bool:
    """``sum(topk(3, ...))`` adds up the busiest series only."""
    several = value.labels - kept - {"job", "instance"}
    return isinstance(expr, Aggregation) and expr.op in PICKING and bool(several)


def scan(expr: Expr, reader: Reader) -> None:
    """Let the reader meet every selector of an expression."""
    for selector in selectors(expr):
        reader.meet(selector)


def metrics(expr: Expr, context: Context) -> set[str]:
    """The names of all metrics that an expression reads."""
    reader = Reader(context)
    scan(expr, reader)
    return set(reader.mentioned)


def evaluate(expr: Expr, context: Context) -> Value:
    """The normal form of an expression in a context."""
    reader = Reader(context)
    scan(expr, reader)
    return Evaluator(context, reader).value(expr)


def _series(events: CountedEvents) -> str:
    """What tells how many series an average runs over."""
    if events.kind is EventKind.REQUESTS:
        return f"requests {sorted(events.statuses)[:3]} {len(events.statuses)}"
    le = len(events.le) if events.kind is EventKind.BUCKET else 1
    return f"durations {le}"
