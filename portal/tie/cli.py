"""``slo-lab check-alert``: judge a rule file without a running lab."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from portal.errors import SLOLabError
from portal.limits import PromtoolLimits
from portal.objectives.cli import (
    FILE_PATH,
    UNREADABLE,
    echo,
    naming,
    read_slos,
    slo_option,
    unreadable,
)
from portal.rulefile.contents import read_rule_file
from portal.tie.check import FileFinding, FileVerdict, check_file
from portal.tie.codes import TieCode
from portal.tie.findings import AlertFinding
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from stack.console import Console
from stack.sources.promtool import PromtoolSource

EXITS = {FileVerdict.MET: 0, FileVerdict.NOT_MET: 1, FileVerdict.CANNOT_CHECK: UNREADABLE}
LAST_LINES = {
    FileVerdict.MET: "Met: an alert is tied to an SLO.",
    FileVerdict.NOT_MET: "Not met: no alert is tied to an SLO.",
    FileVerdict.CANNOT_CHECK: "Cannot check: an alert could not be tried out.",
}
MARKS = {TieCode.CANNOT_CHECK: "unknown"}


@click.command("check-alert")
@click.argument("file", type=FILE_PATH)
@slo_option
@click.option("--json", "as_json", is_flag=True, help="One line of JSON on stdout.")
def check_alert(file: Path, slo_files: tuple[Path, ...], as_json: bool) -> None:
    """Does an alert in the Prometheus rule FILE guard an SLO? No lab needed.

    Exit status: 0 at least one alert is tied to an SLO, 1 none is, 2 a file can't be read or
    nothing could be tried out.
    """
    try:
        slos = read_slos(slo_files)
        tool = PromtoolSource(Console(err=True))
        trials = TrialMemory(TrialEngine(PromtoolLimits(), tool))
        finding = naming(file, lambda text: check_file(read_rule_file(text), slos, memory=trials))
    except SLOLabError as error:
        unreadable(str(error), as_json)
    echo(json.dumps(_as_data(finding)) if as_json else _as_text(finding))
    sys.exit(EXITS[finding.verdict])


def _as_data(finding: FileFinding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict.value,
        "alerts": [
            {
                "name": alert.name,
                "tied": alert.tied,
                "slo": alert.slo,
                "code": alert.code.value,
                "reason": alert.reason,
            }
            for alert in finding.alerts
        ],
    }


def _as_text(finding: FileFinding) -> str:
    lines = [_line(alert) for alert in finding.alerts] or ["The file holds no alert."]
    lines.append(LAST_LINES[finding.verdict])
    return "\n".join(lines)


def _line(alert: AlertFinding) -> str:
    mark = "tied" if alert.tied else MARKS.get(alert.code, "not tied")
    return f"{alert.name}: {mark} ({alert.code}). {alert.reason}"
