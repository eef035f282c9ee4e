"""The shop's series as PromQL selects them, for the service scraped as ``job``."""

from __future__ import annotations

from portal.shop.facts import DURATIONS, REQUESTS, STATUS

FAILED = "5.."
"""The statuses that count as a failure."""


def quoted(value: str) -> str:
    """A PromQL string literal, quotes included."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def bucket_label(seconds: float) -> str:
    """A bucket's ``le`` as Prometheus 2 and 3 both store it: ``0.3``, ``1.0``."""
    return repr(float(seconds))


def requests(job: str) -> str:
    """All requests."""
    return f"{REQUESTS}{{job={quoted(job)}}}"


def good_requests(job: str) -> str:
    """Requests not answered with a 5xx."""
    return f"{REQUESTS}{{job={quoted(job)},{STATUS}!~{quoted(FAILED)}}}"


def failed_requests(job: str) -> str:
    """Requests answered with a 5xx."""
    return f"{REQUESTS}{{job={quoted(job)},{STATUS}=~{quoted(FAILED)}}}"


def answers(job: str) -> str:
    """All answers that were timed."""
    return f"{DURATIONS}_count{{job={quoted(job)}}}"


def fast_answers(job: str, threshold_s: float) -> str:
    """Answers within the threshold, which is a bucket's bound."""
    return f"{DURATIONS}_bucket{{job={quoted(job)},le={quoted(bucket_label(threshold_s))}}}"


def buckets(job: str) -> str:
    """The answers within each bucket (label ``le``)."""
    return f"{DURATIONS}_bucket{{job={quoted(job)}}}"


def of_the_shop(job: str) -> str:
    """Every series of the two metrics."""
    names = f"{REQUESTS}|{DURATIONS}(_bucket|_count|_sum)?"
    return f"{{__name__=~{quoted(names)},job={quoted(job)}}}"


def scrape_seconds(job: str) -> str:
    """How long the last scrape took, s: a number of Prometheus' own, unlike any other's."""
    return f"scrape_duration_seconds{{job={quoted(job)}}}"


def target(job: str) -> str:
    """1 when the last scrape worked, 0 when it failed."""
    return f"up{{job={quoted(job)}}}"
