"""A rich result by hand: seats that two calls hold at once, and one that two calls give back twice."""

import dataclasses
from collections.abc import Sequence
from typing import Literal, get_origin, get_type_hints

from seats_source import SOURCE

from reports.result import (
    ActionConformance,
    ActionResult,
    Approximation,
    AssumptionResult,
    AuditFinding,
    AuditResult,
    Author,
    ConformanceResult,
    Decision,
    Feature,
    HistoryResult,
    LedgerFlag,
    MutantResult,
    NondeterminismResult,
    PropertyResult,
    Question,
    Replay,
    Result,
    Source,
    SpecResult,
    Step,
    Tlc,
    ViolationResult,
)

PATH = "booking/seats.py"

HEADER = """-------------------------------- MODULE Seats --------------------------------
(* What Seats in booking/seats.py does when its callers overlap.             *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Callers,    \\* the calls that may overlap
    Visitors,   \\* values of the argument `visitor`
    Before,     \\* how many calls ran, one after another, before them
    Overlap,    \\* FALSE: one call at a time, to learn what serial orders give
    None        \\* Python's None

VARIABLES
    store,      \\* self.store, booking/seats.py:10
    left,       \\* self.left,  booking/seats.py:11
    call, at, local, result, earlier

Init ==
    /\\ store = [v \\in Visitors |-> None]
    /\\ left = 1

--------------------------------------------------------------------------------
"""

ACTIONS = {
    "hold_14": (
        "Seats.hold",
        (14, 15),
        212,
        """\\* 14  if self.left == 0:
\\* 15      raise SoldOut(visitor)
hold_14(c) ==
    /\\ at[c] = "hold:14"
    /\\ IF left = 0 THEN Finish(c, "SoldOut") ELSE GoTo(c, "hold:16")
    /\\ UNCHANGED <<object, call, local, earlier>>""",
    ),
    "hold_16": (
        "Seats.hold",
        (16, 16),
        148,
        """\\* 16  await self.store.put(visitor, "held")    (takes effect some time after line 14 ran)
hold_16(c) ==
    /\\ at[c] = "hold:16"
    /\\ store' = [store EXCEPT ![call[c].visitor] = "held"]
    /\\ GoTo(c, "hold:17")
    /\\ UNCHANGED <<left, call, local, earlier>>""",
    ),
    "hold_17": (
        "Seats.hold",
        (17, 17),
        139,
        """\\* 17  self.left -= 1
hold_17(c) ==
    /\\ at[c] = "hold:17"
    /\\ left' = left - 1
    /\\ Finish(c, "None")
    /\\ UNCHANGED <<store, call, local, earlier>>""",
    ),
    "cancel_20": (
        "Seats.cancel",
        (20, 20),
        204,
        """\\* 20  state = await self.store.get(visitor)
cancel_20(c) ==
    /\\ at[c] = "cancel:20"
    /\\ local' = [local EXCEPT ![c].state = store[call[c].visitor]]
    /\\ GoTo(c, "cancel:22")
    /\\ UNCHANGED <<object, call, earlier>>""",
    ),
    "cancel_22": (
        "Seats.cancel",
        (21, 22),
        171,
        """\\* 21  if state == "held":
\\* 22      await self.store.delete(visitor)
cancel_22(c) ==
    /\\ at[c] = "cancel:22"
    /\\ IF local[c].state = "held"
       THEN GoTo(c, "cancel:23") /\\ store' = [store EXCEPT ![call[c].visitor] = None]
       ELSE Finish(c, "None") /\\ UNCHANGED store
    /\\ local' = [local EXCEPT ![c].state = None]
    /\\ UNCHANGED <<left, call, earlier>>""",
    ),
    "cancel_23": (
        "Seats.cancel",
        (23, 23),
        63,
        """\\* 23  self.left += 1
cancel_23(c) ==
    /\\ at[c] = "cancel:23"
    /\\ left' = left + 1
    /\\ Finish(c, "None")
    /\\ UNCHANGED <<store, call, local, earlier>>""",
    ),
}


def _step(
    number: int, process: str, call: str, action: str, line: int, changed: dict[str, str], outcome: str | None = None
) -> Step:
    return Step(
        step=number,
        process=process,
        operation=call,
        action=action,
        function=ACTIONS[action][0],
        source=Source(PATH, line, line),
        text=SOURCE.splitlines()[line - 1].strip(),
        changed=changed,
        outcome=outcome,
    )


def _oversold() -> ViolationResult:
    a, b = "hold('v1')", "hold('v2')"
    return ViolationResult(
        property="hold_hold_is_serializable",
        kind="serializable",
        summary="Two overlapping hold calls both get a seat although one was left: left ends at -1, which no order of "
        "the same calls, made one at a time, gives.",
        initial={"left": "1", "store": "{}"},
        trace=(
            _step(1, "c1", a, "hold_14", 14, {}),
            _step(2, "c2", b, "hold_14", 14, {}),
            _step(3, "c1", a, "hold_16", 16, {"store": "{'v1': 'held'}"}),
            _step(4, "c2", b, "hold_16", 16, {"store": "{'v1': 'held', 'v2': 'held'}"}),
            _step(5, "c1", a, "hold_17", 17, {"left": "0"}, "returned None"),
            _step(6, "c2", b, "hold_17", 17, {"left": "-1"}, "returned None"),
        ),
        classification="code",
        replay=Replay("confirmed", "repro/test_hold_hold.py"),
        serial=(
            "hold('v1') returned None, hold('v2') raised SoldOut; left = 0, store = {'v1': 'held'}",
            "hold('v1') raised SoldOut, hold('v2') returned None; left = 0, store = {'v2': 'held'}",
        ),
        outcome="hold('v1') returned None, hold('v2') returned None; left = -1, store = {'v1': 'held', 'v2': 'held'}",
    )


def _given_back_twice() -> ViolationResult:
    h, k = "hold('v1')", "cancel('v1')"
    return ViolationResult(
        property="cancel_cancel_is_serializable",
        kind="serializable",
        summary="Two overlapping cancel calls of one visitor give the same seat back twice: left ends at 2 of 1.",
        initial={"left": "1", "store": "{}"},
        trace=(
            _step(1, "set-up", h, "hold_14", 14, {}),
            _step(2, "set-up", h, "hold_16", 16, {"store": "{'v1': 'held'}"}),
            _step(3, "set-up", h, "hold_17", 17, {"left": "0"}, "returned None"),
            _step(4, "c1", k, "cancel_20", 20, {"c1.state": "'held'"}),
            _step(5, "c2", k, "cancel_20", 20, {"c2.state": "'held'"}),
            _step(6, "c1", k, "cancel_22", 22, {"store": "{}"}),
            _step(7, "c2", k, "cancel_22", 22, {}),
            _step(8, "c1", k, "cancel_23", 23, {"left": "1"}, "returned None"),
            _step(9, "c2", k, "cancel_23", 23, {"left": "2"}, "returned None"),
        ),
        classification="code",
        serial=("cancel('v1') returned None, cancel('v1') returned None; left = 1, store = {}",),
        outcome="cancel('v1') returned None, cancel('v1') returned None; left = 2, store = {}",
    )


TRUST = {
    "nondeterminism": (
        NondeterminismResult("message", Source(PATH, 16, 16), "await self.store.put(visitor)", "Seats.hold"),
    ),
    "history": (
        HistoryResult(
            "9b1d0c7e5fa24c3b8e6d7f90a1b2c3d4e5f60718",
            "2025-03-04T10:11:12+01:00",
            "Count the seat before telling the store",
            "removed",
            "lock around hold",
            Source(PATH, 13, 17),
            None,
            "-        async with self.lock:\n+        if self.left == 0:",
            False,
        ),
    ),
    "audit": AuditResult(
        (AuditFinding("weak-property", "NoDeadlock", "NoDeadlock noticed none of 4 mistakes.", Source(PATH, 13, 17)),),
        (
            MutantResult("guard-dropped", "hold_14", "-IF left = 0", "killed", ("TypeOK",), Source(PATH, 14, 14)),
            MutantResult(
                "effect-dropped",
                "cancel_23",
                "--- Seats.tla\n+++ Seats.tla\n@@ -90 @@\n-    /\\ left' = left + 1\n+    /\\ left' = left",
                "survived",
                (),
                Source(PATH, 23, 23),
            ),
        ),
        4.2,
    ),
    "conformance": ConformanceResult(
        (ActionConformance("hold_14", 40, 40), ActionConformance("hold_16", 38, 37)),
        20,
        ("booking/seats.py:16: the real step left the store empty.",),
    ),
    "flags": (LedgerFlag("weakened-property", "NoDeadlock", "It no longer speaks of cancel."),),
    "questions": (Question("q-hold-twice", "May one visitor hold two seats?", "hold_hold_is_serializable"),),
}


def seats() -> Result:
    actions = tuple(
        ActionResult(
            name=name,
            sources=(Source(PATH, *lines),),
            fired=fired,
            abstractions=("what store.put returns is not known: any value may come back",) if name == "hold_16" else (),
            text=text,
            function=function,
        )
        for name, (function, lines, fired, text) in ACTIONS.items()
    )
    return Result(
        verdict="violated",
        reason="Two combinations of overlapping calls have outcomes that no one-at-a-time order of the same calls has.",
        feature=Feature("workshops", "booking", "3f1c9a7d20be4c55a1e0d5b8f7c6a9e2d4b01357", ("Seats",)),
        author=Author(),
        spec=SpecResult(
            module="Seats",
            variables=("store", "left", "call", "at", "local", "result", "earlier"),
            actions=actions,
            text=HEADER + "\n\n".join(a.text for a in actions) + "\n\n" + "=" * 78,
            approximations=(
                Approximation(
                    "What store.put returns is not known: any value may come back.", Source(PATH, 16, 16), "hold_16"
                ),
            ),
        ),
        properties=(
            PropertyResult(
                "hold_hold_is_serializable",
                "serializable",
                "violated",
                "Two overlapping hold calls end only as some one-at-a-time order of them ends.",
                0,
                0,
                (Source(PATH, 13, 17),),
            ),
            PropertyResult(
                "cancel_cancel_is_serializable",
                "serializable",
                "violated",
                "Two overlapping cancel calls end only as some one-at-a-time order of them ends.",
                0,
                0,
                (Source(PATH, 19, 23),),
            ),
            PropertyResult(
                "cancel_hold_is_serializable",
                "serializable",
                "unchecked",
                "An overlapping cancel and hold end only as some one-at-a-time order of them ends.",
            ),
            PropertyResult("TypeOK", "invariant", "holds", "Every variable keeps the kind of value it holds.", 12, 11),
            PropertyResult("NoDeadlock", "deadlock", "holds", "Calls never wait for one another for ever.", 4, 4),
        ),
        violations=(_oversold(), _given_back_twice()),
        assumptions=(
            AssumptionResult(
                "store-atomic",
                "Each call on store is atomic, succeeds, and is seen by everyone at once.",
                Source(PATH, 10, 10),
            ),
            AssumptionResult(
                "one-loop",
                "All callers run on one asyncio event loop.",
                None,
                "accepted",
                Decision("accepted", "one process only", "kim", "2026-01-05", "2026-07-01"),
            ),
        ),
        bounds={"callers": 2, "before": 1},
        tlc=Tlc("2.15", "embedded", 1974, 4211, 11, 2.6, "0f" * 32),
        notes=("booking/legacy.py was not read: a syntax error in line 3.",),
        seconds={"facts": 0.11, "specification": 0.08, "model checking": 2.6, "report": 0.05},
        **TRUST,
    )


HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "`code` ``fence`` | cell \\| more | <b>bold</b> [x](javascript:alert(1)) ![i](https://evil.example/p.png)",
    "\x1b[2J\x1b]0;owned\x07\x9b31m red \x00 bell\x07",
    "admin\u202e\u2066 // gnp.txt\u2069 \u200bzero\ufeff \u061c",
    "@everyone and @octocat see #1 and GH-2 at https://evil.example and www.evil.example",
    "x" * 10_000,
    "# heading\n\n- list\n\n---\n\n```\nfence\n```\n<details>",
    "{{ 7 * 7 }} {% raw %} ${process} $x^2$ &lt; &#60;",
    "z\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308 \udce9 \u2028 \u2029",
    "' onmouseover='window.hacked=1' \" onfocus=\"window.hacked=1\" autofocus",
)


def poison(value: object, at: list[int], texts: Sequence[str] = HOSTILE) -> object:
    """Every piece of text in ``value`` replaced by hostile text, in turn, but for the words the schema fixes."""
    if isinstance(value, str):
        at[0] += 1
        return texts[at[0] % len(texts)]
    if isinstance(value, tuple):
        return tuple(poison(item, at, texts) for item in value)
    if isinstance(value, dict):
        return {poison(k, at, texts) if isinstance(v, str) else k: poison(v, at, texts) for k, v in value.items()}
    if dataclasses.is_dataclass(value):
        # Those words are checked when a stored result is read.
        fixed = {name for name, hint in get_type_hints(type(value)).items() if get_origin(hint) is Literal}
        return dataclasses.replace(
            value,
            **{
                f.name: poison(getattr(value, f.name), at, texts)
                for f in dataclasses.fields(value)
                if f.name not in fixed and f.name != "schema"
            },
        )
    return value
