"""The workbench: try PromQL, see what it shows, collect panels; hand in a dashboard's JSON."""
