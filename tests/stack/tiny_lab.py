"""``slo-lab up`` with a portal and a mock app that are tiny, to try the supervisor alone.

Run as a program. ``TINY_PORTAL`` holds further arguments of the tiny portal;
``REAL_MOCKAPP`` keeps the mock app as it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from portal.config import Settings
from stack import cli, supervisor
from stack.layout import Layout
from stack.servers import Server
from stack.sources import PrometheusInstall

TINY = Path(__file__).with_name("tiny_server.py")


def tiny(name: str, port: int, *options: str) -> Server:
    return Server(
        name=name,
        title=name,
        command=(sys.executable, str(TINY), str(port), *options),
        url=f"http://localhost:{port}",
        ready=f"http://127.0.0.1:{port}/",
        grace=1.0,
    )


def tiny_mockapp(settings: Settings, layout: Layout) -> Server:
    return tiny("mockapp", settings.mockapp_port)


def tiny_portal(settings: Settings, install: PrometheusInstall | None) -> Server:
    return tiny("portal", settings.port, *os.environ.get("TINY_PORTAL", "").split())


if __name__ == "__main__":
    if "REAL_MOCKAPP" not in os.environ:
        vars(supervisor)["mockapp_server"] = tiny_mockapp
    vars(supervisor)["portal_server"] = tiny_portal
    cli.up.main(standalone_mode=False)
