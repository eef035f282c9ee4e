"""promtool's words become messages with positions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from portal.clients import promtool
from portal.clients.promtool import (
    PromtoolIdleError,
    PromtoolMissingError,
    RulesReport,
    Validity,
)
from portal.config import Settings
from portal.errors import SLOLabError
from portal.limits import PromtoolLimits
from portal.services import Services
from tests.promtool import check_rules, validate


def test_good_rules_are_ok() -> None:
    text = "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: up\n"
    assert check_rules(text) == RulesReport(True)


def test_a_bad_expression_is_found_with_its_place() -> None:
    text = "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: sum(\n"
    report = check_rules(text)
    assert not report.ok
    (message,) = report.messages
    assert (message.group, message.rule, message.name) == ("g", 1, "a:b")
    assert message.line == 5
    assert "unclosed" in message.text


def test_a_bad_duration_has_no_place_but_words() -> None:
    text = "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: up\n    for: 5x\n"
    report = check_rules(text)
    assert not report.ok
    assert "duration" in report.messages[0].text


def test_many_expressions_are_validated_in_one_run() -> None:
    answers = validate(["up", "sum(", "a b", "", "rate(x[5m])", "\ud800", "sum(\nrate(x"])
    assert [answer.valid for answer in answers] == [True, False, False, False, True, False, False]
    assert (answers[2].line, answers[2].column) == (1, 3)
    assert answers[6].line == 2


def test_hundreds_of_expressions_keep_their_order() -> None:
    exprs = [f"metric_{n}" if n % 7 else f"metric_{n} +" for n in range(1200)]
    assert [answer.valid for answer in validate(exprs)] == [bool(n % 7) for n in range(1200)]


def test_templates_and_odd_characters_are_judged_as_they_are() -> None:
    answers = validate(["{{ $x }}", 'x{a="ä"}', "\x01", 'x{a="{{ b }}"}'])
    assert [answer.valid for answer in answers] == [False, True, False, True]


@pytest.mark.parametrize(
    "ask", [partial(promtool.validate, ["up"]), partial(promtool.check_rules, "up")]
)
def test_a_promtool_that_hangs_is_given_up(tmp_path: Path, ask: Callable[..., object]) -> None:
    program = tmp_path / "promtool"
    program.write_text("#!/bin/sh\nexec sleep 300\n")
    program.chmod(0o755)
    with pytest.raises(SLOLabError, match=r"timed out after 0\.05 s"):
        ask(program, PromtoolLimits(check_s=0.05))


@pytest.mark.parametrize(
    "does",
    [
        "exit 1",
        "exit 3",
        "kill -SEGV $$",
        "head -c 90000 /dev/urandom; exit 1",
        "echo no >&2; exit 1",
    ],
)
def test_a_promtool_that_breaks_refuses_nothing(tmp_path: Path, does: str) -> None:
    broken = tmp_path / "promtool"
    broken.write_text(f"#!/bin/sh\n{does}\n")
    broken.chmod(0o755)
    told = "promtool could not check the rules: it ended with"
    with pytest.raises(SLOLabError, match=told):
        promtool.validate(["up"], broken)
    with pytest.raises(SLOLabError, match=told):
        promtool.check_rules("groups: []", broken)


def test_a_character_that_yaml_keeps_for_itself_is_judged_as_it_is() -> None:
    odd = "\U0001f600", "\ufffe", "\x85", "\x7f", "\u2028", "\ufeff"
    exprs = [f'up{{job="{one}"}}' for one in odd] + [f'up{{job="{one}"' for one in odd]
    assert [one.valid for one in validate(exprs)] == [True] * 6 + [False] * 6


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that PATH leads to, with nothing in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, mode: int = 0o755) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tool = folder / "promtool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(mode)
    return tool


@pytest.mark.usefixtures("empty_path")
def test_without_promtool_a_clear_error(tmp_path: Path) -> None:
    for cache in (tmp_path, tmp_path / "missing"):
        with pytest.raises(PromtoolMissingError, match="promtool was not found"):
            promtool.find(cache)


@pytest.mark.usefixtures("empty_path")
def test_promtool_is_found_in_the_cache(tmp_path: Path) -> None:
    tool = program(tmp_path / "prometheus-3.5")
    assert promtool.find(tmp_path) == tool


def test_one_that_may_not_be_executed_is_named(empty_path: Path, tmp_path: Path) -> None:
    idle = program(empty_path, 0o644)
    with pytest.raises(PromtoolIdleError, match=f"{idle} was found, but can't be started"):
        promtool.find(tmp_path)
    usable = program(tmp_path / "prometheus-3.5")
    assert promtool.find(tmp_path) == usable
    usable.chmod(0o644)
    idle.unlink()
    with pytest.raises(PromtoolIdleError, match=str(usable)):
        promtool.find(tmp_path)


def test_a_validity_defaults_to_nobody_asked() -> None:
    assert Validity(None).why == ""


def test_a_portal_looks_where_its_settings_say_and_not_where_the_environment_does(
    empty_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = (program(tmp_path / name / "prometheus-3.5") for name in ("own", "other"))
    monkeypatch.setenv("SLO_LAB_CACHE_DIR", str(other.parents[1]))
    settings = Settings(data_dir=tmp_path / "data", cache_dir=own.parents[1])
    services = Services.from_settings(settings)
    assert services.trials.engine.promtool() == own
    assert services.background.stop() == []
