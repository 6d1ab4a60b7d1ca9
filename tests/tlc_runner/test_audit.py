"""What the audit says of specifications with known flaws."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from tlc_runner.audit.audit import audit
from tlc_runner.audit.types import Audit, Limits, Mutant, Scope, Subject
from tlc_runner.embedded import EmbeddedRunner

SPECS = Path(__file__).parent / "specs"
HEAD = "---- MODULE {name} ----\nEXTENDS Naturals, Sequences\n"


@lru_cache(maxsize=1)
def chain_store() -> Audit:
    text, cfg = ((SPECS / f"ChainStore.{ending}").read_text() for ending in ("tla", "cfg"))
    return audit(Subject({"ChainStore.tla": text}, "ChainStore", cfg), EmbeddedRunner(), Limits(120.0))


def audited(name: str, body: str, cfg: str, seconds: float = 60.0, scope: Scope = Scope()) -> Audit:
    text = HEAD.format(name=name) + body + "\n====\n"
    return audit(Subject({f"{name}.tla": text}, name, cfg), EmbeddedRunner(), Limits(seconds), scope)


def subjects(made: Audit, kind: str) -> set[str]:
    return {finding.subject for finding in made.findings if finding.kind == kind}


def of(made: Audit, kind: str, action: str) -> list[Mutant]:
    return [m for m in made.mutants if m.mutation.kind == kind and m.mutation.action == action]


def test_actions_that_never_happen_are_named_with_the_guard_that_never_holds() -> None:
    made = chain_store()
    dead = {f.subject: f for f in made.findings if f.kind == "dead-action"}
    assert set(dead) == {"Rejoin", "CopyClean", "CopyDirty"}
    for finding in dead.values():
        assert '`status[n] = "repaired"`' in finding.text
    assert {a.name for a in made.actions if not a.generated} == set(dead)
    assert made.complete


def test_a_guard_whose_dropping_changes_nothing_is_named() -> None:
    idle = {(f.subject, f.text) for f in chain_store().findings if f.kind == "idle-guard"}
    assert any(subject == "Write" and "`dirty[1] = written`" in text for subject, text in idle)
    assert not any("written < MostWrites" in text for _, text in idle)


def test_a_property_that_cannot_fail_notices_nothing_and_the_others_do() -> None:
    made = chain_store()
    killed = {p.name: p.killed for p in made.properties}
    assert killed["NoGhosts"] == 0
    assert all(killed[name] for name in ("TypeOK", "NothingLostOnTheWay", "OnlyCommittedAnswers"))
    assert subjects(made, "implied-by-typeok") == {"NoGhosts"}
    assert subjects(made, "deadlock-off") == {"CHECK_DEADLOCK"}


def test_the_diff_of_a_mutant_shows_the_line_that_it_changes() -> None:
    (dropped,) = [m for m in of(chain_store(), "drop-guard", "Commit") if "dirty[Length]" in m.mutation.dropped]
    assert dropped.diff.splitlines()[3:] == ["-    /\\ dirty[Length] > clean[Length]", "+    /\\ TRUE"]


def test_a_lock_is_told_from_other_guards_and_its_removal_is_noticed() -> None:
    body = """
VARIABLES lock, inside
Enter(p) == lock = 0 /\\ lock' = p /\\ inside' = inside \\cup {p}
Leave(p) == p \\in inside /\\ lock' = 0 /\\ inside' = inside \\ {p}
Init == lock = 0 /\\ inside = {}
Next == \\E p \\in 1..2 : Enter(p) \\/ Leave(p)
Spec == Init /\\ [][Next]_<<lock, inside>>
Alone == \\A p, q \\in inside : p = q"""
    made = audited("Mutex", body, "SPECIFICATION Spec\nINVARIANT Alone\n")
    (removed,) = of(made, "remove-lock", "Enter")
    assert removed.status == "killed"
    assert removed.killed_by == ("Alone",)


def test_a_clock_is_no_lock() -> None:
    body = """
VARIABLE clock
Tick == clock < 3 /\\ clock' = clock + 1
Init == clock = 0
Next == Tick
Spec == Init /\\ [][Next]_clock
Early == clock <= 3"""
    made = audited("Ticking", body, "SPECIFICATION Spec\nINVARIANT Early\nCHECK_DEADLOCK FALSE\n")
    assert not of(made, "remove-lock", "Tick")
    (endless,) = of(made, "drop-guard", "Tick")
    assert endless.killed_by == ("Early",)


def test_what_comes_of_a_call_is_mixed_up_with_what_comes_of_another() -> None:
    body = """
VARIABLES x, said
Answer(word) == said' = word
Open == x = 0 /\\ x' = 1 /\\ Answer("opened")
Close == x = 1 /\\ x' = 0 /\\ Answer("closed")
Init == x = 0 /\\ said = "closed"
Next == Open \\/ Close
Spec == Init /\\ [][Next]_<<x, said>>
Truly == said = IF x = 1 THEN "opened" ELSE "closed" """
    scope = Scope(answering=frozenset({"Answer"}))
    made = audited("Door", body, "SPECIFICATION Spec\nINVARIANT Truly\n", scope=scope)
    swapped = {(m.mutation.action, m.mutation.pieces): m.killed_by for m in made.mutants if "ed" in m.mutation.dropped}
    assert swapped["Open", ('"closed"',)] == swapped["Close", ('"opened"',)] == ("Truly",)


def test_a_step_that_leaves_a_variable_alone_does_to_it_what_another_step_does() -> None:
    body = """
VARIABLES queue, looks
Put == Len(queue) < 2 /\\ queue' = Append(queue, 1) /\\ UNCHANGED looks
Look == looks < 2 /\\ looks' = looks + 1 /\\ UNCHANGED queue
Init == queue = <<>> /\\ looks = 0
Next == Put \\/ Look
Spec == Init /\\ [][Next]_<<queue, looks>>
Short == Len(queue) <= 2"""
    made = audited("Lookers", body, "SPECIFICATION Spec\nINVARIANT Short\nCHECK_DEADLOCK FALSE\n")
    by = {m.mutation.pieces: m.killed_by for m in of(made, "add-effect", "Look")}
    assert by[("(queue' = (Append(queue, 1)))",)] == ("Short",)


def test_mutants_on_one_line_and_within_one_another_are_each_themselves() -> None:
    body = """
VARIABLE x
Up == /\\ x < 3 /\\ x # 7
      /\\ x' = IF x = 1 THEN 2
                       ELSE x + 1
Init == x = 0
Next == Up \\/ (x = 3 /\\ x' = 0)
Spec == Init /\\ [][Next]_x
Small == x \\in 0..3"""
    made = audited("Nested", body, "SPECIFICATION Spec\nINVARIANT Small\n")
    assert not [m for m in made.mutants if m.status in ("invalid", "not_run")]
    (beyond,) = [m for m in of(made, "drop-guard", "Up") if m.mutation.dropped == "x < 3"]
    assert beyond.killed_by == ("Small",)
    (idle,) = [m for m in of(made, "drop-guard", "Up") if m.mutation.dropped == "x # 7"]
    assert idle.status == "equivalent"


def test_a_mutant_that_cannot_be_evaluated_does_not_take_the_others_along() -> None:
    body = """
VARIABLE q
Put == Len(q) < 2 /\\ q' = Append(q, 1)
Take == q # <<>> /\\ q' = Tail(q)
Init == q = <<>>
Next == Put \\/ Take
Spec == Init /\\ [][Next]_q
Short == Len(q) <= 2"""
    made = audited("Queue", body, "SPECIFICATION Spec\nINVARIANT Short\n")
    (failed,) = of(made, "drop-guard", "Take")
    assert "cannot evaluate" in failed.reason
    (noticed,) = of(made, "drop-guard", "Put")
    assert noticed.killed_by == ("Short",)


@pytest.mark.parametrize(
    ("cfg", "found"),
    [
        (
            "INVARIANTS Ok Same Fixed",
            {
                "tautology": {"Same", "Fixed"},
                "constraint": set(),
                "unchanged-variable": {"still"},
                "unbounded": {"Spec"},
            },
        ),
        (
            "INVARIANT Ok\nCONSTRAINT Cut",
            {"tautology": set(), "constraint": {"Cut"}, "unchanged-variable": {"still"}, "unbounded": set()},
        ),
    ],
)
def test_what_makes_a_pass_say_less_is_found(cfg: str, found: dict[str, set[str]]) -> None:
    body = """
VARIABLES x, still
Init == x = 0 /\\ still = 0
Next == x' = x + 1 /\\ UNCHANGED still
Spec == Init /\\ [][Next]_<<x, still>>
Cut == x < 4
Ok == x >= 0
Same == x = x
Fixed == 1 + 1 = 2"""
    made = audited("Endless", body, f"SPECIFICATION Spec\n{cfg}\n", seconds=6.0)
    assert {kind: subjects(made, kind) for kind in found} == found


def test_a_guard_of_a_specification_without_an_end_is_idle_only_as_far_as_was_looked() -> None:
    body = """
VARIABLE x
Init == x = 0
Next == x >= 0 /\\ x' = x + 1
Spec == Init /\\ [][Next]_x
Ok == x >= 0"""
    made = audited("Rising", body, "SPECIFICATION Spec\nINVARIANT Ok\n", seconds=18.0)
    (idle,) = [f.text for f in made.findings if f.kind == "idle-guard"]
    assert idle == (
        f"dropping the guard `x >= 0` changes nothing: not one step more is possible down to depth {made.depth}"
    )


def test_symmetry_beside_liveness_is_named_and_liveness_notices_mutants() -> None:
    body = """
LOCAL INSTANCE TLC
CONSTANT P
VARIABLE turns
Perms == Permutations(P)
Go == turns < 2 /\\ turns' = turns + 1
Init == turns = 0
Next == Go
Spec == Init /\\ [][Next]_turns /\\ WF_turns(Next)
Done == <>(turns = 2)"""
    cfg = "CONSTANT P = {a, b}\nSPECIFICATION Spec\nPROPERTY Done\nSYMMETRY Perms\nCHECK_DEADLOCK FALSE\n"
    made = audited("Lively", body, cfg)
    assert subjects(made, "symmetry-with-liveness") == {"Perms"}
    (done,) = made.properties
    assert (done.status, done.killed > 0) == ("holds", True)


def test_text_that_is_no_specification_is_said_to_be_none() -> None:
    made = audited("Broken", "VARIABLE x\nInit == x = \nNext == x' = x", "INIT Init\nNEXT Next\n")
    assert made.unreadable
