"""``code2tla review`` in words."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket

import uvicorn
from rich.console import Console

from code2tla import output
from code2tla.commands import lines_of, repository
from code2tla.errors import UsageError
from code2tla.nightly import kept
from code2tla.review.desk import Desk
from code2tla.review.server import application, new_token


def review(options: argparse.Namespace, out: Console, err: Console) -> int:  # noqa: ARG001 - as every command
    """``code2tla review``: serves until it is interrupted, and ends with 0."""
    result = kept.read(options.spec_dir).result
    repo = repository(options.repo, options.spec_dir, result)
    desk = Desk(options.spec_dir, result, lines_of(result, repo), output.paths(result))
    try:
        listening = socket.create_server(("127.0.0.1", options.port))
    except OSError as error:
        raise UsageError(f"--port {options.port}: cannot be listened on ({error.strerror}); give another") from error
    port = listening.getsockname()[1]
    token = new_token()
    server = uvicorn.Server(
        uvicorn.Config(application(desk, token, port), log_level="critical", access_log=False, lifespan="off")
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which shells ignore for what they start with `&`
    out.file.write(f"Reviewing at http://127.0.0.1:{port}/?token={token} until Ctrl-C; decisions go into ")
    out.file.write(f"{options.spec_dir / 'decisions.toml'}\n")
    out.file.flush()
    with listening, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return 0
