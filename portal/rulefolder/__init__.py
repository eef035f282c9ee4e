"""The folder of rule files that Prometheus reads: written, loaded, put back."""
