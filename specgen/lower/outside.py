"""What is known of functions from outside the feature that are not modelled."""

from __future__ import annotations

import builtins

#: Modules of which no function changes a container that it is handed.
_READ_ONLY = frozenset(
    {"functools", "hashlib", "itertools", "json", "math", "operator", "pickle", "statistics", "types"}
)
_CHANGING_BUILTINS = frozenset({"delattr", "eval", "exec", "setattr", "vars"})


def only_reads(name: str) -> bool:
    """Whether the function is known to leave the containers alone that it is handed."""
    return name.partition(".")[0] in _READ_ONLY or (hasattr(builtins, name) and name not in _CHANGING_BUILTINS)
