"""Trying an expression out: invented traffic, and what Prometheus itself answers to it.

Pure but for running promtool: no Flask, no database, no running Prometheus.
"""
