"""Of an address that Grafana tells, only the path of that dashboard is taken."""

from __future__ import annotations

import pytest

from portal.clients.grafana import Credentials, GrafanaClient, dashboard_path
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.patience import SECONDS


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/d/mine/our-shop", "/d/mine/our-shop"),
        ("/d/mine", "/d/mine"),
        ("/grafana/d/mine/our-shop", "/d/mine/our-shop"),
        ("/a/b-c/d/mine/%C3%BCber", "/d/mine/%C3%BCber"),
        ("", "/d/mine"),
        (None, "/d/mine"),
        ({"url": "/d/mine/x"}, "/d/mine"),
        ("/d/another/our-shop", "/d/mine"),
        ("@evil.example/d/mine/x", "/d/mine"),
        (".evil.example/d/mine/x", "/d/mine"),
        (":8080/d/mine/x", "/d/mine"),
        ("//evil.example/d/mine/x", "/d/mine"),
        ("http://evil.example/d/mine/x", "/d/mine"),
        ("javascript:alert(1)//d/mine", "/d/mine"),
        ("/d/mine/x?orgId=2", "/d/mine"),
        ("/d/mine/x\n", "/d/mine"),
        ("/d/mine/x\t/y", "/d/mine"),
        ("/d/mine/\u00fcber", "/d/mine"),
    ],
)
def test_a_path_of_another_form_is_made_from_the_uid(url: object, path: str) -> None:
    assert dashboard_path(url, "mine") == path


def test_a_uid_is_one_segment_of_the_path() -> None:
    assert dashboard_path("/d/a.b/x", "a.b") == "/d/a.b/x"
    assert dashboard_path("/d/aXb/x", "a.b") == "/d/a.b"
    assert dashboard_path("", "../x?y#z") == "/d/..%2Fx%3Fy%23z"


def test_no_address_of_grafana_holds_its_sub_path(each_version: FakeGrafana) -> None:
    each_version.sub_path = "/grafana"
    client = GrafanaClient(
        each_version.url, Credentials(token=each_version.make_token()), timeout=SECONDS
    )
    saved = client.save_dashboard({**classic_board(), "uid": "mine", "title": "Our shop"})
    [hit] = client.search()
    told = {saved.url, hit.url, client.dashboard("mine").url}
    assert told == {"/d/mine/our-shop"}
