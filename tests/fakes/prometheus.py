"""A Prometheus that is well and has scraped nothing yet."""

from __future__ import annotations

from tests.fakes.server import LocalServer, Reply, Request

DATA = {
    "query": {"resultType": "vector", "result": []},
    "query_range": {"resultType": "matrix", "result": []},
    "targets": {"activeTargets": []},
    "rules": {"groups": []},
    "status/buildinfo": {"version": "2.42.0"},
    "status/runtimeinfo": {"reloadConfigSuccess": True},
}


class EmptyPrometheus(LocalServer):
    """Serves on a free port; a context manager."""

    def __init__(self) -> None:
        super().__init__(_serve)


def _serve(request: Request) -> Reply:
    name = request.path.removeprefix("/api/v1/")
    if name == "format_query":
        return Reply.of({"status": "success", "data": request.form["query"]})
    if name in DATA:
        return Reply.of({"status": "success", "data": DATA[name]})
    return Reply(body=b"Prometheus Server is Ready.\n", content_type="text/plain")
