#!/usr/bin/env python3
"""Stands where Grafana's program stands: tells its version, and answers what the lab asks.

It tries the runner around Grafana; what Grafana itself does is not tried with it.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "/api/health": {"database": "ok", "version": "12.4.11"},
    "/api/org": {"id": 1, "name": "Main Org."},
    "/api/serviceaccounts/search": {"serviceAccounts": []},
    "/api/serviceaccounts": {"id": 5, "name": "slo-lab-portal", "role": "Editor"},
    "/api/serviceaccounts/5/tokens": {"id": 1, "name": "portal", "key": "glsa_made"},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps(ANSWERS.get(self.path.partition("?")[0], {})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815


if sys.argv[1] == "-v":
    sys.stdout.write("grafana version 12.4.11\n")
else:
    time.sleep(float(os.environ.get("TINY_GRAFANA_DELAY", "0")))
    port = int(os.environ["GF_SERVER_HTTP_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
