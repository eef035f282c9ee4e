"""``python -m mockapp [--host 127.0.0.1] [--port 8000]``: the mock service as a process."""

# The standard library has to be patched before anything else imports it.
from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

from prometheus_client import disable_created_metrics  # noqa: E402

from mockapp.app import create_app  # noqa: E402
from mockapp.faults import Faults  # noqa: E402
from mockapp.server import fault_token, most_hung, raise_file_limit, serve  # noqa: E402


def main() -> None:
    """Serve the mock app; one sentence and exit status 1 when its port can't be had."""
    parser = argparse.ArgumentParser(prog="python -m mockapp", description="The mock service.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (0: any)")
    options = parser.parse_args()
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they double each name on /metrics
    faults = Faults(max_hung=most_hung(raise_file_limit()))
    try:
        serve(create_app(fault_token(), faults), options.host, options.port)
    except (OSError, OverflowError) as error:
        address = f"{options.host}:{options.port}"
        sys.exit(f"The mock app can't listen on {address}: {_why(error)}.")


def _why(error: Exception) -> str:
    """The system's words for an errno; the library's own text repeats the address."""
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return str(getattr(error, "strerror", None) or error).partition(" (")[0].rstrip(".")


if __name__ == "__main__":
    main()
