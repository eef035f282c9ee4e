"""The wheel, installed where there is no checkout, brings up the whole lab."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.stack.labs import ROOT, start_lab, wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment with the wheel; its packages are those of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install", "--no-deps"]
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    venv = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
    subprocess.run(venv, check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, str(wheel)], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "tests-packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_it_starts_is_found_well_and_ends(programs: Path, tmp_path: Path) -> None:
    lab = start_lab(tmp_path, (str(programs / "slo-lab"), "up"), SLO_LAB_SCRAPE_INTERVAL="1")
    try:
        lab.wait_until_ready()
        doctor = [str(programs / "slo-lab"), "doctor", "--json"]

        def well() -> bool:
            run = subprocess.run(
                doctor, env=lab.environ, cwd=tmp_path, capture_output=True, text=True, check=False
            )
            found = {f["name"]: f["status"] for f in json.loads(run.stdout)["findings"]}
            return found.pop("Grafana") == "absent" and set(found.values()) == {"up"}

        wait_until(well)
    finally:
        assert lab.stop() == 0
    lab.leaves_nothing()


def test_it_uses_its_own_files(programs: Path, tmp_path: Path) -> None:
    question = "import portal, stack.guardian; print(portal.__file__, stack.guardian.__file__)"
    run = subprocess.run(
        [str(programs / "python"), "-c", question],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(path.startswith(str(programs.parent)) for path in run.stdout.split())
