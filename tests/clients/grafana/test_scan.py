"""Reading all dashboards: likely ones first, bounded, cancellable, with progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient, ScanProgress, ScanReading
from portal.clients.grafana.dashboards import Hit, StoredDashboard, classic
from portal.clients.grafana.scan import scan
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import Misbehaviour
from tests.patience import SECONDS


def fill(fake: FakeGrafana, count: int, *, folder: str = "") -> None:
    for number in range(count):
        title = f"{folder or 'root'} {number:03}"
        fake.add_dashboard(classic_board(title), f"{folder or 'r'}{number:03}", folder=folder)


def test_the_known_one_comes_first_then_the_folder_then_the_rest(fake: FakeGrafana) -> None:
    fill(fake, 5)
    fill(fake, 3, folder="slo-lab")
    readings = list(GrafanaClient(fake.url, timeout=SECONDS).read_dashboards("r003"))
    assert [reading.uid for reading in readings] == [
        "r003",
        "slo-lab000",
        "slo-lab001",
        "slo-lab002",
        "r000",
        "r001",
        "r002",
        "r004",
    ]
    assert all(reading.dashboard for reading in readings)


def test_the_known_one_is_there_before_anything_is_searched(fake: FakeGrafana) -> None:
    fill(fake, 2)
    first = next(GrafanaClient(fake.url, timeout=SECONDS).read_dashboards("r001"))
    assert first.dashboard is not None
    assert "GET /api/search" not in fake.paths()


def test_one_that_cannot_be_read_comes_with_its_error(fake: FakeGrafana) -> None:
    fill(fake, 2)
    readings = list(GrafanaClient(fake.url, timeout=SECONDS).read_dashboards("deleted"))
    assert readings[0].error is not None
    assert readings[0].error.kind is ErrorKind.NOT_FOUND
    assert len(readings) == 3


def test_progress_is_told(fake: FakeGrafana) -> None:
    fill(fake, 3)
    told: list[ScanProgress] = []
    list(GrafanaClient(fake.url, timeout=SECONDS).read_dashboards("r000", progress=told.append))
    assert told == [ScanProgress(2, 3), ScanProgress(3, 3)]


def test_no_more_than_the_limit_is_read(fake: FakeGrafana) -> None:
    fill(fake, 9)
    assert len(list(GrafanaClient(fake.url, timeout=SECONDS).read_dashboards(limit=4))) == 4


def test_a_grafana_that_is_gone_raises(fake: FakeGrafana) -> None:
    fill(fake, 40)
    readings = GrafanaClient(fake.url, timeout=SECONDS).read_dashboards(at_once=2)
    next(readings)
    fake.stop()
    with pytest.raises(ClientError) as caught:
        list(readings)
    assert caught.value.kind is ErrorKind.UNREACHABLE


def test_a_slow_grafana_is_asked_no_more_than_needed(fake: FakeGrafana) -> None:
    fake.how = Misbehaviour.SLOW
    with pytest.raises(ClientError) as caught:
        list(GrafanaClient(fake.url, timeout=2).read_dashboards("r000"))
    assert caught.value.kind is ErrorKind.TIMEOUT
    assert fake.paths() == ["GET /api/dashboards/uid/r000"]


def test_with_a_password_all_are_read_although_few_calls_are_made_at_once(
    fake: FakeGrafana,
) -> None:
    fill(fake, 30)
    client = GrafanaClient(fake.url, Credentials(user="viewer", password="viewer"), timeout=SECONDS)
    assert len(list(client.read_dashboards())) == 30


# Without a server: the order and the limits of the work itself.


class Shelf:
    """Dashboards that take a while to read; counts how many are read at a time."""

    def __init__(self, count: int, seconds: float = 0.02) -> None:
        self.hits = [
            Hit(uid=f"b{n}", title="", url="", tags=(), folder_uid="", folder_title="")
            for n in range(count)
        ]
        self.seconds = seconds
        self.errors: dict[str, ClientError] = {}
        self.read: list[str] = []
        self.before: Callable[[], object] = int
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def read_one(self, uid: str) -> StoredDashboard:
        with self._lock:
            self.read.append(uid)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        self.before()
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
        if uid in self.errors:
            raise self.errors[uid]
        return classic(uid, {})

    def scan(
        self, *, cancelled: threading.Event | None = None, seconds: float = 60.0
    ) -> list[ScanReading]:
        return list(
            scan(
                lambda: self.hits,
                self.read_one,
                known_uid=None,
                folder_uid="slo-lab",
                at_once=8,
                limit=2000,
                seconds=seconds,
                cancelled=cancelled or threading.Event(),
                progress=None,
            )
        )


def error(kind: ErrorKind) -> ClientError:
    return ClientError("no", system="Grafana", kind=kind)


def test_at_most_eight_are_read_at_a_time_and_in_order() -> None:
    shelf = Shelf(60)
    shelf.before = threading.Barrier(4, timeout=60).wait
    assert [reading.uid for reading in shelf.scan()] == [hit.uid for hit in shelf.hits]
    assert 4 <= shelf.most_at_once <= 8


def test_cancelling_ends_it_soon() -> None:
    shelf, cancelled = Shelf(500), threading.Event()

    def cancel_after_fifty() -> None:
        if len(shelf.read) > 50:
            cancelled.set()

    shelf.before = cancel_after_fifty
    assert len(shelf.scan(cancelled=cancelled)) < 400
    time.sleep(0.1)
    assert len(shelf.read) < 500


def test_the_time_limit_ends_it() -> None:
    assert len(Shelf(500, 0.05).scan(seconds=0.3)) < 100


def test_a_single_timeout_is_that_dashboards_own() -> None:
    shelf = Shelf(10)
    shelf.errors = {"b3": error(ErrorKind.TIMEOUT), "b5": error(ErrorKind.TIMEOUT)}
    readings = shelf.scan()
    assert [reading.uid for reading in readings if reading.error] == ["b3", "b5"]
    assert len(readings) == 10


def test_three_timeouts_in_a_row_end_it() -> None:
    shelf = Shelf(10)
    shelf.errors = {f"b{n}": error(ErrorKind.TIMEOUT) for n in (3, 4, 5)}
    with pytest.raises(ClientError):
        shelf.scan()


def test_a_refused_login_ends_it() -> None:
    shelf = Shelf(10)
    shelf.errors = {"b0": error(ErrorKind.UNAUTHORIZED)}
    with pytest.raises(ClientError):
        shelf.scan()
