"""What no sentence for people may hold, whoever wrote it."""

from __future__ import annotations

import re

NOUNS = (
    *("request", "burst", "panel", "step", "minute", "second", "hour", "day", "character", "byte"),
    *("rule", "alert", "SLO", "dashboard", "text", "user", "service", "failure", "file", "event"),
    *("sample", "scrape", "variable", "level", "operator", "group", "learner", "submission"),
)
COUNTABLE = rf"(?:(?!of\b)[a-z]+ )?(?:(?:{'|'.join(NOUNS)})s|queries)\b(?!/)"
FAULTS = {
    "an exponent": r"\d[eE][-+]?\d",
    "a number that is none": r"(?<![\w+−-])(?:nan|inf)\b",
    "several of one": rf"(?<![\d.,:/×−-])(?<!of )(?<!/ )1 (?:{COUNTABLE}|times\\b)",
    "a list with two joints": r"\w+ and \w+ and \w+",
}


def complaints(sentence: str) -> list[str]:
    """What is wrong with the sentence, with the place."""
    return [
        f"{fault}: {found[0]!r} in {sentence!r}"
        for fault, pattern in FAULTS.items()
        if (found := re.search(pattern, sentence))
    ]
