"""The scrape intervals that a lab may have, in seconds, as the setting takes them."""

from __future__ import annotations

from contextlib import suppress

from portal.config import SettingError, Settings


def allowed() -> list[int]:
    """Every value of ``SLO_LAB_SCRAPE_INTERVAL`` that is not refused."""
    found = []
    for seconds in range(121):
        with suppress(SettingError):
            Settings.from_env({"SLO_LAB_SCRAPE_INTERVAL": str(seconds)})
            found.append(seconds)
    return found


SLOWEST_S = max(allowed())
