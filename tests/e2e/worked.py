"""A lab in which somebody has done everything once, so that each page has something to show."""

from __future__ import annotations

import json
import re

import requests

from tests.e2e.path import ANSWERS, RULE, SENTENCE, WHY
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.stack.labs import Lab, wait_until

SLO = {"sli": "availability", "objective": "99", "window": "1h", "why": WHY}
LONG = "A very long name without an end " + "x" * 48


class Worker:
    """Fills the forms in without a browser."""

    def __init__(self, lab: Lab) -> None:
        self._base = lab.settings.portal_base
        self._session = requests.Session()

    def post(self, where: str, fields: dict[str, str]) -> str:
        """The page that follows; an answer other than success fails."""
        answer = self._session.post(self._base + where, data=fields, timeout=30)
        assert answer.ok, answer.text
        return answer.text

    def get(self, where: str) -> str:
        answer = self._session.get(self._base + where, timeout=30)
        assert answer.ok, answer.text
        return answer.text

    def hidden(self, where: str, *names: str) -> dict[str, str]:
        """Values of hidden fields on the page."""
        text = self.get(where)
        found = {n: re.search(rf'name="{n}" value="([^"]*)"', text) for n in names}
        return {name: match[1] for name, match in found.items() if match}

    def burst(self, **fields: str) -> str:
        """A burst to its end; returns its number."""
        page = self.post("/bursts/custom", fields)
        number = re.search(r'id="burst-(\d+)"', page)
        assert number
        wait_until(lambda: "finished" in self.get(f"/bursts/{number[1]}/fragment"))
        return number[1]


def work(lab: Lab) -> str:
    """One of everything; returns the number of the burst that hurt."""
    worker = Worker(lab)
    for step in ("meet-the-service", "read-your-slis"):
        worker.post(f"/steps/{step}/done", {})
    worker.burst(rate="50", duration="4")
    worker.post("/slos", SLO)
    worker.post("/slos", {**SLO, "sli": "latency", "threshold": "0.3", "title": LONG})
    worker.post("/workbench/panels", {"expr": AVAILABILITY, "title": "Availability"})
    worker.post("/workbench/panels", {"expr": P95, "title": LONG, "unit": "seconds"})
    worker.post("/workbench/hand-in", {"document": json.dumps(classic_board())})
    incident = worker.burst(rate="50", duration="3", error_percent="30")
    worker.post("/alerts/rules", {"do": "apply", "seen": "0", "text": RULE})
    numbers = {"failed": "45", "slow": "0", "seconds": "30"}
    stated = {"burst": incident, **numbers, "sentence": SENTENCE}
    worker.post("/impact", stated)
    answers = {f"text-{question}": text for question, text in ANSWERS.items()}
    names = [f"version-{question}" for question in ANSWERS]
    hidden = worker.hidden("/reflections", "tab", "key", *names)
    worker.post("/reflections", {**hidden, **answers, "action": "submit"})
    return incident
