"""Which modules a job may use: the standard ones and its own, nothing that reaches outside of TLC."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tlc_runner.errors import BadJob, UnsafeModule
from tlc_runner.types import Job

#: Standard modules that only compute. Modules that run programs or touch files (IOUtils, Json, CSV, SVG) are not here.
STANDARD_MODULES = frozenset(
    {
        "Bags",
        "FiniteSets",
        "Integers",
        "Naturals",
        "RealTime",
        "Reals",
        "Randomization",
        "Sequences",
        "TLC",
    }
)

#: Names a job may not give to a module of its own: TLC answers for them in Java, by name.
RESERVED_MODULES = STANDARD_MODULES | {"CSV", "IOUtils", "Json", "SVG", "TLCEvalDefinition", "TLCExt", "Toolbox"}

_FILE_NAME = re.compile(r"[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*\.tla\Z")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD = re.compile(r"[A-Za-z0-9_]+|,|\S")


def strip_comments(text: str) -> str:
    """``text`` without its comments (they nest) and with every string emptied; lines keep their numbers."""
    out: list[str] = []
    at, depth = 0, 0
    while at < len(text):
        pair = text[at : at + 2]
        if pair == "(*":
            depth += 1
            at += 2
        elif depth:
            if pair == "*)":
                depth -= 1
                at += 2
            else:
                if text[at] == "\n":
                    out.append("\n")
                at += 1
            if not depth:
                out.append(" ")
        elif pair == "\\*":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text[at] == '"' and (string := _STRING.match(text, at)):
            out.append('""')
            at = string.end()
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def used_modules(text: str) -> Iterator[tuple[str, int]]:
    """The names after EXTENDS and INSTANCE in ``text`` with their line, counted from 1."""
    expecting = ""
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        for word in _WORD.findall(line):
            if word in ("EXTENDS", "INSTANCE"):
                expecting = word
            elif expecting in ("EXTENDS", "INSTANCE"):
                yield word, number
                expecting = "comma" if expecting == "EXTENDS" else ""
            else:
                expecting = "EXTENDS" if expecting == "comma" and word == "," else ""


def check_modules(job: Job) -> None:
    """Raises BadJob or UnsafeModule unless every module of ``job`` uses standard modules and the job's own alone."""
    if f"{job.root}.tla" not in job.modules:
        raise BadJob(f"no module {job.root}.tla among {', '.join(sorted(job.modules)) or 'none'}; name the root module")
    own: set[str] = set()
    for name, text in job.modules.items():
        if not _FILE_NAME.match(name):
            raise BadJob(f"{name!r} is not a module's file name; use letters, digits and _ before .tla")
        own.add(name.removesuffix(".tla"))
        own.update(re.findall(r"-{4,}\s*MODULE\s+(\w+)", strip_comments(text)))
    if taken := sorted(name for name in own if name in RESERVED_MODULES or name.startswith("_")):
        raise UnsafeModule(f"module {taken[0]}: TLC has a module of that name; rename yours")
    for name, text in job.modules.items():
        for used, line in used_modules(text):
            if used not in STANDARD_MODULES and used not in own:
                raise UnsafeModule(
                    f"{name}:{line}: module {used} is neither a standard module nor in the job; leave it out or add it"
                )
