"""What every template can use: filters for numbers and times, addresses of other systems."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Flask

from portal.services import current_services

PAGE_BELIEVED_SECONDS = 60.0


def init_app(app: Flask) -> None:
    """Register filters and context."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.add_template_filter(percent)
    app.add_template_filter(duration)
    app.add_template_filter(minutes)
    app.add_template_filter(milliseconds)
    app.add_template_filter(count)
    app.add_template_filter(clock)
    app.add_template_filter(clock_of_seconds)
    app.add_template_filter(day_and_clock)
    app.add_template_filter(prometheus_url)
    app.add_template_filter(explore_url)
    app.context_processor(lambda: {"now": current_services().clock()})


def percent(ratio: float, digits: int = 2) -> str:
    """0.9987 as ``99.87 %``, -0.5 as ``−50 %``; never rounds a miss up to 100 %."""
    shown = round(ratio * 100, digits)
    if shown == 100 and ratio < 1:
        shown = 100 - 10**-digits
    text = f"{shown:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text.replace('-', '−')} %" if text not in {"-0", "0"} else "0 %"


def duration(seconds: float) -> str:
    """95 as ``1 min 35 s``, 45 as ``45 s``, 7200 as ``2 h``; the two largest units."""
    parts: list[str] = []
    rest = round(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"


def minutes(number: float) -> str:
    """0.6 minutes as ``36 s``, 40.3 as ``40 min 18 s``."""
    return duration(number * 60)


def milliseconds(seconds: float) -> str:
    """0.0143 as ``14 ms``, 1.9 as ``1.9 s``."""
    if seconds >= 1:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    shown = seconds * 1000
    return f"{shown:.0f} ms" if shown >= 10 else f"{shown:.1f} ms"


def count(number: float) -> str:
    """12345.0 as ``12,345``."""
    return f"{round(number):,}"


def clock(moment: datetime) -> str:
    """The time of day, local to the machine: ``14:03:11``."""
    return moment.astimezone().strftime("%H:%M:%S")


def clock_of_seconds(seconds: float) -> str:
    """The time of day of a Unix time."""
    return clock(datetime.fromtimestamp(seconds, UTC))


def day_and_clock(moment: datetime) -> str:
    """Day and time, local to the machine: ``2026-11-22 14:03``."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def prometheus_url(promql: str) -> str:
    """The query in Prometheus' own page, drawn over 15 minutes; its box shows one line."""
    base = current_services().settings.prometheus_link
    line = " ".join(promql.splitlines())
    return f"{base}/graph?g0.expr={quote(line)}&g0.tab=0&g0.range_input=15m"


def prometheus_page(name: str) -> str:
    """Prometheus' own page of that name (``targets``, ``alerts``) for the learner's browser."""
    services = current_services()
    path = services.readings.get(
        ("prometheus page", name), PAGE_BELIEVED_SECONDS, lambda: services.prometheus.page(name)
    )
    return f"{services.settings.prometheus_link}{path}"


def explore_url(promql: str) -> str:
    """The query in Grafana's Explore."""
    pane = {
        "datasource": "prometheus",
        "queries": [{"refId": "A", "expr": promql}],
        "range": {"from": "now-15m", "to": "now"},
    }
    return f"{current_services().settings.grafana_link}/explore?left={quote(json.dumps(pane))}"
