"""Starting over."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("learners", __name__, url_prefix="/reset")


@bp.get("")
def index() -> str:
    """What can be reset."""
    return ""
