"""Prometheus' files in the data folder, and whether they changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from portal.config import Settings
from portal.files import write_whole
from portal.shop.facts import JOB
from stack.layout import Layout

SHIPPED = Path(__file__).parent / "prometheus" / "prometheus.yml"


def write_config(settings: Settings, layout: Layout) -> Path:
    """Write prometheus.yml and our target file; returns the former. Rules are left alone."""
    settings.rules_path.mkdir(parents=True, exist_ok=True)
    config = layout.prometheus / "prometheus.yml"
    write_whole(config, _config_text(settings, layout))
    targets = layout.prometheus / "targets"
    targets.mkdir(parents=True, exist_ok=True)
    text = json.dumps(mockapp_targets(settings.mockapp_base), indent=2)
    write_whole(targets / f"{JOB}.json", text + "\n")
    return config


def mockapp_targets(address: str) -> list[dict[str, object]]:
    """The target file's content for a mock app at an address like ``http://127.0.0.1:8000``."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    labels = {}
    if parts.scheme == "https":
        labels["__scheme__"] = "https"
    if parts.path.strip("/"):
        labels["__metrics_path__"] = parts.path.rstrip("/") + "/metrics"
    return [{"targets": [f"{host}:{port}"], "labels": labels}]


def _config_text(settings: Settings, layout: Layout) -> str:
    text = SHIPPED.read_text(encoding="utf-8")
    every = rf"\g<1>{settings.scrape_interval}s"
    text = re.sub(r"(?m)^(  (?:scrape|evaluation)_interval: )5s$", every, text)
    if settings.rules_path != layout.prometheus / "rules":
        text = text.replace("- rules/", f"- {settings.rules_path.absolute()}/")
    return text


Fingerprint = tuple[tuple[str, int, int], ...]


def fingerprint(config: Path, rules: Path) -> Fingerprint:
    """Changes whenever Prometheus should read its configuration again."""
    return tuple(_marks([config, *sorted(rules.glob("*.y*ml"))]))


def _marks(files: list[Path]) -> list[tuple[str, int, int]]:
    marks = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        marks.append((str(file), status.st_mtime_ns, status.st_size))
    return marks
