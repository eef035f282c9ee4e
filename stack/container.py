"""What the containers need beside their servers, where no supervisor runs.

``python -m stack.container setup`` writes secrets and configuration into their volumes;
``python -m stack.container grafana-account`` looks after the portal's account in Grafana.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from portal.config import Settings
from portal.errors import SLOLabError
from portal.files import write_whole
from portal.secret_files import read_or_make, read_secret, secret_path
from stack.console import Console
from stack.grafana_account import GrafanaAccount
from stack.layout import SECRETS, Layout
from stack.prometheus_config import write_config
from stack.servers import PROVISIONING

FOR_OTHERS = Path("/for")  # a folder for each other server, as the Dockerfile makes them
POSTGRESQL = "slo_lab"  # user and database, as docker-compose.yml names them
STANDS = Path("/tmp/grafana-account-stands")  # noqa: S108 (a container's own, for its health)
GROUP_MAY_READ, ALL_MAY_READ, ALL_MAY_ENTER = 0o640, 0o644, 0o755


def set_up(settings: Settings, for_others: Path = FOR_OTHERS) -> None:
    """Write into its volume what each server reads: files of the checkout have the modes that the
    host gave them, which may be closed to the servers' users.
    """
    for name in SECRETS:
        read_or_make(settings.data_dir, name, settings)
    fault_token = read_or_make(settings.data_dir, "fault-token", settings)
    write_whole(for_others / "mockapp" / "fault-token", fault_token)
    _agree(settings, "grafana-password", for_others / "grafana", settings.grafana_password)
    password = _agree(settings, "postgresql-password", for_others / "postgresql")
    write_whole(secret_path(settings.data_dir, "pgpass"), f"*:*:*:{POSTGRESQL}:{password}\n")
    write_config(settings, Layout(for_others))
    _open_to_all(for_others / "prometheus")
    shutil.copytree(PROVISIONING, for_others / "provisioning", dirs_exist_ok=True)
    _open_to_all(for_others / "provisioning")


def _agree(settings: Settings, name: str, beside: Path, given: str = "") -> str:
    """The password of a server that heeds it at its first start alone, and kept it since.

    So a copy lies beside the server's data, as long as they last, and counts before ours. What
    the settings give counts before both: the learner may have changed it.
    """
    theirs, ours = beside / name, secret_path(settings.data_dir, name)
    password = given or (
        read_secret(theirs, "Delete it to have the one of the lab there again.")
        if theirs.exists()
        else read_or_make(settings.data_dir, name)
    )
    write_whole(ours, f"{password}\n")
    write_whole(theirs, f"{password}\n", GROUP_MAY_READ)
    return password


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(ALL_MAY_ENTER if path.is_dir() else ALL_MAY_READ)


def keep_account(settings: Settings) -> None:
    """Look after the token until we are ended; a file tells the health check whether it works."""
    console = Console()
    GrafanaAccount(settings, lambda _, words: console.say(words), stands=tell_health).run()


def tell_health(stands: bool) -> None:
    """Leave word for the health check."""
    if stands:
        STANDS.touch()
    else:
        STANDS.unlink(missing_ok=True)


TASKS: Mapping[str, Callable[[Settings], None]] = {
    "setup": set_up,
    "grafana-account": keep_account,
}


def main(arguments: list[str]) -> None:
    """Do one task; exits with a sentence when it can't be done."""
    if len(arguments) != 1 or arguments[0] not in TASKS:
        sys.exit(f"Usage: python -m stack.container {'|'.join(TASKS)}")
    try:
        TASKS[arguments[0]](Settings.from_env())
    except (SLOLabError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
