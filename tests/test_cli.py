"""The ``slo-lab`` command as a process: what it makes, where it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.labs import environment

SLO_LAB = Path(sys.executable).with_name("slo-lab")
FULL = Path("/dev/full")


def run(folder: Path, shell: str, *words: str) -> subprocess.CompletedProcess[str]:
    """``slo-lab`` with these words, within a line of the shell in which it is ``$@``."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; umask 022; {shell}", "bash", str(SLO_LAB), *words],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("shell", ['"$@" | true', '"$@" >&-', '"$@" 2>&-'])
def test_a_closed_reader_is_no_reason_for_a_traceback(tmp_path: Path, shell: str) -> None:
    done = run(tmp_path, shell, "doctor")
    assert done.returncode in {0, 1}
    assert done.stderr == ""


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_an_output_that_is_full_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, '"$@" >/dev/full', "doctor")
    assert done.returncode == 1
    assert done.stderr == "slo-lab: The output can't be written (No space left on device).\n"


def test_what_a_command_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    assert run(tmp_path, '"$@"', "export", "--output", str(tmp_path / "mine.md")).returncode == 0
    made = [tmp_path / "mine.md", tmp_path / "data", *(tmp_path / "data").rglob("*")]
    assert len(made) > 5
    assert [str(path) for path in made if path.stat().st_mode & 0o077] == []
    assert os.access(tmp_path / "mine.md", os.R_OK)
