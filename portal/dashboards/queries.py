"""From targets to PromQL: what a panel shows, expressions and transformations worked in.

A ratio can be made outside PromQL: by an expression target (``$A / $B``), by a transformation, by
borrowing another panel's queries. Each is written as the PromQL that it amounts to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from portal.dashboards import columns
from portal.dashboards.columns import Column, Left, Picks, plain
from portal.dashboards.display import Display, calculated
from portal.dashboards.document import mapping, mappings
from portal.dashboards.figure import Figure, figure
from portal.dashboards.look import BY_NAME, PLAIN, Drawn, Look, unsure, worst
from portal.dashboards.model import Panel, PanelSource, PanelTarget, Transformation
from portal.dashboards.templating import seconds
from portal.promql.findings import Code
from portal.promql.narrowing import Narrowing, narrowed
from portal.promql.nodes import gives_one_series
from portal.promql.parser import MAX_LENGTH, ParseError, parse

REFERENCE = re.compile(r"\$\{([^{}]+)\}|\$([A-Za-z_]\w*)")
MATH = re.compile(r"[\w\s.$+\-*/%^(),{}]*")
COMPARED = re.compile(r"[<>=!]|&&|\|\|")
REDUCERS = {
    "mean": "avg_over_time({})",
    "avg": "avg_over_time({})",
    "min": "min_over_time({})",
    "max": "max_over_time({})",
    "sum": "sum_over_time({})",
    "count": "count_over_time({})",
    "median": "quantile_over_time(0.5, {})",
    "last": "last_over_time({})",
}
ENDS = re.compile(r"@\s*(?:start|end)\s*\(\s*\)")
UNARY = {"abs": "abs({})", "round": "round({})", "floor": "floor({})", "ceil": "ceil({})"}
KEEPING = frozenset(
    {
        *("calculateField", "organize", "filterFieldsByName", "filterFields"),
        *("filterFrames", "filterByRefId", "reduce", "groupBy", "renameByRegex", "rename"),
        *("sortBy", "order", "limit", "merge", "concatenate", "append", "noop"),
        *("seriesToColumns", "joinByField", "joinByLabels", "seriesToRows"),
        *("labelsToFields", "convertFieldType", "prepareTimeSeries", "partitionByValues"),
        *("formatTime", "timeSeriesTable", "ensureColumns"),
    }
)
"""Transformations that keep the values of the fields they leave."""
RENAMING = frozenset(
    {"reduce", "groupBy", "labelsToFields", "seriesToRows", "timeSeriesTable", "partitionByValues"}
)
"""Transformations after which fields go by names that only the data tell."""
JOINING = frozenset(
    {
        *("reduce", "merge", "concatenate", "append", "seriesToColumns", "joinByField"),
        *("joinByLabels", "seriesToRows", "timeSeriesTable", "calculateField", "labelsToFields"),
    }
)
"""Transformations after which a table holds several queries."""
MOST_DOUBTS = 10
"""So many overrides of which nobody knows whether they are for a field are thought through."""
MAX_DEPTH = 8
MAX_RESULTS = 50
Picked = tuple[bool | None, ...]
"""Of each override, whether it is for a field."""
Fill = Callable[[str, float | None, float | None], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Query:
    """One thing a panel shows: PromQL without variables, or the reason why there is none.

    ``asked``: the expressions Prometheus itself is asked, which it must accept. ``look``: what
    transformations leave of it. ``figures``: how its number is written, in each way it may be.
    ``why``: more about the problem.
    """

    ref: str
    written: str
    text: str = ""
    problem: Code | None = None
    asked: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    shown: bool = True
    look: Look = PLAIN
    figures: tuple[Figure, ...] = (Figure(),)
    why: str = ""


@dataclass
class PanelQueries:
    """Works out one panel's queries; ``fill`` fills in variables: text -> (text, unknown).

    It is told the least ``$__interval`` and the data source's scrape interval, where these are set.

    ``filters``: what the dashboard adds to each. ``borrow``: the queries of another
    panel, by its id, before its transformations or after them. ``asked``: its own queries before
    transformations, once it was worked out.
    """

    panel: Panel
    fill: Fill
    range_s: float
    borrow: Callable[[Any, bool], list[Query]]
    filters: Narrowing = Narrowing()
    asked: list[Query] = field(default_factory=list)
    made: dict[int, Query] = field(default_factory=dict)
    """By the target itself: files are seen in which two targets have one name."""

    def all(self) -> list[Query]:
        """Every query in order, those of transformations last."""
        found: list[Query] = []
        for target in self.panel.targets:
            found += self._queries(target)
        self.asked = found
        fields = self._transformed([query for query in found if query.shown])
        fields.pick(self.panel.display)
        left = [replace(q, shown=q.shown and q not in fields.dropped) for q in found]
        return [
            replace(made, look=fields.look(query), figures=fields.figures(query))
            for query, made in [*zip(found, left, strict=True), *((q, q) for q in fields.results)]
        ]

    def _queries(self, target: PanelTarget) -> list[Query]:
        if target.source is PanelSource.DASHBOARD:
            wanted, after = target.settings.get("panelId"), target.settings.get("withTransforms")
            found = [] if target.hidden else self.borrow(wanted, after is True)
            return [query for query in found if query.shown]
        return [self._query(target, 0)]

    def _query(self, target: PanelTarget, depth: int) -> Query:
        if id(target) not in self.made:
            self.made[id(target)] = self._make(target, depth)
        return self.made[id(target)]

    def _make(self, target: PanelTarget, depth: int) -> Query:
        shown = not target.hidden
        if target.source is PanelSource.EXPRESSION:
            return self._expression(target, depth, shown)
        if target.source is PanelSource.FOREIGN or target.asks.problem:
            problem = target.asks.problem or Code.OTHER_DATASOURCE
            return Query(target.ref, target.expr, "", problem, shown=shown, why=target.asks.why)
        if not target.expr.strip():
            return Query(target.ref, "", problem=Code.NO_QUERY, shown=shown)
        if len(target.expr) > MAX_LENGTH:
            cut = target.expr[:MAX_LENGTH]
            return Query(target.ref, cut, target.expr[: MAX_LENGTH + 1], shown=shown)
        written = target.expr
        if target.settings.get("instant") is True and target.settings.get("range") is not True:
            written = ENDS.sub("", written)  # asked once, both ends are now
        scraped_s = target.asks.scrape_interval_s
        text, unknown = self.fill(written, self._interval(target), scraped_s)
        try:
            text, look = narrowed(text, self.filters), PLAIN
        except (ParseError, ValueError):
            look = unsure("What the dashboard's filters make of it can't be told.")
        if target.settings.get("format") == "heatmap":
            look = unsure("In the format of heatmaps each series is taken from the next.")
        return Query(target.ref, target.expr, text, None, (text,), unknown, shown, look)

    def _interval(self, target: PanelTarget) -> float | None:
        return seconds(target.settings.get("interval")) or self.panel.interval_s

    # Expression targets

    def _expression(self, target: PanelTarget, depth: int, shown: bool) -> Query:
        settings = target.settings
        written = str(settings.get("expression") or "")[:MAX_LENGTH]
        used = [] if depth > MAX_DEPTH else self._used(target, written, depth)
        blocked = next((q.problem for q in used if q.problem), None)
        if settings.get("type") == "math" and COMPARED.search(written):
            blocked = blocked or Code.CONDITION
        asked = tuple(dict.fromkeys(text for query in used for text in query.asked))
        text = None if blocked else self._amounts_to(settings, written, used)
        if text is None or len(text) > MAX_LENGTH:
            problem = blocked or Code.UNPARSED
            return Query(target.ref, written, problem=problem, asked=asked, shown=shown)
        unknown = tuple(name for query in used for name in query.unknown)
        return Query(target.ref, written, text, None, asked, unknown, shown)

    def _used(self, target: PanelTarget, written: str, depth: int) -> list[Query]:
        names = {a or b for a, b in REFERENCE.findall(written)} or {written.strip()}
        others = {other.ref: other for other in self.panel.targets if other is not target}
        return [self._query(others[name], depth + 1) for name in sorted(names & others.keys())]

    def _amounts_to(
        self, settings: Mapping[str, Any], written: str, used: list[Query]
    ) -> str | None:
        texts = {query.ref: query.text for query in used}
        kind = settings.get("type")
        if kind == "math":
            return _math(written, texts)
        if len(texts) != 1:
            return None
        (text,) = texts.values()
        if kind == "reduce":
            return self._reduced(text, settings.get("reducer"))
        if kind == "threshold":
            return f"({text}) > bool 0"
        return text if kind == "resample" else None

    def _reduced(self, text: str, reducer: Any) -> str | None:
        shape = REDUCERS.get(str(reducer))
        step = max(1, round(self.range_s / 240))
        return shape.format(f"({text})[{round(self.range_s)}s:{step}s]") if shape else None

    # Transformations

    def _transformed(self, shown: list[Query]) -> _Fields:
        usable = [query for query in shown if query.text and not query.problem]
        fields = _Fields(usable, self.panel.targets, self.panel.display)
        for step in self.panel.transformations:
            fields.take(step)
        return fields


def _math(written: str, texts: Mapping[str, str]) -> str | None:
    """``1 - $A / $B`` with the queries in their places; None where it is more than arithmetic."""
    if not MATH.fullmatch(written):
        return None
    missing = False

    def place(found: re.Match[str]) -> str:
        nonlocal missing
        text = texts.get(found[1] or found[2])
        missing = missing or text is None
        return f"({text})"

    placed = REFERENCE.sub(place, written).replace("**", "^")
    return None if missing or "$" in REFERENCE.sub("", written) else placed


@dataclass
class _Fields:
    """The columns that a panel's transformations see, by the names they may go by."""

    queries: list[Query]
    targets: tuple[PanelTarget, ...]
    display: Display = field(default_factory=Display)
    results: list[Query] = field(default_factory=list)
    names: dict[str, Query] = field(default_factory=dict)
    dropped: list[Query] = field(default_factory=list)
    marks: dict[Query, Look] = field(default_factory=dict)
    guessing: bool = True
    renamed: bool = False
    joined: bool = False
    only: Mapping[str, Any] = field(default_factory=dict)
    drawings: dict[tuple[Picked, bool], tuple[Figure, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        legends = {t.ref: t.settings.get("legendFormat") for t in self.targets}
        for number, query in enumerate(self.queries, 1):
            legend = legends.get(query.ref)
            extra = [legend] if isinstance(legend, str) and legend not in {"", "__auto"} else []
            for name in (
                query.ref,
                f"Value #{query.ref}",
                f"{query.ref}-series",
                f"Value {number}",
                query.written,
                query.text,
                *extra,
            ):
                self.names.setdefault(plain(name), query)
        if len(self.queries) == 1:
            self.names["value"] = self.queries[0]

    def take(self, step: Transformation) -> None:
        """Apply one transformation."""
        options, self.only = step.options, step.only
        match step.kind:
            case "calculateField":
                self.calculate(step)
            case "organize":
                self._organize(options)
            case "filterByRefId":
                self.keep(options.get("include"))
                self._filter(None, _refs(options.get("exclude")))
            case "filterFieldsByName":
                self._filter(_listed(options.get("include")), _listed(options.get("exclude")))
            case "filterFields" | "filterFrames":
                self._filter(_matched(options.get("include")), _matched(options.get("exclude")))
            case "reduce":
                self._reduce(options.get("reducers"))
            case "groupBy":
                self._group(options.get("fields"))
            case "limit" if str(options.get("limitField")) == "0":
                self._drop(self._all)
            case "renameByRegex":
                self._rename_all(options.get("regex"), options.get("renamePattern"))
            case "convertFieldType":
                self._convert(mappings(options.get("conversions")))
            case "formatTime":
                self._retype(options.get("timeField"))
            case "labelsToFields" if options.get("mode") == "rows":
                self._mark(self._all, unsure("Its rows are labels; no number stands in them."))
            case "timeSeriesTable":
                self._tabulate(options)
            case kind if kind and kind not in KEEPING:
                self._mark(self._all, unsure(f"It goes through “{kind[:40]}”."))
        self.renamed = self.renamed or step.kind in RENAMING
        self.joined = self.joined or step.kind in JOINING

    def pick(self, display: Display) -> None:
        """Take away what a panel's choice of fields leaves out."""
        self.only = {}
        if isinstance(display.category, str):
            self._filter(None, columns.by_names([display.category]))
        if display.kind == "table" and not self.joined and len(self.queries) > 1:
            first = 1 if display.options.get("frameIndex") in (None, 0) else 0
            self._mark(self.queries[first:], unsure("A table shows one query at a time."))
        fields = display.fields
        if isinstance(fields, str) and fields:
            by_pattern = fields.startswith("/")
            picks = columns.by_pattern(fields) if by_pattern else columns.by_names([fields])
            self._filter(picks, None)

    def look(self, query: Query) -> Look:
        """What transformations leave of the query's values."""
        return self.marks.get(query, query.look)

    def figures(self, query: Query) -> tuple[Figure, ...]:
        """How its number is written: in one way, or in several where only the data tell."""
        column = self._column(query)
        picked = tuple(picks(column) for picks in self._matchers)
        is_alone = len(self.queries) + len(self.results) < 2 and _is_one_series(query.text)
        if (picked, is_alone) not in self.drawings:
            self.drawings[picked, is_alone] = self._figures(picked, is_alone)
        return self.drawings[picked, is_alone]

    @cached_property
    def _matchers(self) -> list[Picks]:
        return [columns.matcher(one.matcher) for one in self.display.overrides]

    def _figures(self, picked: Picked, is_alone: bool) -> tuple[Figure, ...]:
        """With what surely is for the field, and with each that may be."""
        settings, doubts = dict(self.display.settings), []
        for override, is_picked in zip(self.display.overrides, picked, strict=True):
            if is_picked:
                settings |= override.settings
            elif is_picked is None:
                doubts.append(override.settings)
        ways = [settings, *({**settings, **doubt} for doubt in doubts[:MOST_DOUBTS])]
        found = tuple(dict.fromkeys(figure(self.display.kind, way, is_alone) for way in ways))
        return found if len(doubts) <= MOST_DOUBTS else (*found, Figure(unsure()))

    @property
    def _all(self) -> list[Query]:
        """The queries that are left, of those that the transformation is for."""
        found = [*self.queries, *self.results]
        if not self.only:
            return found
        picks = columns.matcher(self.only)
        return [query for query in found if picks(self._column(query)) is not False]

    def _column(self, query: Query) -> Column:
        legends = {t.ref: t.settings.get("legendFormat") for t in self.targets}
        made = any(query is result for result in self.results)
        legend = query.ref if made else legends.get(query.ref)
        names = [name for name, one in self.names.items() if one is query]
        found = columns.column(query.ref, legend, names)
        return replace(found, fixed=found.fixed and not self.renamed)

    def _filter(self, include: Picks | None, exclude: Picks | None) -> None:
        if include is None and exclude is None:
            return
        found = {id(q): columns.left(self._column(q), include, exclude) for q in self._all}
        self._mark([q for q in self._all if found[id(q)] is Left.UNKNOWN], unsure(BY_NAME))
        self._drop([q for q in self._all if found[id(q)] is Left.GONE])

    def _drop(self, gone: list[Query]) -> None:
        self.dropped += gone
        self.queries = [query for query in self.queries if query not in gone]
        self.results = [query for query in self.results if query not in gone]
        self.names = {name: query for name, query in self.names.items() if query not in gone}

    def _mark(self, queries: list[Query], look: Look) -> None:
        self.marks |= {query: worst([self.look(query), look]) for query in queries}

    def _organize(self, options: Mapping[str, Any]) -> None:
        excluded, included = options.get("excludeByName"), options.get("includeByName")
        away = [name for name, value in _entries(excluded) if value is True]
        chosen = [name for name, value in _entries(included) if value is True]
        self._filter(
            columns.by_names(chosen) if chosen else None,
            columns.by_names(away) if away else None,
        )
        self.rename(options.get("renameByName"))

    def _rename_all(self, pattern: Any, becomes: Any) -> None:
        """What a pattern renames goes by the old and the new name."""
        for name, query in list(self.names.items()):
            new = columns.renamed(name, pattern, becomes)
            if new and new != name:
                self.names.setdefault(plain(new), query)

    def _reduce(self, reducers: Any) -> None:
        self._mark(self._all, calculated(_calcs(reducers) or ["max"]))

    def _group(self, fields: Any) -> None:
        """``groupBy`` keeps what it groups by, and what its aggregations make of the rest."""
        calcs = [
            calc
            for _, settings in _entries(fields)
            if isinstance(settings, Mapping) and settings.get("operation") == "aggregate"
            for calc in _calcs(settings.get("aggregations"))
        ]
        look = calculated(calcs) if calcs else unsure()
        self._mark(self._all, unsure() if look.drawn is Drawn.YES else look)

    def _convert(self, conversions: list[Mapping[str, Any]]) -> None:
        for one in conversions:
            if one.get("destinationType") not in (None, "", "number"):
                self._retype(one.get("targetField"))

    def _retype(self, name: Any) -> None:
        """A field that becomes a date, a text, yes or no is no number any more."""
        picks = columns.by_names([name])
        found = [query for query in self._all if picks(self._column(query)) is not False]
        self._mark(found, unsure("It is turned into something else than a number."))

    def _tabulate(self, options: Mapping[str, Any]) -> None:
        """``timeSeriesTable`` writes one number of each series beside its line."""
        for query in self._all:
            stat = mapping(options.get(query.ref)).get("stat")
            self._mark([query], calculated([stat] if stat else []))

    def rename(self, names: Any) -> None:
        """What ``organize`` renames goes by both names."""
        for old, new in names.items() if isinstance(names, Mapping) else ():
            query = self.names.get(plain(old))
            if query is not None and isinstance(new, str) and new:
                self.names[plain(new)] = query

    def keep(self, include: Any) -> None:
        """What ``filterByRefId`` leaves: the queries named in ``A|B`` or ``/^(?:A|B)$/``."""
        pattern = include.get("options") if isinstance(include, Mapping) else include
        if isinstance(pattern, str) and pattern:
            named = columns.refs(pattern)
            asked = [query for query in self._all if query not in self.results]
            self._mark([query for query in asked if named(query.ref) is None], unsure(BY_NAME))
            self._drop([query for query in asked if named(query.ref) is False])

    def calculate(self, step: Transformation) -> None:
        """Add the field that ``calculateField`` makes."""
        options = step.options
        mode = options.get("mode", "reduceRow")
        made = {"binary": self._binary, "unary": self._unary, "reduceRow": self._row}.get(
            str(mode), lambda _options: None
        )(options)
        if made is None or len(self.results) >= MAX_RESULTS:
            self.guessing = False  # an unknown name may be the field that was made here
            if options.get("replaceFields") is True:
                self._replace(options)
            return
        text, used, default = made
        alias = options.get("alias")
        name = alias if isinstance(alias, str) and alias else default
        asked = tuple(dict.fromkeys(text for query in used for text in query.asked))
        problem = None if len(text) <= MAX_LENGTH else Code.UNPARSED
        unknown = tuple(name for query in used for name in query.unknown)
        cut = text[: MAX_LENGTH + 1]  # the next calculation may use it twice, and so on
        query = Query(name, f"{name}: {default}"[:MAX_LENGTH], cut, problem, asked, unknown)
        if options.get("replaceFields") is True:
            self._drop(self._all)
        self.results.append(query)
        self.names[plain(name)] = query

    def _replace(self, options: Mapping[str, Any]) -> None:
        """What takes the place of all fields: something that isn't known, or a moving average."""
        window = mapping(options.get("window"))
        averaged = options.get("mode") == "windowFunctions" and window.get("reducer") == "mean"
        if averaged:
            self._mark(self._all, unsure("A moving average takes its place."))
        else:
            self._drop(self._all)

    def _binary(self, options: Mapping[str, Any]) -> tuple[str, list[Query], str] | None:
        binary = options.get("binary")
        if not isinstance(binary, Mapping) or binary.get("operator") not in ("+", "-", "*", "/"):
            return None
        left, right = _side(binary.get("left")), _side(binary.get("right"))
        one, two = self._operand(left, 0), self._operand(right, 1)
        if one is None or two is None:
            return None
        operator = binary["operator"]
        used = [query for query in (one, two) if isinstance(query, Query)]
        texts = [query.text if isinstance(query, Query) else query for query in (one, two)]
        return f"({texts[0]}) {operator} ({texts[1]})", used, f"{left} {operator} {right}"

    def _operand(self, name: str, position: int) -> Query | str | None:
        if re.fullmatch(r"-?\d+(\.\d+)?", name.strip()):
            return name.strip()
        found = self.names.get(plain(name))
        if found is None and name and self.guessing and len(self.queries) == 2:
            return self.queries[position]  # a series' own name: the order tells which is which
        return found

    def _unary(self, options: Mapping[str, Any]) -> tuple[str, list[Query], str] | None:
        unary = options.get("unary")
        if not isinstance(unary, Mapping):
            return None
        operator, name = str(unary.get("operator")), _side(unary.get("fieldName"))
        query = self.names.get(plain(name))
        shape = {**UNARY, "percent": "100 * ({})"}.get(operator)
        if query is None or shape is None:
            return None
        return shape.format(query.text), [query], f"{operator}({name})"

    def _row(self, options: Mapping[str, Any]) -> tuple[str, list[Query], str] | None:
        reduce = options.get("reduce")
        settings = mapping(reduce)
        wanted = settings.get("include")
        chosen = [
            query
            for query in [*self.queries, *self.results]
            if not isinstance(wanted, list) or not wanted or self._is_wanted(query, wanted)
        ]
        if not chosen or settings.get("reducer", "sum") != "sum":
            return None
        return " + ".join(f"({query.text})" for query in chosen), chosen, "Total"

    def _is_wanted(self, query: Query, wanted: list[Any]) -> bool:
        return any(self.names.get(plain(name)) is query for name in wanted)


def _is_one_series(text: str) -> bool:
    try:
        return gives_one_series(parse(text))
    except ParseError:
        return False


def _side(side: Any) -> str:
    """One side of a calculation: a name, a number, or the newer ``{matcher, fixed}``."""
    if isinstance(side, Mapping):
        matcher = side.get("matcher")
        fixed = matcher.get("options") if isinstance(matcher, Mapping) else side.get("fixed")
        return str(fixed)[:MAX_LENGTH]
    return str(side)[:MAX_LENGTH] if isinstance(side, str | int | float) else ""


def _calcs(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _entries(found: Any) -> list[tuple[Any, Any]]:
    return list(found.items()) if isinstance(found, Mapping) else []


def _refs(found: Any) -> Picks | None:
    options = found.get("options") if isinstance(found, Mapping) else found
    return columns.by_refs(options) if options else None


def _listed(found: Any) -> Picks | None:
    """The fields of a filter by name: a list, or a pattern."""
    settings = mapping(found)
    if settings.get("variable"):
        return lambda _column: None
    if settings.get("pattern"):
        return columns.by_pattern(settings["pattern"])
    names = settings.get("names")
    return columns.by_names(names) if isinstance(names, list) and names else None


def _matched(found: Any) -> Picks | None:
    return columns.matcher(found) if isinstance(found, Mapping) and found else None
