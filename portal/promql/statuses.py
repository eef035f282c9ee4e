"""Which HTTP statuses a matcher picks."""

from __future__ import annotations

from portal.promql.nodes import Matcher, MatchOp
from portal.promql.patterns import fully_matches
from portal.words import listed, plural

ALL = frozenset(range(100, 600))
SERVER_ERRORS = frozenset(range(500, 600))
CLIENT_ERRORS = frozenset(range(400, 500))
TEXTS = {str(status): status for status in sorted(ALL)}
USUAL_LABELS = frozenset(
    {"status", "code", "status_code", "http_status", "http_status_code", "response_code"}
)
OTHER_LABELS = frozenset({"le", "quantile", "job", "instance", "path", "method", "__name__"})


def picked(matcher: Matcher) -> frozenset[int] | None:
    """The statuses that pass the matcher; None: it is not about statuses.

    The values decide, not the label's name: a matcher that tells statuses apart is about them.
    """
    if matcher.label in OTHER_LABELS:
        return None
    named = _named(matcher)
    usual = matcher.label in USUAL_LABELS
    if named is None or (not usual and (not named or named == ALL)):
        return None
    negative = matcher.op in {MatchOp.NOT_EQUAL, MatchOp.NOT_MATCHES}
    return ALL - named if negative else named


def _named(matcher: Matcher) -> frozenset[int] | None:
    if matcher.op in {MatchOp.EQUAL, MatchOp.NOT_EQUAL}:
        return frozenset({TEXTS[matcher.value]}) if matcher.value in TEXTS else frozenset()
    found = fully_matches(matcher.value, TEXTS)
    return None if found is None else frozenset(TEXTS[text] for text in found)


def spoken(statuses: frozenset[int]) -> str:
    """The set in few words: ``4xx and 5xx``, ``500``, ``5xx but 501``; no answer ends in 1xx."""
    return listed(_parts(statuses)) or "none"


def spoken_with(statuses: frozenset[int], one: str, several: str) -> str:
    """The same with the verb that fits: ``5xx counts``, ``4xx and 5xx count``."""
    return f"{spoken(statuses)} {plural(max(1, len(_parts(statuses))), one, several)}"


def _parts(statuses: frozenset[int]) -> list[str]:
    return [part for hundred in range(2, 6) for part in _parts_of_class(hundred, statuses)]


def _parts_of_class(hundred: int, statuses: frozenset[int]) -> list[str]:
    whole = frozenset(range(hundred * 100, hundred * 100 + 100))
    inside, outside = whole & statuses, whole - statuses
    if not outside:
        return [f"{hundred}xx"]
    if len(outside) <= 3:
        return [f"{hundred}xx but {listed(map(str, sorted(outside)))}"]
    if len(inside) <= 5:
        return [str(status) for status in sorted(inside)]
    return [f"a part of {hundred}xx"]
