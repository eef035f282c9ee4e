"""A walk through a real Grafana with a real lab behind it, outside CI: ``make live-grafana``."""
