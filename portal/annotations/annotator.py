"""Marks each burst on the learner's dashboards in Grafana, in the background.

Grafana is looked at before anything is written: an annotation bears a tag of its burst, so that
one which is there already is found again, whoever wrote it and whatever happened since. It is
written when the burst begins, up to where it is meant to end, and changed once when it has ended.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.annotations import store
from portal.annotations.boards import LearnersDashboards, learners_dashboards
from portal.annotations.leftovers import leftovers
from portal.annotations.region import LAB, Region, burst_tag, region_of
from portal.annotations.store import AnnotatedBoard, Marking
from portal.bursts.models import Burst
from portal.clients.errors import ClientError, ErrorKind
from portal.clients.grafana import Annotation, GrafanaClient
from portal.kit.age import is_old
from portal.kit.database_fault import fault_of
from portal.kit.db import db
from portal.lab.grafana_state import has_grafana
from portal.services import Services

log = logging.getLogger(__name__)
NO_BOARD = (
    "There is no dashboard of yours in Grafana yet. Within an hour of its end the burst is marked "
    "on one that you make."
)
NOT_ALLOWED = (
    "The portal’s login may write no annotation there: in Grafana it needs the role Editor."
)


class Annotator:
    """The one of a portal process."""

    def __init__(self, app: Flask) -> None:
        """``app`` gives its database and services."""
        self._app = app
        self._me = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._services: Services = app.extensions["slo_lab"]

    def start(self) -> None:
        """Work in the background, until that is stopped."""
        what, every_s = "marks bursts on dashboards", self._services.limits.annotation.every_s
        self._services.background.repeat("annotator", what, every_s, self._look)

    def _look(self) -> None:
        if has_grafana(self._services.settings):
            with self._app.app_context():
                look(self._services, self._me)


def look(services: Services, me: str) -> None:
    """See to each burst that is due, and to what is left of bursts that are gone."""
    with _logged():
        now = services.clock()
        for burst_id in [burst.id for burst in store.due(now, services.limits.annotation)]:
            with _logged():
                _see_to(services, burst_id, me, now)
    with _logged():
        leftovers(services).take_back_if_due(services)


@contextmanager
def _logged() -> Iterator[None]:
    """What fails for one burst leaves the others."""
    try:
        yield
    except SQLAlchemyError as error:
        extra = {"fault": fault_of(error).value, "reason": str(error)}
        log.error("annotation not kept", extra=extra)
    except ClientError as error:
        log.warning("annotations not taken back", extra={"reason": str(error)})
    except Exception:
        log.exception("annotation not kept")
    finally:
        db.session.rollback()


def _see_to(services: Services, burst_id: int, me: str, now: datetime) -> None:
    burst, limits = db.session.get(Burst, burst_id), services.limits.annotation
    region = region_of(burst) if burst else None
    if burst is None or region is None or not store.claim(burst, me, now, limits):
        return
    ended = burst.ended_at or now
    marking = _mark(services, burst, region)
    is_over = marking.is_final and is_old(ended, now, timedelta(seconds=limits.follow_s))
    given_up = is_old(ended, now, timedelta(seconds=limits.give_up_s))
    db.session.rollback()
    if not store.keep(burst_id, me, marking, now if is_over or given_up else None):
        leftovers(services).are_wanted()  # a reset came meanwhile: what was written has no burst


def _mark(services: Services, burst: Burst, region: Region) -> Marking:
    """Ask Grafana, and write nothing into the database."""
    before = store.marking_of(store.annotation_of(burst.id))
    tags = (LAB, "burst", burst_tag(burst), store.own_tag())
    try:
        dashboards = learners_dashboards(services, burst.learner, before.boards)
        if not dashboards.own and not dashboards.marked:
            return Marking(trouble=NO_BOARD)
        writing = _Writing(services.grafana, tags, region)
        return writing.write(dashboards)
    except ClientError as error:
        return replace(before, trouble=_words(error), is_final=before.is_final and region.is_final)


class _Writing:
    """Makes the annotations of one burst what they should be."""

    def __init__(self, grafana: GrafanaClient, tags: tuple[str, ...], region: Region) -> None:
        self._grafana = grafana
        self._tags = tags
        self._region = region

    def write(self, dashboards: LearnersDashboards) -> Marking:
        """One annotation on each dashboard; one that somebody took off stays off."""
        there = self._there()
        marked = {board.uid: board for board in dashboards.marked}
        own = {board.uid: board for board in dashboards.own}
        troubles, before = [], set(marked)
        for board in (marked | own).values():
            try:
                self._write_on(board, there, board.uid in before)
                marked[board.uid] = board
            except ClientError as error:
                if error.kind is not ErrorKind.NOT_FOUND:  # else it was deleted meanwhile
                    troubles.append(f"“{board.title}”: {_words(error)}")
        if before != set(marked):
            self._there()
        is_final = self._region.is_final and bool(marked) and not troubles
        return Marking(tuple(marked.values()), " ".join(troubles), is_final)

    def _there(self) -> list[Annotation]:
        """What Grafana has of it, on dashboards.

        One on no dashboard is the whole organisation's, and deleted: Grafana makes it of one whose
        dashboard went in that very moment.
        """
        found = self._grafana.tagged_annotations(self._tags[2])
        for one in found:
            if not one.dashboard_uid:
                self._grafana.delete_annotation(one.id)
        return [one for one in found if one.dashboard_uid]

    def _write_on(
        self, board: AnnotatedBoard, there: Iterable[Annotation], was_written: bool
    ) -> None:
        region = self._region
        own = sorted((one for one in there if one.dashboard_uid == board.uid), key=lambda o: o.id)
        for double in own[1:]:
            self._grafana.delete_annotation(double.id)
        if not own and not was_written:
            self._grafana.annotate(
                board.uid, start=region.start, end=region.end, text=region.text, tags=self._tags
            )
        elif own and not region.is_shown_by(own[0]):
            self._grafana.change_annotation(
                own[0].id, start=region.start, end=region.end, text=region.text
            )


def _words(error: ClientError) -> str:
    return NOT_ALLOWED if error.kind is ErrorKind.FORBIDDEN else str(error)
