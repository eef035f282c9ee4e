"""Lesson Markdown becomes prose and directives; raw HTML stays text."""

from __future__ import annotations

import pytest

from portal.steps.markdown import Directive, Prose, blocks


def html_of(text: str) -> str:
    """The text as the one piece of prose that it is."""
    (block,) = blocks(text)
    assert isinstance(block, Prose)
    return block.html


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
    assert blocks("::: burst a\n::: burst b\n") == (
        Directive("burst", "a", 0),
        Directive("burst", "b", 1),
    )


@pytest.mark.parametrize("text", ["```\n::: burst a\n```", "    ::: burst a", "`::: burst a`"])
def test_a_directive_in_code_is_code(text: str) -> None:
    assert "::: burst a" in html_of(text)


@pytest.mark.parametrize("text", ["- ::: burst a", "> ::: burst a", "1. text\n\n   ::: burst a"])
def test_a_directive_in_a_list_or_quotation_is_nested(text: str) -> None:
    found = [block for block in blocks(text) if isinstance(block, Directive)]
    assert [block.nested for block in found] == [True]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a <b>b</b>", "```\n</code><i>\n```", "<!-- x -->"]
)
def test_raw_html_is_shown_as_text(text: str) -> None:
    html = html_of(text)
    assert "&lt;" in html
    for tag in ("<script", "<b>", "<i>", "<!--"):
        assert tag not in html


def test_a_script_address_makes_no_link() -> None:
    assert "href" not in html_of("[x](javascript:alert(1))")


def test_links_out_open_elsewhere_and_links_within_do_not() -> None:
    html = html_of("[out](http://localhost:9090/targets) [in](/slos)")
    assert '<a href="http://localhost:9090/targets" target="_blank" rel="noopener">' in html
    assert '<a href="/slos">' in html


def test_code_can_be_scrolled_by_keyboard() -> None:
    assert html_of("```\nlong\n```").startswith('<pre tabindex="0">')
