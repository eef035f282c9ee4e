"""Every form of the portal with something typed in it, by the address that it is sent to."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from portal.slo.objective import SLO, SLIKind
from portal.slo.openslo import dumps
from tests.fakes.boards import classic_board
from tests.robustness.portals import SLO_FORM
from tests.robustness.rows import QUERY

RULES = """\
# {}
groups:
  - name: own
    rules:
      - alert: Burn
        expr: sum(rate(http_requests_total{{status=~"5.."}}[1m])) > 1
"""


TITLED = SLO("taken-over", SLIKind.AVAILABILITY, 0.95, title="TITLE")
OPENSLO = dumps([TITLED]).replace("{", "{{").replace("}", "}}").replace("TITLE", "{}")


@dataclass(frozen=True)
class Typed:
    """A form: its address, its fields (``{}`` stands for the text), whose rule that is."""

    rule: str
    path: str
    fields: dict[str, str]

    @property
    def text(self) -> str:
        """What somebody typed, as no other form has it."""
        return f"typed for {re.sub(r'[^a-z]+', ' ', self.path).strip()} here"


TYPED = (
    Typed(
        "/reflections/answers/<question_id>",
        "/reflections/answers/slis",
        {"text-slis": "{}", "version-slis": "1", "tab": "one"},
    ),
    Typed("/reflections", "/reflections", {"text-scale": "{}", "version-scale": "1"}),
    Typed("/slos", "/slos", {**SLO_FORM, "title": "Another", "why": "{}"}),
    Typed("/slos/<name>", "/slos/shop", {**SLO_FORM, "why": "{}", "version": "1"}),
    Typed("/alerts/rules", "/alerts/rules", {"text": RULES, "do": "apply", "version": "1"}),
    Typed("/workbench/panels", "/workbench/panels", {"expr": QUERY, "title": "{}"}),
    Typed(
        "/workbench/panels/<int:panel_id>",
        "/workbench/panels/1",
        {"expr": QUERY, "title": "{}", "unit": "none", "version": "1"},
    ),
    Typed("/workbench/title", "/workbench/title", {"title": "{}", "version": "1"}),
    Typed(
        "/workbench/hand-in",
        "/workbench/hand-in",
        {"document": json.dumps(classic_board("TITLE")).replace("TITLE", "{}")},
    ),
    Typed("/slos/import", "/slos/import", {"text": OPENSLO}),
    Typed(
        "/impact",
        "/impact",
        {
            "burst": "1",
            "failed": "40",
            "slow": "3",
            "seconds": "20",
            "version": "1",
            "sentence": "{}: nobody could buy anything, and some left for good",
        },
    ),
)
BURST = ("/bursts/custom", {"rate": "5", "duration": "1", "error_percent": "50", "latency_ms": "0"})
PRESSED: tuple[tuple[str, dict[str, str]], ...] = (
    ("/slos/shop/rules", {}),
    ("/workbench/push", {}),
    ("/workbench/try", {"expr": QUERY}),
    ("/workbench/confirm", {"expr": QUERY, "sli": "availability"}),
)
"""What asks other systems and leaves the form alone that it comes from."""

NOT_SENT = (
    *("/bursts", "/bursts/custom", "/bursts/<int:number>/stop"),
    *("/slos/<name>/rules", "/slos/<name>/rules/remove", "/slos/<name>/delete"),
    *("/slos/<name>/restore", "/criteria/<criterion_id>/check"),
    *("/workbench/panels/<int:panel_id>/remove", "/workbench/panels/<int:panel_id>/bring-back"),
    *("/workbench/panels/<int:panel_id>/move", "/workbench/push", "/workbench/confirm"),
    "/workbench/try",
    *("/workbench/handed-in/<int:row_id>/remove", "/steps/<slug>/done", "/reset/<name>"),
)
"""The other addresses that take a POST: nothing but a choice, a file, or a number is sent there."""


@dataclass(frozen=True)
class Sent:
    """What came of a form: where it was sent, the answer, whether its text stands in it."""

    path: str
    status: int
    text: str
    seconds: float
    stays: bool
    typed: str


def send(client: FlaskClient, path: str, fields: dict[str, str], typed: str = "") -> Sent:
    """POST it as htmx does; a fragment for the page's problem line leaves what was typed there."""
    before = time.monotonic()
    answer = client.post(path, data=fields, headers={"HX-Request": "true"})
    seconds, text = time.monotonic() - before, answer.get_data(as_text=True)
    told_apart = answer.headers.get("HX-Retarget") == "#problem"
    stays = told_apart or (bool(typed) and typed in html.unescape(text))
    return Sent(path, answer.status_code, text, seconds, stays, typed)


def send_typed(client: FlaskClient, form: Typed) -> Sent:
    """POST the form with its text."""
    fields = {name: value.replace("{}", form.text) for name, value in form.fields.items()}
    if "text" in fields:
        fields["text"] = form.fields["text"].format(form.text)
    return send(client, form.path, fields, form.text)


def is_kept(file: Path, sent: Sent) -> bool:
    """Whether what was typed stands in the answer, or anywhere in the database."""
    return sent.stays or _holds(file, sent.typed)


def _holds(file: Path, text: str) -> bool:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return any(text in line for line in connection.iterdump())
