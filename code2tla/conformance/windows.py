r"""Recorded schedules as a TLA+ module that follows them: TLC looks for steps of a specification that explain them.

A schedule is a sequence of turns; in each turn one process changes variables, one *record* a change. The module walks
through the turns. In between it takes steps of the specification: a step of a process stands for zero or more
consecutive records of that process, and lies at a moment between the first and the last of them, so that a step that
reduction made of several touches (Lipton, CACM 1975) is found even where others ran in between. What the records of
a step say changed must change to the recorded value, and no other mapped variable may. Variables that are not mapped
are free. The schedule is explained if all records are, and every call has ended as it did in the code.

The idea of checking traces with TLC is that of Howard et al., "Validating Traces of Distributed Programs Against
TLA+ Specifications" (SEFM 2024); there a trace names actions, here it names only who moved and what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from code2tla.conformance.nextstate import Act
from specgen.render import quoted

#: The process that makes calls ahead of the others, and the one that stands for the surroundings.
SETUP, NOBODY = "Setup", "WNobody"


@dataclass(frozen=True, slots=True)
class Record:
    """What changed at one moment: relations that the variables' new values are in, as ``= 3`` or ``# None``.

    ``place`` is where it happened, for people.
    """

    values: Mapping[str, str]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: who, the call it is in (TLA+ text, "" where unknown), its records; ``ends``: the call ends with it."""

    who: str
    call: str = ""
    records: tuple[Record, ...] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """One schedule: the values to begin with, the turns, and relations that the results of ended calls are in.

    Variables in ``free`` are not compared.
    """

    first: Record
    turns: tuple[Turn, ...]
    results: Mapping[str, str] = field(default_factory=dict)
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Follower:
    """What the module is made for.

    ``mapped`` gives each variable's value as a TLA+ expression, ``variables`` are all variables of the
    specification, ``processes`` its processes in order, ``values`` the model values that its module does not name.
    """

    module: str
    mapped: Mapping[str, str]
    acts: Sequence[Act]
    variables: Sequence[str]
    processes: Sequence[str]
    values: Sequence[str]

    @property
    def root(self) -> str:
        """The module's name."""
        return f"{self.module}Windows"

    @property
    def everyone(self) -> list[str]:
        """All processes in the order of their numbers, which count from 1; the surroundings come last."""
        return [*self.processes, NOBODY]

    def text(self, traces: Sequence[Trace]) -> str:
        """The module. Its names begin with W and w_, so that they clash with none of the specification's."""
        known: dict[str, dict[str, int]] = {name: {} for name in [*self.mapped, _RESULT]}
        shown = [self._trace(trace, known) for trace in traces]
        now = [f"w_v = {n} -> {text}" for n, text in enumerate(self.mapped.values(), 1)] or ["TRUE -> 0"]
        result = self._cases("result[WProcesses[w_p]]", known.pop(_RESULT))
        within = [f"w_v = {n} -> {self._cases(self.mapped[x], of)}" for n, (x, of) in enumerate(known.items(), 1)]
        has = frozenset(self.variables)
        begun = _OWN_CALL if "call" in has else "TRUE"
        ended = f'IF WProcesses[w_p] = {SETUP} THEN at[{SETUP}] = "idle" ELSE at[WProcesses[w_p]] = "end"'
        acts = [
            f"    \\/ {act.of('w_who', NOBODY, 'WMovers')} /\\ WTell(w_p, w_to, {quoted(act.name)})"
            for act in self.acts
        ]
        lines = [
            f"---- MODULE {self.root} ----",
            f"EXTENDS {self.module}, Sequences, TLC",
            f"CONSTANTS {', '.join([NOBODY, *self.values])}",
            "VARIABLES w_trace, w_time, w_place",
            f"WWhole == <<{', '.join(self.variables)}>>",
            f"WProcesses == <<{', '.join(self.everyone)}>>",
            f"WMovers == {{{', '.join(self.processes)}}}",
            f"WNow(w_v) == CASE {' [] '.join(now)}",
            f"WIs(w_v, w_k) == CASE {' [] '.join(within) or 'TRUE -> TRUE'}",
            f"WResult(w_p, w_k) == {result if 'result' in has else 'TRUE'}",
            f"WTraces == <<\n{', '.join(shown)}\n>>",
            _WALK,
            f"WOwnCall(w_p) == {begun}",
            f"WOver(w_p) == {ended if 'at' in has else 'TRUE'}",
            "WActs(w_p, w_to) == LET w_who == WProcesses[w_p] IN",
            *acts,
            _NEXT,
            "====",
        ]
        return "\n".join(lines) + "\n"

    def cfg(self, constants: str) -> str:
        """Its configuration; ``constants`` are the lines that give the specification's constants."""
        own = "".join(f"    {name} = {name}\n" for name in [NOBODY, *self.values])
        return f"{constants.rstrip()}\n{own}INIT WFollowInit\nNEXT WFollowNext\n"

    def _cases(self, value: str, relations: Mapping[str, int]) -> str:
        cases = [f"w_k = {k} -> {value} {relation}" for relation, k in relations.items()]
        return f"(CASE {' [] '.join([*cases, 'OTHER -> TRUE'])})" if cases else "TRUE"

    def _values(self, record: Record, known: Mapping[str, dict[str, int]]) -> str:
        """Per variable the number of the relation, 0 where it did not change."""
        numbers = [
            known[name].setdefault(record.values[name], len(known[name]) + 1) if name in record.values else 0
            for name in self.mapped
        ]
        return f"<<{', '.join(map(str, numbers))}>>"

    def _trace(self, trace: Trace, known: Mapping[str, dict[str, int]]) -> str:
        of: dict[str, list[str]] = {name: [] for name in self.everyone}
        turns = []
        for number, turn in enumerate(trace.turns, 1):
            of[turn.who] += [f"[time |-> {number}, new |-> {self._values(r, known)}]" for r in turn.records]
            ends = "TRUE" if turn.ends else "FALSE"
            call = f", call |-> {turn.call or 'Unborn'}" if "call" in self.variables else ""
            turns.append(f"[who |-> {self.everyone.index(turn.who) + 1}, ends |-> {ends}{call}]")
        results = [
            str(known[_RESULT].setdefault(found, len(known[_RESULT]) + 1)) if (found := trace.results.get(p)) else "0"
            for p in self.everyone
        ]
        kept = [str(n) for n, name in enumerate(self.mapped, 1) if name not in trace.free]
        records = [f"<<{', '.join(found)}>>" for found in of.values()]
        return (
            f"[first |-> {self._values(trace.first, known)}, results |-> <<{', '.join(results)}>>,\n"
            f" kept |-> {{{', '.join(kept)}}},\n"
            f" turns |-> <<{', '.join(turns)}>>,\n"
            f" records |-> <<{', '.join(records)}>>]"
        )


_RESULT = "result of a call"

_OWN_CALL = rf"""IF WProcesses[w_p] = {NOBODY} THEN TRUE ELSE LET w_k == call'[WProcesses[w_p]] IN
    IF w_k = call[WProcesses[w_p]] \/ w_k.op = "none" THEN TRUE ELSE w_k.op = WTurn.call.op /\ w_k = WTurn.call"""

_WALK = r"""
WTurns == WTraces[w_trace].turns
WTurn == WTurns[w_time]
WRecords(w_p) == WTraces[w_trace].records[w_p]
WKept == WTraces[w_trace].kept
WResults(w_p) == WTraces[w_trace].results[w_p]

\* The number of the value that v has after p's records up to this one: 0 if none of them changed it.
WNewest(w_p, w_v, w_to) ==
    LET w_changed == {w_m \in (w_place[w_p] + 1)..w_to : WRecords(w_p)[w_m].new[w_v] # 0}
    IN IF w_changed = {} THEN 0
       ELSE WRecords(w_p)[CHOOSE w_m \in w_changed : \A w_n \in w_changed : w_n <= w_m].new[w_v]

WExplains(w_p, w_to) ==
    \A w_v \in WKept :
        \E w_k \in {WNewest(w_p, w_v, w_to)} :  \* LET would be evaluated late, in the next state
            IF w_k = 0 THEN WNow(w_v)' = WNow(w_v) ELSE WIs(w_v, w_k)'

\* A step of p for these records may lie at this moment.
WMay(w_p, w_to) ==
    IF w_to = w_place[w_p] THEN WTurn.who = w_p
    ELSE WRecords(w_p)[w_place[w_p] + 1].time <= w_time /\ WRecords(w_p)[w_to].time >= w_time

\* No record of p up to this moment is left without a step that could still come.
WSettled(w_p) ==
    LET w_n == Len(WRecords(w_p))
    IN IF w_place[w_p] = w_n THEN TRUE
       ELSE WRecords(w_p)[w_place[w_p] + 1].time > w_time \/ WRecords(w_p)[w_n].time > w_time

WTell(w_p, w_to, w_name) == PrintT(ToString(<<w_trace, w_time, w_place, w_p, w_to, w_name>>))
"""

_NEXT = r"""
WStep ==
    \E w_p \in DOMAIN WProcesses :
        \E w_to \in w_place[w_p]..Len(WRecords(w_p)) :
            /\ WMay(w_p, w_to)
            /\ Next
            /\ WOwnCall(w_p)
            /\ WExplains(w_p, w_to)
            /\ w_place' = [w_place EXCEPT ![w_p] = w_to]
            /\ UNCHANGED <<w_trace, w_time>>
            /\ WActs(w_p, w_to)

WPass ==
    /\ (\A w_p \in DOMAIN WProcesses : WSettled(w_p)) = TRUE
    /\ IF WTurn.ends THEN WOver(WTurn.who) ELSE TRUE
    /\ IF WTurn.ends /\ WResults(WTurn.who) # 0 THEN WResult(WTurn.who, WResults(WTurn.who)) ELSE TRUE
    /\ w_time' = w_time + 1
    /\ UNCHANGED <<WWhole, w_trace, w_place>>
    /\ WTell(0, 0, "")

WFollowInit ==
    /\ Init
    /\ w_trace \in DOMAIN WTraces
    /\ w_time = 1
    /\ w_place = [w_p \in DOMAIN WProcesses |-> 0]
    /\ \A w_v \in WKept : WIs(w_v, WTraces[w_trace].first[w_v])

WFollowNext == w_time <= Len(WTurns) /\ (WStep \/ WPass)
"""
