"""``python -m mockapp [--host 127.0.0.1] [--port 8000]``: the mock service as a process."""

# The standard library has to be patched before anything else imports it.
from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from mockapp.app import create_app  # noqa: E402
from mockapp.server import fault_token, serve  # noqa: E402


def main() -> None:
    """Serve the mock app; one sentence and exit status 1 when its port can't be had."""
    parser = argparse.ArgumentParser(prog="python -m mockapp", description="The mock service.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (0: any)")
    options = parser.parse_args()
    try:
        serve(create_app(fault_token()), options.host, options.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        sys.exit(f"The mock app can't listen on {options.host}:{options.port}: {why}.")


if __name__ == "__main__":
    main()
