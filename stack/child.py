"""A server and its guardian, seen from the supervisor."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from portal.errors import SLOLabError

GUARDIAN = Path(__file__).with_name("guardian.py")
PATIENCE = 10.0  # seconds for a guardian to name the server's process


class StartError(SLOLabError):
    """A server's process could not be made."""


class Child:
    """One running server. ``pid`` is the server's process and process group."""

    def __init__(self, guardian: subprocess.Popen[bytes], pid: int) -> None:
        self._guardian = guardian
        self.pid = pid

    @classmethod
    def start(
        cls,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        folder: Path,
        log: Path,
        grace: float,
    ) -> Child:
        """Start the command in ``folder``, its output into ``log``; raises StartError.

        When it shall end it has ``grace`` seconds to do so by itself.
        """
        try:
            with log.open("ab") as output:
                guardian = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(GUARDIAN), str(grace), *map(str, command)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=output,
                    env=dict(environ),
                    cwd=folder,
                    start_new_session=True,
                )
        except OSError as error:
            raise StartError(f"{command[0]} can't be started: {error.strerror}.") from error
        return cls(guardian, _pid_from(guardian, command[0]))

    def poll(self) -> int | None:
        """The exit status when the server has ended (negative: ended by that signal)."""
        status = self._guardian.poll()
        if status is None:
            return None
        self.end()  # closes our end of the pipe
        if status < 0:  # the guardian itself was killed; the server must not outlive it
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        return 128 - status if status > 128 else status

    def end(self) -> None:
        """Ask the guardian to end the server; poll() tells when it is done."""
        if self._guardian.stdin:
            with suppress(OSError):
                self._guardian.stdin.close()

    def kill(self) -> None:
        """End the server at once."""
        for group in (self.pid, self._guardian.pid):
            with suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        self._guardian.wait()
        self.end()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server's process alone."""
        if self._guardian.poll() is None:
            with suppress(OSError):
                os.kill(self.pid, number)


def _pid_from(guardian: subprocess.Popen[bytes], program: str | Path) -> int:
    line = b""
    with cast(IO[bytes], guardian.stdout) as pipe:
        if select.select([pipe], [], [], PATIENCE)[0]:
            line = pipe.readline()
    if line.strip().isdigit():
        return int(line)
    guardian.kill()
    guardian.wait()
    cast(IO[bytes], guardian.stdin).close()
    raise StartError(f"{program} can't be started.")
