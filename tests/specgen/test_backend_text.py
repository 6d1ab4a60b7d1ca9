"""What the back end writes, without running it: steps, names, expressions, configurations."""

from __future__ import annotations

from types import ModuleType

import pytest

from specgen import printing
from specgen.expr import Arg, Const, Expr, Lit, Local, Me, NoneE, Op, Var
from specgen.folding import fold, negate
from specgen.render import Renderer
from specgen.steps import build
from specgen.types import Bounds
from specgen.typing_text import membership
from specgen.value_types import AtomT, BoolT, CallerT, DictT, IntT, NoneT, RefT, SeqT, StrT, TupleT, Ty, UnionT


def o(name: str, *args: Expr, names: tuple[str, ...] = ()) -> Op:
    return Op(name, args, names)


X, Y, F = Var("x"), Var("y"), Var("f")


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (o("and", o("or", X, Y), X), "(x \\/ y) /\\ x"),
        (o("not", o("=", X, Y)), "~(x = y)"),
        (o("-", X, o("-", Y, Lit(1))), "x - (y - 1)"),
        (o("-", o("-", X, Y), Lit(1)), "x - y - 1"),
        (o("*", o("+", X, Y), Lit(2)), "(x + y) * 2"),
        (o("+", X, o("*", Y, Lit(2))), "x + y * 2"),
        (o("in", X, o("union", o("DOMAIN", F), o("set", Y))), "x \\in DOMAIN f \\cup {y}"),
        (o("diff", o("diff", X, Y), F), "(x \\ y) \\ f"),
        (o("=", o("if", X, Lit(1), Lit(2)), Y), "(IF x THEN 1 ELSE 2) = y"),
        (o("and", o("exists", F, X, names=("z",)), Y), "(\\E z \\in f : x) /\\ y"),
        (o("apply", o("except", F, X, Y), Me()), "[f EXCEPT ![x] = y][c]"),
        (o("except", F, X, o("except_field", o("apply", F, X), Y, names=("a",))), "[f EXCEPT ![x].a = y]"),
        (o("except", o("except", F, X, Lit(1)), Y, Lit(2)), "[f EXCEPT ![x] = 1, ![y] = 2]"),
        (o("field", o("apply", F, Arg("key")), names=("a",)), "f[call[c].key].a"),
        (o("function", F, Local("n"), names=("z",)), "[z \\in f |-> local[c].n]"),
        (o("call", F, o("lambda", o("#", X, Y), names=("z",)), names=("SelectSeq",)), "SelectSeq(f, LAMBDA z : x # y)"),
        (o("call", o("tuple"), Lit("a"), X, names=("Put",)), "[a |-> x]"),
        (o("..", Lit(0), o("-", Const("Most"), Lit(1))), "0..Most - 1"),
        (Lit('say "a\\b"'), '"say \\"a\\\\b\\""'),
    ],
)
def test_expressions_have_the_fewest_parentheses(expr: Expr, text: str) -> None:
    assert Renderer().text(expr) == text


@pytest.mark.parametrize(
    ("expr", "folded"),
    [
        (o("=", Lit(1), Lit(1)), Lit(True)),
        (o("=", NoneE(), Lit("a")), Lit(False)),
        (o("=", Lit(True), Lit(1)), Lit(False)),
        (o("not", o("=", X, Y)), o("#", X, Y)),
        (o("and", X, Lit(True), X), X),
        (o("-", o("+", X, Lit(1)), Lit(1)), X),
        (o("apply", o("except", F, X, Y), X), Y),
        (o("call", o("call", F, X, names=("Append",)), names=("Len",)), o("+", o("call", F, names=("Len",)), Lit(1))),
        (o(">", o("call", F, names=("Len",)), Lit(0)), o("#", F, o("tuple"))),
        (o("in", X, o("set")), Lit(False)),
        (o("if", X, Lit(False), Lit(True)), o("not", X)),
    ],
)
def test_trivial_expressions_are_computed(expr: Op, folded: Expr) -> None:
    assert fold(expr) == folded


def test_a_negation_negates() -> None:
    assert negate(o("and", o("<", X, Y), X)) == o("or", o(">=", X, Y), o("not", X))


@pytest.mark.parametrize(
    ("ty", "text"),
    [
        (UnionT(frozenset({NoneT(), IntT()})), "x \\in {None} \\cup Int"),
        (UnionT(frozenset({NoneT(), IntT(), BoolT()})), "x \\in {None} \\cup [bool : BOOLEAN] \\cup [int : Int]"),
        (SeqT(RefT("Node")), "x \\in Seq(Everyone \\X Nat)"),
        (DictT(AtomT("Keys"), CallerT()), "IsDict(x, Keys, Everyone)"),
        (SeqT(DictT(IntT(), BoolT())),
         r"\A k \in DOMAIN x : IsDict(x[k], Int, BOOLEAN)"),
        (TupleT((StrT(frozenset({"b", "a"})), NoneT())), 'x \\in {"a", "b"} \\X {None}'),
    ],
)  # fmt: skip
def test_types_are_said_in_a_form_that_tlc_evaluates(ty: Ty, text: str) -> None:
    assert membership("x", ty) == text


def test_seats_steps_are_those_of_a_careful_colleague(programs: ModuleType) -> None:
    spec = build(programs.seats())
    assert [a.name for a in spec.actions] == ["hold_14", "hold_16", "hold_17", "cancel_20", "cancel_22", "cancel_23"]
    by_name = {a.name: a for a in spec.actions}
    assert by_name["hold_16"].writes == ("store",)
    assert by_name["hold_16"].label == "hold:16"
    assert [(s.line, s.end_line) for s in by_name["hold_14"].sources] == [(14, 15)]
    assert by_name["hold_17"].text.split("\n") == [
        "\\* 17  self.left -= 1",
        "hold_17(c) ==",
        '    /\\ GoesOn(c, "hold:17")',
        "    /\\ left' = left - 1",
        "    /\\ Finish(c, None)",
        "    /\\ UNCHANGED store",
    ]
    assert all(a.text in spec.text for a in spec.actions)
    assert "NoLocals" not in spec.text, "no local survives a step here"


def test_a_lock_that_guards_all_disappears(programs: ModuleType) -> None:
    spec = build(programs.counter(True))
    assert [a.name for a in spec.actions] == ["add_3"]
    assert [v.name for v in spec.variables] == ["n"]
    assert "lock" in [v.name for v in build(programs.counter(True), "statement").variables]


def test_a_plain_translation_keeps_what_calls_leave_behind(programs: ModuleType) -> None:
    plain, tidied = (build(programs.counter(True), how).text for how in ("plain", "statement"))
    assert "UNCHANGED <<call, before>>" in plain[plain.index("EndSetup ==") : plain.index("GoesOn(")]
    assert "call' = [call EXCEPT ![Setup] = Unborn]" in tidied
    assert "call' = [call EXCEPT ![Setup] = Unborn]" not in plain


@pytest.mark.parametrize("notify_all", [True, False])
def test_waiting_under_a_condition_folds_the_lock_away(programs: ModuleType, notify_all: bool) -> None:
    spec = build(programs.buffer(notify_all))
    assert [v.name for v in spec.variables] == ["items", "waiting"]
    assert [a.name for a in spec.actions] == ["put_11", "put_13", "get_21", "get_23"]


def test_two_locks_are_never_taken_in_one_step(programs: ModuleType) -> None:
    spec = build(programs.two_locks())
    assert [(a.name, a.writes) for a in spec.actions if a.operation == "one"] == [
        ("one_3", ("a",)),
        ("one_4", ("n", "a")),
    ]


def test_only_a_loop_inside_a_turn_keeps_others_out(programs: ModuleType) -> None:
    assert 'MidTurn == {"total:6"}' in build(programs.scan("asyncio")).text
    assert "MidTurn" not in build(programs.scan("threads")).text


def test_what_may_happen_instead_of_waiting_is_an_action_of_its_own(programs: ModuleType) -> None:
    for kind in ("timeout", "cancelled"):
        spec = build(programs.gate(kind))
        other = next(a for a in spec.actions if a.name == f"enter_6_{kind}")
        assert other.label == "enter:6"
        assert "/\\ c # Setup" in other.text
        assert ("Stuck" in spec.text) == (kind == "cancelled")


def test_names_of_the_frame_are_left_to_the_frame(programs: ModuleType) -> None:
    spec = build(programs.clashing())
    assert [v.name for v in spec.variables] == ["call_", "d", "x", "c", "s", "View_", "k"]
    assert "put_3(p) ==" in spec.text
    assert "(* odd *)" not in spec.text


def test_the_configuration_follows_the_ladder(programs: ModuleType) -> None:
    spec = build(programs.clashing())
    low = printing.cfg(spec, Bounds(2, 0, 0), False)
    assert "    Items = {i1}\n    Most = 1\n" in low
    assert low.endswith("INVARIANTS TypeOK Report\n")
    high = printing.cfg(spec, Bounds(3, 2, 2), True, spec.properties[:1])
    assert "    Callers = {c1, c2, c3}\n    Before = 2\n    Overlap = TRUE\n" in high
    assert "    Items = {i1, i2}\n    Most = 2\n" in high
    assert high.endswith(f"INVARIANTS TypeOK {spec.properties[0].name}\nSYMMETRY Symmetry\n")
    beyond = printing.cfg(spec, Bounds(3, 2, 4), True, spec.properties[:1])
    assert "    Items = {i1, i2, i3, i4}\n    Most = 2\n" in beyond  # sets go on growing, plain values do not


def test_serial_outcomes_are_sorted_and_told_once(programs: ModuleType) -> None:
    spec = build(programs.counter(True))
    name, text = printing.serial_module(spec, ['[b |-> "x"]', "[a |-> 1]", "[a |-> 1]"])
    assert name == "CounterSerial.tla"
    assert '    "[a |-> 1]",\n    "[b |-> \\"x\\"]"\n' in text
    assert "SerialOutcomes == {}" in printing.serial_module(spec)[1]


def test_every_combination_has_its_own_property(programs: ModuleType) -> None:
    spec = build(programs.two_locks())
    pairs = [p for p in spec.properties if len(p.operations) == 2]
    assert [p.name for p in pairs if p.kind == "deadlock"] == [
        "NoDeadlock_one_one",
        "NoDeadlock_one_two",
        "NoDeadlock_two_two",
    ]
    assert {p.operations for p in spec.properties if len(p.operations) == 3} == {
        ("one", "one", "one"), ("one", "one", "two"), ("one", "two", "two"), ("two", "two", "two"),
    }  # fmt: skip
    assert all(p.plain.endswith(".") and p.text in spec.text for p in spec.properties)


def test_waiting_for_a_lock_that_is_never_seen_taken_is_no_step(programs: ModuleType) -> None:
    spec = build(programs.tally())
    assert [a.name for a in spec.actions] == ["add_4"]
    assert [v.name for v in spec.variables] == ["store"]
    assert "Stuck" not in spec.text
