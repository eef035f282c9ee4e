"""The terminal that the lab was started in, as far as its end is the lab's end.

A terminal that closes sends SIGHUP to its first process alone. Where that is a ``make`` which
waits for us (``ssh -t host make lab``), nobody tells us.
"""

from __future__ import annotations

import os
from contextlib import suppress


class Terminal:
    """The controlling terminal of this process, where it has one."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._in_front = False
        with suppress(OSError):
            self._descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        self.has_closed()  # it may be gone before anybody asks for the first time

    def has_closed(self) -> bool:
        """Whether it is gone, and we were no job in its background when it was last there."""
        if self._descriptor < 0:
            return False
        try:
            self._in_front = os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return self._in_front
        return False
