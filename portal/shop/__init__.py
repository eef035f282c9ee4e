"""The service under test: what it is called, and how its SLIs are asked for."""
