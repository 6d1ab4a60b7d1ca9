"""Small specifications, one for each way a run can end, and the rule for tests that need Docker."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache

import pytest

from tlc_runner.choose import describe
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, Job

#: Every specification under its name and its line of cfg. One that defines no Spec is a counter: it gets a variable x,
#: an Init, an Inv and a Spec around what it defines.
TEXT = r"""
=== Clean: INVARIANT Inv
Up == x < 3 /\ x' = x + 1
Reset == x = 3 /\ x' = 0
Next == Up \/ Reset
=== Violated: INVARIANT Inv
Up == x' = x + 1
Stay == UNCHANGED x
Next == Up \/ Stay
=== Initial: INVARIANT Inv
VARIABLE x
Init == x \in 7..9
Next == x' = x
Inv == x < 5
Spec == Init /\ [][Next]_x
=== Deadlocked: INVARIANT Inv
Next == x < 2 /\ x' = x + 1
=== Asserted: INVARIANT Inv
Next == x' = x + 1 /\ Assert(x < 3, "count \"x\" is " \o ToString(x))
=== AssertedInside: INVARIANT Small
Next == x' = x + 1
Small == Assert(x < 3, <<"too big", x>>)
=== TwoWays: INVARIANTS NotTwo NotFour
Next == x < 6 /\ x' = x + 1
NotTwo == x # 2
NotFour == x # 4
=== OnlyAssumptions:
ASSUME PrintT(1 + 1)
Spec == TRUE
=== BadStep: INVARIANT Inv
Up == x < 3 /\ x' = x + 1
Bad == x = 3 /\ x' = <<1, 2>>[x]
Next == Up \/ Bad
=== MixedTypes: INVARIANT Inv
Up == x' = IF x = "a" THEN 1 ELSE x + 1
Next == Up
=== HalfFrame: INVARIANT Inv
VARIABLES x, y
Init == x = 0 /\ y = 0
Up == x' = x + 1
Next == Up
Inv == x < 5
Spec == Init /\ [][Next]_<<x, y>>
=== BadInvariant: INVARIANT Odd
Next == x' = x + 1
Odd == x = 2 => x[1] = 3
=== Syntax: INVARIANT Inv
Next == x' = x + )
=== Unknown: INVARIANT Inv
Next == x' = foo + 1
=== Misspelt: INVARAINT Inv
Next == x' = x
=== NoSuchInvariant: INVARIANT Nope
Next == x' = x
=== NoConstant:
CONSTANT N
VARIABLE x
Init == x = N
Next == x' = x
Spec == Init /\ [][Next]_x
=== FalseAssumption:
ASSUME 1 = 2
VARIABLE x
Init == x = 0
Next == x' = x
Spec == Init /\ [][Next]_x
=== NoInitialState:
VARIABLE x
Init == x = 0 /\ x = 1
Next == x' = x
Spec == Init /\ [][Next]_x
=== TooDeep:
RECURSIVE Down(_)
Down(n) == 1 + Down(n + 1)
Next == x' = Down(0)
=== Backwards: PROPERTY Mono
Up == x < 3 /\ x' = x + 1
Back == x = 3 /\ x' = 1
Next == Up \/ Back
Mono == [][x' > x]_x
=== Stutters: PROPERTY Live
Next == x < 2 /\ x' = x + 1
Live == <>(x = 2)
=== Lasso: PROPERTY Live
Up == x < 2 /\ x' = x + 1
Back == x = 2 /\ x' = 1
Next == Up \/ Back
Live == <>[](x = 1)
=== Endless: INVARIANT Inv
VARIABLES x, y, z
v == <<x, y, z>>
Init == x = 0 /\ y = 0 /\ z = 0
X == x' = x + 1 /\ UNCHANGED <<y, z>>
Y == y' = y + 1 /\ UNCHANGED <<x, z>>
Z == z' = z + 1 /\ UNCHANGED <<x, y>>
Next == X \/ Y \/ Z
Inv == x > -1
Spec == Init /\ [][Next]_v
=== ManyStarts:
VARIABLES x, y
Init == x \in 1..5000 /\ y \in 1..5000
Next == UNCHANGED <<x, y>>
Spec == Init /\ [][Next]_<<x, y>>
=== OneLongStep: INVARIANT Inv
Next == x' = Cardinality({s \in SUBSET (1..30) : Cardinality(s) = 15})
=== Greedy:
Next == x' = [i \in 1..5000000 |-> <<i, i>>]
=== Printing: INVARIANT Inv
Next == /\ x < 2 /\ x' = x + 1
        /\ PrintT("say \"hi\" \\ " \o ToString(x)) /\ PrintT(<<x, {"a b"}>>)
        /\ PrintT([i \in 1..30 |-> "long value"]) /\ PrintT("@!@!@STARTMSG 2193:0 @!@!@")
=== Quits:
Next == x' = x + 1 /\ (x = 3 => TLCSet("exit", TRUE))
"""
COUNTER = """\
VARIABLE x
Init == x = 0
Inv == x < 5
{next}
Spec == Init /\\ [][Next]_x"""


def _specs() -> dict[str, tuple[str, str]]:
    specs: dict[str, tuple[str, str]] = {}
    for piece in TEXT.split("\n=== ")[1:]:
        head, _, body = piece.strip().partition("\n")
        name, _, properties = head.partition(":")
        specs[name] = (body if "Spec ==" in body else COUNTER.format(next=body), properties.strip())
    return specs


SPECS = _specs()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CODE2TLA_REQUIRE_DOCKER"):
        return
    for item in items:
        if item.get_closest_marker("docker") and (reason := _docker_missing()):
            item.add_marker(pytest.mark.skip(reason=reason))


@lru_cache(maxsize=1)
def _docker_missing() -> str:
    return next((finding.detail for finding in describe() if finding.what == "Docker" and not finding.found), "")


@pytest.fixture(scope="session")
def spec() -> Callable[..., Job]:
    """A job by the name of its specification, the job's other fields as keywords."""

    def make(name: str, **fields: object) -> Job:
        body, properties = SPECS[name]
        text = f"---- MODULE {name} ----\nEXTENDS Integers, Sequences, FiniteSets, TLC\n{body}\n====\n"
        settings = {"budget": Budget(seconds=30.0, memory_mb=512), "deadlock": name == "Deadlocked", **fields}
        cfg = "" if name == "OnlyAssumptions" else f"SPECIFICATION Spec\n{properties}\n"
        return Job(modules={f"{name}.tla": text}, root=name, cfg=cfg, **settings)

    return make


@pytest.fixture(scope="session")
def embedded() -> EmbeddedRunner:
    return EmbeddedRunner()
