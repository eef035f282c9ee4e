"""A peer to compare with: ``python -m bench.peer URL RATE SECONDS``.

What one would write at first: a pool of threads with a ``requests`` session each, and a loop
that hands them a request whenever one is due. Prints p95 and p99 from the due time as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

THREADS = 64
_local = threading.local()


def ask(url: str, due: float) -> float:
    """Ask once; returns seconds from the due time to the answer."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False
    _local.session.get(url, timeout=10)
    return time.monotonic() - due


def main() -> None:
    """Send the burst and print the percentiles."""
    url, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    start, futures = time.monotonic(), []
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(int(rate * seconds)):
            due = start + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            futures.append(pool.submit(ask, url, due))
    took = sorted(future.result() for future in futures)
    sys.stdout.write(json.dumps({f"p{p}": took[len(took) * p // 100] for p in (95, 99)}))


if __name__ == "__main__":
    main()
