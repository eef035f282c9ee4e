"""The runner around Grafana, with a program that stands where Grafana's stands."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack.labs import Lab, free_ports, wait_until

ELSEWHERE = "http://127.0.0.1:9"
TINY_GRAFANA = Path(__file__).with_name("tiny_grafana.py")
Start = Callable[..., Lab]


@pytest.fixture
def with_grafana(tmp_path: Path) -> dict[str, str]:
    """Settings of a lab that finds a Grafana on PATH."""
    home = tmp_path / "grafana"
    (home / "bin").mkdir(parents=True)
    (home / "conf").mkdir()
    (home / "conf" / "defaults.ini").touch()
    program = home / "bin" / "grafana"
    program.write_text(TINY_GRAFANA.read_text())
    program.chmod(0o755)
    return {
        "SLO_LAB_PROMETHEUS_URL": ELSEWHERE,
        "SLO_LAB_GRAFANA_SOURCE": "path",
        "SLO_LAB_GRAFANA_PORT": str(free_ports(1)[0]),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }


def test_its_login_is_printed_and_the_portal_gets_an_account_of_its_own(
    lab: Start, with_grafana: dict[str, str]
) -> None:
    started = lab(**with_grafana)
    secrets = started.settings.data_dir / "secrets"
    wait_until((secrets / "grafana-token").exists)
    assert (secrets / "grafana-token").read_text().strip() == "glsa_made"
    password = (secrets / "grafana-password").read_text().strip()
    assert f"Grafana login: admin / {password}" in started.text
    assert started.state.servers["grafana"].version == "12.4.11"
    assert started.stop() == 0
    started.leaves_nothing()


def test_a_slow_grafana_does_not_hold_up_the_lab(lab: Start, with_grafana: dict[str, str]) -> None:
    started = lab(TINY_GRAFANA_DELAY="60", **with_grafana)
    started.wait_until_ready()
    wait_until(lambda: started.state.servers["grafana"].status == "starting")


def test_without_grafana_the_lab_says_so_and_runs(lab: Start) -> None:
    started = lab(
        SLO_LAB_PROMETHEUS_URL=ELSEWHERE,
        SLO_LAB_GRAFANA_SOURCE="download",
        SLO_LAB_GRAFANA_DOWNLOAD_URL=f"{ELSEWHERE}/oss/release",
        SLO_LAB_GRAFANA_PORT=str(free_ports(1)[0]),
    )
    started.wait_until_ready()
    wait_until(lambda: started.state.servers["grafana"].status == "absent")
    assert "127.0.0.1 can't be reached" in started.state.servers["grafana"].detail
    wait_until(lambda: "the lab runs without it" in started.text)
