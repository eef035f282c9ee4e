"""The live SLIs' own queries, as forms to start a panel from."""

from __future__ import annotations

from portal.numbers import exact, quantile_name
from portal.shop.queries import QUANTILES, SLIQueries
from portal.workbench.forms import PanelForm


def starts(job: str) -> list[PanelForm]:
    """A form for each live SLI of the service scraped as ``job``; its title names the SLI."""
    queries = SLIQueries(job)
    shares = [
        PanelForm("Availability", queries.availability, "ratio"),
        PanelForm(f"Under {exact(queries.threshold)} s", queries.fast_share, "ratio"),
    ]
    quantiles = [
        PanelForm(quantile_name(phi), queries.quantile(phi), "seconds") for phi in QUANTILES
    ]
    return shares + quantiles
