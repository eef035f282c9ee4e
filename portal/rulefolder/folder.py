"""The folder of rule files that Prometheus reads: our names, whole files, a way back.

While a change waits for Prometheus, or for the rows that go with it, what the file held before is
kept in a journal. Whoever finds a journal that nobody works on any more (the portal was killed)
puts the file back, unless the rows say that the change was made (``portal/rulefolder/healing.py``).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.config import Settings
from portal.errors import SLOLabError
from portal.files import DRAFT, FOR_ALL, write_whole
from portal.limits import RoomLimits
from portal.words import counted

OUR_NAMES = re.compile(r"(learner-[0-9]{1,10}|slo-[0-9]{1,10}-[a-z0-9][a-z0-9-]{0,99})\.rules\.yml")
LOCK_POLL_S = 0.05


class RuleFolderError(SLOLabError):
    """The folder of rule files can't be read, written or locked."""


def learner_file(learner_id: int) -> str:
    """The file of the rules that a learner writes."""
    return f"learner-{learner_id}.rules.yml"


def slo_file(learner_id: int, slug: str) -> str:
    """The file of the rules generated for an SLO; its slug has small letters, digits, dashes."""
    return f"slo-{learner_id}-{slug}.rules.yml"


def writer_of(name: str) -> int | None:
    """The learner who wrote the file in the rule editor; None for every other file."""
    found = re.fullmatch(r"learner-([0-9]{1,10})\.rules\.yml", name)
    return int(found[1]) if found else None


def never(name: str, mark: str) -> bool:
    """No change that was cut short was made."""
    return False


@dataclass(frozen=True)
class RuleFolder:
    """The rule files in ``path``, ``most`` of ours; the journal of unfinished changes is elsewhere.

    Every method raises RuleFolderError. Writing belongs between ``locked()`` and its end.
    """

    path: Path
    journal: Path
    most: int = RoomLimits.rule_files

    @classmethod
    def of(cls, settings: Settings, limits: RoomLimits) -> RuleFolder:
        """The lab's folder; the journal lies outside, where no watcher of the folder sees it."""
        journal = settings.data_dir / "run" / "rule-changes"
        return cls(settings.rules_path, journal, limits.rule_files)

    def read(self, name: str) -> str | None:
        """The text of one of our files; None where there is none."""
        try:
            return (self.path / _ours(name)).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            raise _failure("read", self.path / name, error) from error

    def holds(self, name: str, text: str | None) -> bool:
        """Whether the file holds that text (None: there is no file); False if it can't be read."""
        try:
            return self.read(name) == text
        except RuleFolderError:
            return False

    def all_files(self) -> list[Path]:
        """Every file that Prometheus reads here, those written by hand too, by name."""
        found = [*self.path.glob("*.yml"), *self.path.glob("*.yaml")]
        return sorted(path for path in found if path.is_file())

    def files_of(self, learner_id: int) -> list[str]:
        """The names of a learner's files: the rule editor's, and those generated for SLOs."""
        generated = f"slo-{learner_id}-"
        names = (path.name for path in self.all_files() if OUR_NAMES.fullmatch(path.name))
        return [n for n in names if n == learner_file(learner_id) or n.startswith(generated)]

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Change the folder alone, among all threads and processes; waits ``timeout`` seconds."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True, exist_ok=True)
                self.path.chmod(0o755)  # in containers Prometheus is another user
            self.journal.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.journal / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _failure("write", self.path, error) from error
        try:
            _lock(handle, timeout)
            yield
        finally:
            os.close(handle)

    def begin(self, name: str, text: str | None, mark: str = "") -> None:
        """Write the file (None: delete it) and remember what it held, until commit or rollback.

        ``mark`` is remembered too: by it ``heal`` finds out whether the change was made after all.
        """
        before = self.read(name)
        if before is None and text is not None and self._count() >= self.most:
            raise RuleFolderError(
                f"The lab has room for {counted(self.most, 'rule file')}. Remove one first."
            )
        self._write(self._note(name), json.dumps({"text": before, "mark": mark}))
        try:
            self._put(name, text)
        except RuleFolderError:
            self.commit(name)
            raise

    def commit(self, name: str) -> None:
        """Keep the change."""
        self._note(name).unlink(missing_ok=True)

    def rollback(self, name: str) -> str | None:
        """Undo the change; returns what the file holds again (None: there is no file)."""
        known, before, _ = _remembered(self._note(name))
        if known:
            self._put(name, before)
        self.commit(name)
        return self.read(name)

    def unfinished(self) -> list[str]:
        """The files whose change was cut short."""
        names = [note.name.removesuffix(".json") for note in self.journal.glob("*.json")]
        return [name for name in names if OUR_NAMES.fullmatch(name)]

    def heal(self, was_made: Callable[[str, str], bool] = never) -> list[str]:
        """Undo every change that was cut short, but keep what ``was_made`` (name, mark) says of.

        Returns the names of the files it changed.
        """
        changed = []
        for name in self.unfinished():
            found, (_, _, mark) = self.read(name), _remembered(self._note(name))
            if was_made(name, mark):
                self.commit(name)
            elif self.rollback(name) != found:
                changed.append(name)
        for draft in [*self.path.glob(f"*.rules.yml*{DRAFT}"), *self.journal.glob(f"*{DRAFT}")]:
            draft.unlink(missing_ok=True)
        return changed

    def _count(self) -> int:
        return sum(1 for path in self.all_files() if OUR_NAMES.fullmatch(path.name))

    def _note(self, name: str) -> Path:
        return self.journal / f"{_ours(name)}.json"

    def _put(self, name: str, text: str | None) -> None:
        path = self.path / _ours(name)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            self._write(path, text)

    def _write(self, path: Path, text: str) -> None:
        try:
            write_whole(path, text, FOR_ALL)  # in containers Prometheus is another user
        except (OSError, UnicodeError) as error:
            raise _failure("write", path, error) from error


def _ours(name: str) -> str:
    if not OUR_NAMES.fullmatch(name):
        raise RuleFolderError(f"{name!r} is not the name of a rule file of the lab.")
    return name


def _remembered(note: Path) -> tuple[bool, str | None, str]:
    """Whether it is known what the file held before the change, what (None: no file), the mark."""
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        text, mark = kept["text"], str(kept.get("mark", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False, None, ""
    return text is None or isinstance(text, str), text, mark


def _lock(handle: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = "Other rules are being applied just now. Try again in a few seconds."
                raise RuleFolderError(message) from None
            time.sleep(LOCK_POLL_S)
        else:
            return


def _failure(verb: str, path: Path, error: Exception) -> RuleFolderError:
    reason = getattr(error, "strerror", None) or "not readable as text"
    return RuleFolderError(f"The lab can't {verb} {path} ({reason}).")
