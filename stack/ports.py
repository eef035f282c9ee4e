"""Preflight: are the ports free, and if not, who has them and which setting moves ours?"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.config import variable
from portal.errors import SLOLabError


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
    problems = [*_twice(ports), *(_sentence(port) for port in ports if not _is_free(port))]
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


def _is_free(port: Port) -> bool:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
            probe.listen(1)
        except OSError:
            return False
    return not _somebody_answers(port)


def _somebody_answers(port: Port) -> bool:
    """On macOS a second socket may bind beside one that listens on every address."""
    host = port.host if port.host not in {"0.0.0.0", "::"} else "localhost"  # noqa: S104
    with contextlib.suppress(OSError), socket.create_connection((host, port.number), timeout=0.3):
        return True
    return False


def _sentence(port: Port) -> str:
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
