"""``python -m portal.bursts.engine``: read an order, send the burst, tell how it went."""

from __future__ import annotations

import gc
import resource
import signal
import sys
import time
from contextlib import suppress

from portal.bursts.engine.control import TERMINATED, Control
from portal.bursts.engine.loop import Loop, StoodStillError
from portal.bursts.engine.reporter import Reporter
from portal.bursts.engine.schedule import ClosedSchedule, OpenSchedule, Schedule
from portal.bursts.engine.tally import Tally
from portal.bursts.engine.target import BurstTarget, endless_mix, find_target
from portal.bursts.messages import MessageKind, Mode, Spec
from portal.errors import SLOLabError

STDIN, STDOUT = 0, 1

# macOS says that there is no limit, and then refuses more than the second number.
WANTED_FILES = (65536, 10240)


def main() -> int:
    """Run one burst; the exit status is 0 when it finished or was stopped, 1 when it failed."""
    control = Control(STDIN)
    try:
        spec = Spec.parse(control.read_order())
        target = find_target(spec.target)
    except SLOLabError as error:
        now = time.monotonic()
        Reporter(STDOUT, None, Tally(), now).tell(MessageKind.FAILED, now, str(error))
        return 1
    _prepare_process(control)
    return _send(spec, target, control)


def _send(spec: Spec, target: BurstTarget, control: Control) -> int:
    start = time.monotonic()
    tally = Tally(spec.slow_seconds, start)
    reporter = Reporter(STDOUT, spec.scheduled, tally, start)
    reporter.tell(MessageKind.STARTED, start)
    loop = Loop(
        target=target,
        requests=endless_mix(target, spec.mix),
        schedule=_schedule(spec, start),
        tally=tally,
        control=control,
        progress=lambda now: reporter.tell(MessageKind.PROGRESS, now),
        timeout_seconds=spec.timeout_seconds,
        keep_alive=spec.mode is Mode.OPEN,
        silence_seconds=spec.silence_seconds,
    )
    try:
        loop.run()
    except StoodStillError as error:
        reporter.tell(MessageKind.FAILED, time.monotonic(), str(error))
        return 1
    except Exception as error:
        reason = f"The burst process failed: {type(error).__name__}: {error}."
        reporter.tell(MessageKind.FAILED, time.monotonic(), reason[:300])
        return 1
    kind = MessageKind.STOPPED if control.stop_reason else MessageKind.FINISHED
    reporter.tell(kind, time.monotonic(), control.stop_reason)
    return 0


def _schedule(spec: Spec, start: float) -> Schedule:
    if spec.mode is Mode.OPEN:
        return OpenSchedule(start, spec.rate, spec.scheduled or 0)
    return ClosedSchedule(start, spec.rate, spec.duration_seconds, spec.max_requests)


def _prepare_process(control: Control) -> None:
    """End on signals like on ``stop``; many files; no garbage collection of what stays."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: control.stop(TERMINATED))
    _raise_file_limit()
    gc.collect()
    gc.freeze()


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in WANTED_FILES:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= limit:
            return
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return


if __name__ == "__main__":
    sys.exit(main())
