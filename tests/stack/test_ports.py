from __future__ import annotations

import errno
import os
import socket

import pytest

from stack.ports import Port, PortTakenError, check_ports, holder_of
from tests.stack.labs import free_ports


def port(number: int, title: str = "Prometheus", setting: str = "prometheus_port") -> Port:
    return Port(title, setting, "127.0.0.1", number)


def test_free_ports_pass() -> None:
    check_ports([port(number) for number in free_ports(2)])


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_listener_on_any_address_takes_the_port(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, dualstack_ipv6=":" in host) as listener:
        number = listener.getsockname()[1]
        with pytest.raises(PortTakenError) as caught:
            check_ports([port(number)])
    assert f"Port {number}, needed for Prometheus, is taken by" in str(caught.value)
    assert "set SLO_LAB_PROMETHEUS_PORT to a free port." in str(caught.value)


@pytest.mark.parametrize("ours", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_stranger_whom_a_browser_finds_at_localhost_takes_the_port(ours: str) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        number = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"taken by .*\(process {os.getpid()}\)"):
            check_ports([Port("the portal", "port", ours, number)])


def test_a_stranger_at_another_address_of_this_machine_takes_nothing() -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        check_ports([port(listener.getsockname()[1])])


def test_what_is_no_matter_of_a_taken_port_is_not_called_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (number,) = free_ports(1)
    check_ports([Port("the portal", "port", "203.0.113.9", number)])

    def reserved(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", reserved)
    with pytest.raises(PortTakenError, match="set SLO_LAB_PROMETHEUS_PORT to one above 1023"):
        check_ports([port(number)])


def test_each_taken_port_has_its_sentence() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ports = [port(listener.getsockname()[1]) for listener in (one, two)]
        with pytest.raises(PortTakenError) as caught:
            check_ports(ports)
    assert len(str(caught.value).splitlines()) == 2


def test_one_port_for_two_servers_is_refused() -> None:
    number = free_ports(1)[0]
    with pytest.raises(PortTakenError, match="is set for both Prometheus and Grafana"):
        check_ports([port(number), port(number, "Grafana", "grafana_port")])


def test_a_port_that_was_just_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", number)) as client:
            server_side, _ = listener.accept()
            server_side.close()  # the side that closes first waits in TIME_WAIT
            client.recv(1)
    check_ports([port(number)])


def test_the_holder_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert f"(process {os.getpid()})" in holder_of(listener.getsockname()[1])


def test_nobody_holds_a_free_port() -> None:
    assert holder_of(free_ports(1)[0]) == ""
