"""The first nights of the thirty: quiet while the code only changes its looks, and awake when it loses its lock."""

from __future__ import annotations

from pathlib import Path

from bench.nights import commits, live


def test_refactorings_are_quiet_and_a_regression_is_flagged_on_its_night(tmp_path: Path) -> None:
    all_commits = commits()
    assert len(all_commits) == 30
    chosen = ("Say what add is for", "Wrap a long line", "Count without the lock")
    rows = list(live(tmp_path, [commit for commit in all_commits if commit["message"] in chosen]))
    assert [row.message for row in rows if not row.right] == []
    assert [row.message for row in rows if row.breaks] == ["Count without the lock"]
    by_message = {row.message: row for row in rows}
    assert by_message["Say what add is for"].rewritten == 0
    assert by_message["Wrap a long line"].rewritten == 0
    # One function says something else: only its own actions are new.
    assert (by_message["Count without the lock"].rewritten, by_message["Count without the lock"].taken_over) == (2, 3)
