"""Whatever is sent gets a clear sentence: never a mistake of the portal's own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.bursts.profiles import PRESETS
from tests.robustness.portals import portal_app, save_slo, settings_in

HUGE = "99999999999999999999999"
NAMES = (
    *("key", "preset", "rate", "duration", "error_percent", "latency_ms"),
    *("title", "sli", "objective", "window", "threshold", "why"),
    *("text", "version", "do", "file", "document", "expr", "unit", "then", "back"),
    *("burst", "failed", "slow", "seconds", "sentence", "answer", "uid", "origin", "sure"),
    *("panel", "to", "predicted_errors", "predicted_page"),
    *("tab", "text-slis", "version-slis", "base-slis", "action", "name", "confirm"),
)
"""Fields of the forms; a form ignores what is none of its own."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("portal")
    with portal_app(settings_in(folder)) as app:
        assert save_slo(app.test_client()).status_code == 303
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def routes(app: Flask, method: str) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted((rule for rule in rules if rule.endpoint != "static"), key=str)


def filled(rule: Rule, value: str) -> str:
    return re.sub(r"<[^>]+>", value, str(rule))


def addresses(app: Flask, method: str, *values: str) -> list[str]:
    """Every address, with each of the values where it takes one."""
    paths = [filled(rule, value) for rule in routes(app, method) for value in values]
    return list(dict.fromkeys(paths))


def sentence(answer: TestResponse) -> str:
    """The page's words, or those of a plain answer."""
    text = answer.get_data(as_text=True)
    assert "Traceback" not in text
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_burst_beyond_every_limit_is_refused_with_the_limit(client: FlaskClient) -> None:
    for rate in ("1000000000", "1e9", "-1", "0", "nan", "inf", "9" * 500):
        form = {"rate": rate, "duration": "10", "error_percent": "0", "latency_ms": "0"}
        answer = client.post("/bursts/custom", data=form)
        assert answer.status_code == 422
        assert "The rate must be from 0.1 to 500 requests/s." in sentence(answer)


def test_an_unknown_preset_is_told_the_known_ones(client: FlaskClient) -> None:
    answer = client.post("/bursts", data={"preset": "tsunami"})
    assert answer.status_code == 422
    assert f"The presets are: {', '.join(PRESETS)}." in sentence(answer)


def test_another_name_of_the_host_is_told_the_setting(client: FlaskClient) -> None:
    for method in ("GET", "POST"):
        answer = client.open("/", method=method, headers={"Host": "lab.example.com"})
        assert answer.status_code == 400
        assert "SLO_LAB_ALLOWED_HOSTS" in sentence(answer)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://x.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_post_from_another_site_changes_nothing(app: Flask, headers: dict[str, str]) -> None:
    for rule in routes(app, "POST"):
        answer = app.test_client().post(filled(rule, "1"), headers=headers)
        assert answer.status_code == 403, rule
        assert "came from another site, so nothing was changed" in sentence(answer)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_page_of_another_site_has_anything_fetched_here(app: Flask, method: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    for rule in app.url_map.iter_rules():
        answer = app.test_client().open(filled(rule, "1"), method=method, headers=headers)
        assert answer.status_code == 403, rule


@pytest.mark.parametrize(
    "value",
    [HUGE, "9223372036854775808", "2147483648", "-1", "0", "%00", "%ff", "a%0db", "é" * 300],
)
def test_an_address_that_cannot_be_is_not_there(app: Flask, value: str) -> None:
    client = app.test_client()
    for rule in routes(app, "GET"):
        if rule.arguments:
            answer = client.get(filled(rule, value))
            assert answer.status_code in {200, 303, 308, 404}, (rule, answer.status_code)
            answer.close()
    for rule in routes(app, "POST"):
        if rule.arguments:
            status = client.post(filled(rule, value)).status_code
            assert status in {303, 308, 404, 405, 422}, (rule, status)


@pytest.mark.parametrize("value", [HUGE, "-1", "²", "%00", "%ff", "%ED%A0%80", "nan", "1e999"])
def test_a_query_string_of_junk_is_taken_for_none(app: Flask, value: str) -> None:
    client = app.test_client()
    names = ("burst", "services", "expr", "rate", "errors", "objective", "removed", "deleted")
    query = "&".join(f"{name}={value}" for name in (*names, "at", "shown", "was", "asked", "uid"))
    for rule in routes(app, "GET"):
        answer = client.get(f"{filled(rule, 'shop')}?{query}")
        assert answer.status_code < 500 or rule.endpoint in {"readyz"}, (rule, answer.status_code)
        answer.close()


JUNK = {
    "long": "x" * 100_000,
    "huge": "9" * 5000,
    "nul": "a\0b",
    "nuls": "\0" * 50,
    "control": "\x1b[31m\u202e\x7f",
    "negative": "-1",
    "not a number": "nan",
}


@pytest.mark.parametrize("value", JUNK.values(), ids=JUNK)
def test_every_form_takes_junk_for_what_it_is(app: Flask, value: str) -> None:
    for path in addresses(app, "POST", "1", "shop", "slis", "traffic"):
        answer = app.test_client().post(path, data=dict.fromkeys(NAMES, value))
        sentence(answer)
        assert is_well(answer), (path, answer.status_code)


@pytest.mark.parametrize(
    "raw", [b"text-slis=%ff%fe", b"\xff\xfe=\x00", b"text-slis=%ED%A0%80&=&=%"]
)
def test_a_form_that_is_no_utf_8_is_taken_too(app: Flask, raw: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    for path in addresses(app, "POST", "slis", "shop"):
        answer = app.test_client().post(path, data=raw, content_type=kind)
        assert is_well(answer), (path, answer.status_code)


UPLOADS = (
    *(
        b"",
        b"\0",
        b"\xff\xff",
        b"{}",
        b"[]",
        b"7",
        b'{"panels": [null]}',
        b"&a [*a, *a]",
        b"a: &a [*a]",
    ),
    *(b"[" * 50_000, b'{"title": "\\ud800\\u0000"}', b"apiVersion: openslo/v1\nkind: SLO"),
)


@pytest.mark.parametrize(
    "name", ["board.json", "\0.json", "x" * 3000], ids=["plain", "nul", "long"]
)
def test_every_upload_is_taken_or_refused_with_a_reason(app: Flask, name: str) -> None:
    kind = "multipart/form-data"
    for rule in routes(app, "POST"):
        for raw in UPLOADS:
            form = {"file": (io.BytesIO(raw), name)}
            answer = app.test_client().post(filled(rule, "1"), data=form, content_type=kind)
            assert is_well(answer), (rule, raw[:40], answer.status_code)


MEGABYTE = {
    "/slos": ("why", "title"),
    "/slos/import": ("text",),
    "/bursts": ("key", "preset"),
    "/bursts/custom": ("key", "rate"),
    "/impact": ("sentence", "failed"),
    "/workbench/panels": ("expr", "title"),
    "/workbench/hand-in": ("document",),
    "/alerts/rules": ("text",),
    "/reflections": ("text-slis", "tab"),
    "/reflections/answers/slis": ("text-slis", "tab"),
}


@pytest.mark.parametrize("path", MEGABYTE)
def test_a_field_of_a_megabyte_gets_an_answer(client: FlaskClient, path: str) -> None:
    answer = client.post(path, data=dict.fromkeys(MEGABYTE[path], "x" * 1_000_000))
    sentence(answer)
    assert is_well(answer)
    assert answer.status_code != 413


def test_more_than_a_page_may_take_is_refused_at_once(client: FlaskClient) -> None:
    answer = client.post("/slos", data={"why": "x" * (25 << 20)})
    assert answer.status_code == 413
    assert "more than the portal takes at once" in sentence(answer)


TEXTS = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["apply", "remove", "restore", "try", "availability", "latency", "submit", *PRESETS]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    form=st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=8),
    part=st.one_of(st.integers(min_value=0).map(str), st.sampled_from(["shop", "slis", "traffic"])),
    choice=st.integers(min_value=0),
)
def test_no_form_ever_breaks_the_portal(
    app: Flask, form: dict[str, str], part: str, choice: int
) -> None:
    rules = routes(app, "POST")
    rule = rules[choice % len(rules)]
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
    answer = app.test_client().post(filled(rule, part), data=encoded)
    assert is_well(answer), (rule, answer.status_code)


def is_well(answer: TestResponse) -> bool:
    """Done, or refused with a reason; 503 is for a lab that is not there."""
    return answer.status_code < 500
