"""``result.json`` (schema ``code2tla/result/1``) as frozen data: what every reader of a run is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["verified", "violated", "inconclusive", "failed"]


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of the target, 1-based and inclusive."""

    path: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Feature:
    """What was looked at. ``commit`` is None outside git."""

    repo: str
    path: str
    commit: str | None
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote the specification and what it cost."""

    name: str = "static"
    model: str | None = None
    calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class ActionResult:
    """One action: where it comes from and how many states it generated."""

    name: str
    sources: tuple[Source, ...]
    fired: int
    abstractions: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class SpecResult:
    """The specification that was checked. ``text`` is the whole module."""

    module: str
    variables: tuple[str, ...]
    actions: tuple[ActionResult, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """``mutants`` and ``killed`` are 0 until the specification was audited."""

    name: str
    kind: str
    status: Literal["holds", "violated", "unchecked"]
    plain: str
    mutants: int = 0
    killed: int = 0
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a counterexample.

    ``process`` is the caller (``c1``) or ``set-up``; ``operation`` its call as Python (``hold('v1')``);
    ``function`` where the source line stands; ``text`` that line, without its indent;
    ``changed`` maps a variable to its new value as text; ``outcome`` is what the call returned or raised
    where this step ended it.
    """

    step: int
    process: str
    operation: str
    action: str
    function: str
    source: Source | None
    text: str
    changed: dict[str, str]
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether the finding was seen on the real code."""

    status: Literal["confirmed", "not_reproduced", "not_run"] = "not_run"
    test: str | None = None


@dataclass(frozen=True, slots=True)
class ViolationResult:
    """One finding. ``summary`` is one sentence for a reader who has never seen TLA+.

    ``serial`` lists, for an outcome no serial order gives, the outcomes that serial orders of the same calls give.
    """

    property: str
    kind: str
    summary: str
    trace: tuple[Step, ...]
    classification: Literal["code", "spec", "environment", "unclassified"] = "unclassified"
    replay: Replay = Replay()
    serial: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class AssumptionResult:
    """Something the verdict leans on."""

    id: str
    text: str
    source: Source | None = None
    status: Literal["assumed", "accepted", "rejected"] = "assumed"


@dataclass(frozen=True, slots=True)
class Tlc:
    """The model checker's own numbers, summed over the runs that made the verdict; depth is the largest."""

    version: str = ""
    runner: str = ""
    distinct_states: int = 0
    generated_states: int = 0
    depth: int = 0
    seconds: float = 0.0
    jar_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One run. A feature with several shared objects has one part each; the whole then merges them."""

    verdict: Verdict
    reason: str
    feature: Feature
    author: Author
    spec: SpecResult
    properties: tuple[PropertyResult, ...] = ()
    violations: tuple[ViolationResult, ...] = ()
    assumptions: tuple[AssumptionResult, ...] = ()
    bounds: dict[str, Any] = field(default_factory=dict)
    tlc: Tlc = Tlc()
    notes: tuple[str, ...] = ()
    parts: tuple[Result, ...] = ()
    schema: str = "code2tla/result/1"
