"""A dashboard is read in the schema that Grafana keeps it in, on every version."""

from __future__ import annotations

import pytest

from portal.clients import ClientError, ErrorKind
from portal.clients.grafana import GrafanaClient
from portal.clients.grafana.dashboards import moved
from tests.fakes.boards import AVAILABILITY, classic_board, v2_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.server import LocalServer, Reply, Request
from tests.patience import SECONDS


def test_a_classic_dashboard_is_the_same_on_every_version(each_version: FakeGrafana) -> None:
    each_version.add_dashboard(classic_board(tags=("slo",)), "mine", folder="slo-lab", version=3)
    board = GrafanaClient(each_version.url, timeout=SECONDS).dashboard("mine")
    assert board.stored_as == "classic"
    assert board.content["panels"][0]["targets"][0]["expr"] == AVAILABILITY
    assert (board.uid, board.title, board.tags, board.version) == ("mine", "My SLIs", ("slo",), 3)
    assert (board.folder_uid, board.folder_title) == ("slo-lab", "SLO lab")
    assert (board.provisioned, board.created_by) == (False, "editor")
    assert board.updated is not None


def test_a_v2_that_was_posted_as_classic_is_as_empty_as_grafana_draws_it() -> None:
    with FakeGrafana("9.4.0") as fake:
        fake.add_dashboard(v2_board(), "posted")
        board = GrafanaClient(fake.url, timeout=SECONDS).dashboard("posted")
    assert (board.title, board.stored_as, board.content.get("elements")) == (
        "My SLIs",
        "classic",
        None,
    )


def test_a_dashboard_in_the_root_has_no_folder(each_version: FakeGrafana) -> None:
    each_version.add_dashboard(classic_board(), "mine")
    board = GrafanaClient(each_version.url, timeout=SECONDS).dashboard("mine")
    assert (board.folder_uid, board.folder_title) == ("", "")


def test_a_provisioned_dashboard_says_so(each_version: FakeGrafana) -> None:
    each_version.add_dashboard(classic_board(), "ready-made", provisioned=True)
    assert GrafanaClient(each_version.url, timeout=SECONDS).dashboard("ready-made").provisioned


@pytest.mark.parametrize("version", ["v2alpha1", "v2beta1"])
def test_the_406_of_12_is_followed(version: str) -> None:
    with FakeGrafana("12.4.3") as fake:
        fake.add_folder()
        fake.add_dashboard(v2_board(), "mine", stored_as=version, folder="slo-lab")
        board = GrafanaClient(fake.url, timeout=SECONDS).dashboard("mine")
    assert board.stored_as == version
    assert board.content["spec"]["elements"].keys() == {"panel-1", "panel-2"}
    assert (board.title, board.folder_uid, board.provisioned) == ("My SLIs", "slo-lab", False)


def test_13_gives_a_v2_dashboard_natively_and_not_its_conversion() -> None:
    with FakeGrafana("13.2.0") as fake:
        fake.add_folder()
        fake.add_dashboard(v2_board(), "mine", stored_as="v2", folder="slo-lab")
        board = GrafanaClient(fake.url, timeout=SECONDS).dashboard("mine")
    assert board.stored_as == "v2"
    assert board.content["apiVersion"] == "dashboard.grafana.app/v2"
    assert board.content["spec"]["layout"]["kind"] == "AutoGridLayout"
    assert (board.title, board.folder_title, board.created_by) == ("My SLIs", "SLO lab", "editor")


def test_13_without_its_new_api_still_gives_the_conversion() -> None:
    with FakeGrafana("13.2.0") as fake:
        fake.add_dashboard(v2_board(), "mine", stored_as="v2")
        fake.native_reads = False
        board = GrafanaClient(fake.url, timeout=SECONDS).dashboard("mine")
    assert board.stored_as == "classic"
    assert board.content["panels"][0]["targets"][0]["expr"] == AVAILABILITY


def test_what_grafana_serves_is_asked_once(fake: FakeGrafana) -> None:
    for number in range(3):
        fake.add_dashboard(classic_board(), f"b{number}")
    client = GrafanaClient(fake.url, timeout=SECONDS)
    for number in range(3):
        client.dashboard(f"b{number}")
    assert fake.paths().count("GET /apis/dashboard.grafana.app/") == 1
    assert len(fake.requests) <= 5


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:9/apis/dashboard.grafana.app/v2/namespaces/default/dashboards/mine",
        "/api/admin/settings",
        "/apis/secret.grafana.app/v1/namespaces/default/secrets/x",
        "/apis/dashboard.grafana.app/v2/../../x/namespaces/default/dashboards/mine",
        "",
    ],
)
def test_a_406_leads_nowhere_but_to_grafanas_own_dashboards(place: str) -> None:
    def answer(request: Request) -> Reply:
        return Reply.of({"message": f"dashboard api version not supported, use {place}"}, 406)

    with LocalServer(answer) as server:
        with pytest.raises(ClientError) as caught:
            GrafanaClient(server.url, timeout=SECONDS).dashboard("mine")
        assert server.paths() == ["GET /api/dashboards/uid/mine"]
    assert caught.value.kind is ErrorKind.NOT_ACCEPTABLE


def test_a_406_with_grafanas_own_address_is_followed() -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/apis/"):
            return Reply.of({"apiVersion": "dashboard.grafana.app/v2", "spec": v2_board()})
        path = "/apis/dashboard.grafana.app/v2/namespaces/org-7/dashboards/other"
        return Reply.of({"message": f"use {server.url}{path} instead"}, 406)

    with LocalServer(answer) as server:
        assert GrafanaClient(server.url, timeout=SECONDS).dashboard("mine").stored_as == "v2"
        path = "/apis/dashboard.grafana.app/v2/namespaces/org-7/dashboards/mine"
        assert server.requests[-1].path == path


def test_the_place_a_406_names() -> None:
    place = moved("use /apis/dashboard.grafana.app/v2alpha1/namespaces/org-2/dashboards/x instead")
    assert place is not None
    assert (place.origin, place.version, place.namespace) == ("", "v2alpha1", "org-2")


def test_another_organisation_has_its_namespace() -> None:
    with FakeGrafana("13.2.0") as fake:
        fake.organisation = 7
        fake.add_dashboard(v2_board(), "mine", stored_as="v2")
        assert GrafanaClient(fake.url, timeout=SECONDS).dashboard("mine").stored_as == "v2"
        assert any("/namespaces/org-7/" in path for path in fake.paths())
