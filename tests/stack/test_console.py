from __future__ import annotations

import pytest

from stack.console import Console, bar


def test_the_bar_fills() -> None:
    half = bar("Grafana", 50_000_000, 100_000_000)
    assert half == f"\rGrafana  [{'#' * 15}{'-' * 15}]  50 MB of 100 MB"


def test_an_unknown_size_shows_what_came() -> None:
    assert bar("Grafana", 7_000_000, 0) == "\rGrafana  7 MB"


def test_without_a_terminal_a_download_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    for done in (1, 2, 3):
        console.progress("Grafana", done, 3)
    assert capsys.readouterr().out == "Downloading Grafana ...\n"


def test_what_programs_read_stays_free_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    Console(err=True).progress("Prometheus", 1, 3)
    assert tuple(capsys.readouterr()) == ("", "Downloading Prometheus ...\n")
