"""What a panel lets one see of the values of a query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Drawn(StrEnum):
    """Whether a panel draws the values of its queries."""

    YES = "yes"
    NO = "no"
    REDUCED = "reduced"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Look:
    """Whether the values are drawn, and why they are not: a sentence, empty where none helps."""

    drawn: Drawn = Drawn.YES
    why: str = ""


PLAIN = Look()
_WORST_FIRST = (Drawn.NO, Drawn.REDUCED, Drawn.UNSURE, Drawn.YES)
BY_NAME = "That depends on the name of a field, which only the data tell."


def rank(look: Look) -> int:
    """How much is seen, as a number: the more, the higher."""
    return _WORST_FIRST.index(look.drawn)


def worst(looks: Iterable[Look]) -> Look:
    """What is left when all of this is made of the values."""
    return min([PLAIN, *looks], key=rank)


def undecided(looks: Iterable[Look]) -> Look:
    """One of these, and nobody knows which: a doubt, unless they say the same."""
    found = list(looks)
    if len({look.drawn for look in found}) == 1:
        return found[0]
    return Look(Drawn.UNSURE, next((look.why for look in found if look.why), BY_NAME))


def unsure(why: str = "") -> Look:
    """The learner is asked what is seen."""
    return Look(Drawn.UNSURE, why)


def reduced(why: str = "") -> Look:
    """Something else is seen that is calculated from the values."""
    return Look(Drawn.REDUCED, why)


def unseen(why: str = "") -> Look:
    """Nothing is seen of them."""
    return Look(Drawn.NO, why)
