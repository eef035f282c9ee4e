"""A bounded download: no step of it can take for ever, and nothing half is taken for whole."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from portal.logins import without_login
from portal.numbers import exact
from portal.words import counted
from stack.sources.base import SourceError, SourceReporter

CHUNK = 1 << 16


@dataclass(frozen=True)
class DownloadLimits:
    """Seconds to connect, seconds without a byte, seconds in all; bytes in all."""

    connect: float = 5.0
    stall: float = 15.0
    total: float = 900.0
    size: int = 1 << 30


def fetch_text(url: str, limits: DownloadLimits) -> str:
    """A small text; raises SourceError."""
    with _answer(url, limits) as answer:
        return b"".join(_chunks(answer, limits, 1 << 20)).decode("ascii", "replace")


def fetch_file(
    url: str, target: Path, label: str, report: SourceReporter, limits: DownloadLimits
) -> str:
    """Download into ``target``; returns its SHA-256 in hex, raises SourceError."""
    digest = hashlib.sha256()
    done = 0
    with _answer(url, limits) as answer, target.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        for chunk in _chunks(answer, limits, limits.size):
            digest.update(chunk)
            file.write(chunk)
            done += len(chunk)
            report.progress(label, done, total)
    return digest.hexdigest()


@contextmanager
def _answer(url: str, limits: DownloadLimits) -> Iterator[requests.Response]:
    """The answer to a GET, following redirects: release archives live behind some."""
    host, shown = urlsplit(url).hostname, without_login(url)
    try:
        with requests.get(url, stream=True, timeout=(limits.connect, limits.stall)) as answer:
            if answer.status_code != requests.codes.ok:
                raise SourceError(f"{shown} is not there (answer {answer.status_code}).")
            yield answer
    except requests.exceptions.ConnectTimeout as error:
        raise SourceError(f"{host} can't be reached within {exact(limits.connect)} s.") from error
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise SourceError(f"{host} sent nothing for {exact(limits.stall)} s.") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise SourceError(f"the download of {shown} was cut off.") from error
    except requests.exceptions.ConnectionError as error:
        raise SourceError(_connection_sentence(host, error, limits)) from error
    except requests.RequestException as error:
        raise SourceError(f"{shown} can't be downloaded ({type(error).__name__}).") from error


def _connection_sentence(host: str | None, error: Exception, limits: DownloadLimits) -> str:
    """A read that times out in mid-body reaches us as a ConnectionError, too."""
    if "Read timed out" in str(error):
        return f"{host} sent nothing for {exact(limits.stall)} s."
    return f"{host} can't be reached."


def _chunks(answer: requests.Response, limits: DownloadLimits, size: int) -> Iterator[bytes]:
    deadline = time.monotonic() + limits.total
    done = 0
    for chunk in answer.iter_content(CHUNK):
        done += len(chunk)
        if done > size:
            raise SourceError(
                f"{without_login(answer.url)} is larger than {counted(size, 'byte')}."
            )
        if time.monotonic() > deadline:
            raise SourceError(
                f"{without_login(answer.url)} took longer than {exact(limits.total)} s."
            )
        yield chunk
