"""What is there, what the learner built, what we may add."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import (
    CredentialKind,
    Credentials,
    DashboardClashError,
    GrafanaClient,
)
from portal.config import Settings
from tests.clients.test_http import EXPECTED, SLOW
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.hostile import HostileServer, Misbehaviour
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS

CALLS: dict[str, Callable[[GrafanaClient], object]] = {
    "check": lambda client: client.check(),
    "datasources": lambda client: client.datasources(),
    "data source": lambda client: client.data_source_answers(),
    "search": lambda client: client.search(),
    "dashboard": lambda client: client.dashboard("x"),
    "library": lambda client: client.library_panel("x"),
    "folders": lambda client: client.folders(),
    "ensure folder": lambda client: client.ensure_folder(),
    "save": lambda client: client.save_dashboard({"title": "x"}),
    "delete": lambda client: client.delete_dashboard("x"),
    "annotate": lambda client: client.annotate("x", start=1, end=2, text="t", tags=()),
    "annotations": lambda client: client.annotations("x", start=1, end=2),
    "delete annotation": lambda client: client.delete_annotation(1),
    "alert definitions": lambda client: client.alert_definitions(),
    "alert states": lambda client: client.alert_states(),
}


def error_of(call: Callable[[], object]) -> ClientError | None:
    try:
        call()
    except ClientError as error:
        return error
    return None


@pytest.mark.parametrize("call", CALLS)
def test_a_grafana_that_misbehaves_raises_nothing_but_a_client_error(call: str) -> None:
    for how in set(Misbehaviour) - set(SLOW):
        with HostileServer(how) as server:
            client = GrafanaClient(server.url, Credentials(token="t"), timeout=SECONDS)
            error = error_of(lambda: CALLS[call](client))  # noqa: B023
        if error is not None:
            assert error.kind is EXPECTED.get(how, ErrorKind.GARBAGE), (how, str(error))
            assert str(error).isprintable()


@pytest.mark.parametrize("how", sorted(EXPECTED))
def test_check_tells_every_misbehaviour_by_its_kind(how: Misbehaviour) -> None:
    with HostileServer(how) as server, pytest.raises(ClientError) as caught:
        GrafanaClient(server.url, timeout=0.4 if how in SLOW else 60).check()
    assert caught.value.kind is EXPECTED[how]
    assert caught.value.system == "Grafana"


def test_another_program_at_the_address_is_not_grafana() -> None:
    with HostileServer(Misbehaviour.WRONG_SHAPE) as server, pytest.raises(ClientError) as caught:
        GrafanaClient(server.url, timeout=SECONDS).check()
    assert caught.value.kind is ErrorKind.GARBAGE


def test_check_tells_version_organisation_and_login(fake: FakeGrafana) -> None:
    standing = GrafanaClient(
        fake.url, Credentials(token=fake.make_token()), timeout=SECONDS
    ).check()
    assert standing.version == "9.4.0"
    assert standing.organisation == "Main Org."
    assert standing.login is CredentialKind.TOKEN


def test_the_calls_of_a_check_share_one_calls_time() -> None:
    def answer(request: Request) -> Reply:
        return Reply.of({"database": "ok", "version": "12.4.3"}, delay_s=0.35)

    with LocalServer(answer) as server:
        start = time.monotonic()
        with pytest.raises(ClientError, match=r"within 0\.5 s"):
            GrafanaClient(server.url, timeout=0.5).check()
        assert time.monotonic() - start < 20


def test_check_says_so_when_a_login_is_asked_for_and_there_is_none(fake: FakeGrafana) -> None:
    fake.anonymous = None
    with pytest.raises(ClientError) as caught:
        GrafanaClient(fake.url, timeout=SECONDS).check()
    assert caught.value.kind is ErrorKind.UNAUTHORIZED
    assert "SLO_LAB_GRAFANA_TOKEN" in str(caught.value)


def test_the_data_source_is_asked_through_grafana(fake: FakeGrafana, viewer: GrafanaClient) -> None:
    assert [source.uid for source in viewer.datasources()] == ["prometheus"]
    assert viewer.data_source_answers("prometheus") == 1
    assert all("/health" not in path for path in fake.paths())


def test_a_data_source_that_does_not_answer_is_named(
    fake: FakeGrafana, viewer: GrafanaClient
) -> None:
    fake.data_source_up = False
    with pytest.raises(ClientError, match=r"data source 'prometheus' does not answer \(502\)"):
        viewer.data_source_answers("prometheus")
    with pytest.raises(ClientError, match=r"data source 'nope' does not answer \(404\)"):
        viewer.data_source_answers("nope")


def test_search_reads_all_pages(fake: FakeGrafana, viewer: GrafanaClient) -> None:
    for number in range(2001):
        fake.add_dashboard({"title": f"Board {number:04}"}, f"b{number}")
    hits = viewer.search()
    assert len(hits) == 2001
    assert [request.query["page"] for request in fake.requests] == ["1", "2", "3"]


def test_search_ends_when_a_server_repeats_itself(fake: FakeGrafana) -> None:
    for number in range(1000):
        fake.add_dashboard({"title": f"Board {number}"}, f"b{number}")
    fake.ignore_pages = True
    assert len(GrafanaClient(fake.url, timeout=SECONDS).search()) == 1000
    assert len(fake.requests) == 2


def test_search_in_a_folder_and_by_tag(each_version: FakeGrafana) -> None:
    each_version.add_dashboard(classic_board("In", tags=("slo",)), "in", folder="slo-lab")
    each_version.add_dashboard(classic_board("Out"), "out")
    client = GrafanaClient(each_version.url, timeout=SECONDS)
    assert [hit.uid for hit in client.search(folder_uid="slo-lab")] == ["in"]
    assert [hit.uid for hit in client.search(tag="slo")] == ["in"]
    (found,) = [hit for hit in client.search() if hit.uid == "in"]
    assert (found.folder_title, found.tags, found.url) == ("SLO lab", ("slo",), "/d/in/in")


def test_nothing_found_makes_sure_that_something_may_be_seen(fake: FakeGrafana) -> None:
    assert GrafanaClient(fake.url, timeout=SECONDS).search() == []
    assert fake.paths() == ["GET /api/search", "GET /api/org"]


def test_what_a_viewer_may_not_see_is_forbidden_and_not_missing(
    fake: FakeGrafana, viewer: GrafanaClient
) -> None:
    fake.add_dashboard(classic_board(), "hidden", hidden=True)
    with pytest.raises(ClientError) as caught:
        viewer.dashboard("hidden")
    assert caught.value.kind is ErrorKind.FORBIDDEN
    with pytest.raises(ClientError) as caught:
        viewer.dashboard("gone")
    assert caught.value.kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize("uid", ["..", ".", "", "a\nb", "x" * 300])
def test_a_uid_that_can_be_none_is_not_asked_for(
    fake: FakeGrafana, viewer: GrafanaClient, uid: str
) -> None:
    with pytest.raises(ClientError) as caught:
        viewer.dashboard(uid)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert fake.requests == []


def test_a_uid_never_leaves_its_place_in_the_path(fake: FakeGrafana, viewer: GrafanaClient) -> None:
    with pytest.raises(ClientError):
        viewer.dashboard("../../org?x=1#y")
    assert fake.requests[0].path == "/api/dashboards/uid/..%2F..%2Forg%3Fx%3D1%23y"


def test_a_library_panel_has_its_model(fake: FakeGrafana, viewer: GrafanaClient) -> None:
    fake.add_library_panel("lib", "Availability", {"type": "stat", "targets": []})
    panel = viewer.library_panel("lib")
    assert (panel.name, panel.model["type"]) == ("Availability", "stat")


def test_a_folder_is_made_once(fake: FakeGrafana, editor: GrafanaClient) -> None:
    fake.folders.clear()
    assert editor.ensure_folder().uid == "slo-lab"
    assert editor.ensure_folder().title == "SLO lab"
    assert fake.paths().count("POST /api/folders") == 1


def test_a_folder_of_the_same_title_will_do(fake: FakeGrafana, editor: GrafanaClient) -> None:
    fake.folders = {"own": "SLO lab"}
    assert editor.ensure_folder().uid == "own"


def test_a_dashboard_is_saved_and_saved_again(fake: FakeGrafana, editor: GrafanaClient) -> None:
    board = {**classic_board(), "uid": "mine", "id": 99}
    first = editor.save_dashboard(board)
    second = editor.save_dashboard(board, version=first.version)
    assert (first.uid, first.version, second.version) == ("mine", 1, 2)
    assert first.url == "/d/mine/my-slis"
    assert fake.dashboards["mine"].folder == "slo-lab"
    with pytest.raises(DashboardClashError, match="changed by someone else"):
        editor.save_dashboard(board, version=first.version)
    editor.delete_dashboard("mine")
    assert fake.dashboards == {}


def test_a_viewer_can_add_nothing(viewer: GrafanaClient) -> None:
    for write in ("save", "delete", "delete annotation"):
        with pytest.raises(ClientError) as caught:
            CALLS[write](viewer)
        assert caught.value.kind is ErrorKind.FORBIDDEN


def test_an_annotation_marks_a_stretch_of_a_dashboard(
    fake: FakeGrafana, editor: GrafanaClient
) -> None:
    fake.add_dashboard(classic_board(), "mine")
    made = editor.annotate("mine", start=10.5, end=20, text="error burst", tags=("burst",))
    (found,) = editor.annotations("mine", start=0, end=60)
    assert (found.id, found.start, found.end) == (made, 10.5, 20.0)
    assert (found.text, found.tags) == ("error burst", ("burst",))
    editor.delete_annotation(made)
    assert editor.annotations("mine", start=0, end=60) == []


def test_an_annotation_for_an_unknown_dashboard_is_never_posted(
    fake: FakeGrafana, editor: GrafanaClient
) -> None:
    with pytest.raises(ClientError) as caught:
        editor.annotate("gone", start=1, end=2, text="x", tags=())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert fake.annotations == {}


def test_settings_name_the_grafana_and_the_login(fake: FakeGrafana, tmp_path: object) -> None:
    token = fake.make_token()
    environ = {
        "SLO_LAB_GRAFANA_URL": fake.url,
        "SLO_LAB_GRAFANA_TOKEN": token,
        "SLO_LAB_DATA_DIR": str(tmp_path),
    }
    standing = GrafanaClient.from_settings(Settings.from_env(environ)).check()
    assert standing.login is CredentialKind.TOKEN
