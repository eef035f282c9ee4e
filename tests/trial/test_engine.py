"""promtool answers on invented series, within limits; what can't be answered is said."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from portal.limits import TrialLimits
from portal.promql.context import RecordingRule
from portal.trial.engine import BUSY, TrialEngine, unquoted
from portal.trial.scene import InventedSeries, Scene, TrialAnswer, TrialQuestion, TriedAlert
from tests.patience import PATIENT
from tests.patient import ENGINE
from tests.promtool import promtool_at_hand

LIMITS = PATIENT.promtool.queries
SCENE = Scene(
    5, (InventedSeries('a{x="1"}', "0+5x100"), InventedSeries('a{x="2"}', "0+10x100")), ()
)


def ask(
    *exprs: str,
    at_s: float = 60,
    scene: Scene = SCENE,
    promtool: Path | None = None,  # default: the real one
    limits: TrialLimits = LIMITS,
) -> tuple[TrialAnswer, ...]:
    """The answers to expressions at one moment."""
    questions = tuple(TrialQuestion(expr, at_s) for expr in exprs)
    engine = TrialEngine(PATIENT.promtool, (lambda: promtool) if promtool else promtool_at_hand)
    [answers] = engine.answers([replace(scene, questions=questions)], limits)
    return answers


def values(answer: TrialAnswer) -> list[float]:
    return [sample.value for sample in answer.samples]


def test_values_and_labels_are_those_that_prometheus_gives() -> None:
    summed, each, empty = ask("sum(rate(a[30s]))", "rate(a[30s])", "b")
    assert values(summed) == [3]
    assert [(dict(s.labels), s.value) for s in each.samples] == [({"x": "1"}, 1), ({"x": "2"}, 2)]
    assert empty == TrialAnswer()


def test_each_moment_has_its_own_answer() -> None:
    questions = tuple(TrialQuestion("sum(a)", at) for at in (0, 5, 50))
    [found] = ENGINE.answers([replace(SCENE, questions=questions)], LIMITS)
    assert [values(answer) for answer in found] == [[0], [15], [150]]


def test_what_prometheus_refuses_is_told_in_its_words_and_harms_nothing_else() -> None:
    before, broken, many, after = ask("sum(a)", "sum(a", "a / on () a", "count(a)")
    assert values(before) == [180]
    assert values(after) == [2]
    assert "parse error" in broken.error
    assert "duplicate series" in many.error


@pytest.mark.parametrize("text", ['q" got: b\nz, ', "ä😀", "\\", "{x}", "'`$", "a, {b}"])
def test_any_text_survives_the_way_there_and_back(text: str) -> None:
    written = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    [found] = ask(f'label_replace(sum(a), "y", "{written.replace("$", "$$")}", "", "")')
    assert [sample.labels for sample in found.samples] == [{"y": text}]


def test_numbers_that_are_none_come_back() -> None:
    found = ask("sum(a) / 0", "-sum(a) / 0", "sum(a) * 0 / 0", "sum(a) / 3")
    assert [repr(values(answer)[0]) for answer in found[:3]] == ["inf", "-inf", "nan"]
    assert values(found[3]) == [60]


def test_rules_take_part() -> None:
    rules = (RecordingRule("double:a", "2 * sum(a)"), TriedAlert("Much", "double:a > 50", 10))
    scene = replace(SCENE, rules=rules, evaluation_s=5)
    recorded, alert = ask("double:a", 'ALERTS{alertstate="firing"}', scene=scene)
    assert values(recorded) == [360]
    assert [sample.labels["alertname"] for sample in alert.samples] == ["Much"]


def test_a_rule_that_fails_is_named() -> None:
    scene = replace(SCENE, rules=(RecordingRule("bad:a", "sum(a) + on () a"),))
    assert "bad:a" in ask("sum(a)", scene=scene)[0].error


def test_samples_after_the_last_evaluation_are_there() -> None:
    [found] = ask("sum(a)", at_s=115, scene=replace(SCENE, evaluation_s=60))
    assert values(found) == [345]


def test_one_query_that_takes_too_much_harms_no_other() -> None:
    before, much, after = ask("sum(a)", "count_over_time(a[30d:1ms])", "count(a)", at_s=500)
    assert values(before) == [1500]
    assert values(after) == [2]
    assert much.untried


def test_without_promtool_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PATH", "HOME", "XDG_CACHE_HOME", "SLO_LAB_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    assert "start the lab" in ask("sum(a)")[0].untried


# What becomes of promtool itself


def test_who_gets_no_turn_may_get_one_in_a_moment() -> None:
    engine = TrialEngine(replace(PATIENT.promtool, at_once=0), promtool_at_hand)
    [[found]] = engine.answers(
        [replace(SCENE, questions=(TrialQuestion("sum(a)", 60),))], replace(LIMITS, wall_s=0.01)
    )
    assert (found.untried, found.passing) == (BUSY, True)


def fake(folder: Path, script: str) -> Path:
    """A promtool that runs ``script`` where the files of the scenes lie."""
    tool = folder / "promtool"
    tool.write_text(f'#!/bin/sh\nREAL="{promtool_at_hand()}"\n{script}\n', encoding="utf-8")
    tool.chmod(0o755)
    return tool


def test_a_crash_is_blamed_on_the_one_expression_that_does_it(tmp_path: Path) -> None:
    tool = fake(tmp_path, 'grep -q "count(a)" scene-*.json && kill -SEGV $$; exec "$REAL" "$@"')
    exprs = [f"sum(a) + {n}" for n in range(7)]
    found = ask(*exprs, "count(a)", *exprs[:1], promtool=tool)
    assert "crashed" in found[7].untried
    assert [values(answer) for answer in found[:7]] == [[180 + n] for n in range(7)]


def test_other_scenes_of_a_run_outlive_a_crash(tmp_path: Path) -> None:
    tool = fake(tmp_path, 'grep -q "count(a)" scene-*.json && kill -SEGV $$; exec "$REAL" "$@"')
    scenes = [
        replace(SCENE, questions=(TrialQuestion(e, 60),)) for e in ("sum(a)", "count(a)", "1")
    ]
    first, second, third = TrialEngine(PATIENT.promtool, lambda: tool).answers(scenes, LIMITS)
    assert (values(first[0]), values(third[0])) == ([180], [1])
    assert second[0].untried


def test_a_run_that_takes_too_long_is_ended_with_its_group(tmp_path: Path) -> None:
    tool = fake(tmp_path, f'sleep 300 & echo $! > "{tmp_path}/child"; wait')
    limits = replace(LIMITS, wall_s=3)
    started = time.monotonic()
    [found] = ask("sum(a)", promtool=tool, limits=limits)
    assert "longer than 3 s" in found.untried
    assert time.monotonic() - started < 60
    child = int((tmp_path / "child").read_text())
    while is_alive(child) and time.monotonic() - started < 60:
        time.sleep(0.05)
    assert not is_alive(child)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that nobody waited for has ended too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_an_answer_without_end_is_cut_off(tmp_path: Path) -> None:
    [found] = ask(
        "sum(a)",
        promtool=fake(tmp_path, "yes"),
        limits=replace(LIMITS, output_bytes=999),
    )
    assert "too long" in found.untried


def test_memory_and_time_of_the_processor_are_limited(tmp_path: Path) -> None:
    tool = fake(tmp_path, f'ulimit -t > "{tmp_path}/time"; ulimit -v > "{tmp_path}/memory"')
    limits = replace(LIMITS, cpu_s=7, memory_bytes=1 << 30)
    ask("sum(a)", promtool=tool, limits=limits)
    assert (tmp_path / "time").read_text().strip() == "7"
    assert (tmp_path / "memory").read_text().strip() in {str(1 << 20), "unlimited"}


def test_too_little_memory_is_a_crash_and_no_verdict() -> None:
    [found] = ask("sum(a)", limits=replace(LIMITS, memory_bytes=1 << 27))
    assert found.untried
    assert not found.error


def test_nothing_stays_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ask("sum(a)")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("quoted", "text"),
    [(r'"a\"b"', 'a"b'), (r'"\n\t"', "\n\t"), (r'"é\x01"', "é\x01"), (r'"\\d"', r"\d")],
)
def test_strings_are_read_as_go_writes_them(quoted: str, text: str) -> None:
    assert unquoted(quoted) == text
