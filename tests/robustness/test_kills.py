"""Kill -9 in the middle of an error burst: the page says so, nothing and no fault stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.robustness.labs import (
    engines,
    is_well,
    page,
    post,
    record,
    running,
    running_again,
    start_error_burst,
)
from tests.robustness.portals import SLO_FORM
from tests.stack.labs import Lab, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def kill(lab: Lab, name: str) -> int:
    pid = lab.state.servers[name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def end_state(lab: Lab, number: int) -> str:
    """The state in which the burst ended; asking for its page is what a learner does, too."""

    def has_ended() -> bool:
        page(lab, f"/bursts/{number}")
        return record(lab, number).state not in {"queued", "running"}

    wait_until(has_ended)
    return record(lab, number).state


def nothing_is_left(lab: Lab) -> None:
    wait_until(lambda: engines(lab) == [])
    wait_until(lambda: is_well(lab))


@pytest.mark.parametrize(
    ("name", "subject"), [("mockapp", "The mock app"), ("prometheus", "Prometheus")]
)
def test_a_killed_server_comes_back_and_the_burst_goes_on(
    lab: Lab, name: str, subject: str
) -> None:
    number = start_error_burst(lab)
    killed = kill(lab, name)
    lab.wait_until_up(name, other_than=killed)
    sent = record(lab, number).sent
    wait_until(lambda: record(lab, number).sent > sent + 20)
    told = page(lab, "/lab")
    assert f"{subject} ended by itself (SIGKILL); it starts again." in told
    assert "The Prometheus" not in told
    post(lab, f"/bursts/{number}/stop")
    assert end_state(lab, number) == "stopped"
    assert "Stopped before its time." in page(lab, f"/bursts/{number}")
    nothing_is_left(lab)


def test_a_killed_engine_fails_the_burst_with_a_sentence(lab: Lab) -> None:
    number = start_error_burst(lab)
    (engine,) = engines(lab)
    os.kill(engine, signal.SIGKILL)
    assert end_state(lab, number) == "failed"
    assert "own process ended unexpectedly (signal 9)" in page(lab, f"/bursts/{number}")
    assert record(lab, number).sent > 0
    nothing_is_left(lab)


def test_after_a_killed_portal_its_burst_has_an_end_with_a_sentence(lab: Lab) -> None:
    number = start_error_burst(lab)
    killed = kill(lab, "portal")
    wait_until(lambda: engines(lab) == [])
    lab.wait_until_up("portal", other_than=killed)
    assert end_state(lab, number) == "failed"
    assert "The portal stopped while this burst ran" in page(lab, f"/bursts/{number}")
    assert record(lab, number).sent > 0
    assert "The portal ended by itself (SIGKILL); it starts again." in page(lab, "/lab")
    nothing_is_left(lab)
    again = start_error_burst(lab)
    post(lab, f"/bursts/{again}/stop")
    assert end_state(lab, again) == "stopped"


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_keeps_the_data(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as lab:
        assert post(lab, "/slos", **SLO_FORM).status_code == 303
        number = start_error_burst(lab)
        lab.process.kill()
        lab.process.wait()
        lab.leaves_nothing()
    with running_again(tmp_path, lab) as lab:
        assert is_well(lab)
        assert end_state(lab, number) == "failed"
        assert "The portal stopped while this burst ran" in page(lab, f"/bursts/{number}")
        assert record(lab, number).sent > 0
        assert SLO_FORM["why"] in page(lab, "/slos/shop")
        again = start_error_burst(lab)
        post(lab, f"/bursts/{again}/stop")
        assert end_state(lab, again) == "stopped"
    lab.leaves_nothing()
