"""A push takes the place of what it pushed last, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.clients import ClientError
from portal.clients.grafana import Credentials, GrafanaClient
from portal.config import Settings
from portal.services import Services
from portal.workbench import store
from tests.apps import portal_app
from tests.conftest import START
from tests.fakes.boards import classic_board
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana_shapes import Stored
from tests.patience import SECONDS

HTMX = {"HX-Request": "true"}


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with FakeGrafana(anonymous=None) as fake:
        yield fake


@pytest.fixture
def app(settings: Settings, services: Services, grafana: FakeGrafana) -> Iterator[Flask]:
    """A portal whose learner has one panel, "Failed", in the dashboard "My SLIs"."""
    login = Credentials(token=grafana.make_token("Editor"))
    settings = replace(settings, grafana_url=grafana.url)
    asked = GrafanaClient(grafana.url, login, timeout=SECONDS)
    with portal_app(settings, replace(services, settings=settings, grafana=asked)) as app:
        with app.app_context():
            store.add_panel(1, "Failed", "up", "ratio", START)
        yield app


def push(client: FlaskClient, **choice: str) -> str:
    return client.post("/workbench/push", data=choice, follow_redirects=True).text


def offered(page: str, choice: str) -> dict[str, str]:
    """What the form with that button sends; nothing where there is no such button."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if f'value="{choice}"' in form:
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
            return {**hidden, "choice": choice}
    return {}


def by_hand(grafana: FakeGrafana, board: Stored, title: str = "") -> None:
    """Somebody changes the dashboard in Grafana."""
    board.content["panels"] = [{"id": 9, "title": "Made by hand"}]
    board.content["title"] = title or board.title
    board.version += 1


def panels_of(board: Stored) -> list[str]:
    return [panel["title"] for panel in board.content["panels"]]


def test_a_hand_made_dashboard_of_the_same_name_stays(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_folder()
    theirs = grafana.add_dashboard(classic_board("my slis!"), "theirs", folder="slo-lab")
    page = push(client)
    assert grafana.dashboards == {"theirs": theirs}
    assert "Not pushed: Grafana’s folder “SLO lab” has another dashboard called “my slis!”" in page
    assert "Nothing was changed there." in page
    assert "is in Grafana now" not in page


def test_one_that_was_shown_can_be_replaced_and_is_the_learners_from_then_on(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_folder()
    grafana.add_dashboard(classic_board("My SLIs"), "theirs", folder="slo-lab")
    page = push(client, **offered(push(client), "replace"))
    assert "It is in Grafana now" in page
    [board] = grafana.dashboards.values()
    assert (board.uid, board.version, panels_of(board)) == ("theirs", 2, ["Failed"])
    assert "It is in Grafana now" in push(client)
    assert grafana.dashboards["theirs"].version == 3


def test_what_was_changed_by_hand_stays_until_it_was_seen(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    push(client)
    [board] = grafana.dashboards.values()
    by_hand(grafana, board)
    page = push(client)
    assert panels_of(board) == ["Made by hand"]
    assert "“My SLIs” was changed in Grafana after your last push (saved " in page
    by_hand(grafana, board)  # changed once more after the page was shown
    page = push(client, **offered(page, "replace"))
    assert panels_of(board) == ["Made by hand"]
    push(client, **offered(page, "replace"))
    [now] = grafana.dashboards.values()
    assert (now.uid, panels_of(now)) == (board.uid, ["Failed"])


def test_a_copy_leaves_what_is_there_and_is_pushed_to_from_then_on(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    push(client)
    [board] = grafana.dashboards.values()
    by_hand(grafana, board)
    grafana.add_dashboard(classic_board("My SLIs (copy)"), "other", folder="slo-lab")
    copy = offered(push(client), "copy")
    for _ in range(2):  # the same form sent twice is one copy
        assert "It is in Grafana now: “My SLIs (copy 2)”" in push(client, **copy)
    push(client)
    assert sorted(one.title for one in grafana.dashboards.values()) == [
        "My SLIs",
        "My SLIs (copy 2)",
        "My SLIs (copy)",
    ]
    assert panels_of(grafana.dashboards[copy["uid"]]) == ["Failed"]
    assert grafana.dashboards[copy["uid"]].version == 3
    assert panels_of(board) == ["Made by hand"]


def test_a_replacement_sent_twice_is_one(client: FlaskClient, grafana: FakeGrafana) -> None:
    push(client)
    [board] = grafana.dashboards.values()
    by_hand(grafana, board)
    choice = offered(push(client), "replace")
    for _ in range(2):
        assert "It is in Grafana now" in push(client, **choice)


def test_where_it_was_moved_to_it_stays(client: FlaskClient, grafana: FakeGrafana) -> None:
    push(client)
    [board] = grafana.dashboards.values()
    grafana.add_folder("team", "Our team")
    board.folder = "team"
    push(client)
    [now] = grafana.dashboards.values()
    assert (now.folder, now.version) == ("team", 2)


def test_deleted_in_grafana_it_is_made_anew(client: FlaskClient, grafana: FakeGrafana) -> None:
    for _ in range(3):
        push(client)
    [uid] = grafana.dashboards
    grafana.dashboards.clear()
    assert "It is in Grafana now" in push(client)
    assert grafana.dashboards[uid].version == 1
    assert "It is in Grafana now" in push(client)


def test_what_an_older_portal_pushed_is_asked_about(
    app: Flask, client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_folder()
    board = grafana.add_dashboard(classic_board("My SLIs"), "mine", folder="slo-lab")
    with app.app_context():
        store.pushed(1, "mine", "/d/mine/my-slis", 0, START)
    page = push(client)
    assert "“My SLIs” may have been changed in Grafana since your last push." in page
    assert grafana.dashboards == {"mine": board}


def test_one_from_a_file_can_only_be_copied(client: FlaskClient, grafana: FakeGrafana) -> None:
    grafana.add_folder()
    grafana.add_dashboard(classic_board("My SLIs"), "file", folder="slo-lab", provisioned=True)
    page = push(client)
    assert offered(page, "replace") == {}
    assert "It is in Grafana now" in push(client, **offered(page, "copy"))
    assert len(grafana.dashboards) == 2


def test_the_question_works_with_htmx_and_without(
    client: FlaskClient, grafana: FakeGrafana
) -> None:
    grafana.add_folder()
    grafana.add_dashboard(classic_board("My SLIs"), "theirs", folder="slo-lab")
    part = client.post("/workbench/push", headers=HTMX)
    whole = client.post("/workbench/push")
    assert (part.status_code, whole.status_code) == (409, 409)
    assert 'id="workbench-panels"' in part.text
    assert "<html" in whole.text
    assert "<html" not in part.text
    answer = client.post("/workbench/push", data=offered(part.text, "copy"), headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/workbench"


@pytest.mark.parametrize(
    "choice",
    [
        {"choice": "replace", "uid": "../../admin", "version": "1"},
        {"choice": "replace", "uid": "", "version": "x"},
        {"choice": "burn", "uid": "theirs", "version": "1"},
        {"choice": "replace", "uid": "theirs", "version": "9" * 400},
    ],
)
def test_a_choice_that_no_page_offered_replaces_nothing(
    client: FlaskClient, grafana: FakeGrafana, choice: dict[str, str]
) -> None:
    grafana.add_folder()
    theirs = grafana.add_dashboard(classic_board("Theirs"), "theirs", folder="slo-lab")
    push(client, **choice)
    assert grafana.dashboards["theirs"] is theirs


def test_a_grafana_that_saves_another_dashboard_than_asked_is_told(
    app: Flask, client: FlaskClient, grafana: FakeGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = app.extensions["slo_lab"]
    honest = services.grafana._http.json

    def another(answer: object) -> object:
        said = honest(answer)  # type: ignore[arg-type]
        saved = isinstance(said, dict) and said.get("status") == "success"
        return {**said, "uid": "theirs"} if saved else said

    monkeypatch.setattr(services.grafana._http, "json", another)
    page = push(client)
    assert "Not pushed: Grafana saved it as another dashboard than asked" in page
    with pytest.raises(ClientError):
        services.grafana.save_dashboard({**classic_board(), "uid": "mine"})
