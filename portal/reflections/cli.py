"""``slo-lab export``: the reflection as a file, with or without a running lab."""

from __future__ import annotations

from pathlib import Path

import click

from portal.files import hand_out
from portal.learners import current_learner
from portal.reflections.export import collect, to_json
from portal.reflections.markdown import to_markdown
from portal.reflections.report import to_html
from portal.services import current_services
from portal.wsgi import command_app

WRITERS = {"md": to_markdown, "json": to_json, "html": to_html}


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(list(WRITERS)), help="md (default), json or html."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: stdout."
)
def export(kind: str | None, output: Path | None) -> None:
    """Write your answers and their evidence as Markdown, JSON or one HTML file."""
    kind = kind or _kind_of(output)
    with command_app():
        text = WRITERS[kind](collect(current_services(), current_learner()))
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        hand_out(output, text)
        click.echo(f"Written to {output}.", err=True)


def _kind_of(output: Path | None) -> str:
    """By the file's name, where it tells."""
    suffix = output.suffix.lower().lstrip(".") if output else ""
    return {"htm": "html", "markdown": "md"}.get(suffix, suffix if suffix in WRITERS else "md")
