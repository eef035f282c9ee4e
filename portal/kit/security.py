"""What no page of another site may do here: Host allowlist, Content-Security-Policy, cookies."""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from flask import Flask, Request, Response

from portal.config import Settings
from portal.kit.htmx import CDN

LOOPBACK_HOSTS = ("localhost", "127.0.0.1")
POLICY = "; ".join(
    (
        "default-src 'none'",
        # The one file, not the host: a CDN serves whatever anybody publishes.
        f"script-src 'self' {CDN}",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class InMemoryRequest(Request):
    """A request whose files are not spooled to a disk, which may be full; their size is limited."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


def init_app(app: Flask, settings: Settings, secret_key: str) -> None:
    """Set the allowlist, the limits, the cookie's name and the headers of every answer."""
    further = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="slo_lab_session",
        SESSION_COOKIE_SAMESITE="Lax",
        TRUSTED_HOSTS=[*LOOPBACK_HOSTS, *_own_name(settings.host), *further],
    )
    app.request_class = InMemoryRequest
    app.after_request(_add_headers)


def _own_name(host: str) -> list[str]:
    """The address that the portal listens on; none for "every address"."""
    return [] if host == "0.0.0.0" else [host]  # noqa: S104


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
