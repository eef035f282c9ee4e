"""An answer of which the page said that it is saved survives kill -9 of the portal."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.reflections.portal_process import PortalProcess

ROUNDS = 20
SEED = 20


class Typist:
    """Saves longer and longer answers, as fast as the portal takes them."""

    def __init__(self, url: str, text: str, version: int) -> None:
        self._url = url
        self.sent, self.saved, self.version = text, text, version
        self._has_saved = threading.Event()
        self._thread = threading.Thread(target=self._type)
        self._thread.start()

    def _type(self) -> None:
        with requests.Session() as session:
            while True:
                self.sent = f"{self.saved}."
                form = {"text-slis": self.sent, "version-slis": str(self.version), "tab": "typist"}
                try:
                    answer = session.post(
                        f"{self._url}/reflections/answers/slis",
                        data=form,
                        headers={"HX-Request": "true"},
                        timeout=60,
                    )
                except requests.RequestException:
                    return
                assert answer.status_code == 200
                assert "✓ saved" in answer.text
                self.saved, self.version = self.sent, _version(answer.text)
                self._has_saved.set()

    def wait_for_the_first(self) -> None:
        """Until an answer is saved; the next is on its way."""
        assert self._has_saved.wait(60)

    def wait(self) -> None:
        """Until the portal is gone."""
        self._thread.join(timeout=90)
        assert not self._thread.is_alive()


def _version(text: str) -> int:
    found = re.search(r'name="version-slis" value="(\d+)"', text)
    assert found is not None
    return int(found[1])


def _answer_on_the_page(url: str) -> tuple[str, int]:
    page = requests.get(f"{url}/reflections", timeout=30).text
    found = re.search(r'<textarea id="text-slis".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return found[1], _version(page)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[PortalProcess]:
    portal = PortalProcess(tmp_path)
    yield portal
    portal.close()


def test_no_saved_answer_is_lost_by_20_kills_at_random_moments(portal: PortalProcess) -> None:
    moments = random.Random(SEED)
    possible, version = {""}, 0
    for _ in range(ROUNDS):
        portal.start()
        shown, version = _answer_on_the_page(portal.url)
        assert shown in possible
        typist = Typist(portal.url, shown, version)
        typist.wait_for_the_first()
        time.sleep(moments.uniform(0.0, 0.5))
        portal.kill()
        typist.wait()
        possible = {typist.saved, typist.sent}
    portal.start()
    shown, version = _answer_on_the_page(portal.url)
    assert shown in possible
    assert version >= ROUNDS
