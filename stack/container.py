"""What the containers need once, where no supervisor runs.

``python -m stack.container secrets`` makes the secrets in their volumes;
``python -m stack.container grafana-account`` gives the portal its account in Grafana.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from portal.clients.grafana.accounts import keep_token
from portal.clients.grafana.credentials import ADMIN, Credentials
from portal.config import Settings
from portal.errors import SLOLabError
from portal.secret_files import read_or_make, secret_path
from stack.grafana_account import CALL_SECONDS, admin_password
from stack.layout import SECRETS

FOR_MOCKAPP = Path("/for-mockapp")  # its volume of secrets, as the Dockerfile makes it
GROUP_MAY_READ = 0o640


def make_secrets(settings: Settings, for_mockapp: Path = FOR_MOCKAPP) -> None:
    """Make what is missing. The mock app gets its token alone, in a volume of its own.

    Grafana runs as another user, of the same group as we.
    """
    for name in SECRETS:
        read_or_make(settings.data_dir, name)
    secret_path(settings.data_dir, "grafana-password").chmod(GROUP_MAY_READ)
    shutil.copy(secret_path(settings.data_dir, "fault-token"), for_mockapp)


def make_grafana_account(settings: Settings) -> None:
    """See to it that the token file holds a token that works."""
    admin = Credentials(user=ADMIN, password=admin_password(settings))
    path = Path(settings.grafana_token_file)
    keep_token(settings.grafana_base, admin, path, timeout=CALL_SECONDS)


TASKS: Mapping[str, Callable[[Settings], None]] = {
    "secrets": make_secrets,
    "grafana-account": make_grafana_account,
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
