"""What the background scan reads, in which order, and for how long it believes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from portal.background import Background
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import Hit, StoredDashboard
from portal.dashboards import CheckContext
from portal.limits import ScanLimits
from portal.workbench.scan import DashboardScan
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.patient import TRIALS

CONTEXT = CheckContext(TRIALS)
BATCH = ScanLimits().batch


def hit(uid: str, folder: str = "") -> Hit:
    return Hit(uid=uid, title=uid, url="", tags=(), folder_uid=folder, folder_title="")


@dataclass
class Shelf:
    """Stands in for a Grafana: gives dashboards, notes which were read."""

    boards: dict[str, tuple[str, ...]]
    read: list[str] = field(default_factory=list)
    failing: dict[str, ErrorKind] = field(default_factory=dict)
    before: Callable[[str], object] = str

    def dashboard(self, uid: str) -> StoredDashboard:
        self.before(uid)
        self.read.append(uid)
        if uid in self.failing:
            raise ClientError("It broke.", system="Grafana", kind=self.failing[uid])
        return StoredDashboard(
            uid=uid,
            title=uid,
            url=f"/d/{uid}",
            tags=("slo-lab-assisted",) if uid == "assisted" else (),
            folder_uid="",
            folder_title="",
            version=1,
            provisioned=uid == "provisioned",
            created_by="",
            updated=None,
            stored_as="classic",
            content=classic_board(uid, *self.boards[uid]),
        )


class Seconds:
    """A monotonic clock in the test's hands."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def scan(seconds: Seconds) -> DashboardScan:
    return DashboardScan(Background(), seconds)


def pass_over(scan: DashboardScan, shelf: Shelf, hits: list[Hit]) -> list[str]:
    """Look at these and wait; what was read for it."""
    before = len(shelf.read)
    scan.look(shelf, hits, CONTEXT)  # type: ignore[arg-type]
    for thread in [t for t in threading.enumerate() if t.name == "dashboard-scan"]:
        thread.join(60)
    return shelf.read[before:]


def crowd(count: int, *exprs: str) -> tuple[Shelf, list[Hit]]:
    uids = [f"board{number:03}" for number in range(count)]
    return Shelf(dict.fromkeys(uids, exprs or ("up",))), [hit(uid) for uid in uids]


def test_the_labs_folder_comes_first(scan: DashboardScan) -> None:
    shelf, hits = crowd(100)
    shelf.boards |= {"mine": (AVAILABILITY, P95)}
    read = pass_over(scan, shelf, [*hits, hit("mine", "slo-lab")])
    assert "mine" in read[:4]
    assert len(read) == 101
    assert scan.seen[0].hit.uid == "mine"
    assert scan.progress.read == scan.progress.total == 101


def test_what_it_reads_is_named_and_owned_by_the_background() -> None:
    background, go_on, begun = Background(), threading.Event(), threading.Event()
    scan, (shelf, hits) = DashboardScan(background), crowd(3)

    def hold(_: str) -> None:
        begun.set()
        go_on.wait(60)

    shelf.before = hold
    scan.look(shelf, hits, CONTEXT)  # type: ignore[arg-type]
    assert begun.wait(60)
    assert "reads the dashboard board000" in {task.what for task in background.tasks}
    assert "grafana-scan_0" in background.stop(0.01)
    go_on.set()
    assert background.stop(60) == []


def test_what_was_read_is_believed_for_a_while(scan: DashboardScan, seconds: Seconds) -> None:
    shelf, hits = crowd(50)
    assert len(pass_over(scan, shelf, hits)) == 50
    seconds.now += 9
    assert pass_over(scan, shelf, hits) == []
    seconds.now += 2
    assert len(pass_over(scan, shelf, hits)) == 50


def test_few_dashboards_are_read_anew_at_nearly_every_check(
    scan: DashboardScan, seconds: Seconds
) -> None:
    shelf, hits = crowd(3)
    pass_over(scan, shelf, hits)
    seconds.now += 5
    assert sorted(pass_over(scan, shelf, hits)) == ["board000", "board001", "board002"]


def test_a_new_dashboard_is_read_at_once_and_a_deleted_one_forgotten(
    scan: DashboardScan,
) -> None:
    shelf, hits = crowd(60)
    pass_over(scan, shelf, hits)
    shelf.boards["new"] = (AVAILABILITY,)
    assert pass_over(scan, shelf, [*hits[1:], hit("new")]) == ["new"]
    assert "board000" not in {seen.hit.uid for seen in scan.seen}


def test_a_new_one_need_not_wait_for_the_end_of_a_long_scan(scan: DashboardScan) -> None:
    shelf, hits = crowd(BATCH * 4)
    shelf.boards["new"] = (AVAILABILITY,)

    def look_again(uid: str) -> None:
        if uid == "board010":
            scan.look(shelf, [*hits, hit("new", "slo-lab")], CONTEXT)  # type: ignore[arg-type]

    shelf.before = look_again
    read = pass_over(scan, shelf, hits)
    assert BATCH - 5 <= read.index("new") < BATCH + 5


def test_one_that_cannot_be_read_is_counted_and_the_others_go_on(scan: DashboardScan) -> None:
    shelf, hits = crowd(5)
    shelf.failing["board002"] = ErrorKind.FORBIDDEN
    pass_over(scan, shelf, hits)
    assert [seen.hit.uid for seen in scan.seen if seen.unreadable] == ["board002"]
    assert scan.trouble is None
    assert scan.progress.read == 5


def test_a_grafana_that_goes_away_ends_the_scan_and_the_next_look_takes_it_up(
    scan: DashboardScan,
) -> None:
    shelf, hits = crowd(BATCH * 2)
    shelf.failing["board045"] = ErrorKind.UNREACHABLE
    pass_over(scan, shelf, hits)
    assert scan.trouble is not None
    assert BATCH <= scan.progress.read < BATCH * 2
    shelf.failing.clear()
    pass_over(scan, shelf, hits)
    assert scan.trouble is None
    assert scan.progress.read == BATCH * 2


def test_what_is_not_the_learners_own_has_no_finding(scan: DashboardScan) -> None:
    shelf = Shelf({"assisted": (AVAILABILITY,), "provisioned": (P95,), "mine": (P95,)})
    pass_over(scan, shelf, [hit(uid) for uid in shelf.boards])
    assert [seen.hit.uid for seen in scan.seen if seen.finding] == ["mine"]


def test_one_scan_at_a_time(scan: DashboardScan) -> None:
    shelf, hits = crowd(8)
    gate, of_others = threading.Event(), threading.enumerate()
    shelf.before = lambda _: gate.wait(60)
    for _ in range(3):
        scan.look(shelf, hits, CONTEXT)  # type: ignore[arg-type]
    scans = (t for t in threading.enumerate() if t.name == "dashboard-scan")
    threads = [t for t in scans if t not in of_others]
    gate.set()
    for thread in threads:
        thread.join(60)
    assert len(threads) == 1
    assert len(shelf.read) == 8


def test_waiting_ends_when_something_promising_is_found(scan: DashboardScan) -> None:
    shelf, hits = crowd(200)
    shelf.boards["mine"] = (AVAILABILITY, P95)
    gate = threading.Event()
    shelf.before = lambda uid: uid == "mine" or gate.wait(60)
    scan.look(shelf, [hit("mine", "slo-lab"), *hits], CONTEXT)  # type: ignore[arg-type]
    scan.wait(60)
    assert scan.progress.read < 200
    gate.set()
    pass_over(scan, shelf, [])
