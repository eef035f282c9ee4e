"""A silent system is waited for once in full, once briefly, then not for a while."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.http import Http
from portal.clients.patience import Patience, Turn
from portal.deadline import Deadline
from portal.limits import ClientLimits, SilenceLimits
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.fakes.server import LocalServer, Reply, Request
from tests.mockapp.process import wait_until

AMPLE = 60.0
"""Seconds of a call's time that a machine which pauses does not use up."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def error(text: str, kind: ErrorKind = ErrorKind.TIMEOUT) -> ClientError:
    return ClientError(text, system="Thing", kind=kind)


def full(patience: Patience) -> bool:
    return patience.turn(Deadline(AMPLE)).given > SilenceLimits.brief_s


def doubtful(patience: Patience) -> Turn:
    patience.failed(error("the first silence"), Turn(Deadline(1.5), 1.5))
    return patience.turn(Deadline(AMPLE))


def test_one_silence_shortens_the_next_call_only() -> None:
    turn = doubtful(Patience())
    assert turn.brief
    assert turn.given == SilenceLimits.brief_s


def test_the_brief_call_s_silence_ends_all_asking_for_a_while_with_the_first_words() -> None:
    clock = Clock()
    patience = Patience(monotonic=clock)
    told = patience.failed(error("brief"), doubtful(patience))
    assert str(told) == "the first silence"
    with pytest.raises(ClientError, match="the first silence"):
        patience.turn(Deadline(1.5))
    clock.now = SilenceLimits.silent_s
    assert full(patience)


@pytest.mark.parametrize("kind", [ErrorKind.SERVER_ERROR, ErrorKind.UNREACHABLE, ErrorKind.GARBAGE])
def test_any_other_failure_restores_full_time(kind: ErrorKind) -> None:
    patience = Patience()
    patience.failed(error("it spoke", kind), doubtful(patience))
    assert full(patience)


def test_an_answer_restores_full_time() -> None:
    patience = Patience()
    patience.failed(error("brief"), doubtful(patience))
    patience.answered()
    assert full(patience)


def test_two_heavy_calls_side_by_side_prove_nothing() -> None:
    patience = Patience()
    for _ in range(2):
        patience.failed(error("heavy"), Turn(Deadline(1.5), 1.5))
    assert patience.turn(Deadline(AMPLE)).brief


def test_a_call_with_little_time_proves_nothing() -> None:
    patience = Patience()
    patience.failed(error("late"), Turn(Deadline(0.4), 0.4))
    assert full(patience)
    doubtful(patience)
    turn = patience.turn(Deadline(0.1))
    patience.failed(error("late"), turn)
    assert patience.turn(Deadline(AMPLE)).brief


def test_who_insists_has_full_time() -> None:
    patience = Patience()
    patience.failed(error("brief"), doubtful(patience))
    assert patience.turn(Deadline(AMPLE), insist=True).given > SilenceLimits.brief_s


def test_a_page_waits_for_a_silent_system_once() -> None:
    limits = ClientLimits(call_s=1.5, silence=SilenceLimits(silent_s=AMPLE))
    with (
        HostileServer(Misbehaviour.SLOW) as server,
        closing(Http("Thing", server.url, limits=limits)) as http,
    ):
        before = time.monotonic()
        said = set()
        for _ in range(20):
            with pytest.raises(ClientError) as caught:
                http.get("/x")
            said.add(str(caught.value))
        assert time.monotonic() - before < 10 * 1.8
        wait_until(lambda: len(server.requests) == 2)
    assert said == {f"Thing did not answer within 1.5 s at {server.url}."}


def test_a_heavy_question_does_not_silence_the_light_ones() -> None:
    limits = ClientLimits(call_s=AMPLE, silence=SilenceLimits(brief_s=AMPLE))

    def answer(request: Request) -> Reply:
        return Reply(body=b"{}", delay_s=30 if request.path == "/heavy" else 0)

    with LocalServer(answer) as server, closing(Http("Thing", server.url, limits=limits)) as http:
        for _ in range(2):
            with pytest.raises(ClientError):
                http.get("/heavy", timeout=1.0)
            assert http.get_json("/light") == {}
