"""What a PromQL expression measures: parse it, fill in variables, decide which SLI it shows.

Pure: nothing here knows of Flask, of the database or of a running Prometheus.
"""

from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, ParseFailure, parse

__all__ = ["Expr", "ParseError", "ParseFailure", "parse"]
