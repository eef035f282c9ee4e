"""Bursts as data: the presets behind the buttons, and a learner's own within the limits.

A new preset is one more entry in ``PRESETS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.bursts.messages import MAX_DURATION_SECONDS, MAX_RATE, MessageError, Mode, Part, Spec
from portal.errors import SLOLabError
from portal.numbers import plain
from portal.records import read_record, write_record
from portal.words import measured

MIN_RATE = 0.1
MIN_DURATION_SECONDS = 1.0
MAX_LATENCY_SECONDS = 5.0
LIMITS = {
    "rate": ("The rate", MIN_RATE, MAX_RATE, "requests/s"),
    "duration": ("The duration", MIN_DURATION_SECONDS, MAX_DURATION_SECONDS, "seconds"),
    "error_percent": ("The share of errors", 0.0, 100.0, "%"),
    "latency_ms": ("The added latency", 0.0, MAX_LATENCY_SECONDS * 1000, "ms"),
}
"""What a learner's own burst may ask for, by the names and in the units of the form."""

VISITORS = (Part("/", 6), Part("/search", 3), Part("/checkout", 1))
"""What people do in the shop: most look at the front page, some search, few buy."""

UNCOUNTED_PATHS = frozenset({"/metrics", "/fault", "/healthz"})


class ProfileError(SLOLabError):
    """A value beyond its limit; ``field`` names it as the form does."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class BurstFault:
    """What breaks in the mock service while the burst runs: ratio 0..1, seconds, no answer."""

    error_ratio: float = 0.0
    latency_seconds: float = 0.0
    hang: bool = False


@dataclass(frozen=True, kw_only=True)
class KeptProfile:
    """What is kept of a burst's profile: rate in requests/s, duration in seconds."""

    mode: Mode
    rate: float
    duration: float
    mix: tuple[Part, ...]
    fault: BurstFault | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A kind of burst: ``rate`` in requests/s (closed loop: its cap), duration in seconds."""

    id: str
    title: str
    summary: str
    rate: float
    duration_seconds: float
    mode: Mode = Mode.OPEN
    mix: tuple[Part, ...] = VISITORS
    fault: BurstFault | None = None

    @property
    def scheduled(self) -> int | None:
        """How many requests it sends; None where that depends on the service (closed loop)."""
        return self.spec("http://localhost").scheduled

    def spec(self, target: str) -> Spec:
        """The order for the engine; ``target`` is the base URL of the configured service."""
        return Spec(
            target=target,
            mode=self.mode,
            rate=self.rate,
            duration_seconds=self.duration_seconds,
            mix=self.mix,
        )

    def as_dict(self) -> dict[str, Any]:
        """What the record of a burst keeps, a ``KeptProfile`` as JSON has it."""
        kept = KeptProfile(
            mode=self.mode,
            rate=self.rate,
            duration=self.duration_seconds,
            mix=self.mix,
            fault=self.fault,
        )
        return write_record(kept)

    @classmethod
    def from_dict(cls, id: str, title: str, kept: dict[str, Any]) -> Profile:  # noqa: A002
        """The profile again, from ``as_dict``; raises RecordError."""
        read = read_record(KeptProfile, kept)
        return cls(
            id=id,
            title=title,
            summary="",
            mode=read.mode,
            rate=read.rate,
            duration_seconds=read.duration,
            mix=read.mix,
            fault=read.fault,
        )


PRESETS: dict[str, Profile] = {
    preset.id: preset
    for preset in (
        Profile(
            id="steady",
            title="Steady traffic",
            summary="20 requests a second for 30 seconds: 600 visitors on an ordinary day.",
            rate=20,
            duration_seconds=30,
        ),
        Profile(
            id="high-frequency-loop",
            title="High-frequency loop",
            summary="One request after the other for 15 seconds, up to 500 a second.",
            mode=Mode.CLOSED,
            rate=MAX_RATE,
            duration_seconds=15,
            mix=(Part("/"),),
        ),
        Profile(
            id="flash-crowd",
            title="Flash crowd",
            summary="200 requests a second for 20 seconds: everybody comes at once.",
            rate=200,
            duration_seconds=20,
        ),
        Profile(
            id="error-burst",
            title="Error burst",
            summary="20 requests a second for a minute; every fifth one fails.",
            rate=20,
            duration_seconds=60,
            fault=BurstFault(error_ratio=0.2),
        ),
        Profile(
            id="slow-burst",
            title="Slow burst",
            summary="20 requests a second for a minute; each takes 0.8 seconds longer.",
            rate=20,
            duration_seconds=60,
            fault=BurstFault(latency_seconds=0.8),
        ),
        Profile(
            id="brownout",
            title="Brownout",
            summary="20 requests a second for a minute; 10 % fail, and each takes 0.4 s longer.",
            rate=20,
            duration_seconds=60,
            fault=BurstFault(error_ratio=0.1, latency_seconds=0.4),
        ),
    )
}


def custom_profile(
    *,
    rate: float,
    duration_seconds: float,
    error_ratio: float = 0.0,
    latency_seconds: float = 0.0,
    hang: bool = False,
    mix: tuple[Part, ...] = VISITORS,
) -> Profile:
    """A burst of the learner's own; raises ProfileError for the first value beyond its limit."""
    check("rate", rate)
    check("duration", duration_seconds)
    check("error_percent", error_ratio * 100)
    check("latency_ms", latency_seconds * 1000)
    fault = BurstFault(error_ratio=error_ratio, latency_seconds=latency_seconds, hang=hang)
    profile = Profile(
        id="custom",
        title="Custom burst",
        summary=f"{measured(rate, 'request')} a second for {measured(duration_seconds, 'second')}.",
        rate=rate,
        duration_seconds=duration_seconds,
        mix=mix,
        fault=None if fault == BurstFault() else fault,
    )
    _check_mix(profile)
    return profile


def check(field: str, value: float) -> None:
    """Raise ProfileError where ``value`` is beyond the limit of that field."""
    name, low, high, unit = LIMITS[field]
    if not low <= value <= high:
        raise ProfileError(field, f"{name} must be from {plain(low)} to {plain(high)} {unit}.")


def _check_mix(profile: Profile) -> None:
    if uncounted := [part.path for part in profile.mix if part.path in UNCOUNTED_PATHS]:
        raise ProfileError("mix", f"The service doesn't count {uncounted[0]}: choose another path.")
    try:
        spec = profile.spec("http://localhost")
    except MessageError as error:
        raise ProfileError("mix", str(error)) from error
    if not spec.scheduled:
        raise ProfileError("duration", "At this rate the burst would end before its first request.")
