"""Time-outs that a call computes: none strikes where it is None."""

from __future__ import annotations

from pathlib import Path

from snippets import compile_one, races

from specgen.types import Bounds

JOBS = """
import threading

class Jobs:
    def __init__(self):
        self.cond = threading.Condition()
        self.due = []
        self.closed = False

    def take(self):
        with self.cond:
            while not self.closed:
                self.cond.wait({limit})

    def close(self):
        with self.cond:
            self.closed = True
            self.cond.notify()
"""


def test_a_lost_wake_up_where_the_time_out_may_be_none(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    made = compile_one(tmp_path / "none", JOBS.format(limit="self.due[0] if self.due else None"))
    assert races(made, Bounds(3, 0, 0)) == {"NoDeadlock_close_take_take"}
    made = compile_one(tmp_path, JOBS.format(limit="len(self.due) or 1"))
    assert races(made, Bounds(3, 0, 0)) == set()
