"""Settings: one field per ``SLO_LAB_*`` variable; ``docs/settings.md`` is made from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_data_path

from portal.errors import SLOLabError
from portal.logins import redacted, without_login

PREFIX = "SLO_LAB_"


class SettingError(SLOLabError):
    """A ``SLO_LAB_*`` variable has a value that can't be used."""


def _setting(default: Any, help_text: str, **metadata: Any) -> Any:
    """A field with its one-line help; a callable default is made anew for each Settings.

    ``in_containers``: what stands in its place in docker-compose.yml, which else hands it on.
    """
    metadata["help"] = help_text
    shown = not metadata.get("secret")
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata, repr=shown)


def _own_folder(name: str, place: Callable[..., Path]) -> Path:
    """The user's own folder for the lab; raises SettingError where the system names none."""
    try:
        return place("slo-lab", appauthor=False)
    except RuntimeError as error:
        raise SettingError(
            f"This user has no home folder: set HOME, or {variable(name)} to a folder of the lab's "
            "own."
        ) from error


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set from outside. Ports are TCP ports, times are seconds."""

    data_dir: Path = _setting(
        lambda: _own_folder("data_dir", user_data_path),
        "Folder for the database, secrets, logs and the servers' data.",
        shown="the user's data folder",
        in_containers="volumes",
    )
    cache_dir: Path = _setting(
        lambda: _own_folder("cache_dir", user_cache_path),
        "Folder for downloaded servers; can be shared by several labs.",
        shown="the user's cache folder",
        in_containers="nothing is downloaded",
    )
    host: str = _setting(
        "127.0.0.1",
        "Address that the portal listens on.",
        in_containers="published on 127.0.0.1",
    )
    port: int = _setting(8080, "Port of the portal.")
    mockapp_port: int = _setting(8000, "Port of the mock service.")
    prometheus_port: int = _setting(9090, "Port of Prometheus.")
    grafana_port: int = _setting(3000, "Port of Grafana.")
    allowed_hosts: str = _setting(
        "",
        "Further names the portal may be called by, separated by commas "
        "(localhost, 127.0.0.1 and SLO_LAB_HOST always may).",
    )
    database_url: str = _setting(
        "",
        "Database; empty: SQLite in the data folder. "
        "For PostgreSQL: postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    mockapp_url: str = _setting("", "The mock service to use; empty: the lab starts its own.")
    mockapp_public_url: str = _setting(
        "", "The mock service's address for the learner's browser, where it differs."
    )
    prometheus_url: str = _setting("", "The Prometheus to use; empty: the lab starts its own.")
    prometheus_public_url: str = _setting(
        "", "Prometheus' address for the learner's browser, where it differs."
    )
    grafana_url: str = _setting("", "The Grafana to use; empty: the lab starts its own.")
    grafana_public_url: str = _setting(
        "", "Grafana's address for the learner's browser, where it differs."
    )
    grafana_token: str = _setting(
        "", "Service account token for Grafana (wins over user and password).", secret=True
    )
    grafana_token_file: str = _setting(
        "", "File that holds that token; read at each call.", in_containers="a volume"
    )
    grafana_user: str = _setting("", "User for Grafana, where there is no token.")
    grafana_password: str = _setting("", "Password of that user.", secret=True)
    fault_token: str = _setting(
        "", "Token that the mock service asks for; empty: made at the first start.", secret=True
    )
    fault_token_file: str = _setting(
        "", "File that holds the fault token.", in_containers="a volume"
    )
    secret_key: str = _setting(
        "", "Key that signs the portal's cookie; empty: made at the first start.", secret=True
    )
    scrape_interval: int = _setting(
        5,
        "Seconds between two scrapes of the mock service, from 1 to 5: the shortest window of an "
        "alert is 25 s long, and needs five scrapes.",
        top=5,
        because=": the shortest window of an alert is 25 s long, and needs five scrapes",
    )
    rules_dir: str = _setting(
        "",
        "Folder that Prometheus reads rule files from; empty: the lab's own.",
        in_containers="a volume",
    )
    rules_wait: int = _setting(10, "Seconds to wait until Prometheus has loaded changed rules.")
    htmx: str = _setting(
        "cdn",
        "Where htmx comes from: cdn (the vendored copy after 1 s without it) or vendored.",
        choices=("cdn", "vendored"),
    )
    prometheus_source: str = _setting(
        "auto",
        "Where Prometheus comes from.",
        choices=("auto", "path", "cache", "download", "distribution"),
        in_containers="an image",
    )
    grafana_source: str = _setting(
        "auto",
        "Where Grafana comes from.",
        choices=("auto", "path", "cache", "download", "off"),
        in_containers="an image",
    )
    prometheus_download_url: str = _setting(
        "https://github.com/prometheus/prometheus/releases/download",
        "Where Prometheus releases are downloaded from.",
        in_containers="an image",
    )
    grafana_download_url: str = _setting(
        "https://dl.grafana.com/oss/release",
        "Where Grafana releases are downloaded from.",
        in_containers="an image",
    )
    log_level: str = _setting(
        "info", "How much the portal logs.", choices=("debug", "info", "warning", "error")
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from ``SLO_LAB_*`` variables; raises SettingError on a value of no use."""
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {
            f.name: _read(f.name, environ[variable(f.name)], f.type, f.metadata)
            for f in fields(cls)
            if environ.get(variable(f.name), "").strip() != ""
        }
        return cls(**given)

    @property
    def sqlalchemy_url(self) -> str:
        """The database as SQLAlchemy spells it."""
        scheme, _, place = self.database_url.partition("://")
        if scheme in {"postgres", "postgresql"}:  # as others spell it
            return f"postgresql+psycopg://{place}"
        return self.database_url or f"sqlite:///{self.data_dir / 'slo-lab.db'}"

    @property
    def postgresql_url(self) -> str:
        """The database as PostgreSQL's own programs spell it; "" where it is another."""
        url = self.sqlalchemy_url
        head = "postgresql+psycopg:"
        return url.replace(head, "postgresql:", 1) if url.startswith(head) else ""

    @property
    def portal_base(self) -> str:
        """Where a browser on this machine finds the portal."""
        return f"http://localhost:{self.port}"

    @property
    def portal_ready(self) -> str:
        """The address that answers 200 when the portal is up, as seen from this machine."""
        everywhere = self.host in {"0.0.0.0", "::"}  # noqa: S104
        host = "127.0.0.1" if everywhere else self.host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/healthz"

    @property
    def mockapp_base(self) -> str:
        """Where the portal finds the mock service."""
        return (self.mockapp_url or f"http://127.0.0.1:{self.mockapp_port}").rstrip("/")

    @property
    def mockapp_link(self) -> str:
        """Where the learner's browser finds the mock service."""
        own = f"http://localhost:{self.mockapp_port}"
        return without_login(self.mockapp_public_url or self.mockapp_url or own).rstrip("/")

    @property
    def prometheus_base(self) -> str:
        """Where the portal finds Prometheus."""
        return (self.prometheus_url or f"http://127.0.0.1:{self.prometheus_port}").rstrip("/")

    @property
    def prometheus_link(self) -> str:
        """Where the learner's browser finds Prometheus."""
        own = f"http://localhost:{self.prometheus_port}"
        return without_login(self.prometheus_public_url or self.prometheus_url or own).rstrip("/")

    @property
    def grafana_base(self) -> str:
        """Where the portal finds Grafana."""
        return (self.grafana_url or f"http://127.0.0.1:{self.grafana_port}").rstrip("/")

    @property
    def grafana_link(self) -> str:
        """Where the learner's browser finds Grafana."""
        own = f"http://localhost:{self.grafana_port}"
        return without_login(self.grafana_public_url or self.grafana_url or own).rstrip("/")

    @property
    def is_in_containers(self) -> bool:
        """Whether compose runs the lab: browsers then reach the servers elsewhere than we do."""
        return bool(self.mockapp_public_url and self.prometheus_public_url)

    @property
    def rules_path(self) -> Path:
        """The folder of the rule files that Prometheus reads."""
        return Path(self.rules_dir) if self.rules_dir else self.data_dir / "prometheus" / "rules"


def variable(name: str) -> str:
    """The environment variable of a field: ``data_dir`` is ``SLO_LAB_DATA_DIR``."""
    return PREFIX + name.upper()


def _read(name: str, text: str, kind: object, metadata: Mapping[str, Any]) -> object:
    if kind == "Path":
        return _read_path(name, text)
    # A secret that is read from a file by a shell, or pasted, brings its line end along.
    text = text.strip("\r\n") if name == "grafana_password" else text.strip()
    if kind == "int":
        return _read_int(name, text, metadata)
    if "choices" in metadata and text not in metadata["choices"]:
        choices = ", ".join(metadata["choices"])
        raise SettingError(f"{variable(name)} is {text!r}, but must be one of: {choices}.")
    if name == "host" and ":" in text:
        raise SettingError(f"{variable(name)} is {text!r}, but must be a name or an IPv4 address.")
    if name.endswith("_url") and name != "database_url":
        return _read_url(name, text)
    return text


def _read_path(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise SettingError(
            f"{variable(name)} is {text!r}, but there is no such home folder: name the whole path."
        ) from error


def _read_int(name: str, text: str, metadata: Mapping[str, Any]) -> int:
    top = metadata.get("top", 65535 if name.endswith("port") else 60)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= top:
        allowed = f"a number from 1 to {top}{metadata.get('because', '')}"
        raise SettingError(f"{variable(name)} is {text!r}, but must be {allowed}.")
    return int(text)


def _read_url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingError(
            f"{variable(name)} is {redacted(text)!r}, but must be an address like http://localhost:9090."
        )
    return text
