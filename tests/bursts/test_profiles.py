"""Presets, and the limits of a learner's own burst."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockapp import fault_control, metrics
from portal.bursts import messages, profiles
from portal.bursts.messages import Mode, Part
from portal.bursts.profiles import PRESETS, Profile, ProfileError, custom_profile
from portal.records import RecordError


@pytest.mark.parametrize(
    ("preset", "scheduled", "errors", "latency"),
    [
        ("steady", 600, 0, 0),
        ("high-frequency-loop", None, 0, 0),
        ("flash-crowd", 4000, 0, 0),
        ("error-burst", 1200, 0.2, 0),
        ("slow-burst", 1200, 0, 0.8),
        ("brownout", 1200, 0.1, 0.4),
    ],
)
def test_presets_send_and_break_what_they_say(
    preset: str, scheduled: int | None, errors: float, latency: float
) -> None:
    profile = PRESETS[preset]
    fault = profile.fault or profiles.BurstFault()
    assert profile.scheduled == scheduled
    assert (fault.error_ratio, fault.latency_seconds, fault.hang) == (errors, latency, False)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_is_within_the_limits_and_described(preset: Profile) -> None:
    assert preset.spec("http://localhost:8000").rate <= messages.MAX_RATE
    assert preset.title
    assert preset.summary.endswith(".")
    assert re.search(r" seconds| a minute", preset.summary), "how long"
    assert f"{preset.rate:g} " in preset.summary, "how many a second"


def test_only_the_seeds_loop_is_closed() -> None:
    closed = [preset.id for preset in PRESETS.values() if preset.mode is Mode.CLOSED]
    assert closed == ["high-frequency-loop"]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_record_of_a_profile_brings_it_back(preset: Profile) -> None:
    again = Profile.from_dict(preset.id, preset.title, preset.as_dict())
    assert again.spec("http://localhost") == preset.spec("http://localhost")
    assert again.fault == preset.fault


@pytest.mark.parametrize(
    "change", [{"mode": "sideways"}, {"rate": "20"}, {"mix": [{"weight": 1}]}, {"fault": [1]}]
)
def test_a_record_of_the_wrong_shape_is_refused_in_a_sentence(change: dict[str, Any]) -> None:
    kept = {**PRESETS["error-burst"].as_dict(), **change}
    with pytest.raises(RecordError, match=f"No KeptProfile can be read: .*{next(iter(change))}"):
        Profile.from_dict("error-burst", "Error burst", kept)


def test_what_is_kept_is_as_json_has_it() -> None:
    kept = PRESETS["error-burst"].as_dict()
    assert json.loads(json.dumps(kept)) == kept
    assert (kept["mode"], kept["duration"], kept["mix"][0]["path"]) == ("open", 60, "/")


GOOD: dict[str, Any] = {"rate": 20.0, "duration_seconds": 30.0}


def test_a_custom_burst_without_fault_sets_none() -> None:
    assert custom_profile(**GOOD).fault is None
    assert custom_profile(**GOOD, latency_seconds=0.3).fault == profiles.BurstFault(
        latency_seconds=0.3
    )


@pytest.mark.parametrize(
    ("rate", "seconds", "summary"),
    [
        (0.5, 60, "0.5 requests a second for 60 seconds."),
        (1, 1, "1 request a second for 1 second."),
        (2.5, 1.5, "2.5 requests a second for 1.5 seconds."),
    ],
)
def test_a_custom_burst_says_what_it_is(rate: float, seconds: float, summary: str) -> None:
    typed = {**GOOD, "rate": rate, "duration_seconds": seconds}
    assert custom_profile(**typed).summary == summary


@pytest.mark.parametrize(
    ("change", "field", "limit"),
    [
        ({"rate": 1e9}, "rate", "500"),
        ({"rate": 500.1}, "rate", "500"),
        ({"rate": 0}, "rate", "0.1"),
        ({"rate": float("nan")}, "rate", "500"),
        ({"duration_seconds": 601}, "duration", "600"),
        ({"duration_seconds": 0.5}, "duration", "1 to"),
        ({"duration_seconds": float("inf")}, "duration", "600"),
        ({"error_ratio": 1.01}, "error_percent", "100 %"),
        ({"error_ratio": -0.01}, "error_percent", "100 %"),
        ({"latency_seconds": 5.1}, "latency_ms", "5000 ms"),
        ({"mix": (Part("/fault"),)}, "mix", "/fault"),
        ({"mix": (Part("/metrics"),)}, "mix", "/metrics"),
        ({"mix": ()}, "mix", "from 1"),
        ({"mix": (Part("elsewhere"),)}, "mix", "start with /"),
        ({"rate": 0.1, "duration_seconds": 5}, "duration", "first request"),
    ],
)
def test_a_value_beyond_its_limit_names_field_and_limit(
    change: dict[str, Any], field: str, limit: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        custom_profile(**{**GOOD, **change})
    assert caught.value.field == field
    assert limit in str(caught.value)


def test_the_limits_are_those_of_the_mock_service() -> None:
    assert profiles.MAX_LATENCY_SECONDS == fault_control.MAX_LATENCY_SECONDS
    assert messages.MAX_DURATION_SECONDS <= fault_control.MAX_LIFETIME_SECONDS
    assert profiles.UNCOUNTED_PATHS == metrics.NOT_COUNTED
