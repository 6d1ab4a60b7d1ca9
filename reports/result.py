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
    """Who wrote the specification and what it cost; ``usd`` is None where a model's price is not known.

    ``lost_calls`` brought no answer, because they or the whole run were cut off, and may have cost ``lost_tokens`` and
    ``lost_usd`` at most.
    """

    name: str = "static"
    model: str | None = None
    calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    lost_calls: int = 0
    lost_tokens: int = 0
    lost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided (``decisions.toml``), with the reason; dates are ISO, ``expires`` "" for never.

    An accepted finding is known and borne for now; a rejected one is held to be none of the code's. ``expired`` once
    the day has come: it then counts no more.
    """

    decision: Literal["accepted", "rejected"]
    reason: str
    by: str = ""
    on: str = ""
    expires: str = ""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can say. ``about`` is the id of what it concerns; ``answer`` "" while open."""

    id: str
    text: str
    about: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """One action: where it comes from and how many states it generated.

    ``function`` is the function it belongs to (``Seats.hold``); a reader of a stored result derives it from the
    name where it is missing. ``abstractions`` are sentences; ``text`` is the whole definition with its comment.
    """

    name: str
    sources: tuple[Source, ...]
    fired: int
    abstractions: tuple[str, ...] = ()
    text: str = ""
    function: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Approximation:
    """A construct beyond the modelled subset: ``text`` says what it is and what the specification does instead."""

    text: str
    source: Source | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class SpecResult:
    """The specification that was checked. ``text`` is the whole module.

    Where ``approximations`` is empty, the actions' ``abstractions`` stand for it.
    """

    module: str
    variables: tuple[str, ...]
    actions: tuple[ActionResult, ...]
    text: str = ""
    approximations: tuple[Approximation, ...] = ()


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
    decision: Decision | None = None


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
    """Whether the finding was seen on the real code.

    ``exact``: along the trace's own schedule (False: along another one of the same calls). ``reason`` says why it was
    not run, or where the real steps and the trace's parted; ``sandbox`` what the code ran in (``docker``, ``process``;
    "" if it did not).
    """

    status: Literal["confirmed", "not_reproduced", "not_run"] = "not_run"
    test: str | None = None
    exact: bool | None = None
    reason: str = ""
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class CallText:
    """One call: the operation's name and each argument as Python text."""

    op: str
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScheduledStep:
    """One step of a schedule. ``sources`` are all lines of it, the first span's first line reading ``text``.

    ``kind`` is "" for code, ``write`` for the second half of a line that reads and writes, ``cancelled`` and
    ``timeout`` for what comes from outside, ``waits`` for the place that a call has not left at the end, ``tick`` for
    time that passes.
    """

    process: str
    kind: str
    sources: tuple[Source, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What it takes to see a finding on the real code.

    ``path`` and ``cls`` name the shared object (None: the module itself), ``constructor`` the numbers it is made with,
    ``setup`` the calls before the overlapping ``calls`` (by process). ``invariant`` is a Python expression over
    ``self``, ``when`` it must hold. ``missing`` says why the scenario cannot be rebuilt, "" if it can.
    """

    mode: Literal["threads", "asyncio"]
    path: str
    cls: str | None
    setup: tuple[CallText, ...] = ()
    calls: dict[str, CallText] = field(default_factory=dict)
    schedule: tuple[ScheduledStep, ...] = ()
    constructor: dict[str, str] = field(default_factory=dict)
    invariant: str = ""
    when: Literal["always", "quiescent"] = "always"
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ViolationResult:
    """One finding. ``summary`` is one sentence for a reader who has never seen TLA+.

    ``serial`` lists, for an outcome no serial order gives, the outcomes that serial orders of the same calls give.
    ``initial`` maps each variable worth showing to its value before step 1, so that a reader sees old and new.
    """

    property: str
    kind: str
    summary: str
    trace: tuple[Step, ...]
    classification: Literal["code", "spec", "environment", "unclassified"] = "unclassified"
    replay: Replay = Replay()
    serial: tuple[str, ...] = ()
    outcome: str = ""
    initial: dict[str, str] = field(default_factory=dict)
    scenario: Scenario | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class AssumptionResult:
    """Something the verdict leans on."""

    id: str
    text: str
    source: Source | None = None
    status: Literal["assumed", "accepted", "rejected"] = "assumed"
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class NondeterminismResult:
    """One source of nondeterminism in the feature; ``kind`` is the extractor's (``clock``, ``gather``, ...)."""

    kind: str
    source: Source
    text: str
    function: str = ""


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """A commit that changed a safety mechanism of the feature, mended a fault, or took a change back.

    ``then`` are its lines in that commit, ``now`` the same lines today (None: gone). ``quote`` is the changed text.
    ``modelled`` is None where nobody has looked; ``actions`` name those that model the mechanism.
    """

    commit: str
    date: str
    subject: str
    kind: Literal["added", "removed", "altered", "fix", "revert"]
    mechanism: str
    then: Source
    now: Source | None
    quote: str
    modelled: bool | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A reason to trust a pass less: ``subject`` is the action, variable, property or setting it speaks of.

    ``kind``: dead-action, unchanged-variable, tautology, implied-by-typeok, constraint, symmetry-with-liveness,
    unbounded, deadlock-off, weak-property, unexplained-mechanism.
    """

    kind: str
    subject: str
    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class MutantResult:
    """One change to the specification and who noticed. ``source`` is the code line of the action it changes."""

    kind: str
    action: str
    diff: str
    status: Literal["killed", "survived", "equivalent", "invalid", "not_run"]
    killed_by: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the audit saw: findings against the specification's own worth, and mutants of it."""

    findings: tuple[AuditFinding, ...] = ()
    mutants: tuple[MutantResult, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ActionConformance:
    """Steps of the real code that an action had to explain: windows ``seen`` and those it ``agreed`` with."""

    action: str
    seen: int
    agreed: int


@dataclass(frozen=True, slots=True)
class ConformanceResult:
    """Real steps against the specification.

    ``refused`` are sentences on steps it forbids, each with its line; ``reason`` says why nothing was compared.
    ``free`` names the variables that were not compared, ``sandbox`` what the code ran in.
    """

    actions: tuple[ActionConformance, ...] = ()
    schedules: int = 0
    refused: tuple[str, ...] = ()
    reason: str = ""
    free: tuple[str, ...] = ()
    sandbox: str = ""


@dataclass(frozen=True, slots=True)
class LedgerFlag:
    """A change that weakens what a pass means: weakened-property, vanished-action, widened-bound, hole.

    ``resolved`` once a person has accepted it.
    """

    kind: str
    subject: str
    text: str
    resolved: bool = False


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
    """One run. A feature with several shared objects has one part each; the whole then merges them.

    ``notes`` are sentences on what the run could not read or did not cover; ``seconds`` maps a stage of the
    pipeline to its wall-clock time. ``bounds`` knows ``callers`` (overlapping calls) and ``before`` (calls made
    one after another ahead of them); anything else in it is printed as it is. Where the scenarios explored in full are
    not all part of the last one, ``further_bounds`` are the others. ``audit`` and ``conformance`` are None until
    they have run.
    """

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
    seconds: dict[str, float] = field(default_factory=dict)
    nondeterminism: tuple[NondeterminismResult, ...] = ()
    history: tuple[HistoryResult, ...] = ()
    audit: AuditResult | None = None
    conformance: ConformanceResult | None = None
    flags: tuple[LedgerFlag, ...] = ()
    questions: tuple[Question, ...] = ()
    further_bounds: tuple[dict[str, Any], ...] = ()
    schema: str = "code2tla/result/1"
