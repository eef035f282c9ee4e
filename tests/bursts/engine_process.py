"""The engine as a process: what a test says to it and hears from it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from portal.bursts.messages import Message, Mode, Part, Spec
from portal.bursts.record import BurstRecord

PATIENCE = 60.0
"""Seconds for what takes one or two, on a machine that is busy or pauses."""

PATIENT_ENGINE = """
import sys
from portal.bursts.engine import __main__, loop
loop.GRACE_SECONDS = 60
sys.exit(__main__.main())
"""
"""After a stop it waits for every answer, however busy the machine."""


class Engine:
    """A running engine process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def say(self, line: str) -> None:
        """Write a line on its stdin."""
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def hear(self) -> Message:
        """Its next message."""
        assert self.process.stdout
        return Message.parse(self.process.stdout.readline())

    def hear_until(self, holds: Callable[[Message], object]) -> Message:
        """The first message of which it holds, of a burst that goes on."""
        while not holds(message := self.hear()):
            assert not message.is_last, message
        return message

    def stop(self) -> Message:
        """Its last message, after it was asked to stop."""
        self.say("stop\n")
        return self.last_words()

    def last_words(self) -> Message:
        """Its last message; every one before adds up, too."""
        assert self.process.stdout
        messages = [Message.parse(line) for line in self.process.stdout]
        for message in messages:
            assert message.sent == message.good + message.failed_total + message.cut + (
                message.in_flight
            )
        assert [message.is_last for message in messages].index(True) == len(messages) - 1
        return messages[-1]


@contextmanager
def engine(
    *before: str, patient: bool = False, program: Sequence[str] = ("-m", "portal.bursts.engine")
) -> Iterator[Engine]:
    """The engine; ``before`` is a command that runs it, ``program`` what Python is to run."""
    program = ["-c", PATIENT_ENGINE] if patient else program
    command = [*before, sys.executable, *program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Engine(process)
        finally:
            process.kill()


def spec_for(target: str, **change: Any) -> Spec:
    defaults: dict[str, Any] = {
        "mode": Mode.OPEN,
        "rate": 100,
        "duration_seconds": 0.5,
        "mix": (Part("/"),),
        "timeout_seconds": 30,
    }
    return Spec(target=target, **{**defaults, **change})


def send(target: str, **change: Any) -> Message:
    """Send a burst to its end; returns the last message."""
    with engine() as running:
        running.say(spec_for(target, **change).dump())
        return running.last_words()


def recorded(target: str, **change: Any) -> tuple[Message, BurstRecord]:
    """Send a burst to its end; returns the last message, and the record of all."""
    record = BurstRecord()
    with engine() as running:
        running.say(spec_for(target, **change).dump())
        last = running.hear()
        while not last.is_last:
            last = running.hear()
            if last.part:
                record.take(last.part)
    return last, record


def pause(running: Engine, seconds: float) -> None:
    """Let the engine stand still."""
    running.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    running.process.send_signal(signal.SIGCONT)
