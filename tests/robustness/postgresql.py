"""A PostgreSQL server of the test's own, on a free port; run as nobody where we are root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack.labs import free_ports, wait_until

PLACES = ("/usr/lib/postgresql", "/usr/local", "/opt/homebrew/opt")


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, the newest there is."""
    on_path = shutil.which("initdb")
    found = [path for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(found).parent if found else (Path(on_path).parent if on_path else None)


@contextmanager
def running_postgresql(binaries: Path) -> Iterator[str]:
    """The SQLAlchemy address of an empty database; nothing is left of it at the end."""
    as_somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    before = as_somebody if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="slo-lab-postgresql-"))
    data = folder / "data"
    if before:
        os.chown(folder, 65534, 65534)
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    init = [str(binaries / "initdb"), "-D", str(data), "-U", "lab", "-A", "trust", "--no-sync"]
    (port,) = free_ports(1)
    options = ["-h", "127.0.0.1", "-k", "", "-F", "-p", str(port)]
    try:
        subprocess.run([*before, *init], check=True, **quiet)  # type: ignore[call-overload]
        server = subprocess.Popen(  # type: ignore[call-overload]
            [*before, str(binaries / "postgres"), "-D", str(data), *options], **quiet
        )
        try:
            asked = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
            wait_until(lambda: subprocess.run(asked, check=False, **quiet).returncode == 0)  # type: ignore[call-overload]
            yield f"postgresql+psycopg://lab@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()
            server.wait(60)
    finally:
        shutil.rmtree(folder)
