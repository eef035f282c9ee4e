"""Minds one server: when the supervisor is gone, the server goes too, however it ended.

Run as ``python -I -S guardian.py GRACE COMMAND...``; standard library only, on any POSIX system.
Standard input is a pipe whose other end only the supervisor has: end of file means "end it".
Standard output gets one line, the server's process id (also its process group).
Standard error is the server's log. The exit status is the server's, 128+N after signal N.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

STEP = 0.05  # seconds between two looks at a group that is ending
LAST = 0.3  # seconds for a killed group to be gone; a slow init may keep its dead for longer


def main(arguments: list[str]) -> int:
    """Run the command and mind it; returns the exit status to leave with."""
    grace, command = float(arguments[0]), arguments[1:]
    wakeup = wake_on_signals()
    try:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=2, stderr=2, start_new_session=True
        )
    except OSError as error:
        sys.stderr.write(f"{command[0]} can't be started: {error.strerror}\n")
        return 127
    os.write(1, b"%d\n" % server.pid)
    os.close(1)
    wait_for_end(server, wakeup)
    end_group(server, grace)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def wake_on_signals() -> int:
    """A descriptor that becomes readable on each signal: a child's end, or "leave"."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    watched = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    for number in watched:
        # A handler, even an empty one, is put back to the default in the server; an ignored
        # signal would stay ignored there.
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
    return readable


def wait_for_end(server: subprocess.Popen[bytes], wakeup: int) -> None:
    """Return when the server has ended, or when it shall."""
    while server.poll() is None:
        ready = select.select([0, wakeup], [], [])[0]
        if 0 in ready and not os.read(0, 64):
            return
        if wakeup in ready and set(os.read(wakeup, 64)) - {signal.SIGCHLD}:
            return


def end_group(server: subprocess.Popen[bytes], grace: float) -> None:
    """End the server's whole group: ask, wait for ``grace`` seconds, then kill what is left."""
    if server.poll() is None:
        send(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(grace)
    send(server.pid, signal.SIGKILL)
    server.wait()
    until = time.monotonic() + LAST
    while send(server.pid, 0) and time.monotonic() < until:
        time.sleep(STEP)


def send(group: int, number: int) -> bool:
    """Send a signal to a process group; returns whether anybody was there."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
