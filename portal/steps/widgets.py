"""The live parts of a lesson: ``::: name argument`` in Markdown is a template on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

from portal.bursts.profiles import PRESETS
from portal.steps.markdown import Block, Directive
from portal.steps.sources import is_source

FORMS = ("impact",)
LIVE = ("alerts",)
ANYWHERE = "anywhere"


class Place(StrEnum):
    """A kind of lab that some blocks of a lesson are for."""

    WITH_GRAFANA = "with-grafana"
    WITH_LOGIN = "with-login"  # into that Grafana, made by the lab
    WITHOUT_GRAFANA = "without-grafana"
    AS_PROGRAMS = "as-programs"
    IN_CONTAINERS = "in-containers"


PLACES = (ANYWHERE, *Place)


@dataclass(frozen=True)
class Widget:
    """The template that draws it (it gets ``given``), and which arguments it takes.

    ``where`` has none: it says for which labs the following blocks are.
    """

    template: str
    takes: Callable[[str], bool]
    what: str


WIDGETS: dict[str, Widget] = {
    "file": Widget("steps/widgets/_file.html", is_source, "a file under mockapp/ or stack/"),
    "burst": Widget("steps/widgets/_burst.html", PRESETS.__contains__, "the id of a burst preset"),
    "form": Widget("steps/widgets/_form.html", FORMS.__contains__, f"one of: {', '.join(FORMS)}"),
    "live": Widget("steps/widgets/_live.html", LIVE.__contains__, f"one of: {', '.join(LIVE)}"),
    "where": Widget("", PLACES.__contains__, f"one of: {', '.join(PLACES)}"),
}


def here(blocks: Iterable[Block], places: Set[Place]) -> Iterator[Block]:
    """The blocks for a lab that is all of these places."""
    place, shown = ANYWHERE, {ANYWHERE, *map(str, places)}
    for block in blocks:
        if isinstance(block, Directive) and block.name == "where":
            place = block.argument
        elif place in shown:
            yield block


def complaint(name: str, argument: str) -> str | None:
    """Why ``::: name argument`` can't be used; None when it can."""
    widget = WIDGETS.get(name)
    if widget is None:
        return f"unknown directive {name!r}; there are: {', '.join(WIDGETS)}"
    if not widget.takes(argument):
        return f"{name} takes {widget.what}, not {argument!r}"
    return None
