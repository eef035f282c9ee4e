"""SLO Lab: the portal."""
