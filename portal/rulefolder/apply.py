"""Applying rule files: validate, write, see Prometheus load them; else put the old ones back.

Nothing that promtool refuses is ever written. What Prometheus does not load for another reason is
taken back, and the answer says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from portal.clients.prometheus import LoadedGroup
from portal.clients.promtool import RulesMessage, RulesReport, check_rules
from portal.deadline import Deadline, time_for, under
from portal.errors import SLOLabError
from portal.limits import PromtoolLimits
from portal.numbers import number
from portal.rulefile.outline import (
    RuleTextError,
    line_of_value,
    outline,
    place_within,
)
from portal.rulefolder.folder import RuleFolder
from portal.rulefolder.healing import heal
from portal.rulefolder.reload import (
    Expectation,
    LoadState,
    Waited,
    load_state,
    loaded_groups,
    next_second,
    wait_until_loaded,
)
from portal.services import Services

MAX_CHECKED_BYTES = 1 << 20
PROMTOOL_PREFIX = re.compile(
    r"(?:rules\.yml: )?(?:yaml: )?(?:unmarshal errors:[;\s]*)?"
    r"(?:(?:line )?(?P<line>\d+):(?:(?P<column>\d+):)? )?"
)
"""What stands before promtool's sentence: our name of the file, and a position we show apart."""
WITHIN = re.compile(
    r"(?P<words>could not parse expression: )(?P<line>\d+):(?P<column>\d+): (?:parse error: )?"
)
QUOTED_LAST = re.compile(r'"(?P<value>[^"]+)"$')


class Blame(StrEnum):
    """What has to change before the same can be tried again."""

    TEXT = "text"
    LAB = "lab"


@dataclass(frozen=True)
class Applied:
    """Prometheus has the file's rules now (``groups``; none after a removal)."""

    name: str
    groups: tuple[LoadedGroup, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Nothing changed. ``line`` and ``column`` count from 1 in the text, where they are known."""

    reason: str
    line: int | None = None
    column: int | None = None
    blame: Blame = Blame.TEXT

    @property
    def where(self) -> str:
        """``line 5, column 11``, or nothing."""
        if self.line is None:
            return ""
        column = "" if self.column is None else f", column {self.column}"
        return f"line {self.line}{column}"


Outcome = Applied | Refused


def apply_file(
    services: Services, name: str, text: str, keep: Callable[[], None] = lambda: None
) -> Outcome:
    """Make ``text`` the content of the rule file ``name`` and see Prometheus load it.

    ``keep`` is called once it is loaded, to save that; when it raises, the old file comes back.
    ``name`` comes from ``learner_file`` or ``slo_file``. Takes up to twice the setting
    ``rules_wait`` (s) in all: to wait for the change, and again for the way back.
    """
    try:
        floor_s = services.settings.scrape_interval
        with under(_time_for_all(services)):
            expected = Expectation(outline(text, floor_s, services.limits.query), floor_s)
            report = _report(services, text)
            if not report.ok:
                return _in_promtools_words(report.messages, text)
            return _change(services, name, text, expected, keep)
    except RuleTextError as error:
        return Refused(str(error), error.line, error.column)
    except SLOLabError as error:
        return Refused(str(error), blame=Blame.LAB)


def remove_file(services: Services, name: str, keep: Callable[[], None] = lambda: None) -> Outcome:
    """Delete the rule file ``name`` and see Prometheus drop its rules; ``keep`` as above."""
    try:
        with under(_time_for_all(services)):
            return _change(services, name, None, Expectation(), keep)
    except SLOLabError as error:
        return Refused(str(error), blame=Blame.LAB)


def _time_for_all(services: Services) -> Deadline:
    return Deadline(2 * services.settings.rules_wait)


def _in_time(limits: PromtoolLimits) -> PromtoolLimits:
    """promtool, too, has no more than what is left."""
    return replace(limits, check_s=time_for(limits.check_s))


def _change(
    services: Services,
    name: str,
    text: str | None,
    expected: Expectation,
    keep: Callable[[], None],
) -> Outcome:
    folder = RuleFolder.of(services.settings, services.limits.room)
    with folder.locked(time_for(services.settings.rules_wait)):
        _heal(services, folder)
        before = load_state(services.prometheus)
        if before.ok and folder.read(name) == text:
            groups = loaded_groups(services.prometheus, name)
            if expected.is_met_by(groups):
                keep()
                return Applied(name, groups)
        if not before.ok and (culprit := _broken_file(services, folder, but=name)):
            return Refused(f"Prometheus loads no rules at present: {culprit}", blame=Blame.LAB)
        next_second(before)
        return _write_and_watch(services, folder, name, text, expected, before, keep)


def _write_and_watch(
    services: Services,
    folder: RuleFolder,
    name: str,
    text: str | None,
    expected: Expectation,
    before: LoadState,
    keep: Callable[[], None],
) -> Outcome:
    wait = time_for(services.settings.rules_wait)
    folder.begin(name, text)
    try:
        waited = wait_until_loaded(services.prometheus, name, expected, before, wait)
        if waited.loaded:
            keep()
    except BaseException:
        folder.rollback(name)
        raise
    if waited.loaded:
        folder.commit(name)
        return Applied(name, waited.groups)
    reason = _why(services, waited, folder, name, wait)
    _take_back(services, folder, name)
    return Refused(f"{reason} The rules from before are back.", blame=Blame.LAB)


def _why(services: Services, waited: Waited, folder: RuleFolder, name: str, seconds: float) -> str:
    if not waited.refused:
        return f"{waited.reason} The lab waited for {number(seconds, 2)} s."
    culprit = _broken_file(services, folder, but=name)
    return f"{waited.reason} {culprit or 'promtool finds nothing wrong; its log says more.'}"


def _take_back(services: Services, folder: RuleFolder, name: str) -> None:
    """Put the old file back and give Prometheus the time to load it."""
    text = folder.rollback(name)
    wait = time_for(services.settings.rules_wait)
    waiting = LoadState(ok=False, loaded_at=None)
    wait_until_loaded(services.prometheus, name, _expected_back(text), waiting, wait)


def _heal(services: Services, folder: RuleFolder) -> None:
    """Put right what a killed portal left half done, and see it loaded before going on."""
    if not folder.unfinished():
        return
    before = load_state(services.prometheus)
    next_second(before)
    for name in heal(folder):
        expected = _expected_back(folder.read(name))
        wait = time_for(services.settings.rules_wait)
        wait_until_loaded(services.prometheus, name, expected, before, wait)


def _expected_back(text: str | None) -> Expectation:
    """What was in place before, however often the lab scraped then."""
    try:
        return Expectation(outline(text, 0) if text is not None else ())
    except RuleTextError:
        return Expectation()


def _broken_file(services: Services, folder: RuleFolder, but: str) -> str:
    """Which other file in the folder promtool refuses, and why; empty where none."""
    for path in folder.all_files():
        if path.name != but and (message := _what_is_wrong(services, path)):
            return f"the rule file {path.name} is refused ({message}). Mend it or remove it first."
    return ""


def _what_is_wrong(services: Services, path: Path) -> str:
    try:
        if path.stat().st_size > MAX_CHECKED_BYTES:
            return ""
        text = path.read_text(encoding="utf-8", errors="replace")
        report = _report(services, text)
    except OSError as error:
        return error.strerror or "not readable"
    if report.ok:
        return ""
    refused = _in_promtools_words(report.messages, text)
    return f"{refused.where}: {refused.reason}" if refused.where else refused.reason


def _report(services: Services, text: str) -> RulesReport:
    """promtool's word on the text of a rule file; the promtool is that of the trials."""
    limits = _in_time(services.limits.promtool)
    return check_rules(text, services.trials.engine.promtool(), limits)


def _in_promtools_words(messages: tuple[RulesMessage, ...], text: str) -> Refused:
    first = messages[0]
    found = PROMTOOL_PREFIX.match(first.text)
    words, *others = (first.text[found.end() :] if found else first.text).split("; line ")
    line, column = first.line, first.column
    if found and found["line"]:
        line, column = int(found["line"]), int(found["column"] or 0) or None
    if line and column and (within := WITHIN.match(words)):
        inner = int(within["line"]), int(within["column"])
        line, column = place_within(text, line, column, inner)
        words = within["words"] + words[within.end() :]
    if line is None and (quoted := QUOTED_LAST.search(words)):
        line = line_of_value(text, quoted["value"])
    of = f"{first.name}: " if first.name else ""
    more = len(messages) - 1 + len(others)
    return Refused(f"{of}{words}{f' (and {more} more)' if more else ''}", line, column)
