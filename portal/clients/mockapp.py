"""The mock service's own endpoints: its fault, its metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.clients.errors import ClientError, ErrorKind
from portal.clients.http import Http
from portal.clients.shape import number, record
from portal.limits import ClientLimits
from portal.secret_files import SecretFileError

SYSTEM = "mock app"


@dataclass(frozen=True, kw_only=True)
class FaultState:
    """What is wrong with the mock service right now, on purpose.

    ``error_ratio`` 0..1, ``latency_seconds`` added to each request, ``hang``: requests never
    end, ``lifetime_seconds`` until it reverts by itself (None: no fault is set),
    ``hung_requests``: how many hang now. ``newest_fence``: the highest that a burst came with.
    """

    error_ratio: float = 0.0
    latency_seconds: float = 0.0
    hang: bool = False
    lifetime_seconds: float | None = None
    hung_requests: int = 0
    newest_fence: int = 0

    @property
    def is_set(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.error_ratio or self.latency_seconds or self.hang)


class MockappClient:
    """Asks one mock service. Every method may raise ClientError; safe to share between threads.

    ``timeout`` is seconds for a whole call. Without a ``fault_token`` faults can be read but
    not set; it may be a function, which is asked only where the token is needed.
    """

    def __init__(
        self,
        base_url: str,
        fault_token: str | Callable[[], str] = "",
        *,
        timeout: float | None = None,
        limits: ClientLimits = ClientLimits(),
    ) -> None:
        self._http = Http(SYSTEM, base_url, timeout=timeout, limits=limits)
        self._fault_token = fault_token
        self.base_url = self._http.base_url

    def fault(self) -> FaultState:
        """The fault in effect now."""
        return self._state(self._http.get_json("/fault"))

    def set_fault(
        self,
        *,
        lifetime_seconds: float,
        error_ratio: float = 0.0,
        latency_seconds: float = 0.0,
        hang: bool = False,
        fence: int | None = None,
    ) -> FaultState:
        """Set the fault, in place of the one before; it reverts after its lifetime.

        ``fence``: the number of the burst that wants it; refused once a newer one was there.
        """
        wanted = {
            "error_ratio": error_ratio,
            "latency_seconds": latency_seconds,
            "hang": hang,
            "lifetime_seconds": lifetime_seconds,
        }
        answer = self._http.send(
            "PUT",
            "/fault",
            params=_fence(fence),
            json=wanted,
            headers=self._headers,
            safe=True,
            insist=True,
        )
        return self._state(self._http.json(answer)) if answer.body else self.fault()

    def clear_fault(self, fence: int | None = None) -> None:
        """Make the service well again; with a burst's fence, of what bursts up to it broke."""
        self._http.send(
            "DELETE",
            "/fault",
            params=_fence(fence),
            headers=self._headers,
            safe=True,
            insist=True,
        )

    def metrics_text(self) -> str:
        """What Prometheus would scrape now: the text of ``/metrics``."""
        return self._http.get("/metrics").text

    @property
    def _headers(self) -> dict[str, str]:
        try:
            token = self._fault_token if isinstance(self._fault_token, str) else self._fault_token()
        except SecretFileError as error:
            raise ClientError(str(error), system=SYSTEM, kind=ErrorKind.UNAUTHORIZED) from error
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _state(self, content: object) -> FaultState:
        state: Mapping[str, object] = record(content)
        ratio, latency = number(state.get("error_ratio")), number(state.get("latency_seconds"))
        if ratio is None or latency is None:
            raise self._http.garbage("the state of its fault")
        return FaultState(
            error_ratio=ratio,
            latency_seconds=latency,
            hang=state.get("hang") is True,
            lifetime_seconds=number(state.get("lifetime_seconds")),
            hung_requests=int(number(state.get("hung_requests")) or 0),
            newest_fence=int(number(state.get("newest_fence")) or 0),
        )


def _fence(number: int | None) -> dict[str, str]:
    return {} if number is None else {"fence": str(number)}
