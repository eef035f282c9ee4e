"""A full disk: pages answer, what can't be saved is told, what a burst did is kept."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from portal.bursts.runner import DISK_REASON, NOT_SAVED
from tests.fakes.boards import classic_board
from tests.mockapp.process import TOKEN, MockappProcess, running_mockapp
from tests.robustness.portal_process import PortalProcess, portal_process
from tests.robustness.portals import PAGES, SLO_FORM
from tests.stack.labs import wait_until

SENTENCE = "The disk of the database is full. Free some space, then try again."
ERROR_BURST = {"rate": "20", "duration": "600", "error_percent": "100", "latency_ms": "0"}


class Disk:
    """A small disk of its own, mounted at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Take what is left, to the last block."""
        with self._filler.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                with suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    def free(self) -> None:
        """Give it back."""
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "slo-lab-test", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def mockapp() -> Iterator[MockappProcess]:
    with running_mockapp() as process:
        yield process


@pytest.fixture
def portal(disk: Disk, mockapp: MockappProcess, tmp_path: Path) -> Iterator[PortalProcess]:
    log = tmp_path / "portal.log"
    urls = {
        "SLO_LAB_MOCKAPP_URL": mockapp.url,
        "SLO_LAB_FAULT_TOKEN": TOKEN,
        "TMPDIR": str(disk.path),
    }
    with portal_process(disk.path / "data", log, **urls) as portal:
        yield portal
    assert "Traceback" not in log.read_text()


def words(answer: requests.Response) -> str:
    text = answer.text
    assert "Traceback" not in text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_pages_answer_and_every_save_tells_why_it_failed(disk: Disk, portal: PortalProcess) -> None:
    assert portal.post("/slos", **SLO_FORM).status_code == 303
    disk.fill()
    refused = {
        "/slos": {**SLO_FORM, "title": "Another"},
        "/slos/shop": {**SLO_FORM, "why": "Another reason, which is long enough."},
        "/bursts": {"preset": "steady"},
        "/bursts/custom": ERROR_BURST,
        "/reflections/answers/slis": {"text-slis": "What I learned. " * 200, "version-slis": "0"},
        "/steps/meet-the-service/done": {},
    }
    for path, form in refused.items():
        answer = portal.post(path, **form)
        assert (path, answer.status_code) == (path, 503)
        assert SENTENCE in words(answer)
    for path in PAGES:
        answer = portal.get(path)
        assert (path, answer.status_code) == (path, 200)
        words(answer)
    assert SLO_FORM["why"] in words(portal.get("/slos/shop"))
    disk.free()
    assert portal.post("/slos", **refused["/slos"]).status_code == 303
    assert "Another" in words(portal.get("/slos"))


def test_a_disk_that_fills_up_ends_the_burst_and_what_it_did_is_kept(
    disk: Disk, portal: PortalProcess, mockapp: MockappProcess
) -> None:
    place = portal.post("/bursts/custom", **ERROR_BURST).headers["Location"]
    wait_until(lambda: "500" in mockapp.counts())
    disk.fill()

    def told() -> str:
        return words(portal.get(place))

    wait_until(lambda: DISK_REASON in told())
    assert NOT_SAVED in told()
    wait_until(lambda: not requests.get(f"{mockapp.url}/fault", timeout=60).json()["error_ratio"])
    sent = sum(mockapp.counts().values())
    assert kept(disk) == "running"
    disk.free()
    wait_until(lambda: kept(disk) == "failed")
    assert f"{sent:,}" in told()
    assert DISK_REASON in told()
    wait_until(lambda: NOT_SAVED not in told())
    assert portal.post("/bursts", preset="steady").status_code == 303


def test_what_goes_through_a_temporary_file_is_answered_too(
    disk: Disk, portal: PortalProcess
) -> None:
    """An upload beyond what a server keeps in memory, and the text that promtool is given."""
    board = json.dumps({**classic_board(), "description": "x" * 2_000_000})
    assert portal.post("/slos", **SLO_FORM).status_code == 303

    def hand_in() -> int:
        files = {"file": ("board.json", board, "application/json")}
        url = f"{portal.url}/workbench/hand-in"
        return requests.post(url, files=files, timeout=60, allow_redirects=False).status_code

    before, _ = hand_in(), portal.post("/slos/shop/rules")
    assert before < 500
    disk.fill()
    assert hand_in() in {before, 503}
    answer = portal.post("/slos/shop/rules")
    assert answer.status_code < 500 or SENTENCE in words(answer)


def kept(disk: Disk) -> str:
    """The state of the first burst in the database itself."""
    path = disk.path / "data" / "slo-lab.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (state,) = connection.execute("SELECT state FROM burst WHERE id = 1").fetchone()
    return str(state)
