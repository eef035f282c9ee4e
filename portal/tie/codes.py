"""What an alert analysis says: one code per cause, and the order in which causes win."""

from __future__ import annotations

from enum import StrEnum


class TieCode(StrEnum):
    """Whether an alert is tied to an SLO, and if not, why; the first that hits wins."""

    UNPARSED = "unparsed"
    ALWAYS_FIRES = "always_fires"
    NEVER_FIRES = "never_fires"
    NOT_AN_SLI = "not_an_sli"
    NO_SUCH_SOURCE = "no_such_data_source"
    OTHER_SOURCE = "other_data_source"
    OTHER_SERVICE = "other_service"
    OTHER_THRESHOLD = "other_threshold"
    INVERTED = "inverted"
    TOO_LAX = "too_lax"
    LABEL_CHANGES = "label_changes"
    CANNOT_CHECK = "cannot_check"
    STRICTER = "stricter_than_objective"
    TIED = "tied"

    @property
    def is_tied(self) -> bool:
        """Whether an alert with this code guards an SLO."""
        return self in (TieCode.STRICTER, TieCode.TIED)

    @property
    def is_absolute(self) -> bool:
        """Whether it says always or never, which must be true of every day."""
        return self in (TieCode.ALWAYS_FIRES, TieCode.NEVER_FIRES)

    @property
    def rank(self) -> int:
        """How close to tied: the higher, the closer."""
        return _ORDER[self]


_ORDER = {code: number for number, code in enumerate(TieCode)}
