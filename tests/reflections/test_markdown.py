"""The Markdown export: what was typed comes out as text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from portal.directions import visible
from portal.kit.db import db
from portal.learners.models import Learner
from portal.reflections import store
from portal.reflections.export import collect
from portal.reflections.facts import BurstFacts, PanelFacts
from portal.reflections.markdown import (
    burst_words,
    code,
    escaped,
    escaped_line,
    panel_words,
    to_markdown,
)
from portal.reflections.store import Draft
from portal.services import Services
from tests.conftest import START
from tests.reflections.conftest import ANSWERS, AVAILABILITY, build_something, do_some_work

COMMONMARK = MarkdownIt("commonmark")
EXTENDED = MarkdownIt("default").enable(["table", "strikethrough"])
MARKUP = st.text(alphabet="#>-+*=_`~[]()<>!|&;:\\.0123ab \n\t@${}\"'/wht", max_size=60)


def shown_lines(markdown: MarkdownIt, text: str) -> list[str]:
    """The lines a reader sees; fails on anything but paragraphs, text and line breaks.

    An address stands as code, and nothing else does.
    """
    lines: list[str] = []
    for token in markdown.parse(text):
        if token.type != "inline":
            assert token.type in {"paragraph_open", "paragraph_close"}, token
            continue
        line = ""
        for part in token.children or []:
            if part.type == "hardbreak":
                lines.append(line)
                line = ""
            else:
                may_link = re.search("@[A-Za-z0-9]", part.content) is not None
                wanted = {"code_inline"} if may_link else {"text", "text_special"}
                assert part.type in wanted, part
                line += part.content
        lines.append(line)
    return lines


def typed_lines(text: str) -> list[str]:
    """The lines that are not empty; signs for control characters, hard spaces at their start."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda m: chr(0x2400 + ord(m[0])), text)
    text = re.sub(r"[\x7f-\x9f]", "\ufffd", text.replace("\r", "\n"))
    text = visible(text)
    lines = []
    for line in filter(str.strip, text.split("\n")):
        body = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(indent.replace("\t", " " * 4).replace(" ", "\u00a0") + body)
    return lines


@settings(max_examples=1500, deadline=None)
@given(st.one_of(MARKUP, st.text(max_size=60)))
@example("<script>alert(1)</script>")
@example("[a](javascript:alert(1)) ![b](http://x/y.png)")
@example("# no heading\n===\n---\n***")
@example("```\nfence\n```\n~~~\n~~~")
@example("    code?\n\ttab")
@example("- a\n* b\n+ c\n1. d\n2) e\n> f")
@example("a  \nb\\\nc")
@example("&lt;b&gt; &#60; \\<b>")
@example("| a | b |\n|---|---|\n| c | d |")
@example("http_requests_total __init__ _x_ a__b")
@example("[x]: http://evil 'title'\n\n[x]")
@example("\u202eright to left\u202c \x00 \x1b[31m")
@example("Ask ada.b+c@x.example. Or `@ada`, mailto:a@b@c, xmpp:a@b/c; 2 @ 3, a@")
@example("1. a@b\n@a")
@example("</textarea>\n\n\n<!-- a -->\n<?php ?>")
@example("0\n\n 0")
def test_only_the_text_that_was_typed_comes_out(text: str) -> None:
    for markdown in (COMMONMARK, EXTENDED):
        assert shown_lines(markdown, escaped(text)) == typed_lines(text)


@settings(max_examples=300, deadline=None)
@given(MARKUP)
def test_a_line_stays_one_line_also_in_a_list(text: str) -> None:
    tokens = COMMONMARK.parse(f"- {escaped_line(text)}\n- next")
    assert [t.type for t in tokens].count("list_item_open") == 2
    assert {t.type for t in tokens if t.nesting == 1} <= {
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    }


def test_metric_names_and_sentences_are_not_littered_with_backslashes() -> None:
    text = "We watched http_requests_total: 99.5 % (p95 under 0.3 s), it's fine - really!"
    assert escaped(text) == text


@pytest.mark.parametrize("address", ["http://a.example", "www.a.example"])
def test_addresses_are_broken_for_renderers_that_link_them(address: str) -> None:
    assert address not in escaped(f"see {address}")


@pytest.mark.parametrize("address", ["me@a.example", "a.b+c_d@a-b.example", "@ada", "a@b@c"])
def test_what_github_links_behind_a_backslash_too_is_code(address: str) -> None:
    """Tried with cmark-gfm, which writes GitHub's pages: it looks for e-mail addresses last."""
    assert escaped(f"(ask {address}!)") == f"(ask `{address}`!)"
    assert escaped_line(f"mailto:{address}") == f"mailto\\:`{address}`"


def test_characters_that_turn_a_text_around_are_shown_in_the_export() -> None:
    typed = "100 \u202e% 9.99\u202c \u2067x"
    assert shown_lines(COMMONMARK, escaped(typed)) == ["100 [U+202E]% 9.99[U+202C] [U+2067]x"]
    assert r"\[U+202E\]" in escaped_line(typed)
    assert "[U+202E]" in code('up{job="\u202e"}')


def test_a_line_of_50_kb_is_escaped_whole() -> None:
    text = "*" * 50_000
    assert shown_lines(COMMONMARK, escaped(text)) == [text]


def structure(text: str) -> list[tuple[str, str]]:
    """Headings of the document with their level."""
    tokens = COMMONMARK.parse(text)
    assert not [t for t in tokens if t.type.startswith("html")]
    return [
        (t.tag, tokens[i + 1].content) for i, t in enumerate(tokens) if t.type == "heading_open"
    ]


def test_hostile_answers_do_not_change_the_documents_structure(
    app: Flask, learner: Learner, answering: Services
) -> None:
    do_some_work(learner, START)
    plain = to_markdown(collect(answering, learner))
    for question_id in ANSWERS:
        text = "# h\n\n<b>x</b>\n\n```\nopen fence\n\nsetext\n===\n\n<!-- open comment"
        store.save_answer(learner.id, Draft.of(question_id, text), START)
    hostile = to_markdown(collect(answering, learner))
    assert structure(hostile) == structure(plain)


def test_the_document_holds_answers_slis_slos_bursts_and_submissions(
    app: Flask, learner: Learner, answering: Services
) -> None:
    do_some_work(learner, START)
    build_something(answering, learner)
    for question_id, text in ANSWERS.items():
        store.save_answer(learner.id, Draft.of(question_id, text), START)
    evidence = collect(answering, learner).evidence.to_json()
    store.submit(learner.id, "key", ANSWERS, evidence, START)
    text = to_markdown(collect(answering, learner))
    for expected in [
        "An answer to slis, long enough to be submitted.",
        "Availability 99 % over 1m (2 of 200 requests failed)",
        "Answered within 0.3 s: 97.5 % over 1m",
        "**Availability of \\*everything\\***: 99 % of requests answered without a server error",
        "One in a hundred is what \\<users\\> forgive.",
        "1,200 requests, 960 good (3 of them slow: over 0.5 s), 240 with status 500, p95 61 ms, "
        "hurt for 59 s",
        "  - Prometheus counted: availability 80 % (240 of 1,200 requests failed), 3 over 0.5 s, "
        "p95 12 ms",
        "**Our \\<shop\\>**, on the workbench",
        "- Good \\*answers\\*: ",
        f"  ```promql\n  {AVAILABILITY}\n  ```",
        "- **Shop \\*fails\\*** (Prometheus, tied to availability): ",
        "  - predicted: 25 % failing, the page alert fires",
        "  - alert Burn \\*fast\\*: pending after 20 s, firing after 45 s, "
        "resolved after 1 min 40 s (Grafana)",
        "## Submissions",
    ]:
        assert expected in text


def test_nothing_is_said_twice() -> None:
    panel = PanelFacts(title="Availability", query="", sli="availability", found="Availability: ok")
    assert panel_words(panel) == "Availability: ok"
    assert panel_words(replace(panel, title="")) == "(no title): Availability: ok"


def test_an_unreachable_prometheus_is_said_to_be_so(
    app: Flask, learner: Learner, services: Services
) -> None:
    text = to_markdown(collect(services, learner))
    assert "Could not be asked: Prometheus" in text
    assert "*Not answered yet.*" in text


def test_answers_changed_after_the_submission_are_announced(
    app: Flask, learner: Learner, services: Services
) -> None:
    reflection = collect(services, learner)
    store.submit(learner.id, "key", ANSWERS, reflection.evidence.to_json(), START)
    assert "Some answers were changed after it" in to_markdown(collect(services, learner))
    for question_id, answer in ANSWERS.items():
        store.save_answer(learner.id, Draft.of(question_id, answer), START)
    unchanged = replace(collect(services, learner), exported_at=START)
    assert "changed after it" not in to_markdown(unchanged)
    db.session.rollback()


@given(st.text(alphabet="`~ab \n\t", max_size=40))
def test_a_typed_query_never_ends_its_block(text: str) -> None:
    (block,) = COMMONMARK.parse(code(text))
    assert (block.type, block.info) == ("fence", "promql")
    assert block.content == f"{text}\n"


def burst_of(good: int, slow: int = 0, **failed: int) -> BurstFacts:
    kinds = {kind.removeprefix("_"): number for kind, number in failed.items()}
    return BurstFacts(
        number=1,
        title="Burst",
        state="finished",
        requested_at=START,
        started_at=START,
        ended_at=START,
        sent=good + sum(kinds.values()),
        good=good,
        failed=kinds,
        slow=slow,
        hurt_seconds=0,
    )


@pytest.mark.parametrize(
    ("burst", "words"),
    [
        (burst_of(1200), "1,200 requests, 1,200 good"),
        (burst_of(1200, 1200), "1,200 requests, 1,200 good (all of them slow: over 0.5 s)"),
        (burst_of(1200, 3), "1,200 requests, 1,200 good (3 of them slow: over 0.5 s)"),
        (
            burst_of(960, _500=200, timeout=39, connection=1),
            "1,200 requests, 960 good, 200 with status 500, 39 timed out, 1 lost the connection",
        ),
        (burst_of(1), "1 request, 1 good"),
        (burst_of(0, other=5), "5 requests, 0 good, 5 failed (other)"),
    ],
)
def test_a_burst_is_told_in_words(burst: BurstFacts, words: str) -> None:
    assert burst_words(burst) == words


def test_with_no_traffic_now_the_last_burst_is_told(
    app: Flask, learner: Learner, services: Services
) -> None:
    do_some_work(learner, START)
    text = to_markdown(collect(services, learner))
    assert "- No numbers at that moment: unreachable." in text
    assert "- In the last burst that Prometheus saw (Error burst, " in text
    assert "): availability 80 % (240 of 1,200 requests failed), 3 over 0.5 s, p95 12 ms." in text
