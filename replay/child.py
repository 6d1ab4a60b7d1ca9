"""The process in which tests of real code run: limited first, then the test.

Called as ``python -m replay.child SECONDS MEGABYTES TEST``; nothing of the target is loaded before the limits hold.
"""

from __future__ import annotations

import ctypes
import resource
import runpy
import sys
import traceback
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_LARGEST_FILE = 1 << 26


def main(seconds: int, megabytes: int, test: Path) -> int:
    """Limit this process and run the functions of the file that are tests; 0 if none of them raises."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    _leave_the_network()
    size = megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    try:
        for name, value in runpy.run_path(str(test), run_name=test.stem).items():
            if name.startswith("test_") and callable(value):
                value()
    except BaseException:  # noqa: BLE001 - the code under test may raise anything
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


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
