"""The lab's commands in a text, as they are typed where the lab runs.

Sentences name them as they are natively (``slo-lab logs portal``); what shows a sentence to a
person passes it through ``typed_here``.
"""

from __future__ import annotations

import re

from portal.config import SettingError, Settings

IN_A_TEXT = re.compile(
    r"(?<!portal )\bslo-lab (up|logs|clean|reset|restore|doctor|check|burst|export|slo|rules)\b"
)
ANOTHER_FOLDER = re.compile(
    r"\bset SLO_LAB_DATA_DIR( \(SLO_LAB_DATABASE_URL\))? to another (folder|one|database)\b"
)
WITH_OTHER_VOLUMES = "start a lab with volumes of its own (docker compose -p NAME up -d)"
_OF_COMPOSE = {
    "up": "docker compose up -d",
    "logs": "docker compose logs",
    "clean": "docker compose down --volumes",
}
_ALONE = {"reset", "restore"}
"""These refuse while a portal runs, so they have a container of their own."""


def typed_here(text: str, settings: Settings) -> str:
    """The text as it stands; under docker compose, with its commands as they are typed there.

    A data folder is volumes there, and another one those of another project.
    """
    if not settings.is_in_containers:
        return text
    text = ANOTHER_FOLDER.sub(WITH_OTHER_VOLUMES, text)
    return IN_A_TEXT.sub(lambda found: in_containers(found[1]), text)


def printed(sentence: str) -> str:
    """The same on a command's way out, by the environment; what is wrong with that names none."""
    try:
        return typed_here(sentence, Settings.from_env())
    except SettingError:
        return sentence


def in_containers(command: str) -> str:
    """What does under docker compose what ``slo-lab COMMAND`` does natively."""
    way = "run --rm" if command in _ALONE else "exec"
    return _OF_COMPOSE.get(command, f"docker compose {way} portal slo-lab {command}")
