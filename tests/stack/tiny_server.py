"""A server that answers 200 to everything, with a child of its own: ``tiny_server.py PORT``.

``--stubborn``: it and its child ignore SIGTERM. ``--die-after S``: it exits with status 3.
``--refuse WORDS``: it says that and exits with status 1 at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--die-after", type=float)
    parser.add_argument("--refuse")
    options = parser.parse_args()
    if options.refuse:
        sys.exit(options.refuse)
    if options.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    if options.die_after is not None:
        threading.Timer(options.die_after, lambda: os._exit(3)).start()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.serve_forever()


if __name__ == "__main__":
    main()
