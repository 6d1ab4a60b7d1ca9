"""The command's own errors: each carries the exit status it ends with, and its text is one clear line."""

from __future__ import annotations


class UsageError(Exception):
    """What was asked for cannot be done as asked: wrong path, setting or input (exit status 2)."""

    status = 2


class SettingError(UsageError):
    """A setting makes no sense; the text names where it was set, its key, and what is allowed."""


class InputError(UsageError):
    """A file or directory that was named cannot be used."""


class ToolError(Exception):
    """A tool that the run leans on is missing or died (exit status 4)."""

    status = 4
