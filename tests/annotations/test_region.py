"""What Grafana is to show of a burst."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.annotations.region import burst_tag, lab_tag, region_of
from portal.bursts.models import Burst, BurstState
from portal.clients.grafana import Annotation
from tests.conftest import START


def burst(state: BurstState = BurstState.RUNNING, **more: object) -> Burst:
    given = {"started_at": START, "counts": {}, **more}
    return Burst(
        id=70,
        number=7,
        key="k",
        title="Error burst",
        spec={"duration": 60},
        state=state,
        requested_at=START,
        **given,
    )


def test_a_burst_that_has_not_begun_is_not_shown() -> None:
    assert region_of(burst(BurstState.QUEUED, started_at=None)) is None


def test_while_it_runs_the_region_ends_where_the_burst_is_meant_to_end() -> None:
    region = region_of(burst())
    assert region
    assert (region.start, region.end - region.start) == (START.timestamp(), 60)
    assert region.text == "Error burst (burst 7) is under way"
    assert not region.is_final


def test_it_ends_with_the_burst_and_says_what_came_of_it() -> None:
    counts = {"sent": 1200, "good": 960, "failed": {"500": 240}, "slow": 0}
    region = region_of(
        burst(BurstState.STOPPED, ended_at=START + timedelta(seconds=12.5), counts=counts)
    )
    assert region
    assert region.end - region.start == 12.5
    assert region.text == "Error burst (burst 7), stopped: 1,200 sent, 240 failed"
    assert region.is_final


def test_an_end_before_the_start_makes_no_region_backwards() -> None:
    region = region_of(burst(BurstState.FAILED, ended_at=START - timedelta(seconds=5)))
    assert region
    assert region.end == region.start


def test_an_annotation_with_its_times_and_text_shows_it() -> None:
    region = region_of(burst())
    assert region
    kept = Annotation(
        id=1,
        dashboard_uid="x",
        start=round(region.start * 1000) / 1000,
        end=round(region.end * 1000) / 1000,
        text=region.text,
        tags=(),
    )
    assert region.is_shown_by(kept)
    assert not region.is_shown_by(replace(kept, end=kept.end + 1))
    assert not region.is_shown_by(replace(kept, start=kept.start - 1))
    assert not region.is_shown_by(replace(kept, text="by hand"))


def test_bursts_of_one_number_and_labs_of_one_name_have_other_tags() -> None:
    later = burst()
    later.requested_at = START + timedelta(hours=1)
    assert burst_tag(burst()) == burst_tag(burst())
    assert burst_tag(burst()) != burst_tag(later)
    assert lab_tag(START) != lab_tag(START + timedelta(microseconds=1))
