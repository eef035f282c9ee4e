"""What a PromQL expression measures: parse it, fill in variables, decide which SLI it shows.

Pure: nothing here knows of Flask, of the database or of a running Prometheus.
"""

from portal.promql.classify import analyse, classify, constant
from portal.promql.context import Context, RecordingRule, bucket_labels
from portal.promql.findings import Code, Comparison, Finding, Indicator, Measure, Sli
from portal.promql.nodes import Expr
from portal.promql.parser import ParseError, ParseFailure, parse
from portal.promql.variables import Times, Variable, substitute

__all__ = [
    "Code",
    "Comparison",
    "Context",
    "Expr",
    "Finding",
    "Indicator",
    "Measure",
    "ParseError",
    "ParseFailure",
    "RecordingRule",
    "Sli",
    "Times",
    "Variable",
    "analyse",
    "bucket_labels",
    "classify",
    "constant",
    "parse",
    "substitute",
]
