"""Starting a burst: from what was asked for to a running runner, once."""

from __future__ import annotations

from flask import Flask, current_app

from portal.bursts import store
from portal.bursts.models import Burst, BurstState
from portal.bursts.prediction import NO_PREDICTION, Prediction
from portal.bursts.profiles import Profile
from portal.bursts.runner import Runner
from portal.learners.models import Learner
from portal.services import Services

MAX_KEY = 64


def start_burst(
    services: Services,
    learner: Learner,
    profile: Profile,
    key: str,
    prediction: Prediction = NO_PREDICTION,
) -> Burst:
    """The burst started for this key; the one already known or running where there is one."""
    now = services.clock()
    current_runner().settle(now)
    wanted = Burst(
        learner_id=learner.id,
        key=key[:MAX_KEY],
        preset=profile.id,
        title=profile.title,
        spec=profile.as_dict(),
        state=BurstState.QUEUED,
        requested_at=now,
        heartbeat_at=now,
        counts={},
        predicted_error_ratio=prediction.error_ratio,
        predicted_page=prediction.page,
    )
    burst, is_new = store.add_or_find(wanted)
    if is_new:
        current_runner().start(burst.id)
    return burst


def current_runner() -> Runner:
    """The runner of this portal process, made at its first use."""
    app: Flask = current_app
    runner: Runner = app.extensions.setdefault("slo_lab_runner", Runner(_plain(app)))
    return runner


def _plain(app: Flask) -> Flask:
    """The app itself, not the proxy to it: the runner's threads outlive the request."""
    real: Flask = app._get_current_object()  # type: ignore[attr-defined]
    return real
