"""The variables and times of a dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

from portal.dashboards.document import mapping, mappings
from portal.durations import UNITS
from portal.promql.narrowing import Narrowing
from portal.promql.nodes import Matcher, MatchOp
from portal.promql.parser import MAX_LENGTH
from portal.promql.variables import ALL, Variable

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])")
SECONDS = UNITS | {"M": 2_592_000}
"""Grafana's units: Prometheus', and months of thirty days."""
LABEL = re.compile(r"[A-Za-z_]\w*")
MAX_OPTIONS = 100
MAX_FILTERS = 20
MAX_REPEATED = 6
"""Of a repeated panel so many are read; Grafana draws one for each value."""
TOO_LONG = MAX_LENGTH + 1


def seconds(text: Any) -> float | None:
    """``30s``, ``>10s`` or ``1m30s`` in seconds; None for anything else."""
    if not isinstance(text, str) or len(text) > 50:
        return None
    found = DURATION.findall(text)
    return sum(float(number) * SECONDS[unit] for number, unit in found) if found else None


def opening_range(start: Any, end: Any) -> float:
    """The dashboard's time range in seconds, an hour where it can't be told."""
    if isinstance(start, str) and start.startswith("now-") and end in ("now", None, ""):
        return seconds(start.removeprefix("now-")) or 3600.0
    return 3600.0


def variables(entries: Iterable[Any]) -> dict[str, Variable]:
    """The variables by name, from classic entries or from the ``spec`` of schema v2."""
    found = (_variable(entry) for entry in entries if isinstance(entry, Mapping))
    return {variable.name: variable for variable in found if variable is not None}


def repetitions(
    variables: Mapping[str, Variable], names: Sequence[str]
) -> list[Mapping[str, Variable]]:
    """The variables as they are for each panel that a repetition draws, the first few of them."""
    known = [variables[name] for name in dict.fromkeys(names) if name in variables]
    choices = product(*(list(_each(variable)) for variable in known))
    return [
        {**variables, **{variable.name: variable for variable in chosen}}
        for chosen in islice(choices, MAX_REPEATED)
    ]


def _each(variable: Variable) -> Iterator[Variable]:
    """The variable with one value at a time; as it is where its values aren't known."""
    values = [v for v in variable.values if v != ALL]
    if ALL in variable.values or (variable.multi and not values):
        values = list(variable.options)
    for value in values[:MAX_REPEATED]:
        yield replace(variable, values=(value,), all_value="")
    if not values:
        yield variable


def filters(entries: Iterable[Any]) -> Narrowing:
    """What ad hoc filters and *group by* variables add to every query of Prometheus."""
    found: list[Matcher] = []
    labels: list[str] = []
    for entry in mappings(list(entries)):
        source = str(mapping(entry.get("datasource")).get("type") or "prometheus")
        if "prometheus" not in source:
            continue
        if entry.get("type") == "adhoc":
            for name in ("baseFilters", "filters"):
                found += map(_matcher, mappings(entry.get(name)))
        if entry.get("type") == "groupby":
            labels += _values(entry, "groupby", ())
    return Narrowing(
        tuple(matcher for matcher in found[:MAX_FILTERS] if matcher.label),
        tuple(label for label in labels[:MAX_FILTERS] if LABEL.fullmatch(label)),
    )


def _matcher(found: Mapping[str, Any]) -> Matcher:
    """``=|`` and ``!=|`` are one of several values; what Prometheus doesn't know stays as it is."""
    operator, several = str(found.get("operator", "=")), _texts(found.get("values"))
    label, value = str(found.get("key") or ""), str(found.get("value", ""))
    if operator.endswith("=|"):
        op = MatchOp.NOT_MATCHES if operator.startswith("!") else MatchOp.MATCHES
        return Matcher(label, op, "|".join(map(re.escape, several or [value])))
    known = operator in {op.value for op in MatchOp}
    return Matcher(label, MatchOp(operator) if known else MatchOp.EQUAL, value)


def _variable(entry: Mapping[str, Any]) -> Variable | None:
    name, kind = entry.get("name"), str(entry.get("type", ""))
    if not isinstance(name, str) or not name or kind == "adhoc":
        return None
    options = _options(entry, kind)
    values = _values(entry, kind, options)
    multi = bool(entry.get("multi")) or bool(entry.get("includeAll"))
    all_value = entry.get("allValue")
    text = all_value if isinstance(all_value, str) else ""
    return Variable(name, _bounded(values), _bounded(options), text[:TOO_LONG], multi, kind)


def _bounded(texts: Iterable[str]) -> tuple[str, ...]:
    """As many as an expression can hold, and a character too much where there are more."""
    kept: list[str] = []
    room = TOO_LONG
    for text in texts:
        kept.append(text[: max(room, 0)])
        room -= len(text)
    return tuple(filter(None, kept))


def _options(entry: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    listed = entry.get("options")
    found: list[str] = []
    for option in listed if isinstance(listed, list) else []:
        found += _texts(option.get("value") if isinstance(option, Mapping) else option)
    query = entry.get("query")
    if not found and kind in {"custom", "interval"} and isinstance(query, str):
        found = [part.rpartition(" : ")[2].strip() for part in query.split(",")]
    return tuple(value for value in found if value and value != ALL)[:MAX_OPTIONS]


def _values(entry: Mapping[str, Any], kind: str, options: tuple[str, ...]) -> tuple[str, ...]:
    current = entry.get("current")
    chosen = _texts(current.get("value")) if isinstance(current, Mapping) else _texts(current)
    if chosen:
        return tuple(chosen[:MAX_OPTIONS])
    if kind in {"constant", "textbox"}:
        return tuple(_texts(entry.get("query")))
    return options[:1] if kind in {"custom", "interval"} else ()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [str(value)]
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str) and item]
