"""Live SLIs: named queries, the reading that all open pages share, the chart."""
