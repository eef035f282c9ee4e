"""The check of a rule file against SLOs: met when at least one of its alerts is tied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from portal.clients.promtool import Validity, validate
from portal.errors import SLOLabError
from portal.promql.parser import MAX_LENGTH
from portal.rulefile.contents import RuleFile
from portal.rulefile.reader import RuleFileError
from portal.slo.objective import SLO
from portal.tie.analysis import analyse_all
from portal.tie.codes import TieCode
from portal.tie.findings import AlertFinding
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from portal.words import counted

Validate = Callable[[Sequence[str]], Sequence[Validity]]


class FileVerdict(StrEnum):
    """The verdict on a rule file."""

    MET = "met"
    NOT_MET = "not_met"
    CANNOT_CHECK = "cannot_check"


@dataclass(frozen=True)
class FileFinding:
    """The verdict on a rule file, and what is said of each alert in it."""

    verdict: FileVerdict
    alerts: tuple[AlertFinding, ...]


def _ask_promtool(exprs: Sequence[str], engine: TrialEngine) -> Sequence[Validity]:
    """promtool's word on each expression; nobody's where promtool is missing or doesn't answer."""
    try:
        return validate(exprs, engine.promtool(), engine.limits)
    except SLOLabError:
        return [Validity(None)] * len(exprs)


def check_file(
    file: RuleFile,
    slos: Sequence[SLO],
    validity: Validate | None = None,
    *,
    memory: TrialMemory,
) -> FileFinding:
    """Every alert of a rule file, judged; an expression that Prometheus refuses is unparsed.

    ``validity``: default promtool's word, that of the trials.
    Raises ``RuleFileError`` when there are more alerts than are judged at a time.
    """
    most = memory.engine.limits.alerts_at_once
    if len(file.alerts) > most:
        raise RuleFileError(
            f"The file holds {counted(len(file.alerts), 'alert')}; {most} at most are judged at a "
            "time. Split it."
        )
    validity = validity or partial(_ask_promtool, engine=memory.engine)
    exprs = [rule.expr for rule in file.alerts]
    short = [expr for expr in exprs if len(expr) <= MAX_LENGTH]
    known = dict(zip(short, validity(short) if short else (), strict=True))
    words = [known.get(expr, Validity(None)) for expr in exprs]  # the parser refuses a long one
    refused = {n for n, word in enumerate(words) if word.valid is False}
    left = [alert for n, alert in enumerate(file.alerts) if n not in refused]
    judged = iter(analyse_all(left, slos, file.records, memory=memory))
    found = tuple(
        _refused(rule.name, word) if n in refused else next(judged)
        for n, (rule, word) in enumerate(zip(file.alerts, words, strict=True))
    )
    return FileFinding(_outcome(found), found)


def _outcome(found: Sequence[AlertFinding]) -> FileVerdict:
    """What could not be tried may be tied: without another one that is, nobody knows."""
    if any(finding.tied for finding in found):
        return FileVerdict.MET
    unknown = any(finding.code is TieCode.CANNOT_CHECK for finding in found)
    return FileVerdict.CANNOT_CHECK if unknown else FileVerdict.NOT_MET


def _refused(name: str, word: Validity) -> AlertFinding:
    where = f" at {word.line}:{word.column}" if word.line else ""
    return AlertFinding(name, TieCode.UNPARSED, f"Prometheus refuses it{where}: {word.why}")
