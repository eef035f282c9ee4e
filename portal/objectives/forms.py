"""The SLO form: what was typed, what is wrong with it, and the SLO it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from portal.kit.form import TypedForm
from portal.kit.version import seen_version
from portal.numbers import exact, exact_percent, plain, read_number
from portal.slo.objective import (
    MAX_TITLE,
    MAX_WHY,
    SLO,
    ObjectiveError,
    SLIKind,
    parse_objective,
    slug,
)
from portal.slo.windows import Window

MIN_WHY = 10


@dataclass
class SLOForm(TypedForm):
    """The fields as typed, and one reason for each that can't be used.

    ``seen`` is the version of the SLO that the page with this form showed.
    """

    sli: str = SLIKind.AVAILABILITY
    threshold: str = "0.3"
    objective: str = ""
    window: str = Window.LAB
    why: str = ""
    title: str = ""
    seen: int | None = None

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Self:
        """The form as it was sent."""
        form = super().of(typed)
        form.seen = seen_version(typed)
        return form

    @classmethod
    def of_slo(cls, slo: SLO, version: int) -> SLOForm:
        """The form that edits that version of an SLO."""
        threshold = plain(slo.threshold_s) if slo.threshold_s else "0.3"
        objective = exact_percent(slo.objective)
        return cls(slo.sli, threshold, objective, slo.window, slo.why, slo.title, version)

    @property
    def is_reasoned(self) -> bool:
        """Whether the reason can be kept."""
        return MIN_WHY <= len(self.why) <= MAX_WHY

    def read(
        self, job: str, bounds: tuple[float, ...], name: str = "", *, draft: bool = False
    ) -> SLO | None:
        """The SLO that was typed, or None with ``errors`` saying why.

        ``bounds`` are the histogram's buckets in seconds; ``name`` that of the SLO being edited;
        in a ``draft`` (the live preview) the texts don't count yet.
        """
        self.errors = {}
        kind, window = self._choices()
        objective = self._objective()
        threshold = self._threshold(bounds) if kind is SLIKind.LATENCY else None
        if not draft:
            self._check_texts()
        if self.errors or kind is None or window is None or objective is None:
            return None
        title = self.title or default_title(kind, threshold)
        return SLO(
            name=name or slug(title),
            sli=kind,
            objective=objective,
            window=window,
            job=job,
            threshold_s=threshold,
            why=self.why,
            title=title,
        )

    def _choices(self) -> tuple[SLIKind | None, Window | None]:
        if self.sli not in set(SLIKind):
            self.errors["sli"] = "Choose availability or latency."
        if self.window not in set(Window):
            self.errors["window"] = "Choose one of the windows."
        good = not self.errors
        return (SLIKind(self.sli), Window(self.window)) if good else (None, None)

    def _objective(self) -> float | None:
        try:
            return parse_objective(self.objective)
        except ObjectiveError as error:
            self.errors["objective"] = str(error)
            return None

    def _threshold(self, bounds: tuple[float, ...]) -> float | None:
        seconds = read_number(self.threshold)
        if seconds in bounds:
            return seconds
        shown = ", ".join(map(exact, bounds))
        self.errors["threshold"] = (
            f"The service counts answers under these limits only: {shown} s. "
            "A threshold in between could not be measured."
        )
        return None

    def _check_texts(self) -> None:
        if len(self.why) < MIN_WHY:
            self.errors["why"] = (
                f"Say in {MIN_WHY} characters or more why this number: "
                "what do your users notice, and what would more cost?"
            )
        if len(self.why) > MAX_WHY:
            self.errors["why"] = (
                f"Keep the reason under {MAX_WHY} characters; it has {len(self.why)}."
            )
        if len(self.title) > MAX_TITLE:
            self.errors["title"] = f"Keep the name under {MAX_TITLE} characters."


def default_title(kind: SLIKind, threshold: float | None) -> str:
    """The name of an SLO that was given none."""
    return (
        "Availability"
        if kind is SLIKind.AVAILABILITY
        else f"Latency under {exact(threshold or 0.0)} s"
    )
