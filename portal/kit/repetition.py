"""A log that says a thing at length once: the same traceback again is one line."""

from __future__ import annotations

import logging
from collections import Counter
from types import TracebackType

KINDS = 500  # kinds of errors that are counted; then the counting begins anew
REASON_LIMIT = 300  # characters


class Repetition(logging.Filter):
    """Takes the traceback from a record whose like was logged before; the line itself stays."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: Counter[tuple[object, ...]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        if len(self._seen) >= KINDS:
            self._seen.clear()
        kind = (record.name, record.msg, type(error), *_place(error.__traceback__))
        self._seen[kind] += 1
        if self._seen[kind] > 1:
            record.exc_info = record.exc_text = None
            words = f"{type(error).__name__}: {error}"[:REASON_LIMIT]
            record.__dict__.update(error=words, times=self._seen[kind])
        return True


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """The line that raised it."""
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)
