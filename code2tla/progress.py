"""Progress for people, on stderr: a bar with the current step in a terminal, one plain line a step elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from code2tla.events import Event, Found, RunBegan, RunEnded, RunProgress, StageBegan, StageEnded
from reports.text import clip


class Display:
    """Shows events as they come; a context manager, so that an interrupted run leaves the terminal clean."""

    def __init__(self, console: Console, budget: float, quiet: bool = False) -> None:
        self._console = console
        self._budget = budget
        self._quiet = quiet
        self._live = not quiet and console.is_terminal
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[numbers]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("starting", total=None, numbers="")
        self._began = 0.0

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def __call__(self, event: Event) -> None:
        """Show one event. May be called from several threads."""
        if self._quiet:
            return
        match event:
            case StageBegan(stage="check", text=text):
                self._began = time.monotonic()
                self._show(text, total=self._budget)
            case StageBegan(text=text):
                self._show(text, total=None)
            case RunBegan(module=module, what=what):
                self._show(f"{module}: {what}")
            case RunProgress(module=module, what=what, progress=progress, per_second=rate):
                numbers = f"{progress.distinct:,} states, {rate:,.0f}/s, queue {progress.queue:,}"
                self._update(description=clip(f"{module}: {what}", 90), numbers=numbers)
            case RunEnded(module=module, what=what, outcome=outcome, distinct=distinct, seconds=seconds, kept=kept):
                end = "kept from an earlier run" if kept else f"{seconds:.1f} s"
                self._line(f"{module}: {what}: {outcome}, {distinct:,} states, {end}")
            case Found(module=module, property=name, steps=steps):
                self._line(f"{module}: violated: {name}, {steps} steps", style="bold red")
            case StageEnded(stage=stage, seconds=seconds):
                self._line(f"{stage}: {seconds:.2f} s", dim=True)

    def _show(self, text: str, **fields: float | None) -> None:
        self._update(description=clip(text, 90), numbers="", **fields)

    def _update(self, **fields: object) -> None:
        if self._live:
            done = time.monotonic() - self._began if self._began else 0
            self._bar.update(self._task, completed=min(done, self._budget), **fields)  # type: ignore[arg-type]

    def _line(self, text: str, style: str = "", dim: bool = False) -> None:
        if dim and self._live:
            return
        self._console.print(Text(clip(text, 160), style=style or ("dim" if dim else "")))
