"""The learner's way through the lab, one act after the other, for every test that walks it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.stack.labs import ROOT, SLO_LAB, Lab

MET = re.compile(r"\bmet\b(?<!not_met)")
WHY = "Below it people start to reload the page, and more would cost us every release."
SENTENCE = "Every fifth visitor saw an error page, and some of them were about to pay."
ANSWERS = {
    "slis": "Availability and p95 latency, as http_requests_total and its histogram tell them.",
    "slos": "99 % availability over the lab window, because <b>nobody</b> notices less & it bends.",
    "scale": "One set of rules by job label, so that a new service is one more line in a file.",
    "struggle": "That no traffic is not 100 %, and that a rate needs two scrapes in its window.",
}
RULE = """\
groups:
  - name: mine
    interval: 5s
    rules:
      - alert: ShopFails
        expr: |
          sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))
            / sum(rate(http_requests_total{job="flask-app"}[1m])) > 3 * (1 - 0.99)
        labels:
          severity: page
        annotations:
          summary: The shop answers too many people with an error.
"""


def verdict(page: Page, criterion: str) -> Locator:
    """The card of a criterion on this page."""
    return page.locator(f"#verdict-{criterion}")


def is_met(page: Page, criterion: str) -> None:
    """Watch the card, without a reload, until it says met."""
    expect(verdict(page, criterion)).to_have_class(re.compile(r"(^|\s)met(\s|$)"))


def is_no_longer_met(page: Page, criterion: str) -> None:
    """Watch the card until it says not met now, and when it was met first."""
    expect(verdict(page, criterion)).to_have_class(re.compile("not_met"))
    expect(verdict(page, criterion).locator(".foot")).to_contain_text("not met now")
    expect(verdict(page, criterion).locator(".foot")).to_contain_text("first met")


def ticked(page: Page, step: str) -> None:
    """Watch the rail until the step has its tick."""
    entry = page.locator("#rail li", has_text=step)
    expect(entry.locator(".tick")).to_have_class(re.compile(r"(^|\s)met(\s|$)"))


def fill_slo(page: Page) -> None:
    """Fill the SLO form in: 99 % availability over the lab window."""
    page.get_by_label("Availability: answered").check()
    page.get_by_label("Objective").fill("99 %")
    page.get_by_label("Window").select_option("1h")
    page.get_by_label("Why this number?").fill(WHY)


def fill_impact(page: Page, record: dict[str, str]) -> None:
    """State what the burst's page said."""
    page.get_by_label("How many users’ requests failed?").fill(record["failed"])
    page.get_by_label("How many were slow?").fill(record["slow"])
    page.get_by_label("For how many seconds did it hurt?").fill(record["seconds"])
    page.get_by_label("What did it mean for the people").fill(SENTENCE)
    page.get_by_role("button", name="Compare with what was measured").click()


def read_record(page: Page) -> dict[str, str]:
    """What the page of a burst says about failed and slow requests and the seconds it hurt."""
    failed = re.findall(r"([\d,]+) [a-z]", page.locator("[data-count=failed]").inner_text())
    hurt = page.get_by_text("It hurt for").inner_text()
    seconds = re.search(r"[\d.]+", hurt)
    assert seconds
    return {
        "failed": str(sum(int(n.replace(",", "")) for n in failed)),
        "slow": page.locator("[data-count=slow]").inner_text(),
        "seconds": seconds[0],
    }


def write_board(folder: Path, board: dict[str, Any]) -> Path:
    """The dashboard as a file to hand in."""
    path = folder / "my-slis.json"
    path.write_text(json.dumps(board))
    return path


def downloaded(page: Page, link: str) -> str:
    """The text of the file behind the link."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link, exact=True).click()
    return waiting.value.path().read_text(encoding="utf-8")


def check_json(lab: Lab) -> tuple[int, dict[str, Any]]:
    """Exit status and answer of ``slo-lab check --json``."""
    words = [SLO_LAB[0], "check", "--json"]
    ran = subprocess.run(
        words, env=lab.environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return ran.returncode, json.loads(ran.stdout)
