"""An expression retold for a scene, which promtool plays in 1970 and which is short.

Its clock is put to the scene's epoch, windows of subqueries that reach back before the scene end
where it begins (there is nothing before), and `start()` and `end()` are those of a graph of it all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, inf

from portal.durations import UNITS
from portal.promql.text import STRING

CLOCK = frozenset(
    {"hour", "minute", "day_of_week", "day_of_month", "day_of_year", "month", "year"}
    | {"days_in_month"}
)
"""Functions of the time of day, or of the date."""
NOW = frozenset({"time", "timestamp"})
"""Functions of the seconds since 1970."""
BORN = "process_start_time_seconds"
TOKEN = re.compile(
    STRING.pattern + r"|[A-Za-z_:][\w:]*|\[[^\[\]:]*:[^\[\]]*\]|@\s*(?:start|end)\s*\(\s*\)"
    r"|\d[\w.]*|\s+|.",
    re.DOTALL,
)
CONCERNED = re.compile(
    "|".join((*sorted(CLOCK | NOW), "@", r"\[[^\[\]]*:", "offset")), re.IGNORECASE
)
"""What an expression holds if there is anything to retell, besides others that hold it too."""
SUBQUERY = re.compile(r"\[\s*(?P<range>[^:]*?)\s*:(?P<step>.*)\]", re.DOTALL)
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
DATES = (2019686400.0, 1924986600.0, 1941971400.0)
"""Epochs that the clock is tried at: the first minutes of a year, on a Sunday; a year's last night,
on a Tuesday; noon on a Wednesday in July. All lie ahead: what was true of the past only shows."""


@dataclass(frozen=True)
class Retelling:
    """``epoch_s``: what the clock says when the scene begins; ``end_s``: how long it lasts.

    ``graph``: whether it is asked at several moments, as a graph does. ``far_s``: as far back as
    an offset leads at most, because nothing ever changed before.
    """

    epoch_s: float = 0.0
    end_s: float = 0.0
    graph: bool = False
    far_s: float = inf

    def of(self, expr: str) -> str:
        """The expression as promtool is asked it; the same where there is nothing to retell."""
        if not CONCERNED.search(expr):
            return expr
        words = TOKEN.findall(expr)
        closing: dict[int, str] = {}
        told: list[str] = []
        for number, word in enumerate(words):
            told.append(self._told(words, number, word, closing))
        return "".join(told)

    def _told(self, words: list[str], number: int, word: str, closing: dict[int, str]) -> str:
        if word.startswith("["):
            return self._cut(word)
        if word.startswith("@"):
            return self._fixed(word)
        if word[0].isdigit():
            return self._shortened(words, number)
        if number in closing:
            return f"{word}{closing[number]}"
        asks = self.epoch_s and word in NOW | CLOCK
        called = _called(words, number) if asks else None
        if called is None:
            return word
        first, last = called
        is_empty = all(not inner.strip() for inner in words[first + 1 : last])
        if word == "timestamp":
            closing[last] = f" + {self.epoch_s:.0f})"
            return f"({word}"
        if not is_empty:
            return word
        closing[last] = f" + {self.epoch_s:.0f})" if word == "time" else ""
        if word == "time":
            return f"({word}"
        closing[first] = f"vector(time() + {self.epoch_s:.0f})"
        return word

    def _cut(self, word: str) -> str:
        """A subquery's window, no longer than the scene."""
        found = SUBQUERY.fullmatch(word)
        if found is None or not self.end_s:
            return word
        seconds = _seconds(found["range"])
        most = ceil(self.end_s) + 60
        return f"[{most}s:{found['step']}]" if seconds > most else word

    def _shortened(self, words: list[str], number: int) -> str:
        """An offset's length, no longer than anything reaches."""
        before = next((one for one in reversed(words[:number]) if one.strip()), "")
        too_far = before.lower() == "offset" and _seconds(words[number]) > self.far_s
        return f"{self.far_s:.0f}s" if too_far else words[number]

    def _fixed(self, word: str) -> str:
        if not self.graph or "(" not in word:
            return word
        return "@ 0" if "start" in word else f"@ {self.end_s:.3f}"


def _seconds(duration: str) -> float:
    return sum(int(n) * UNITS[unit] for n, unit in DURATION.findall(duration))


def _called(words: list[str], number: int) -> tuple[int, int] | None:
    """Where the brackets of a call of this name open and close; None: it is no call."""
    first = _next(words, number)
    if first is None or words[first] != "(":
        return None
    depth = 0
    for place in range(first, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if depth == 0:
            return first, place
    return None


def _next(words: list[str], number: int) -> int | None:
    """The next word that is neither space nor a comment."""
    rest = range(number + 1, len(words))
    return next((n for n in rest if words[n].strip() and not words[n].startswith("#")), None)
