"""Starts the lab's servers, keeps them running, ends them all."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from portal.clients.grafana.credentials import ADMIN
from portal.config import Settings
from portal.errors import SLOLabError
from portal.numbers import number
from portal.secret_files import read_or_make, secret_path
from stack.console import Console
from stack.grafana_account import GrafanaAccount, admin_password
from stack.grafana_getter import GrafanaGetter
from stack.layout import SECRETS, Layout
from stack.ports import Port, check_ports
from stack.processes import end_leftovers
from stack.prometheus_config import fingerprint
from stack.server_process import ManagedServer
from stack.servers import (
    LOOPBACK,
    Server,
    grafana_server,
    mockapp_server,
    portal_server,
    prometheus_server,
)
from stack.sources import find_prometheus
from stack.state import ServerState, ServerStatus, State, read_state
from stack.stop_signals import StopSignals
from stack.terminal import Terminal

TICK_STARTING = 0.1  # seconds between two looks while servers come up
TICK = 0.25
RULES_SECONDS = 0.5
END_SECONDS = 13.0  # for all servers to end; then they are killed


class Supervisor:
    """The lab of one data folder, from its start to its end."""

    def __init__(self, settings: Settings, console: Console, signals: StopSignals) -> None:
        self._settings = settings
        self._console = console
        self._signals = signals
        self._layout = Layout(settings.data_dir)
        self._state = State()
        self._servers: list[ManagedServer] = []
        self._grafana: GrafanaGetter | None = None
        self._account = GrafanaAccount(settings, self._on_event)
        self._parent: int | None = None
        self._terminal = Terminal() if signals.heeds_hang_up else None
        self._state_written = True
        self._announced = False
        self._rules_mark = self._rules_fingerprint()
        self._rules_due = 0.0

    def run(self, *, until_parent_ends: bool = False) -> None:
        """Start everything, watch until asked to stop, end everything. The data folder is ours."""
        self._parent = os.getppid() if until_parent_ends else None
        try:
            servers = self._prepare()
            self._signals.collect()
            self._start(servers)
            while not self._shall_stop():
                self._signals.wait(TICK if self._announced else TICK_STARTING)
                self._tick()
        finally:
            self._signals.collect()
            self._end()

    def _prepare(self) -> list[Server]:
        """Everything that can go wrong before the first process is made."""
        settings, layout = self._settings, self._layout
        self._end_leftovers()
        check_ports(list(_own_ports(settings)))
        for name in SECRETS:
            read_or_make(layout.root, name, settings)
        install = None if settings.prometheus_url else find_prometheus(settings, self._console)
        servers = []
        if not settings.mockapp_url:
            servers.append(mockapp_server(settings, layout))
        if install:
            self._console.say(f"Prometheus {install.version} {install.source} ({install.program})")
            servers.append(prometheus_server(settings, layout, install))
            self._rules_mark = self._rules_fingerprint()
        return [*servers, portal_server(settings, install)]

    def _end_leftovers(self) -> None:
        state = read_state(self._layout.state)
        if state and (titles := end_leftovers(state)):
            self._console.say(f"Ended what a killed lab had left: {', '.join(titles)}.")

    def _start(self, servers: list[Server]) -> None:
        for server in servers:
            self._add(server)
        if self._settings.grafana_url:
            return
        if self._settings.grafana_source == "off":
            self._set_grafana(ServerStatus.ABSENT, "switched off (SLO_LAB_GRAFANA_SOURCE=off)")
            return
        self._grafana = GrafanaGetter(self._settings)
        self._set_grafana(ServerStatus.GETTING, "")
        self._grafana.start()

    def _add(self, server: Server) -> None:
        managed = ManagedServer(server, self._layout, self._on_event)
        self._servers.append(managed)
        self._state.servers[server.name] = managed.state
        managed.start()
        self._on_change(managed)
        self._write_state()

    def _set_grafana(self, status: ServerStatus, detail: str) -> None:
        url = self._settings.grafana_link
        self._state.servers["grafana"] = ServerState(
            "grafana", "Grafana", status, url, time.time(), detail=detail
        )
        self._write_state()

    def _tick(self) -> None:
        changed = [managed for managed in self._servers if managed.tick()]
        for managed in changed:
            self._on_change(managed)
        self._tick_grafana()
        self._tick_rules()
        self._announce()
        if changed or not self._state_written:
            self._write_state()

    def _on_change(self, managed: ManagedServer) -> None:
        server, state = managed.server, managed.state
        if state.status is ServerStatus.UP and state.restarts:
            self._console.say(f"{server.subject} is up again.")
        elif state.status is ServerStatus.UP:
            took = time.time() - self._state.since
            self._console.say(
                f"  {server.title:<11} up after {number(took, 2):>4} s   {server.url}"
            )
            if server.name == "grafana":
                self._say_login()
                self._account.start()
        elif state.status is ServerStatus.FAILED and not managed.was_up and not server.optional:
            full = f" The disk of {self._layout.root} is full." if self._layout.is_full() else ""
            raise SLOLabError(
                f"{server.subject} {state.detail}.{full} (All of it: slo-lab logs {server.name})"
            )

    def _on_event(self, name: str, text: str) -> None:
        self._state.add_event(name, text)
        self._state_written = False
        self._console.say(text)

    def _tick_grafana(self) -> None:
        getter = self._grafana
        if getter is None:
            return
        if not getter.done:
            state = self._state.servers["grafana"]
            if state.detail != getter.progress_text:
                state.detail = getter.progress_text
                self._state_written = False
            return
        self._grafana = None
        if getter.install:
            self._add(grafana_server(self._settings, self._layout, getter.install))
            return
        self._set_grafana(ServerStatus.ABSENT, getter.reason)
        self._console.say(
            "  Grafana     not here: the lab runs without it, and every step can be done.\n"
            "              Why it is not here: slo-lab doctor"
        )

    def _tick_rules(self) -> None:
        """Prometheus reads its rules again after a change; it has no lifecycle API here."""
        now = time.monotonic()
        prometheus = self._server("prometheus")
        if (
            not prometheus
            or prometheus.state.status is not ServerStatus.UP
            or now < self._rules_due
        ):
            return
        self._rules_due = now + RULES_SECONDS
        mark = self._rules_fingerprint()
        if mark != self._rules_mark:
            self._rules_mark = mark
            prometheus.hang_up()

    def _rules_fingerprint(self) -> object:
        return fingerprint(self._layout.prometheus / "prometheus.yml", self._settings.rules_path)

    def _announce(self) -> None:
        required = [managed for managed in self._servers if not managed.server.optional]
        if self._announced or not all(m.state.status is ServerStatus.UP for m in required):
            return
        self._announced = True
        self._console.say(f"\nThe lab is ready: {self._settings.portal_base}   (stop: Ctrl-C)")

    def _say_login(self) -> None:
        password = admin_password(self._settings)
        path = secret_path(self._layout.root, "grafana-password")
        self._console.say(f"              Grafana login: {ADMIN} / {password}   ({path})")

    def _shall_stop(self) -> bool:
        orphaned = self._parent is not None and os.getppid() != self._parent
        hung_up = self._terminal is not None and self._terminal.has_closed()
        return bool(self._signals.count) or orphaned or hung_up

    def _end(self) -> None:
        self._account.end()
        if self._grafana:
            self._grafana.cancel()
        if not self._servers:
            return
        self._console.say("\nStopping ...")
        asked = self._signals.count
        for managed in self._servers:
            managed.end()
        until = time.monotonic() + END_SECONDS
        while not all(managed.gone() for managed in self._servers):
            if time.monotonic() > until or self._signals.count > asked:  # a second Ctrl-C
                for managed in self._servers:
                    managed.kill()
            self._signals.wait(0.05)
        self._write_state()
        self._console.say("Everything is stopped; your data is kept.")

    def _server(self, name: str) -> ManagedServer | None:
        return next((m for m in self._servers if m.server.name == name), None)

    def _write_state(self) -> None:
        """A full disk must not end the lab: the next change tries again."""
        self._state_written = False
        with suppress(OSError):
            self._state.write(self._layout.state)
            self._state_written = True


def _own_ports(settings: Settings) -> list[Port]:
    ports = [Port("the portal", "port", settings.host, settings.port)]
    if not settings.mockapp_url:
        ports.append(Port("the mock app", "mockapp_port", LOOPBACK, settings.mockapp_port))
    if not settings.prometheus_url:
        ports.append(Port("Prometheus", "prometheus_port", LOOPBACK, settings.prometheus_port))
    if not settings.grafana_url and settings.grafana_source != "off":
        ports.append(Port("Grafana", "grafana_port", LOOPBACK, settings.grafana_port))
    return ports
