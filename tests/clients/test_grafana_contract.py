"""What the portal expects of Grafana holds for the fake of each version, and for a live one.

The live one is named by SLO_LAB_GRAFANA_URL, with a login that may edit (SLO_LAB_GRAFANA_TOKEN,
or SLO_LAB_GRAFANA_USER and SLO_LAB_GRAFANA_PASSWORD). Everything made there is deleted again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import pytest

from portal.background import Background
from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import Clash, Credentials, DashboardClashError, GrafanaClient, Hit
from portal.clients.grafana.credentials import from_settings
from portal.clients.grafana.scan import scan
from portal.config import Settings
from portal.rulefile.states import read_states
from portal.tie.grafana import read_ruler
from tests.fakes.boards import AVAILABILITY, classic_board
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS

URL = os.environ.get("SLO_LAB_GRAFANA_URL", "")
FAKES = ("9.4.0", "10.4.2", "11.6.1", "12.4.3", "13.2.0")
LIVE = [pytest.param("live", marks=pytest.mark.live_grafana)] if URL else []
UID = "slo-lab-contract"


@pytest.fixture(params=[*FAKES, *LIVE])
def grafana(request: pytest.FixtureRequest) -> Iterator[GrafanaClient]:
    """A client that may edit."""
    if request.param == "live":
        settings = Settings.from_env()
        yield GrafanaClient(settings.grafana_base, from_settings(settings), timeout=10)
        return
    with FakeGrafana(request.param, anonymous=None) as fake:
        yield GrafanaClient(fake.url, Credentials(token=fake.make_token("Editor")), timeout=SECONDS)


@pytest.fixture
def board(grafana: GrafanaClient) -> Iterator[str]:
    """The uid of a dashboard in the folder "SLO lab", deleted afterwards.

    A live Grafana may have been given with a login that only reads: then what needs it is skipped.
    """
    content = {**classic_board("SLO Lab contract", tags=("contract",)), "uid": UID}
    with contextlib.suppress(ClientError):  # left by a run that was cut short
        grafana.delete_dashboard(UID)
    try:
        folder = grafana.ensure_folder()
        saved = grafana.save_dashboard(content, folder_uid=folder.uid, message="made by a test")
    except ClientError as error:
        if error.kind is ErrorKind.FORBIDDEN:
            pytest.skip(f"the login may not save a dashboard: {error}")
        raise
    yield saved.uid
    grafana.delete_dashboard(UID)


def folder_of(grafana: GrafanaClient) -> str:
    return grafana.ensure_folder().uid


def kind_of(grafana: GrafanaClient, uid: str) -> ErrorKind:
    with pytest.raises(ClientError) as caught:
        grafana.dashboard(uid)
    return caught.value.kind


@pytest.mark.live_grafana
@pytest.mark.skipif(not URL, reason="no live Grafana: SLO_LAB_GRAFANA_URL is not set")
def test_a_live_grafana_is_among_them() -> None:
    assert GrafanaClient(URL, from_settings(Settings.from_env()), timeout=10).check()


def test_it_is_there_and_lets_us_in(grafana: GrafanaClient) -> None:
    standing = grafana.check()
    assert standing.version[0].isdigit()
    assert standing.organisation


def test_a_prometheus_data_source_answers(grafana: GrafanaClient) -> None:
    source = grafana.prometheus_source()
    assert source is not None
    assert source in list(grafana.datasources())
    assert grafana.data_source_answers(source.uid) >= 0


def test_the_folder_can_be_asked_for_twice(grafana: GrafanaClient, board: str) -> None:
    assert grafana.ensure_folder() == grafana.ensure_folder()
    assert grafana.ensure_folder() in grafana.folders()


def test_a_saved_dashboard_comes_back(grafana: GrafanaClient, board: str) -> None:
    read = grafana.dashboard(board)
    assert read.title == "SLO Lab contract"
    assert read.stored_as == "classic"
    assert read.content["panels"][0]["targets"][0]["expr"] == AVAILABILITY
    assert read.folder_title == "SLO lab"
    assert not read.provisioned
    assert read.version >= 1


def test_a_saved_dashboard_is_found(grafana: GrafanaClient, board: str) -> None:
    folder = grafana.ensure_folder()
    found = eventually(lambda: [hit for hit in grafana.search() if hit.uid == board])
    assert [hit.folder_uid for hit in found] == [folder.uid]
    assert board in [hit.uid for hit in grafana.search(folder_uid=folder.uid)]
    assert board in [hit.uid for hit in grafana.search(tag="contract")]
    assert board not in [hit.uid for hit in grafana.search(folder_uid="no-such-folder")]


def test_all_dashboards_can_be_read(grafana: GrafanaClient, board: str) -> None:
    background = Background()
    uids = [board, *(hit.uid for hit in grafana.search() if hit.uid != board)][:50]
    pool = background.pool("contract", 8)
    readings = {one.uid: one for one in scan(uids, grafana.dashboard, pool, lambda: False)}
    assert list(readings) == uids
    assert readings[board].error is None
    assert background.stop() == []


def test_a_dashboard_that_is_not_there_is_not_found(grafana: GrafanaClient, board: str) -> None:
    assert kind_of(grafana, "no-such-dashboard") is ErrorKind.NOT_FOUND


def test_saving_over_another_version_is_refused(grafana: GrafanaClient, board: str) -> None:
    content = {**classic_board("SLO Lab contract"), "uid": board}
    with pytest.raises(DashboardClashError) as caught:
        grafana.save_dashboard(content, version=99)
    assert (caught.value.clash, caught.value.status) == (Clash.VERSION, 412)
    version = grafana.dashboard(board).version
    saved = grafana.save_dashboard(content, folder_uid=folder_of(grafana), version=version)
    assert (saved.uid, saved.version) == (board, version + 1)


def test_saving_over_another_dashboard_of_the_same_name_is_refused(
    grafana: GrafanaClient, board: str
) -> None:
    content = {**classic_board("slo lab: contract"), "uid": f"{UID}-2"}
    with pytest.raises(DashboardClashError) as caught:
        grafana.save_dashboard(content, folder_uid=folder_of(grafana))
    assert (caught.value.clash, caught.value.status) == (Clash.NAME, 412)
    assert kind_of(grafana, f"{UID}-2") is ErrorKind.NOT_FOUND


def test_an_annotation_is_kept_and_removed(grafana: GrafanaClient, board: str) -> None:
    now = time.time()
    made = grafana.annotate(board, start=now - 60, end=now, text="burst", tags=("slo-lab",))
    kept = grafana.annotations(board, start=now - 120, end=now + 60)
    grafana.delete_annotation(made)
    assert [one.id for one in kept] == [made]
    assert kept[0].start == pytest.approx(now - 60, abs=0.001)
    with pytest.raises(ClientError) as caught:
        grafana.annotate("no-such-dashboard", start=now, end=now, text="x", tags=())
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_an_annotation_is_found_by_its_tag_and_changed(grafana: GrafanaClient, board: str) -> None:
    now = round(time.time())
    tags = ("slo-lab", f"contract-{now}")
    made = grafana.annotate(board, start=now - 60, end=now, text="burst", tags=tags)
    try:
        grafana.change_annotation(made, start=now - 60, end=now - 30, text="over")
        [found] = grafana.tagged_annotations(tags[1])
    finally:
        grafana.delete_annotation(made)
    assert (found.id, found.dashboard_uid, found.text) == (made, board, "over")
    assert (found.start, found.end, found.tags) == (now - 60, now - 30, tags)
    assert grafana.tagged_annotations(tags[1]) == []


def test_alert_rules_can_be_read(grafana: GrafanaClient) -> None:
    assert all(rule.title for rule in read_ruler(grafana.alert_definitions()))
    assert all(state.name for state in read_states(grafana.alert_states()))


def test_a_library_panel_that_is_not_there_is_not_found(grafana: GrafanaClient) -> None:
    with pytest.raises(ClientError) as caught:
        grafana.library_panel("no-such-panel")
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_a_wrong_token_is_unauthorized(grafana: GrafanaClient) -> None:
    with pytest.raises(ClientError) as caught:
        GrafanaClient(grafana.base_url, Credentials(token="glsa_wrong"), timeout=10).search()
    assert caught.value.kind is ErrorKind.UNAUTHORIZED


def eventually(find: Callable[[], list[Hit]]) -> list[Hit]:
    """What ``find`` gives, as soon as it gives something: search may lag behind a save."""
    for _ in range(20):
        if found := find():
            return found
        time.sleep(0.25)
    return []
