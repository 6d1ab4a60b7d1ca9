"""Parsing a large tree on all cores: this process takes a share of the files, fresh interpreters take the others.

Plain child processes and temporary files: no fork (the caller may have threads), nothing of the caller's main
module is imported again, and a child that fails only means that its share is parsed here.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from extractor.memory import no_collection

#: Below this many bytes for each process, starting one costs more than it saves.
WORTH = 1_500_000

_HEAD = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Job:
    """A file to parse: the key of its facts, where it is, its suffix, and its content."""

    key: str
    absolute: str
    suffix: str
    sha256: str
    data: bytes


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    jobs: list[Job]


def available() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parse_all(jobs: list[Job], parse: Callable[[bytes, str], bytes], processes: int) -> list[tuple[str, bytes]]:
    """(key, packed facts) of every job, in no given order; at most ``processes`` processes, this one included."""
    many = min(processes, sum(len(job.data) for job in jobs) // WORTH)
    if many < 2:
        return [(job.key, parse(job.data, job.suffix)) for job in jobs]
    mine, *others = _shares(jobs, many)
    children = [child for share in others if (child := _start(share)) is not None]
    started = {job.key for child in children for job in child.jobs}
    mine = mine + [job for share in others for job in share if job.key not in started]
    try:
        made = [(job.key, parse(job.data, job.suffix)) for job in mine]
        for child in children:
            answers = _collect(child)
            for job, answer in zip(child.jobs, answers, strict=True):
                made.append((job.key, answer if answer is not None else parse(job.data, job.suffix)))
    finally:
        for child in children:
            if child.process.poll() is None:
                child.process.kill()
                child.process.wait()
            child.output.close()
    return made


def _shares(jobs: list[Job], many: int) -> list[list[Job]]:
    """The jobs in ``many`` parts of about the same number of bytes."""
    shares: list[list[Job]] = [[] for _ in range(many)]
    sizes = [0] * many
    for job in sorted(jobs, key=lambda job: -len(job.data)):
        least = sizes.index(min(sizes))
        shares[least].append(job)
        sizes[least] += len(job.data)
    return shares


def _start(jobs: list[Job]) -> _Child | None:
    output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child's answers are in
    try:
        with tempfile.TemporaryFile() as asked:
            asked.write(json.dumps([[job.absolute, job.suffix, len(job.data)] for job in jobs]).encode())
            asked.seek(0)
            # -P: the directory that the user stands in, maybe the target itself, is no place to import from.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "extractor.workers"],
                stdin=asked,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
            )
    except OSError:
        output.close()
        return None
    return _Child(process, output, jobs)


def _collect(child: _Child) -> list[bytes | None]:
    """A child's answers; None where there is none, or where it saw another content than this process did."""
    child.process.wait()
    child.output.seek(0)
    answers: list[bytes | None] = []
    for job in child.jobs:
        head = child.output.read(_HEAD.size)
        if len(head) < _HEAD.size:
            break
        (length,) = _HEAD.unpack(head)
        sha = child.output.read(64)
        packed = child.output.read(length)
        answers.append(packed if sha == job.sha256.encode() and len(packed) == length else None)
    return answers + [None] * (len(child.jobs) - len(answers))


def main() -> None:
    """A child: read what to parse from standard input, write the packed facts to standard output."""
    from extractor.indexer import parse  # noqa: PLC0415 - it imports this module

    out = sys.stdout.buffer
    with no_collection():
        for absolute, suffix, size in json.load(sys.stdin.buffer):
            with open(absolute, "rb") as file:  # noqa: PTH123 - a Path for each of thousands of files is dear
                data = file.read(size + 1)
            packed = parse(data, suffix)
            out.write(_HEAD.pack(len(packed)) + hashlib.sha256(data).hexdigest().encode() + packed)
    out.flush()


if __name__ == "__main__":
    main()
