"""Which files of tests begin first: those that wait longest, so that none is left to run alone.

Each file runs whole on one of the processes side by side. One that takes a minute and begins last
keeps a single process busy while the others have nothing left to do.
"""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
LONGEST = (
    "robustness/test_systems.py",
    "e2e/test_pages.py",
    "e2e/test_burst.py",
    "e2e/test_without_javascript.py",
    "e2e/test_path.py",
    "e2e/test_alert_path.py",
    "robustness/test_cells.py",
    "tie/test_analysis.py",
    "dashboards/test_judge.py",
    "e2e/test_days.py",
    "trial/test_verdict.py",
    "robustness/test_bad_input.py",
    "robustness/test_two_portals.py",
    "robustness/test_postgresql_faults.py",
    "robustness/test_keeping.py",
    "robustness/test_full_disk.py",
    "robustness/test_kills.py",
    "stack/test_supervisor.py",
    "kit/test_drafts.py",
    "kit/test_cdn.py",
    "kit/test_standstill.py",
    "workbench/test_browser.py",
    "reflections/test_browser.py",
    "workbench/test_criterion.py",
    "workbench/test_views.py",
    "criteria/test_polling.py",
    "test_house.py",
    "test_wsgi.py",
    "bursts/test_runner.py",
    "stack/sources/test_distribution.py",
    "stack/test_wheel.py",
    "stack/test_prometheus.py",
    "trial/test_alerts.py",
    "objectives/test_views.py",
    "e2e/test_grafana.py",
    "tie/test_grafana.py",
    "robustness/test_database.py",
    "reflections/test_kill.py",
    "slo/test_scrape_intervals.py",
    "bursts/test_engine_process.py",
    "steps/test_views.py",
    "objectives/test_cli.py",
    "criteria/test_cli.py",
    "test_words.py",
    "rulefolder/test_healing.py",
    "alerts/test_write_lock.py",
    "rulefolder/test_apply.py",
)
"""From the longest on, waits included; the rest takes less than ten seconds a file."""

_RANKS = {TESTS / name: rank for rank, name in enumerate(LONGEST)}


def rank(file: Path) -> int:
    """The lower, the earlier the file's tests begin."""
    return _RANKS.get(file, len(LONGEST))
