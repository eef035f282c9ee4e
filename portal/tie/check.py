"""The check of a rule file against SLOs: met when at least one of its alerts is tied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.clients.promtool import Validity, validate
from portal.errors import SLOLabError
from portal.rulefile.contents import RuleFile
from portal.slo.objective import SLO
from portal.tie.analysis import AlertFinding, analyse
from portal.tie.codes import TieCode

Validate = Callable[[Sequence[str]], Sequence[Validity]]


class FileVerdict(StrEnum):
    """The verdict on a rule file."""

    MET = "met"
    NOT_MET = "not_met"


@dataclass(frozen=True)
class FileFinding:
    """The verdict on a rule file, and what is said of each alert in it."""

    verdict: FileVerdict
    alerts: tuple[AlertFinding, ...]


def ask_promtool(exprs: Sequence[str]) -> Sequence[Validity]:
    """promtool's word on each expression; nobody's where promtool is missing or doesn't answer."""
    try:
        return validate(exprs)
    except SLOLabError:
        return [Validity(None)] * len(exprs)


def check_file(
    file: RuleFile, slos: Sequence[SLO], validity: Validate = ask_promtool
) -> FileFinding:
    """Every alert of a rule file, judged; an expression that Prometheus refuses is unparsed."""
    exprs = [rule.expr for rule in file.alerts]
    words = validity(exprs) if exprs else []
    found = tuple(
        analyse(rule, slos, file.records) if word.valid is not False else _refused(rule.name, word)
        for rule, word in zip(file.alerts, words, strict=True)
    )
    met = any(finding.tied for finding in found)
    return FileFinding(FileVerdict.MET if met else FileVerdict.NOT_MET, found)


def _refused(name: str, word: Validity) -> AlertFinding:
    where = f" at {word.line}:{word.column}" if word.line else ""
    return AlertFinding(name, TieCode.UNPARSED, f"Prometheus refuses it{where}: {word.why}")
