"""The form of a workbench panel."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from portal.kit.form import TypedForm, plain
from portal.kit.version import seen_version
from portal.numbers import count
from portal.workbench.tryout import MAX_LENGTH
from portal.workbench.units import OF_THE_QUERY, UNITS

MAX_TITLE = 120
IN_ADDRESS = ("expr", "title", "unit")


@dataclass
class PanelForm(TypedForm):
    """The fields as typed, and one reason for each that can't be used."""

    title: str = ""
    expr: str = ""
    unit: str = OF_THE_QUERY
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    seen: int | None = None

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Self:
        """The form as it was sent."""
        form = super().of(typed)
        form.key = plain(typed.get("key", ""))[:64] or form.key
        form.seen = seen_version(typed)
        return form

    def typed_over(self, typed: Mapping[str, str]) -> PanelForm:
        """The form with the fields that an address names."""
        named: dict[str, Any] = {name: plain(typed[name]) for name in IN_ADDRESS if name in typed}
        return replace(self, **named)

    @property
    def in_address(self) -> dict[str, Any]:
        """What an address says of the form."""
        return {name: getattr(self, name) for name in IN_ADDRESS}

    def is_good(self) -> bool:
        """Whether the panel can be saved; ``errors`` says why not."""
        self.errors = {}
        if not self.expr:
            self.errors["expr"] = "Type a query first."
        if len(self.expr) > MAX_LENGTH:
            self.errors["expr"] = f"Keep it under {count(MAX_LENGTH)} characters."
        if len(self.title) > MAX_TITLE:
            self.errors["title"] = f"Keep the title under {MAX_TITLE} characters."
        if self.unit not in {OF_THE_QUERY, *UNITS}:
            self.errors["unit"] = "Choose one of the units."
        return not self.errors


def title_problem(title: str) -> str:
    """Why this can't be the title of a dashboard; "" when it can."""
    if not title:
        return "Give the dashboard a title."
    return f"Keep the title under {MAX_TITLE} characters." if len(title) > MAX_TITLE else ""
