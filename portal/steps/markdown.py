"""Lesson Markdown: prose as safe HTML, and directives as widgets, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

DIRECTIVE = ":::"


@dataclass(frozen=True)
class Prose:
    """HTML made from Markdown; raw HTML in the Markdown was shown as text."""

    html: str


@dataclass(frozen=True)
class Directive:
    """A line ``::: name argument``; ``line`` counts from 0 within the body."""

    name: str
    argument: str
    line: int


Block = Prose | Directive


def blocks(body: str) -> tuple[Block, ...]:
    """The parts of a lesson's body."""
    return tuple(_blocks(_MARKDOWN.parse(body)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    for is_directive, group in groupby(tokens, key=lambda token: token.type == "directive"):
        run = list(group)
        if is_directive:
            yield from (Directive(t.info, t.content, t.map[0] if t.map else 0) for t in run)
        else:
            yield Prose(_MARKDOWN.renderer.render(run, _MARKDOWN.options, {}))


def _directive(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not line.startswith(DIRECTIVE) or state.level or state.is_code_block(start):
        return False
    if not silent:
        name, _, argument = line.removeprefix(DIRECTIVE).strip().partition(" ")
        token = state.push("directive", "", 0)
        token.info, token.content, token.map = name, argument.strip(), [start, start + 1]
    state.line = start + 1
    return True


def _open_elsewhere(self: object, tokens: Sequence[Token], i: int, *rest: object) -> str:
    """Links that leave the portal open in a tab of their own, so that the lesson stays."""
    if str(tokens[i].attrGet("href")).startswith("http"):
        tokens[i].attrSet("target", "_blank")
        tokens[i].attrSet("rel", "noopener")
    return _MARKDOWN.renderer.renderToken(tokens, i, _MARKDOWN.options, {})


def _scrollable(self: object, tokens: Sequence[Token], i: int, *rest: object) -> str:
    """Code can be scrolled by keyboard too."""
    text = _escaped(tokens[i].content)
    return f'<pre tabindex="0"><code>{text}</code></pre>\n'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_MARKDOWN.block.ruler.before(
    "paragraph", "directive", _directive, {"alt": ["paragraph", "reference", "blockquote", "list"]}
)
_MARKDOWN.add_render_rule("link_open", _open_elsewhere)
_MARKDOWN.add_render_rule("fence", _scrollable)
_MARKDOWN.add_render_rule("code_block", _scrollable)
