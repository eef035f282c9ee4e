"""The promtool that the tests ask: the one that the portal finds on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from portal.clients import promtool
from portal.clients.promtool import PromtoolMissingError, RulesReport, Validity
from portal.config import Settings


def promtool_at_hand() -> Path:
    """Where it is; raises SLOLabError where there is none."""
    return promtool.find(Settings.from_env().cache_dir)


def no_promtool() -> Path:
    """Where nobody has one."""
    raise PromtoolMissingError


def validate(exprs: Sequence[str]) -> list[Validity]:
    """Whether Prometheus would run each expression."""
    return promtool.validate(exprs, promtool_at_hand())


def check_rules(text: str) -> RulesReport:
    """Whether Prometheus would load the rules."""
    return promtool.check_rules(text, promtool_at_hand())
