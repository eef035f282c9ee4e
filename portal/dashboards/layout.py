"""Where the layout of schema v2 places each element: whether it is seen, and repeated by what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal.dashboards.document import mapping, mappings
from portal.dashboards.look import PLAIN, Look, rank, unseen, unsure, worst
from portal.dashboards.templating import seconds
from portal.promql.variables import ALL, Variable

MAX_DEPTH = 8
GRIDS = frozenset({"GridLayout", "AutoGridLayout", "ResponsiveGridLayout"})
GROUPS = {"RowsLayout": "rows", "TabsLayout": "tabs"}
NO_ROOM = "The layout gives the panel no room."
CONDITION = "A condition of the layout hides the panel."
MAYBE = "Whether a condition of the layout shows the panel can't be told."


@dataclass(frozen=True)
class Placement:
    """One place of an element. ``repeats``: the variables that it is repeated by."""

    look: Look = PLAIN
    repeats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What conditions are decided by: the variables, and the time range in seconds."""

    variables: Mapping[str, Variable]
    range_s: float


def placements(layout: Any, around: Surroundings) -> dict[str, Placement]:
    """Element -> its place, the best where it has several; elements without one are left out."""
    found: dict[str, Placement] = {}
    for name, place in _walked(mapping(layout), Placement(), around, 0):
        if name not in found or rank(place.look) > rank(found[name].look):
            found[name] = place
    return found


def _walked(
    layout: Mapping[str, Any], outer: Placement, around: Surroundings, depth: int
) -> Iterator[tuple[str, Placement]]:
    kind, spec = str(layout.get("kind")), mapping(layout.get("spec"))
    if depth > MAX_DEPTH:
        return
    if kind in GRIDS:
        for item in mappings(spec.get("items")):
            yield from _placed(item, outer, around)
    for group in mappings(spec.get(GROUPS.get(kind, ""))):
        inner = mapping(group.get("spec"))
        place = _within(outer, inner, around)
        yield from _walked(mapping(inner.get("layout")), place, around, depth + 1)


def _placed(
    item: Mapping[str, Any], outer: Placement, around: Surroundings
) -> Iterator[tuple[str, Placement]]:
    spec = mapping(item.get("spec"))
    place = _within(outer, spec, around)
    for inner in mappings(spec.get("elements")):  # a row of the first grids
        yield from _placed(inner, place, around)
    name = mapping(spec.get("element")).get("name")
    if isinstance(name, str):
        yield name, place


def _within(outer: Placement, spec: Mapping[str, Any], around: Surroundings) -> Placement:
    """The place of what stands inside, with this spec's condition, size and repetition."""
    look = worst([outer.look, _condition(spec.get("conditionalRendering"), around), room(spec)])
    repeat = mapping(spec.get("repeat"))
    name = repeat.get("value") if repeat.get("mode", "variable") == "variable" else None
    repeats = (*outer.repeats, name) if isinstance(name, str) and name else outer.repeats
    return replace(outer, look=look, repeats=repeats)


def room(spec: Mapping[str, Any]) -> Look:
    """Nothing is seen in a place without width or height."""
    sizes = [spec.get(name) for name in ("width", "height", "w", "h")]
    none = any(isinstance(size, int | float) and size <= 0 for size in sizes)
    return unseen(NO_ROOM) if none else PLAIN


# Conditions


def _condition(found: Any, around: Surroundings) -> Look:
    spec = mapping(mapping(found).get("spec"))
    items = mappings(spec.get("items"))
    if not items:
        return PLAIN
    held = _together([_holds(item, around) for item in items], spec.get("condition") == "or")
    if spec.get("visibility") == "hide" and held is not None:
        held = not held
    if held is None:
        return unsure(MAYBE)
    return PLAIN if held else unseen(CONDITION)


def _together(held: list[bool | None], one_is_enough: bool) -> bool | None:
    """Whether all hold, or one: None where what isn't known decides."""
    if one_is_enough in held:
        return one_is_enough
    return None if None in held else not one_is_enough


def _holds(item: Mapping[str, Any], around: Surroundings) -> bool | None:
    spec = mapping(item.get("spec"))
    match item.get("kind"):
        case "ConditionalRenderingData":
            return spec.get("value") is not False  # with data there is something to see
        case "ConditionalRenderingTimeRangeSize":
            span = seconds(spec.get("value"))
            return None if span is None else around.range_s <= span
        case "ConditionalRenderingVariable":
            return _fits(spec, around.variables.get(str(spec.get("variable"))))
    return None


def _fits(spec: Mapping[str, Any], variable: Variable | None) -> bool | None:
    if variable is None or not variable.values or ALL in variable.values:
        return None
    equal = str(spec.get("value")) in variable.values
    return {"equals": equal, "notEquals": not equal}.get(str(spec.get("operator")))
