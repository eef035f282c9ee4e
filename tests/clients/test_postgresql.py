"""Why PostgreSQL gives no connection is read from its words, since no code comes with them."""

from __future__ import annotations

import socket

import pytest

from portal.clients.postgresql import PostgreSQLTrouble, ask, why_refused
from tests.robustness.postgresql import needed_programs, postgresql_server

HEAD = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
SAID = {
    "Connection refused\n\tIs the server running on that host?": PostgreSQLTrouble.AWAY,
    "server closed the connection unexpectedly": PostgreSQLTrouble.AWAY,
    'FATAL:  database "lab" is not currently accepting connections': PostgreSQLTrouble.AWAY,
    "FATAL:  sorry, too many clients already": PostgreSQLTrouble.CROWDED,
    'FATAL:  too many connections for role "learner"': PostgreSQLTrouble.CROWDED,
    "FATAL:  remaining connection slots are reserved for superusers": PostgreSQLTrouble.CROWDED,
    "FATAL:  the database system is starting up": PostgreSQLTrouble.STARTING,
    "FATAL:  the database system is shutting down": PostgreSQLTrouble.STARTING,
    "FATAL:  the database system is in recovery mode": PostgreSQLTrouble.STARTING,
    'FATAL:  password authentication failed for user "lab"': PostgreSQLTrouble.DENIED,
    'FATAL:  role "lab" does not exist': PostgreSQLTrouble.DENIED,
    'FATAL:  database "lab" does not exist': PostgreSQLTrouble.DENIED,
    'FATAL:  permission denied for database "lab"': PostgreSQLTrouble.DENIED,
}


@pytest.mark.parametrize("said", SAID)
def test_a_refusal_has_its_name(said: str) -> None:
    assert why_refused(HEAD + said) is SAID[said]


def test_a_connection_that_never_comes_about_is_a_silence() -> None:
    assert why_refused("connection timeout expired") is PostgreSQLTrouble.SILENT


def test_every_trouble_has_a_sentence_and_advice_of_its_own() -> None:
    said = {(trouble.what, trouble.advice) for trouble in PostgreSQLTrouble}
    assert len(said) == len(PostgreSQLTrouble)
    assert all(text.endswith((".", "?")) for words in said for text in words)


def test_what_listens_and_says_nothing_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        assert ask(f"postgresql://lab@127.0.0.1:{port}/lab", 2) is PostgreSQLTrouble.SILENT


def test_nobody_there_is_away() -> None:
    assert ask("postgresql://lab@127.0.0.1:9/lab", 2) is PostgreSQLTrouble.AWAY


def test_a_real_server_answers_refuses_and_stands_still() -> None:
    with postgresql_server(needed_programs()) as server:
        url = server.url.replace("+psycopg", "")
        assert ask(url, 2) is None
        assert ask(url.replace("lab@", "nobody@"), 2) is PostgreSQLTrouble.DENIED
        server.stand_still()
        assert ask(url, 2) is PostgreSQLTrouble.SILENT
        server.stop()
        assert ask(url, 2) is PostgreSQLTrouble.AWAY
