"""The pipeline on concurrent code that no one here wrote: ``python -m bench.real``.

``bench/real/targets.toml`` lists well-known pure-Python packages at fixed versions, and parts of the standard
library. A package is installed as a wheel below ``build/real`` and only ever read: nothing of it is imported or
executed. Each row of the table is one shared object: how many of its operations were modelled, how many constructs
were approximated, the verdict, the findings, and what TLC did within ``--budget`` seconds. ``docs/findings.md``
judges the findings. Exit status 1 when anything crashed, or TLC could not evaluate a specification.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from code2tla.authors import Author
from code2tla.checked import Checked
from code2tla.errors import ToolError, UsageError
from code2tla.pipeline import Workshop
from code2tla.settings import Settings
from specgen.types import Spec, Target

PLACE = Path("build/real")
LIST = Path(__file__).with_suffix("") / "targets.toml"
STDLIB = f"python {sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Subject:
    """One feature of one package. ``files`` are copied from the standard library; ``package`` is what pip installs."""

    name: str
    package: str = ""
    feature: str = "."
    files: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Package and version."""
        return self.package.replace("==", " ") or STDLIB


@dataclass(frozen=True, slots=True)
class Row:
    """One shared object. ``operations`` is (modelled, of all in the plan); ``why`` explains anything but a verdict."""

    subject: Subject
    name: str
    operations: tuple[int, int]
    approximations: int
    verdict: str
    findings: tuple[str, ...]
    states: int
    seconds: float
    why: str = ""

    @property
    def broken(self) -> bool:
        """A defect of the product: it crashed, or wrote a specification that TLC stops at."""
        return self.verdict in ("crashed", "failed") or "could not evaluate" in self.why or "its own types" in self.why


def subjects() -> list[Subject]:
    """The list, in order."""
    table = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [
        Subject(
            entry["name"],
            entry.get("package", ""),
            entry.get("feature", "."),
            tuple(entry.get("files", ())),
            tuple(entry.get("classes", ())),
        )
        for entry in table["target"]
    ]


def install(subject: Subject) -> Path:
    """The root of the code, brought there if it is not there yet. Raises CalledProcessError if pip fails."""
    if subject.files:
        root = PLACE / "stdlib" / subject.name
        for name in subject.files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(sysconfig.get_path("stdlib")) / name, root / name)
        return root
    root = PLACE / "site" / subject.package
    if not root.is_dir():
        # Wheels alone: installing one unpacks it, building one would execute it.
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-compile", "--only-binary", ":all:", "--target", str(root), subject.package]
        subprocess.run(command, check=True)
    return root


def run(subject: Subject, budget: float) -> Iterator[Row]:
    """Take the feature through the pipeline with ``budget`` seconds of TLC for each shared object."""
    began = time.monotonic()
    settings = Settings(
        out=PLACE / "out" / subject.name,
        cache=PLACE / "cache",
        budget=budget * max(1, len(subject.classes)),
        classes=subject.classes,
    )
    try:
        work = Workshop(install(subject), subject.feature, settings)
        facts = work.index()
        author = Author(facts, settings, work.directory)
        plan = work.plan(author)
        written = work.write(author, plan)
        checked = work.check(author, written.specs) if written.specs else []
        result, pieces = work.conclude(facts, author, plan, written, checked)
        work.report(facts, plan, pieces, result)
    except (ToolError, UsageError) as error:
        yield Row(subject, "-", (0, 0), 0, "failed", (), 0, time.monotonic() - began, str(error))
        return
    except Exception as error:  # noqa: BLE001 - a crash is a row of the table, and the others are still wanted
        why = f"{type(error).__name__}: {error}"
        yield Row(subject, "-", (0, 0), 0, "crashed", (), 0, time.monotonic() - began, why)
        return
    for (target, spec), seen in zip(written.specs, checked, strict=True):
        yield _row(subject, target, spec, seen)
    if not plan.targets:
        yield Row(subject, "-", (0, 0), 0, "not modelled", (), 0, 0.0, result.reason)
    for target, why in written.refused:
        verdict = "crashed" if "mistake of this tool" in why else "not modelled"
        yield Row(subject, target.cls or target.path, (0, len(target.operations)), 0, verdict, (), 0, 0.0, why)


def _row(subject: Subject, target: Target, spec: Spec, seen: Checked) -> Row:
    return Row(
        subject,
        target.cls or target.path,
        (len(spec.operations), len(target.operations)),
        len(spec.abstractions),
        seen.verdict,
        tuple(f.property.plain or f.property.name for f in seen.findings),
        seen.tlc.distinct_states,
        seen.tlc.seconds,
        "" if seen.findings else seen.reason,
    )


def show(row: Row) -> str:
    """One line of the table."""
    done, wanted = row.operations
    return (
        f"{row.subject.title:<26.26}{row.name:<26.26}{done:>4}/{wanted:<3}{row.approximations:>7}  {row.verdict:<13}"
        f"{len(row.findings):>5}{row.states:>11,}{row.seconds:>8.1f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; status 1 when anything is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a target of the list; repeatable")
    parser.add_argument("--budget", type=float, default=20.0, metavar="S", help="seconds of TLC for each shared object")
    parser.add_argument("--findings", action="store_true", help="name each finding, and say why a verdict is missing")
    chosen = parser.parse_args(arguments)
    todo = [s for s in subjects() if not chosen.only or s.name in chosen.only]
    if not todo:
        parser.error(f"--only {', '.join(chosen.only)}: no such target in {LIST}")
    head = f"{'package':<26}{'shared object':<26}{'ops':>8}{'approx':>7}  {'verdict':<13}"
    print(f"{head}{'found':>5}{'states':>11}{'TLC s':>8}")
    rows: list[Row] = []
    for subject in todo:
        for row in run(subject, chosen.budget):
            rows.append(row)
            print(show(row), flush=True)
            if row.broken or (chosen.findings and row.why):
                print(f"    {row.why}", flush=True)
            for finding in row.findings if chosen.findings else ():
                print(f"    - {finding}", flush=True)
    broken = [row for row in rows if row.broken]
    packages = {row.subject.package or row.subject.name for row in rows}
    modelled = [row for row in rows if row.operations[0]]
    print(
        f"{len(packages)} packages, {len(modelled)} shared objects modelled, {sum(r.operations[0] for r in modelled)} "
        f"operations, {sum(len(r.findings) for r in rows)} findings, {len(broken)} broken"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
