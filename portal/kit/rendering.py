"""What every template can use: filters for numbers and times, addresses of other systems."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context

from portal.commands import typed_here
from portal.directions import enclosed
from portal.durations import duration, milliseconds, minutes, prometheus_seconds, spelled_seconds
from portal.kit.age import ago
from portal.moments import clock, clock_of_seconds, day_and_clock
from portal.numbers import (
    about,
    count,
    exact,
    exact_percent,
    limit_percent,
    number,
    percent,
    plain,
    quantile_name,
    signed,
)
from portal.services import Services, current_services
from portal.words import counted, listed, plural

FILTERS = (
    *(number, exact, plain, signed, count, about, quantile_name),
    *(percent, limit_percent, exact_percent),
    *(ago, duration, minutes, milliseconds, spelled_seconds, prometheus_seconds),
    *(clock, clock_of_seconds, day_and_clock),
    *(counted, plural, listed),
)
"""Numbers, times and words in templates are written by the functions that the code uses, too."""


class AsTyped(str):
    """A text in the field of a form: sent back as it is, it must not have changed."""


def _enclosed(value: object) -> object:
    """What a template writes; a text turns nothing around that is not its own."""
    return enclosed(value) if type(value) is str else value


def init_app(app: Flask) -> None:
    """Register filters and context."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.finalize = _enclosed
    app.add_template_filter(AsTyped, "as_typed")
    for filter_ in FILTERS:
        app.add_template_filter(filter_)
    app.add_template_filter(command_here)
    app.add_template_filter(prometheus_url)
    app.context_processor(lambda: {"now": current_services().clock()})


@pass_context
def command_here(_context: Context, text: str) -> str:
    """The text with the lab's commands as they are typed where this lab runs.

    The context is taken so that a constant text is not worked out once, for all labs.
    """
    return typed_here(text, current_services().settings)


def prometheus_url(promql: str) -> str:
    """The query in Prometheus' own page, drawn over 15 minutes; its box shows one line."""
    base = current_services().settings.prometheus_link
    line = " ".join(promql.splitlines())
    return f"{base}/graph?g0.expr={quote(line)}&g0.tab=0&g0.range_input=15m"


def prometheus_page(services: Services, name: str) -> str:
    """Prometheus' own page of that name (``targets``, ``alerts``) for the learner's browser."""
    key, page_s = ("prometheus page", name), services.limits.reading.page_s
    path = services.readings.get(key, page_s, lambda: services.prometheus.page(name))
    return f"{services.settings.prometheus_link}{path}"
