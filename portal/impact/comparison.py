"""Stated impact beside the burst's record; pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.numbers import exact, number

MIN_HURT = 10
MIN_SENTENCE = 40
TOLERANCE_SHARE = 0.10
TOLERANCE_FLOOR = 2.0


@dataclass(frozen=True)
class Statement:
    """Requests failed, requests slow (over 0.5 s), seconds it hurt, and a sentence about users."""

    failed: float
    slow: float
    seconds: float
    sentence: str


@dataclass(frozen=True)
class ImpactComparison:
    """One stated number beside the measured one."""

    name: str
    unit: str
    stated: float
    measured: float

    @property
    def tolerance(self) -> float:
        """How far off it may be: 10 % of the measured number, at least 2."""
        return max(TOLERANCE_FLOOR, TOLERANCE_SHARE * abs(self.measured))

    @property
    def difference(self) -> float:
        """Stated minus measured."""
        return self.stated - self.measured

    @property
    def is_close(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.difference) <= self.tolerance + 1e-9

    @property
    def words(self) -> str:
        """``failed requests: you said 120, measured 149 (29 too few)``."""
        said = f"{self.name}: you said {exact(self.stated)}, measured {exact(self.measured)}"
        if self.difference == 0:
            return f"{said} (exact)"
        amount = f"{number(abs(self.difference))}{self.unit}"
        return f"{said} ({amount} too {'many' if self.difference > 0 else 'few'})"


def compare(
    stated: Statement, failed: float, slow: float, seconds: float
) -> tuple[ImpactComparison, ImpactComparison, ImpactComparison]:
    """The three stated numbers beside those of the burst's record."""
    return (
        ImpactComparison("failed requests", "", stated.failed, failed),
        ImpactComparison("slow requests", "", stated.slow, slow),
        ImpactComparison("seconds it hurt", " s", stated.seconds, round(seconds, 1)),
    )
