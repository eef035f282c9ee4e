"""The servers' logs, read."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from stack.layout import Layout

PAUSE = 0.3  # seconds between two looks at the logs that are followed


def known_logs(layout: Layout) -> dict[str, Path]:
    """The logs there are, by the server's name."""
    paths = sorted(layout.logs.glob("*.log")) if layout.logs.is_dir() else []
    return {path.stem: path for path in paths if not path.stem.endswith(".old")}


def tail(path: Path, count: int) -> list[str]:
    """The last lines of a log."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=max(count, 0))]


def follow(logs: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """What is added to the logs, for ever: (name, line). A log that begins anew is read anew."""
    places = {name: path.stat().st_size for name, path in logs.items()}
    while True:
        for name, path in logs.items():
            if not path.exists():
                continue
            if path.stat().st_size < places[name]:
                places[name] = 0
            with path.open(encoding="utf-8", errors="replace") as file:
                file.seek(places[name])
                yield from ((name, line.rstrip("\n")) for line in file)
                places[name] = file.tell()
        time.sleep(PAUSE)
