"""Lesson Markdown: prose as safe HTML, and directives as widgets, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

DIRECTIVE = ":::"


@dataclass(frozen=True)
class Prose:
    """HTML made from Markdown; raw HTML in the Markdown was shown as text."""

    html: str


@dataclass(frozen=True)
class Directive:
    """A line ``::: name argument``; ``line`` counts from 0 within the body.

    ``nested``: it stands in a list or a quotation, where nothing can be put.
    """

    name: str
    argument: str
    line: int
    nested: bool = False


Block = Prose | Directive


def blocks(body: str) -> tuple[Block, ...]:
    """The parts of a lesson's body."""
    return tuple(_blocks(_MARKDOWN.parse(body)))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    for is_directive, group in groupby(tokens, key=lambda token: token.type == "directive"):
        run = list(group)
        if is_directive:
            yield from (Directive(t.info, t.content, (t.map or [0])[0], t.level > 0) for t in run)
        else:
            yield Prose(_MARKDOWN.renderer.render(run, _MARKDOWN.options, {}))


def _directive(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not line.startswith(DIRECTIVE) or state.is_code_block(start):
        return False
    if not silent:
        name, _, argument = line.removeprefix(DIRECTIVE).strip().partition(" ")
        token = state.push("directive", "", 0)
        token.info, token.content, token.map = name, argument.strip(), [start, start + 1]
    state.line = start + 1
    return True


class LessonRenderer(RendererHTML):
    """HTML with two habits of our own: see the methods."""

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Links that leave the portal open in a tab of their own, so that the lesson stays."""
        if str(tokens[idx].attrGet("href")).startswith("http"):
            tokens[idx].attrSet("target", "_blank")
            tokens[idx].attrSet("rel", "noopener")
        return self.renderToken(tokens, idx, options, env)

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Code that is too wide can be scrolled by keyboard."""
        return f'<pre tabindex="0"><code>{escapeHtml(tokens[idx].content)}</code></pre>\n'


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=LessonRenderer)
_MARKDOWN.block.ruler.before("paragraph", "directive", _directive, {"alt": ["paragraph"]})
