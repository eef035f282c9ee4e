"""What a learner writes in the rule editor: kept, applied, removed, put back."""

from __future__ import annotations

from portal.alerts import store
from portal.learners.models import Learner
from portal.rulefile.outline import fits, one_newline
from portal.rulefolder.apply import Blame, Outcome, Refused, apply_file, remove_file
from portal.rulefolder.folder import learner_file
from portal.services import Services


def keep_typed(services: Services, learner: Learner, typed: str, seen: int | None) -> bool:
    """Save what stands in the editor of a page that showed version ``seen``, before anything else.

    False: another tab saved another text since. What can't be kept is left to the form.
    """
    if not _can_be_kept(typed):
        return not store.is_stale(learner.id, seen, typed)
    return store.take_draft(learner.id, typed, seen, services.clock())


def apply_learner_rules(
    services: Services, learner: Learner, text: str, assisted: bool = False
) -> Outcome:
    """Apply what a learner wrote. The text is kept in the database even when it is refused.

    ``assisted``: the portal wrote the text for the learner.
    """
    learner_id, text = learner.id, one_newline(text)
    _keep(services, learner_id, text)
    return apply_file(
        services,
        learner_file(learner_id),
        text,
        lambda: store.mark_applied(learner_id, text, services.clock(), assisted=assisted),
    )


def remove_learner_rules(services: Services, learner: Learner, typed: str = "") -> Outcome:
    """Take the learner's rules out of Prometheus; the text stays and can be applied again.

    ``typed``: what stands in the editor just now; kept as the draft.
    """
    learner_id = learner.id
    _keep(services, learner_id, typed)
    return remove_file(
        services,
        learner_file(learner_id),
        lambda: store.mark_removed(learner_id, services.clock()),
    )


def restore_learner_rules(services: Services, learner: Learner, typed: str = "") -> Outcome:
    """Undo the removal; ``typed`` as in ``remove_learner_rules``."""
    learner_id = learner.id
    _keep(services, learner_id, typed)
    row = store.find(learner_id)
    if row is None or row.applied_text is None or row.removed_at is None:
        return Refused("There are no removed rules to put back.", blame=Blame.LAB)
    text, assisted = row.applied_text, row.assisted
    return apply_file(
        services,
        learner_file(learner_id),
        text,
        lambda: store.mark_restored(learner_id, services.clock(), assisted=assisted),
    )


def _keep(services: Services, learner_id: int, text: str) -> None:
    """Save the draft; a text beyond the limit is left to the form, which shows it again."""
    if _can_be_kept(text):
        store.save_draft(learner_id, text, services.clock())


def _can_be_kept(text: str) -> bool:
    return bool(text.strip()) and fits(text) and "\x00" not in text
