"""How much of a dashboard Prometheus is asked about."""

from __future__ import annotations

import pytest

from portal.clients.errors import ClientError
from portal.clients.promtool import Validity
from portal.services import Services
from portal.workbench.judge import validities
from tests.patience import limited


def test_only_so_many_queries_are_read_by_prometheus_and_the_rest_is_told(
    services: Services,
) -> None:
    few = limited(services, "workbench", validated=0)
    assert validities(few, ["up", "down"]) == [Validity(None, "only the first 0 queries are")] * 2
    with pytest.raises(ClientError):  # nobody is there to be asked
        validities(services, ["up"])
