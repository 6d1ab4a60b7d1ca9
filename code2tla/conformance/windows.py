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
SETUP, NOBODY = "Setup", "Nobody"


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
        """The module."""
        known: dict[str, dict[str, int]] = {name: {} for name in [*self.mapped, _RESULT]}
        shown = [self._trace(trace, known) for trace in traces]
        now = [f"v = {n} -> {text}" for n, text in enumerate(self.mapped.values(), 1)] or ["TRUE -> 0"]
        result = self._cases("result[Processes[p]]", known.pop(_RESULT))
        within = [f"v = {n} -> {self._cases(self.mapped[x], of)}" for n, (x, of) in enumerate(known.items(), 1)]
        has = frozenset(self.variables)
        begun = _OWN_CALL if "call" in has else "TRUE"
        ended = f'IF Processes[p] = {SETUP} THEN at[{SETUP}] = "idle" ELSE at[Processes[p]] = "end"'
        acts = [f"    \\/ {act.of('who', NOBODY, 'Movers')} /\\ Tell(p, to, {quoted(act.name)})" for act in self.acts]
        lines = [
            f"---- MODULE {self.root} ----",
            f"EXTENDS {self.module}",
            f"CONSTANTS {', '.join([NOBODY, *self.values])}",
            "VARIABLES trace, time, place",
            f"Whole == <<{', '.join(self.variables)}>>",
            f"Processes == <<{', '.join(self.everyone)}>>",
            f"Movers == {{{', '.join(self.processes)}}}",
            f"Now(v) == CASE {' [] '.join(now)}",
            f"Is(v, k) == CASE {' [] '.join(within) or 'TRUE -> TRUE'}",
            f"Result(p, k) == {result if 'result' in has else 'TRUE'}",
            f"Traces == <<\n{', '.join(shown)}\n>>",
            _WALK,
            f"OwnCall(p) == {begun}",
            f"Over(p) == {ended if 'at' in has else 'TRUE'}",
            "Acts(p, to) == LET who == Processes[p] IN",
            *acts,
            _NEXT,
            "====",
        ]
        return "\n".join(lines) + "\n"

    def cfg(self, constants: str) -> str:
        """Its configuration; ``constants`` are the lines that give the specification's constants."""
        own = "".join(f"    {name} = {name}\n" for name in [NOBODY, *self.values])
        return f"{constants.rstrip()}\n{own}INIT FollowInit\nNEXT FollowNext\n"

    def _cases(self, value: str, relations: Mapping[str, int]) -> str:
        cases = [f"k = {k} -> {value} {relation}" for relation, k in relations.items()]
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

_OWN_CALL = rf"""IF Processes[p] = {NOBODY} THEN TRUE ELSE LET k == call'[Processes[p]] IN
    IF k = call[Processes[p]] \/ k.op = "none" THEN TRUE ELSE k.op = Turn.call.op /\ k = Turn.call"""

_WALK = r"""
Turns == Traces[trace].turns
Turn == Turns[time]
Records(p) == Traces[trace].records[p]
Kept == Traces[trace].kept
Results(p) == Traces[trace].results[p]

\* The number of the value that v has after p's records up to this one: 0 if none of them changed it.
Newest(p, v, to) ==
    LET changed == {m \in (place[p] + 1)..to : Records(p)[m].new[v] # 0}
    IN IF changed = {} THEN 0
       ELSE Records(p)[CHOOSE m \in changed : \A n \in changed : n <= m].new[v]

Explains(p, to) ==
    \A v \in Kept :
        \E k \in {Newest(p, v, to)} :  \* LET would be evaluated late, in the next state
            IF k = 0 THEN Now(v)' = Now(v) ELSE Is(v, k)'

\* A step of p for these records may lie at this moment.
May(p, to) ==
    IF to = place[p] THEN Turn.who = p
    ELSE Records(p)[place[p] + 1].time <= time /\ Records(p)[to].time >= time

\* No record of p up to this moment is left without a step that could still come.
Settled(p) ==
    LET n == Len(Records(p))
    IN IF place[p] = n THEN TRUE ELSE Records(p)[place[p] + 1].time > time \/ Records(p)[n].time > time

Tell(p, to, name) == PrintT(ToString(<<trace, time, place, p, to, name>>))
"""

_NEXT = r"""
Step ==
    \E p \in DOMAIN Processes :
        \E to \in place[p]..Len(Records(p)) :
            /\ May(p, to)
            /\ Next
            /\ OwnCall(p)
            /\ Explains(p, to)
            /\ place' = [place EXCEPT ![p] = to]
            /\ UNCHANGED <<trace, time>>
            /\ Acts(p, to)

Pass ==
    /\ (\A p \in DOMAIN Processes : Settled(p)) = TRUE
    /\ IF Turn.ends THEN Over(Turn.who) ELSE TRUE
    /\ IF Turn.ends /\ Results(Turn.who) # 0 THEN Result(Turn.who, Results(Turn.who)) ELSE TRUE
    /\ time' = time + 1
    /\ UNCHANGED <<Whole, trace, place>>
    /\ Tell(0, 0, "")

FollowInit ==
    /\ Init
    /\ trace \in DOMAIN Traces
    /\ time = 1
    /\ place = [p \in DOMAIN Processes |-> 0]
    /\ \A v \in Kept : Is(v, Traces[trace].first[v])

FollowNext == time <= Len(Turns) /\ (Step \/ Pass)
"""
