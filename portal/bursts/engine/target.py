"""The one service a burst may ask, and the requests it sends there."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.bursts.messages import MessageError, Part
from portal.logins import redacted

PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class BurstTarget:
    """Where the requests go: one socket address, the Host header, a path in front of all paths."""

    family: socket.AddressFamily
    address: tuple[str, int]
    host: str
    prefix: str


@dataclass(frozen=True)
class Request:
    """A request ready to be sent; ``path`` is the one of the mix, without what follows a ``?``."""

    method: str
    data: bytes
    path: str = "/"


def find_target(base_url: str) -> BurstTarget:
    """The service at ``base_url`` (http only); raises MessageError.

    A name can have several addresses (``localhost`` has two): the first that answers is taken.
    """
    try:
        parts = urlsplit(base_url)
        name, port = parts.hostname, parts.port or 80
    except ValueError:
        name, port = None, 0
    if not name or parts.scheme != "http" or parts.query or parts.fragment or parts.username:
        raise MessageError(
            f"The target must be an address like http://localhost:8000: {redacted(base_url)!r}."
        )
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise MessageError(f"Nothing is known of the host {name!r} in the target.") from error
    addresses = [(entry[0], entry[4]) for entry in found]
    family, address = next(filter(_listens, addresses[:-1]), addresses[-1])
    host = f"[{name}]" if ":" in name else name
    return BurstTarget(
        family=family,
        address=address,  # type: ignore[arg-type]
        host=host if port == 80 else f"{host}:{port}",
        prefix=parts.path.rstrip("/"),
    )


def _listens(entry: tuple[socket.AddressFamily, tuple[object, ...]]) -> bool:
    with socket.socket(entry[0], socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_SECONDS)
        return probe.connect_ex(entry[1]) == 0


def make_request(target: BurstTarget, part: Part) -> Request:
    """The bytes that ask the target for a part of the mix."""
    empty_body = "Content-Length: 0\r\n" if part.method == "POST" else ""
    text = (
        f"{part.method} {target.prefix}{part.path} HTTP/1.1\r\n"
        f"Host: {target.host}\r\n"
        "User-Agent: slo-lab-burst\r\n"
        "Accept: */*\r\n"
        f"{empty_body}\r\n"
    )
    return Request(part.method, text.encode("ascii"), part.path.partition("?")[0])


def endless_mix(target: BurstTarget, mix: tuple[Part, ...]) -> Iterator[Request]:
    """Requests in the proportions of the mix, forever.

    Every round of the sum of all weights holds the exact proportions, in shuffled order: a
    fault that hits every fifth request must not always hit the same path.
    """
    round_ = [request for part in mix for request in [make_request(target, part)] * part.weight]
    order = random.Random(len(round_))  # noqa: S311
    while True:
        order.shuffle(round_)
        yield from round_
