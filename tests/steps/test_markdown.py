"""Lesson Markdown becomes prose and directives; raw HTML stays text."""

from __future__ import annotations

import pytest

from portal.steps.markdown import Directive, Prose, blocks


def test_directives_split_the_prose_and_know_their_line() -> None:
    assert blocks("One\n\n::: burst steady\n\nTwo\n") == (
        Prose("<p>One</p>\n"),
        Directive("burst", "steady", 2),
        Prose("<p>Two</p>\n"),
    )


def test_a_directive_ends_a_paragraph() -> None:
    assert [type(block) for block in blocks("One\n::: burst steady\nTwo")] == [
        Prose,
        Directive,
        Prose,
    ]


def test_two_directives_may_follow_each_other() -> None:
    names = [block.argument for block in blocks("::: burst a\n::: burst b\n")]
    assert names == ["a", "b"]


@pytest.mark.parametrize("text", ["```\n::: burst a\n```", "    ::: burst a", "`::: burst a`"])
def test_a_directive_in_code_is_code(text: str) -> None:
    (block,) = blocks(text)
    assert isinstance(block, Prose)
    assert "::: burst a" in block.html


@pytest.mark.parametrize("text", ["- ::: burst a", "> ::: burst a", "1. text\n\n   ::: burst a"])
def test_a_directive_in_a_list_or_quotation_is_nested(text: str) -> None:
    found = [block for block in blocks(text) if isinstance(block, Directive)]
    assert [block.nested for block in found] == [True]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a <b>b</b>", "```\n</code><i>\n```", "<!-- x -->"]
)
def test_raw_html_is_shown_as_text(text: str) -> None:
    (block,) = blocks(text)
    assert "&lt;" in block.html
    for tag in ("<script", "<b>", "<i>", "<!--"):
        assert tag not in block.html


def test_a_script_address_makes_no_link() -> None:
    (block,) = blocks("[x](javascript:alert(1))")
    assert "href" not in block.html


def test_links_out_open_elsewhere_and_links_within_do_not() -> None:
    (block,) = blocks("[out](http://localhost:9090/targets) [in](/slos)")
    assert '<a href="http://localhost:9090/targets" target="_blank" rel="noopener">' in block.html
    assert '<a href="/slos">' in block.html


def test_code_can_be_scrolled_by_keyboard() -> None:
    (block,) = blocks("```\nlong\n```")
    assert block.html.startswith('<pre tabindex="0">')
