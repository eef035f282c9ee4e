"""``slo-lab slo``, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import slo_lab
from portal.errors import SLOLabError
from portal.slo.openslo import dumps, loads
from tests.tie.cases import SLOS


def slo_lab_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(slo_lab, [str(argument) for argument in arguments])


def test_slos_come_in_and_go_out_as_openslo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_LAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("SLO_LAB_DATABASE_URL", raising=False)
    slo_file = tmp_path / "slo.yaml"
    slo_file.write_text(dumps(SLOS))
    brought = slo_lab_run("slo", "import", slo_file)
    assert brought.stdout == "Imported availability.\nImported latency.\n", brought.stderr
    output = tmp_path / "out.yaml"
    assert slo_lab_run("slo", "export", "--output", output).exit_code == 0
    found = loads(output.read_text())
    assert [(slo.name, slo.objective, slo.threshold_s) for slo in found] == [
        (slo.name, slo.objective, slo.threshold_s) for slo in SLOS
    ]
    assert slo_lab_run("slo", "export").stdout == output.read_text()


def test_an_import_that_is_refused_says_why(tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text("kind: AlertPolicy")
    done = slo_lab_run("slo", "import", file)
    assert isinstance(done.exception, SLOLabError)
