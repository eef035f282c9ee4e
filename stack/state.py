"""What the supervisor knows, in a file that the portal and ``doctor`` read."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from portal.files import write_whole
from portal.records import read_record

VERSION = 1
EVENTS_KEPT = 50


class ServerStatus(StrEnum):
    """How a server does."""

    GETTING = "getting"  # being downloaded
    STARTING = "starting"
    UP = "up"
    RESTARTING = "restarting"  # it ended by itself and starts again in a moment
    FAILED = "failed"  # it ended too often; it is not started again
    STOPPED = "stopped"
    ABSENT = "absent"  # can't be had here, or not wanted


@dataclass
class ServerState:
    """One server. Times are seconds since the epoch."""

    name: str
    title: str
    status: ServerStatus
    url: str
    since: float
    pid: int | None = None
    born: str = ""  # tells this process from a later one with the same pid
    restarts: int = 0
    version: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened to a server, as a sentence."""

    at: float
    server: str
    text: str


@dataclass
class State:
    """All that the supervisor knows of the lab."""

    pid: int = field(default_factory=os.getpid)
    since: float = field(default_factory=time.time)
    servers: dict[str, ServerState] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add_event(self, server: str, text: str) -> None:
        """Note what happened now; only the last ones are kept."""
        self.events = [*self.events, Event(time.time(), server, text)][-EVENTS_KEPT:]

    def write(self, path: Path) -> None:
        """Write the file whole or not at all; raises OSError."""
        document = {"version": VERSION, **asdict(self)}
        write_whole(path, json.dumps(document, indent=1))


def read_state(path: Path) -> State | None:
    """The state last written, or None where there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        whole = {one.name for one in fields(State)} <= document.keys()
        return read_record(State, document) if whole and document["version"] == VERSION else None
    except (AttributeError, OSError, ValueError, KeyError, TypeError):
        return None
