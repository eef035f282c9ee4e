"""What ``slo-lab up`` prints. A closed terminal is no reason to stop."""

from __future__ import annotations

import os
import sys
import threading
from typing import TextIO

import click

from portal.numbers import count

WIDTH = 30
STEP = 1 << 20  # bytes between two drawings of the bar


class Console:
    """Lines and one progress bar on standard output, from several threads."""

    def __init__(self, *, err: bool = False) -> None:
        """``err``: on standard error instead, for a command whose output is read by programs."""
        self._err = err
        self._lock = threading.Lock()
        self._drawn = -1
        self._label = ""

    def say(self, text: str) -> None:
        """One line."""
        self._write(text + "\n")

    def progress(self, label: str, done: int, total: int) -> None:
        """Draw the bar anew, on a terminal; elsewhere say once what is being downloaded."""
        if label != self._label:
            self._label, self._drawn = label, -1
            if not self._stream.isatty():
                self.say(f"Downloading {label} ...")
        if not self._stream.isatty() or (done // STEP == self._drawn and done != total):
            return
        self._drawn = done // STEP
        self._write(bar(label, done, total) + ("\n" if done == total else ""))

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                click.echo(text, nl=False, err=self._err)
            except OSError:
                _go_on_without(self._stream)

    @property
    def _stream(self) -> TextIO:
        return sys.stderr if self._err else sys.stdout


def _go_on_without(stream: TextIO) -> None:
    """Nobody reads us any more; what is still buffered must not fail at our end, either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def bar(label: str, done: int, total: int) -> str:
    """One drawing of the bar; ``total`` 0 means that the size is not known."""
    megabytes = f"{count(done / 1e6)} MB"
    if not total:
        return f"\r{label}  {megabytes}"
    filled = min(WIDTH, WIDTH * done // total)
    drawn = "#" * filled + "-" * (WIDTH - filled)
    return f"\r{label}  [{drawn}]  {megabytes} of {count(total / 1e6)} MB"
