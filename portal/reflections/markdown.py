"""The export as Markdown (CommonMark). What a learner typed comes out as text, never as markup."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from portal.criteria.base import verdict_words
from portal.directions import visible
from portal.durations import duration, milliseconds
from portal.live.reading import ReadingState
from portal.moments import day_and_clock
from portal.numbers import count, exact, percent
from portal.reflections.export import Reflection
from portal.reflections.facts import (
    AlertFacts,
    AlertRuleFacts,
    BurstFacts,
    DashboardFacts,
    Evidence,
    ImpactFacts,
    PanelFacts,
    SLOFacts,
    VerdictFacts,
)
from portal.reflections.questions import QUESTIONS
from portal.words import counted

ANYWHERE = re.compile(
    r"[\\`*\[\]<>&~|$@]|:(?=//)|(?<=mailto):|(?<=xmpp):|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
)
LINE_START = re.compile(r"^([#+\-=])")
ORDERED_LIST = re.compile(r"^(\d+)([.)])")
WEB_ADDRESS = re.compile(r"(www)\.", re.IGNORECASE)
BACKTICKS = re.compile(r"`+")
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]*@[A-Za-z0-9._%+@-]*")
"""E-mail addresses, and the names of people: GitHub links both behind a backslash, too."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
FAILED = {
    "timeout": "timed out",
    "connection": "lost the connection",
    "garbage": "got no proper answer",
    "too_large": "got far too much",
}


def escaped(text: str) -> str:
    """Any text as Markdown that shows it: paragraphs, line breaks and indentation are kept.

    Every character that CommonMark (or GitHub's extensions) could read as markup gets a backslash;
    see https://spec.commonmark.org/0.31.2/#backslash-escapes.
    """
    lines = visible(CONTROL.sub(_picture, text.replace("\r", "\n"))).split("\n")
    paragraphs = (list(group) for written, group in groupby(lines, _is_written) if written)
    return "\n\n".join("\\\n".join(map(_escaped_line, lines)) for lines in paragraphs)


def escaped_line(text: str) -> str:
    """Any text as one line of Markdown."""
    return _escaped_line(visible(CONTROL.sub(_picture, " ".join(text.split()))))


def _is_written(line: str) -> bool:
    return bool(line.strip())


def _escaped_line(line: str) -> str:
    """Inline markup first, then what means something only where a line starts."""
    line = line.rstrip()
    body = line.lstrip()
    indent = line[: len(line) - len(body)]
    body = "".join(_escaped_pieces(body))
    if not indent:
        body = ORDERED_LIST.sub(r"\1\\\2", LINE_START.sub(r"\\\1", body))
    return "".join(map(_entity, indent)) + body


def _escaped_pieces(body: str) -> Iterator[str]:
    """Addresses as code, which nobody links; all else with backslashes."""
    position = 0
    for found in ADDRESS.finditer(body):
        if re.search("@[A-Za-z0-9]", found[0]):
            yield _with_backslashes(body[position : found.start()])
            yield f"`{found[0]}`"
            position = found.end()
    yield _with_backslashes(body[position:])


def _with_backslashes(text: str) -> str:
    return WEB_ADDRESS.sub(r"\1\\.", ANYWHERE.sub(r"\\\g<0>", text))


def _picture(control: re.Match[str]) -> str:
    """A control character as the sign that stands for it."""
    number = ord(control[0])
    return chr(0x2400 + number) if number < 0x20 else "\ufffd"


def _entity(space: str) -> str:
    """A space at the start of a line, so that it stays."""
    return {" ": "&nbsp;", "\t": "&nbsp;" * 4}.get(space, f"&#{ord(space)};")


def code(promql: str) -> str:
    """A query as a fenced block; the fence is longer than any in the query."""
    text = visible(CONTROL.sub(_picture, promql.replace("\r\n", "\n")))
    fence = "`" * max([3, *(len(run) + 1 for run in BACKTICKS.findall(text))])
    return f"{fence}promql\n{text}\n{fence}"


def to_markdown(reflection: Reflection) -> str:
    """The export as one Markdown document."""
    parts = [
        "# What I learned in SLO Lab",
        _headline(reflection),
        *_answers(reflection),
        "## Evidence",
        f"As the lab knew it on {day_and_clock(reflection.evidence.taken_at)}.",
        *evidence_parts(reflection.evidence),
        *_history(reflection),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(reflection: Reflection) -> str:
    when = f"Exported {day_and_clock(reflection.exported_at)}."
    if reflection.latest is None:
        return f"{when} Not submitted yet: these are the answers so far."
    last = reflection.latest
    told = f"Submission {last.number} of {day_and_clock(last.submitted_at)}."
    if not reflection.changed_since:
        return f"{told} {when}"
    return f"{told} {when} Some answers were changed after it; this shows them as they are now."


def _answers(reflection: Reflection) -> list[str]:
    parts: list[str] = []
    for question in QUESTIONS:
        answer = escaped(reflection.answers[question.id].text)
        parts += [f"## {question.text}", answer or "*Not answered yet.*"]
    return parts


def evidence_parts(evidence: Evidence) -> list[str]:
    """The evidence as Markdown blocks."""
    return [
        *(f"Could not be asked: {escaped_line(said)}" for said in evidence.unreachable),
        "### SLIs",
        _bullets(sli_sentences(evidence)),
        *(code(promql) for promql in evidence.slis.queries.values()),
        "### SLOs",
        _bullets(map(_slo, evidence.slos)) or "None yet.",
        "### Dashboards",
        *(map(_dashboard, evidence.dashboards) if evidence.dashboards else ["None yet."]),
        "### Alert rules",
        "\n\n".join(map(_alert_rule, evidence.alert_rules)) or "None yet.",
        "### Bursts",
        _bullets(map(_burst, evidence.bursts)) or "None yet.",
        "### User impact",
        _impact(evidence.impact) if evidence.impact else "Not stated yet.",
        "### Checks",
        _bullets(map(_verdict, evidence.verdicts)) or "Nothing was checked yet.",
    ]


def sli_sentences(evidence: Evidence) -> list[str]:
    """The SLIs in words, with their window and how many requests stand behind them."""
    slis = evidence.slis
    if slis.availability is None and slis.fast_share is None:
        why = slis.reason if slis.state != ReadingState.UNREACHABLE else ""
        none = f"No numbers at that moment: {slis.state}. {escaped_line(why)}".strip()
        return [none, *(escaped_line(said) for said in last_counted_words(evidence))]
    sentences = []
    if slis.availability is not None:
        behind = f"{count(slis.failed)} of {counted(slis.requests, 'request')} failed"
        sentences.append(f"Availability {percent(slis.availability)} over {slis.window} ({behind})")
    if slis.fast_share is not None:
        under = f"Answered within {exact(slis.threshold_seconds)} s"
        sentences.append(f"{under}: {percent(slis.fast_share)} over {slis.window}")
    if slis.quantiles:
        known = (f"{name} {milliseconds(value)}" for name, value in slis.quantiles.items())
        sentences.append(f"Latency: {', '.join(known)}")
    return sentences


def last_counted_words(evidence: Evidence) -> list[str]:
    """What the SLIs were when the learner last worked: a sentence, or none."""
    burst = evidence.last_counted
    if burst is None:
        return []
    when = day_and_clock(burst.started_at or burst.requested_at)
    return [
        f"In the last burst that Prometheus saw ({burst.title}, {when}): {counted_words(burst)}."
    ]


def _dashboard(dashboard: DashboardFacts) -> str:
    panels = "\n\n".join(map(_panel, dashboard.panels))
    return f"**{escaped_line(dashboard.title)}**, {dashboard.place}:\n\n{panels}"


def _panel(panel: PanelFacts) -> str:
    return _entry(escaped_line(panel_words(panel)), panel.query)


def panel_words(panel: PanelFacts) -> str:
    """``p95: Latency: 95 % of the requests are faster than this.``; nothing is said twice."""
    title = panel.title or "(no title)"
    twice = panel.found.lower().startswith(f"{title.lower()}:")
    return panel.found if twice else f"{title}: {panel.found}"


def _alert_rule(rule: AlertRuleFacts) -> str:
    return _entry(f"**{escaped_line(rule.name)}** {escaped_line(rule_words(rule))}", rule.expr)


def rule_words(rule: AlertRuleFacts) -> str:
    """``(Prometheus, tied to shop): It fires above ...``; whose it is, and what it is worth."""
    words = [rule.source, f"tied to {rule.slo}" if rule.slo else "tied to no SLO"]
    if rule.made_for_you:
        words.append("made for you from the SLO")
    return f"({', '.join(words)}): {rule.found}"


def _entry(line: str, promql: str) -> str:
    """A line of a list, with the query below it."""
    return f"- {line}" + (f"\n\n{textwrap.indent(code(promql), '  ')}" if promql else "")


def _slo(slo: SLOFacts) -> str:
    why = f" Why: {escaped_line(slo.why)}" if slo.why.strip() else ""
    return f"**{escaped_line(slo.title) or slo.name}**: {escaped_line(slo.promise)}.{why}"


def _burst(burst: BurstFacts) -> str:
    when = day_and_clock(burst.started_at or burst.requested_at)
    told = [f"{escaped_line(burst.title)}, {when}, {burst.state}: {burst_words(burst)}"]
    if burst.counted:
        told.append(f"  - Prometheus counted: {counted_words(burst)}")
    if predicted := prediction_words(burst):
        told.append(f"  - {predicted}")
    told += (f"  - alert {escaped_line(one.name)}: {alert_words(one)}" for one in burst.alerts)
    return "\n".join(told)


def burst_words(burst: BurstFacts) -> str:
    """``760 requests, 611 good (3 of them slow: over 0.5 s), 149 with status 500, p95 61 ms``."""
    requests = counted(burst.sent, "request")
    words = [requests, f"{count(burst.good)} good{_slow_words(burst)}"]
    words += (f"{count(n)} {_failed_words(kind)}" for kind, n in burst.failed.items())
    words += (f"{name} {milliseconds(value)}" for name, value in burst.quantiles.items())
    if burst.hurt_seconds:
        words.append(f"hurt for {duration(burst.hurt_seconds)}")
    return ", ".join(words)


def _slow_words(burst: BurstFacts) -> str:
    if not burst.slow:
        return ""
    which = "all" if burst.slow == burst.good else f"{count(burst.slow)}"
    return f" ({which} of them slow: over 0.5 s)"


def _failed_words(kind: str) -> str:
    """``with status 500``, ``timed out``."""
    return f"with status {kind}" if kind.isdigit() else FAILED.get(kind, f"failed ({kind})")


def counted_words(burst: BurstFacts) -> str:
    """``availability 80 % (240 of 1,200 requests failed), 3 over 0.5 s, p95 12 ms``."""
    seen = burst.counted
    if seen is None:
        return ""
    behind = f"{count(seen.failed)} of {counted(seen.requests, 'request')} failed"
    words = [f"availability {percent(seen.availability)} ({behind})"]
    words.append(f"{count(seen.slow)} over 0.5 s")
    words += (f"{name} {milliseconds(value)}" for name, value in seen.quantiles.items())
    return ", ".join(words)


def prediction_words(burst: BurstFacts) -> str:
    """``predicted: 20 % failing, the page alert fires``; empty where nothing was predicted."""
    words = []
    if burst.predicted_error_ratio is not None:
        words.append(f"{percent(burst.predicted_error_ratio)} failing")
    if burst.predicted_page is not None:
        words.append(f"the page alert {'fires' if burst.predicted_page else 'stays silent'}")
    return f"predicted: {', '.join(words)}" if words else ""


def alert_words(alert: AlertFacts) -> str:
    """``pending after 20 s, firing after 45 s, resolved after 1 min 40 s (Grafana)``."""
    steps = []
    for step in alert.transitions:
        when = (
            f"{duration(abs(step.seconds))} before"
            if step.seconds <= -0.5
            else (f"after {duration(step.seconds)}")
        )
        steps.append(
            f"{step.state} {when}{' (on nothing: proves nothing)' if step.on_nothing else ''}"
        )
    before = [] if alert.before == "inactive" else [f"{alert.before} before the burst"]
    return f"{', '.join([*before, *steps])} ({alert.source})"


def _impact(impact: ImpactFacts) -> str:
    return f"{impact_words(impact)} {escaped_line(impact.sentence)}"


def impact_words(impact: ImpactFacts) -> str:
    """``Burst 3, as stated: 149 failed, 3 slow, it hurt for 59 s.``"""
    numbers = f"{count(impact.failed)} failed, {count(impact.slow)} slow"
    return f"Burst {impact.burst}, as stated: {numbers}, it hurt for {exact(impact.seconds)} s."


def _verdict(verdict: VerdictFacts) -> str:
    first = f", first met {day_and_clock(verdict.first_met_at)}" if verdict.first_met_at else ""
    title = verdict.title or verdict.criterion
    more = "" if verdict.headline == title else f" {escaped_line(verdict.headline)}."
    return f"{title}: {verdict_words(verdict.status)}{first}.{more}"


def _history(reflection: Reflection) -> list[str]:
    if not reflection.submissions:
        return []
    listed = (f"{one.number}: {day_and_clock(one.submitted_at)}" for one in reflection.submissions)
    return ["## Submissions", _bullets(listed)]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
