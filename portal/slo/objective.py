"""What a service promises: an objective typed by a person, and the SLO it belongs to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from portal.errors import SLOLabError
from portal.numbers import exact, exact_percent
from portal.shop import JOB
from portal.slo.windows import Window

DEFAULT_JOB = JOB
MAX_NAME = 63
MAX_TITLE = 80
MAX_WHY = 2000
_NUMBER = re.compile(
    r"(?P<minus>-?)(?P<number>\d{1,6}(?:[.,]\d{0,20})?|[.,]\d{1,20})\s*(?P<unit>%?)"
)
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_FINEST = Decimal("0.99999999")


class ObjectiveFault(StrEnum):
    """Why an objective was refused."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    ZERO = "zero"
    NEGATIVE = "negative"
    AMBIGUOUS = "ambiguous"
    PERFECT = "perfect"
    ABOVE_100 = "above_100"
    TOO_FINE = "too_fine"


_REASONS = {
    ObjectiveFault.EMPTY: "Type an objective, for example 99.5 %.",
    ObjectiveFault.NOT_A_NUMBER: "That is not a number. Type a percentage such as 99.5 %.",
    ObjectiveFault.ZERO: "An objective of 0 % promises nothing. Choose one above 0 %.",
    ObjectiveFault.NEGATIVE: "An objective can't be negative. Choose one between 0 % and 100 %.",
    ObjectiveFault.AMBIGUOUS: (
        "1 could mean 1 % or 100 %. Type the percent sign, for example 1 % or 99.5 %."
    ),
    ObjectiveFault.PERFECT: (
        "100 % leaves no error budget: the first failed request breaks it, no release or repair "
        "is ever worth the risk, and users can't tell it from 99.99 %. Choose less than 100 %."
    ),
    ObjectiveFault.ABOVE_100: "No more than all requests can be good. Choose less than 100 %.",
    ObjectiveFault.TOO_FINE: (
        "An objective finer than 99.999999 % can't be told from 100 %. Choose fewer nines."
    ),
}


class ObjectiveError(SLOLabError):
    """The typed objective can't be used; ``code`` says which rule it breaks."""

    def __init__(self, code: ObjectiveFault) -> None:
        super().__init__(_REASONS[code])
        self.code = code


class SLOError(SLOLabError):
    """A field of the SLO can't be used."""


class SLIKind(StrEnum):
    """The two indicators an SLO may be about."""

    AVAILABILITY = "availability"
    LATENCY = "latency"


@dataclass(frozen=True)
class SLO:
    """A service level objective.

    ``name`` is an RFC 1123 label (``slug`` makes one), ``job`` the Prometheus job of the service,
    ``objective`` a ratio between 0 and 1 (both excluded), ``threshold_s`` the latency threshold in
    seconds (latency only), ``why`` the learner's reason for the number.
    """

    name: str
    sli: SLIKind
    objective: float
    window: Window = Window.MONTH
    job: str = DEFAULT_JOB
    threshold_s: float | None = None
    why: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        """Refuse what no rule could be generated for."""
        if not _NAME.fullmatch(self.name):
            raise SLOError(
                f"{self.name!r} can't be an SLO's name: use lower-case letters, digits and "
                f"hyphens, at most {MAX_NAME} characters."
            )
        if not self.job or not self.job.isprintable() or "{{" in self.job:
            raise SLOError("An SLO needs the Prometheus job of its service, as one line of text.")
        check_ratio(Decimal(repr(self.objective)))
        if self.sli is SLIKind.LATENCY and not (self.threshold_s and self.threshold_s > 0):
            raise SLOError("A latency SLO needs a threshold above 0 s.")
        if self.sli is SLIKind.AVAILABILITY and self.threshold_s is not None:
            raise SLOError("An availability SLO has no latency threshold.")

    @property
    def error_budget(self) -> float:
        """The share of events that may be bad, as a ratio: 1 - objective, without float dust."""
        return error_budget(self.objective)

    @property
    def percent(self) -> str:
        """The objective for people: ``"99.9 %"``."""
        return exact_percent(self.objective)

    @property
    def good(self) -> str:
        """What a good event is, in words."""
        if self.threshold_s is None:
            return "answered without a server error (5xx)"
        return f"answered within {exact(self.threshold_s)} s"


def error_budget(objective: float) -> float:
    """1 - objective, computed in decimal: ``error_budget(0.999) == 0.001``."""
    return float(1 - Decimal(repr(objective)))


def parse_objective(text: str) -> float:
    """The objective a person typed, as a ratio: ``"99"``, ``"99.9 %"``, ``"0.99"``, ``"99,5"``.

    A number below 1 without a percent sign is a ratio, anything else a percentage.
    Raises ``ObjectiveError`` with the reason.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        raise ObjectiveError(ObjectiveFault.EMPTY)
    match = _NUMBER.fullmatch(typed)
    if match is None:
        raise ObjectiveError(ObjectiveFault.NOT_A_NUMBER)
    number = Decimal(match["number"].replace(",", "."))
    if match["minus"] and number:
        raise ObjectiveError(ObjectiveFault.NEGATIVE)
    if number == 1 and not match["unit"]:
        raise ObjectiveError(ObjectiveFault.AMBIGUOUS)
    ratio = number if number < 1 and not match["unit"] else number / 100
    check_ratio(ratio)
    return float(ratio)


def check_ratio(ratio: Decimal) -> None:
    """Raise ``ObjectiveError`` unless the ratio lies between 0 and 1 and can be told from both."""
    if ratio.is_nan():
        raise ObjectiveError(ObjectiveFault.NOT_A_NUMBER)
    if ratio == 0:
        raise ObjectiveError(ObjectiveFault.ZERO)
    if ratio < 0:
        raise ObjectiveError(ObjectiveFault.NEGATIVE)
    if ratio == 1:
        raise ObjectiveError(ObjectiveFault.PERFECT)
    if ratio > 1:
        raise ObjectiveError(ObjectiveFault.ABOVE_100)
    if ratio > _FINEST or ratio < 1 - _FINEST:
        raise ObjectiveError(ObjectiveFault.TOO_FINE)


def slug(name: str) -> str:
    """An RFC 1123 label made of a name people typed; ``"slo"`` when nothing of it can be used."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_NAME].strip("-") or "slo"
