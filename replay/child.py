"""The process in which tests of real code run: limited first, then handed to pytest.

Called as ``python -m replay.child SECONDS MEGABYTES TEST``; nothing of the target is loaded before the limits hold.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000


def main(seconds: int, megabytes: int, test: Path) -> int:
    """Limit this process and run the test; returns pytest's exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))
    _leave_the_network()
    import pytest  # noqa: PLC0415 - only once the limits hold

    size = megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    options = ["-q", "--noconftest", "-c", "/dev/null", "--rootdir", str(test.parent), "--tb=short"]
    plugins = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
    return int(pytest.main([*options, *plugins, str(test)]))


def _leave_the_network() -> None:
    """Where the system allows it: a name space of its own has no network. Elsewhere the process keeps it."""
    try:
        unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (OSError, AttributeError):
        return
    if unshare(_NEWNET) != 0:
        unshare(_NEWUSER | _NEWNET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
