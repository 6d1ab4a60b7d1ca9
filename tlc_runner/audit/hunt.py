"""Runs the mutants of a specification until each is decided or the time is over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from tlc_runner.audit import kit, mutate
from tlc_runner.audit.cfg import Cfg
from tlc_runner.audit.combine import blamed
from tlc_runner.audit.kit import Names, Prepared
from tlc_runner.audit.plain import Plain
from tlc_runner.audit.run import Session, last_at_work, printed
from tlc_runner.audit.syntax import Behaviour, Tree
from tlc_runner.audit.types import Mutant, Mutation, Scope, Status
from tlc_runner.types import CheckResult, Outcome

#: Mutants whose graph can only grow, so that as many states and transitions are the same states and transitions.
_GROWING = frozenset({"drop-guard", "remove-lock"})
_DECIDED = frozenset({"killed", "survived", "equivalent"})
_PARTIAL = re.compile(r"\bDOMAIN\b|\bLen\b|\bNone\b|<<\s*>>|\{\s*\}|\bCardinality\b")
#: What makes a function larger: without it, the function has no value where it is asked for one later.
_GROWS = re.compile(r"\bPut\(|@@")
#: Levels beyond the specification's own depth to which its mutants are followed.
_BEYOND = 4
#: Kinds of mutants: an effect that is missing or another reaches what calls return and leave behind.
_LIKELY = (
    "drop-effect",
    "remove-lock",
    "swap-effect",
    "add-effect",
    "negate-condition",
    "drop-guard",
    "shift-constant",
)
#: States that a mutant may have where nothing is known of the specification's own.
_MOST = 3_000
#: A mutant may have so many times the states of the specification.
_TIMES = 4
#: With fewer mutants than this, a second TLC beside the first costs more than it saves.
_WORTH_TWO = 20
#: States a second that TLC is taken to manage at least, and at most, however fast it was on the specification itself.
_RATES = (3_000.0, 20_000.0)
#: The part of the time left that a pass over all mutants is planned to take.
_PLANNED = 0.4
#: Starts of TLC at the same time.
_JOBS = 2


class Hunt:
    """Which mutants are noticed, and by which properties.

    All mutants that are left share a run; one that TLC cannot parse or evaluate is taken out, and the rest goes on in
    another run. Afterwards all are run again with the properties that noticed nothing yet in view.
    """

    def __init__(
        self,
        session: Session,
        modules: Mapping[str, str],
        tree: Tree,
        cfg: Cfg,
        names: Names,
        behaviour: Behaviour | None,
        scope: Scope,
    ) -> None:
        self._session = session
        self._modules = modules
        self._tree = tree
        self._cfg = cfg
        self._names = names
        self._behaviour = behaviour
        self._scope = scope
        self._mutations: dict[int, Mutation] = {}
        self._status: dict[int, Status] = {}
        self._reason: dict[int, str] = {}
        self._killed_by: defaultdict[int, list[str]] = defaultdict(list)
        self._alone: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.temporal_status: dict[str, Literal["holds", "violated", "unchecked"]] = {}
        self.notes: list[str] = []
        self.depth = 0
        #: The depth at which mutants were cut off, 0 where they were followed to their ends.
        self.cut = 0
        self._each = scope.states or _MOST

    def hunt(self, found: Sequence[Mutation], properties: Sequence[str], temporal: Sequence[str]) -> None:
        """Decides ``found``; without a ``reach``, nothing but the depth bounds a mutant."""
        self._mutations = {m.number: m for m in found}
        self._status = dict.fromkeys(self._mutations, "not_run")
        if self._behaviour is None or not found:
            return
        if properties:
            self._pass(properties, [m.number for m in found if not risky(m)], every=self._scope.every)
            if not self._scope.careful:
                self._pass(properties, [m.number for m in found if risky(m)], every=self._scope.every)
            silent = [p for p in properties if not self.kills[p] and p not in self._scope.known]
            noticed = [n for n, status in self._status.items() if status == "killed" and self._killed_by[n]]
            if silent and noticed and not self._scope.every:
                self._pass(silent, noticed, every=True)
        if temporal:
            self._temporal(temporal)

    def reach(self, found: Sequence[Mutation], levels: Sequence[tuple[int, int]], own: CheckResult) -> None:
        """Bounds mutants by the run of the specification itself; ``levels`` are its states down to each level."""
        rate = min(max(own.distinct / max(own.seconds, 0.5), _RATES[0]), _RATES[1])
        total = rate * self._session.seconds_left * _PLANNED * _JOBS
        fair = max(int(total) // max(len(found), 1), 100)
        if own.complete and own.distinct <= fair:
            self.depth, self._each = own.depth + _BEYOND, max(_TIMES * own.distinct, 200)
            return
        fits = [level for level, count in levels if count <= fair]
        self.depth = self.cut = max(fits[-1], 2) if fits else 2
        self._each = _TIMES * fair
        self.notes.append(
            f"Mutants were followed to depth {self.depth}, where the specification has up to {fair:,} states."
        )

    def asked(self, name: str) -> int:
        """How many mutants were decided with the property in view."""
        if name in self.temporal_status:
            return self._alone[name]
        return sum(status in _DECIDED for status in self._status.values())

    def mutants(self) -> list[Mutant]:
        """Every mutant with what came of it."""
        out: list[Mutant] = []
        for number, mutation in self._mutations.items():
            text = self._tree.modules[mutation.module].text
            by = tuple(dict.fromkeys(self._killed_by[number]))
            reason = self._reason.get(number, "")
            out.append(Mutant(mutation, mutate.diff(text, mutation), self._status[number], by, reason))
        return out

    def _pass(self, properties: Sequence[str], numbers: Sequence[int], *, every: bool) -> None:
        """All of ``numbers`` against ``properties``, in one run or two beside each other."""
        left = list(numbers)
        halves = [left[0::2], left[1::2]] if len(left) > _WORTH_TWO and self._session.limits.jobs > 1 else [left]
        with ThreadPoolExecutor(_JOBS) as pool:
            for _ in pool.map(lambda half: self._until_decided(properties, half, every), halves):
                pass

    def _until_decided(self, properties: Sequence[str], numbers: Sequence[int], every: bool) -> None:
        left = list(numbers)
        while left and not self._session.over and not (every and all(self.kills[p] for p in properties)):
            assert self._behaviour is not None
            prepared = kit.together(
                self._modules,
                self._tree,
                self._cfg,
                self._names,
                self._behaviour,
                [self._mutations[n] for n in left],
                list(enumerate(properties, 1)),
                [name for name in self._cfg.invariants if kit.is_type(name)],
                active=self._scope.active,
                depth=self.depth,
                states=self._each,
                every=every,
            )
            result = self._session.run(prepared)
            told = self._take(result, properties)
            if told:
                if not every:  # there, what only properties noticed that had noticed others before is not told
                    self._conclude(told, left)
                return
            culprit = self._culprit(prepared, result)
            if culprit is None or culprit not in left:
                if result.outcome is not Outcome.INCOMPLETE:
                    self.notes.append(f"Mutants could not be run together: {result.reason}.")
                return
            left = [n for n in left if n != culprit and (every or self._status[n] != "killed")]

    def _take(self, result: CheckResult, properties: Sequence[str]) -> dict[int, tuple[int, int]]:
        """Notes who was noticed; gives states and transitions of each mutant once all were explored."""
        told: dict[int, tuple[int, int]] = {}
        for what, *rest in printed(result):
            numbers = [int(str(n)) for n in rest]
            if what == "noticed":
                self._kill(numbers[0], properties[numbers[1] - 1])
            elif what == "told":
                told[numbers[0]] = (numbers[1], numbers[2])
        return told

    def _kill(self, number: int, name: str) -> None:
        if number and name not in self._killed_by[number]:
            self._status[number] = "killed"
            self._killed_by[number].append(name)
            self.kills[name] += 1

    def _conclude(self, told: Mapping[int, tuple[int, int]], left: Iterable[int]) -> None:
        for number in left:
            if self._status[number] == "not_run":
                same = told.get(number) == told.get(0) and self._mutations[number].kind in _GROWING
                self._status[number] = "equivalent" if same else "survived"

    def _culprit(self, prepared: Prepared, result: CheckResult) -> int | None:
        """The mutant that ended the run: by an evaluation that failed, or by not being TLA+ in its place."""
        if result.outcome is not Outcome.SPEC_ERROR:
            return None
        number = last_at_work(result)
        if number in self._status:
            self._status[number] = "killed"
            self._reason[number] = f"TLC cannot evaluate it: {result.reason}"
            return number
        place = result.error_location
        if place is not None and f"{place.module}.tla" in prepared.modules:
            number = blamed(prepared.modules[f"{place.module}.tla"], self._names.variable, place.line)
            if number in self._status:
                self._status[number] = "invalid"
                self._reason[number] = result.reason
                return number
        return None

    def _temporal(self, names: Sequence[str]) -> None:
        """Temporal properties one by one, on mutants one by one: TLC does not say which of several was violated."""
        plain = Plain(self._session, self._modules, self._tree, self._cfg)
        for name in names:
            self.temporal_status[name] = plain.status(name)
        for name in names:
            if self.temporal_status[name] != "holds":
                continue
            todo = [m for m in self._mutations.values() if self._status[m.number] not in ("invalid", "equivalent")]
            for mutation, noticed in plain.until_noticed(name, sorted(todo, key=_temporal_first)):
                self._alone[name] += 1
                if noticed is None:
                    self._status[mutation.number] = "invalid"
                elif noticed:
                    self._kill(mutation.number, name)
                elif self._status[mutation.number] == "not_run":
                    self._status[mutation.number] = "survived"


def risky(mutation: Mutation) -> bool:
    """Whether TLC may well fail to evaluate a mutant: it takes away what keeps partial functions from harm."""
    if mutation.kind == "drop-effect":
        return _GROWS.search(mutation.dropped) is not None
    guarding = mutation.kind in ("drop-guard", "remove-lock", "negate-condition", "shift-constant")
    return guarding and _PARTIAL.search(mutation.dropped) is not None


def most_likely(mutation: Mutation) -> tuple[int, int]:
    """Sorts mutants, those first that most properties are likely to notice and that TLC can evaluate."""
    return _LIKELY.index(mutation.kind) + len(_LIKELY) * risky(mutation), mutation.number


def _temporal_first(mutation: Mutation) -> tuple[int, int]:
    """What keeps things from happening is noticed by liveness: dropped effects and turned conditions first."""
    order = (
        "drop-effect",
        "negate-condition",
        "swap-effect",
        "shift-constant",
        "drop-guard",
        "remove-lock",
        "add-effect",
    )
    return order.index(mutation.kind), mutation.number
