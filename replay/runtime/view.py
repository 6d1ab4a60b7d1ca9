"""Results and state as text, for comparing runs: values and the target's own objects by content, others by type."""

from __future__ import annotations

import asyncio
import enum
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DEEPEST = 12
_BUILT_IN = (int, float, str, bytes, list, tuple, dict, set, frozenset, deque)


class View:
    """Looks at values of a target whose modules lie below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = f"{root}{os.sep}"

    def __call__(self, value: Any, depth: int = 0) -> str:
        """The text of a value; equal texts mean equal for any caller that does not ask for identity."""
        if depth > _DEEPEST:
            return "..."
        deeper = depth + 1
        if self._own(value) and not isinstance(value, enum.Enum | BaseException):
            return self._object(value, deeper)
        return self._known(value, deeper)

    def _known(self, value: Any, deeper: int) -> str:
        match value:
            case enum.Enum():
                return str(value)
            case None | bool() | int() | float() | str() | bytes():
                return repr(value)
            case list() | deque() | tuple():
                return f"[{', '.join(self(item, deeper) for item in value)}]"
            case Mapping():
                pairs = sorted(f"{self(k, deeper)}: {self(v, deeper)}" for k, v in value.items())
                return f"{{{', '.join(pairs)}}}"
            case set() | frozenset():
                return f"{{{', '.join(sorted(self(item, deeper) for item in value))}}}"
            case BaseException():
                return type(value).__name__
            case asyncio.Lock():
                return "locked" if value.locked() else "free"
            case asyncio.Event():
                return "set" if value.is_set() else "clear"
            case asyncio.Semaphore():
                return f"semaphore {getattr(value, '_value', '')}"
            case asyncio.Queue():
                return self(list(getattr(value, "_queue", ())), deeper)
        shown = getattr(type(value), "replay_view", None)
        return self(shown(value), deeper) if shown is not None else type(value).__name__

    def _own(self, value: Any) -> bool:
        """Whether the value's class is the target's."""
        module = sys.modules.get(type(value).__module__)
        return (getattr(module, "__file__", None) or "").startswith(self.root)

    def _object(self, value: Any, deeper: int) -> str:
        content: dict[str, Any] = dict(getattr(value, "__dict__", {}))
        for cls in type(value).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                hidden = f"_{cls.__name__.lstrip('_')}{name}" if name.startswith("__") else name
                if hasattr(value, hidden) and name not in ("__dict__", "__weakref__"):
                    content[name] = getattr(value, hidden)
        inside = [self(content, deeper)] if content else []
        if isinstance(value, _BUILT_IN):  # the target's own kind of dict, list and so on
            inside.insert(0, self._known(value, deeper))
        return f"{type(value).__name__}({', '.join(inside)})"

    def module(self, module: Any) -> str:
        """The globals of a module that are plain data."""
        plain = (int, str, float, list, dict, set, deque, tuple, frozenset, type(None))
        own = {k: v for k, v in vars(module).items() if not k.startswith("__") and isinstance(v, plain)}
        return self(own)
