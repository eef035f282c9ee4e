"""Preflight: are the ports free, and if not, who has them and which setting moves ours?"""

from __future__ import annotations

import contextlib
import errno
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.config import variable
from portal.errors import SLOLabError

LOCALHOST = ("127.0.0.1", "::1", "localhost")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


class PortTakenError(SLOLabError):
    """At least one port that the lab needs is not free."""


@dataclass(frozen=True)
class Port:
    """A port that a server of the lab will listen on."""

    title: str
    setting: str
    host: str
    number: int


def check_ports(ports: list[Port]) -> None:
    """Return when all ports are free; else raises PortTakenError, a sentence each."""
    problems = [*_twice(ports), *filter(None, map(_problem, ports))]
    if problems:
        raise PortTakenError("\n".join(problems))


def _twice(ports: list[Port]) -> list[str]:
    seen: dict[int, Port] = {}
    problems = []
    for port in ports:
        first = seen.setdefault(port.number, port)
        if first is not port:
            problems.append(
                f"Port {port.number} is set for both {first.title} and {port.title}; "
                f"set {variable(port.setting)} to another one."
            )
    return problems


def _problem(port: Port) -> str:
    """Why the port can't be had, as a sentence; what the server itself says better is left to it.

    Browsers go to ``localhost`` on ::1 first: who listens there gets what was meant for us.
    """
    reason = _reason_against(port.host, port.number)
    if reason == errno.EACCES:
        return (
            f"Port {port.number}, set for {port.title}, is reserved for the system; "
            f"set {variable(port.setting)} to one above 1023."
        )
    hosts = {port.host, *(LOCALHOST if port.host in (*LOCALHOST, *EVERYWHERE) else ())}
    taken = any(_is_taken(host, port.number) for host in hosts)
    return _taken_sentence(port) if taken else ""


def _is_taken(host: str, number: int) -> bool:
    reason = _reason_against(host, number)
    return _somebody_answers(host, number) if reason is None else reason == errno.EADDRINUSE


def _reason_against(host: str, number: int) -> int | None:
    """The number of the error that keeps us from listening there; None: nothing does."""
    try:
        with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if _family(host) is socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, number))
            probe.listen(1)
    except OSError as error:
        return error.errno
    return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _somebody_answers(host: str, number: int) -> bool:
    """On macOS a second socket may bind beside one that listens on every address."""
    there = "localhost" if host in EVERYWHERE else host
    with contextlib.suppress(OSError), socket.create_connection((there, number), timeout=0.3):
        return True
    return False


def _taken_sentence(port: Port) -> str:
    holder = holder_of(port.number)
    by = f" by {holder}" if holder else " by another program"
    return (
        f"Port {port.number}, needed for {port.title}, is taken{by}: "
        f"stop that one, or set {variable(port.setting)} to a free port."
    )


def holder_of(number: int) -> str:
    """Who listens on the port, like ``nginx (process 812)``; empty where it can't be told."""
    pid = _pid_from_proc(number) or _pid_from_lsof(number)
    return f"{_name_of(pid)} (process {pid})" if pid else ""


def _pid_from_proc(number: int) -> int | None:
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(number)}
    for link in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        with contextlib.suppress(OSError):
            if str(link.readlink()) in sockets:
                return int(link.parts[2])
    return None


def _listening_inodes(number: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == "0A" and int(local.rpartition(":")[2], 16) == number:
                    found.add(rest[5])
    return found


def _pid_from_lsof(number: int) -> int | None:
    if not shutil.which("lsof"):
        return None
    question = ["lsof", "-nP", f"-iTCP:{number}", "-sTCP:LISTEN", "-Fp"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(question, capture_output=True, text=True, timeout=5, check=False)
        pids = [line[1:] for line in answer.stdout.splitlines() if line.startswith("p")]
        return int(pids[0]) if pids else None
    return None


def _name_of(pid: int) -> str:
    question = ["ps", "-o", "comm=", "-p", str(pid)]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run(question, capture_output=True, text=True, timeout=5, check=False)
        return Path(answer.stdout.strip()).name or "a program"
    return "a program"
