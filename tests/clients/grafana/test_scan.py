"""Reading all dashboards: side by side, in their order, cancellable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator

import pytest

from portal.background import Background, Pool
from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Credentials, GrafanaClient, ScanReading
from portal.clients.grafana.dashboards import Hit, StoredDashboard, classic
from portal.clients.grafana.scan import scan
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS


def fill(fake: FakeGrafana, count: int, *, folder: str = "") -> None:
    for number in range(count):
        title = f"{folder or 'root'} {number:03}"
        fake.add_dashboard(classic_board(title), f"{folder or 'r'}{number:03}", folder=folder)


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    assert background.stop(60) == []


@pytest.fixture
def pool(background: Background) -> Pool:
    return background.pool("grafana-scan", 8)


def all_of(client: GrafanaClient, pool: Pool) -> Generator[ScanReading, None, None]:
    return scan([hit.uid for hit in client.search()], client.dashboard, pool, lambda: False)


def test_one_that_cannot_be_read_comes_with_its_error(fake: FakeGrafana, pool: Pool) -> None:
    fill(fake, 2)
    client = GrafanaClient(fake.url, timeout=SECONDS)
    readings = list(scan(["deleted", "r000", "r001"], client.dashboard, pool, lambda: False))
    assert readings[0].error is not None
    assert readings[0].error.kind is ErrorKind.NOT_FOUND
    assert len(readings) == 3


def test_a_grafana_that_is_gone_raises(fake: FakeGrafana, background: Background) -> None:
    fill(fake, 40)
    client = GrafanaClient(fake.url, timeout=SECONDS)
    readings = all_of(client, background.pool("two", 2))
    next(readings)
    fake.stop()
    with pytest.raises(ClientError) as caught:
        list(readings)
    assert caught.value.kind is ErrorKind.UNREACHABLE


def test_with_a_password_all_are_read_although_few_calls_are_made_at_once(
    fake: FakeGrafana, pool: Pool
) -> None:
    fill(fake, 30)
    client = GrafanaClient(fake.url, Credentials(user="viewer", password="viewer"), timeout=SECONDS)
    assert len(list(all_of(client, pool))) == 30


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

    def scan(self, pool: Pool, stop: Callable[[], bool] = lambda: False) -> list[ScanReading]:
        return list(scan([hit.uid for hit in self.hits], self.read_one, pool, stop))


def error(kind: ErrorKind) -> ClientError:
    return ClientError("no", system="Grafana", kind=kind)


def test_as_many_are_read_at_a_time_as_the_pool_has_threads_and_in_order(pool: Pool) -> None:
    shelf = Shelf(60)
    shelf.before = threading.Barrier(4, timeout=60).wait
    assert [reading.uid for reading in shelf.scan(pool)] == [hit.uid for hit in shelf.hits]
    assert 4 <= shelf.most_at_once <= 8


def test_it_ends_soon_after_it_was_told_to(pool: Pool) -> None:
    shelf = Shelf(500)
    assert len(shelf.scan(pool, lambda: len(shelf.read) > 50)) <= 50 + pool.workers
    assert len(shelf.read) <= 50 + 2 * pool.workers


def test_it_ends_with_the_portal(background: Background, pool: Pool) -> None:
    shelf = Shelf(500)
    shelf.before = lambda: background.stopping.set() if len(shelf.read) > 50 else None
    assert len(shelf.scan(pool, background.stopping.is_set)) < 500
    background.stop(60)
    assert shelf.scan(pool) == []


def test_a_single_timeout_is_that_dashboards_own(pool: Pool) -> None:
    shelf = Shelf(10)
    shelf.errors = {"b3": error(ErrorKind.TIMEOUT), "b5": error(ErrorKind.TIMEOUT)}
    readings = shelf.scan(pool)
    assert [reading.uid for reading in readings if reading.error] == ["b3", "b5"]
    assert len(readings) == 10


def test_three_timeouts_in_a_row_end_it(pool: Pool) -> None:
    shelf = Shelf(10)
    shelf.errors = {f"b{n}": error(ErrorKind.TIMEOUT) for n in (3, 4, 5)}
    with pytest.raises(ClientError):
        shelf.scan(pool)


def test_a_refused_login_ends_it(pool: Pool) -> None:
    shelf = Shelf(10)
    shelf.errors = {"b0": error(ErrorKind.UNAUTHORIZED)}
    with pytest.raises(ClientError):
        shelf.scan(pool)
