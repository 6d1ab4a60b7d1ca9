from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlc_runner.errors import ValueSyntaxError
from tlc_runner.types import Function, ModelValue
from tlc_runner.values import format_value, make_function, parse_value, sort_key

C1, C2 = ModelValue("c1"), ModelValue("c2")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("TRUE", True),
        ("FALSE", False),
        ("-12", -12),
        ('"a \\"b\\" \\\\ \\n\\t"', 'a "b" \\ \n\t'),
        ("c1", C1),
        ("<<>>", ()),
        ("<< 1,\n   <<2>> >>", (1, (2,))),
        ("{}", frozenset()),
        ("{1, {2}}", frozenset({1, frozenset({2})})),
        ("1..3", frozenset({1, 2, 3})),
        ("{-1..0}", frozenset({frozenset({-1, 0})})),
        ("3..1", frozenset()),
        ('[op |-> "hold", n |-> 1]', Function((("n", 1), ("op", "hold")))),
        ("(c2 :> 2 @@ c1 :> 1)", Function(((C1, 1), (C2, 2)))),
        ("( c1 :> [a |-> 1] @@\n  c2 :> <<>> )", Function(((C1, Function((("a", 1),))), (C2, ())))),
        ('(0 :> "x")', Function(((0, "x"),))),
        ("(<<1, c1>> :> {})", Function((((1, C1), frozenset()),))),
    ],
)
def test_a_value_as_tlc_prints_it(text: str, value: object) -> None:
    assert parse_value(text) == value
    assert parse_value(format_value(value)) == value


@pytest.mark.parametrize("text", ["", "<<1", "1 2", "[a]", "{1,}", "(c1 :> 1 @@)", '"open', "[x \\in S |-> 1]", "1.."])
def test_what_is_no_value(text: str) -> None:
    with pytest.raises(ValueSyntaxError):
        parse_value(text)


def test_nesting_beyond_reading_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(ValueSyntaxError, match="nested too deeply"):
        parse_value("<<" * 50_000 + ">>" * 50_000)


def test_equal_functions_are_equal_whatever_the_order_of_their_pairs() -> None:
    assert parse_value("(c1 :> 1 @@ c2 :> 2)") == parse_value("(c2 :> 2 @@ c1 :> 1)")
    assert len({parse_value("(1 :> 1 @@ 0 :> 2)"), parse_value("(0 :> 2 @@ 1 :> 1)")}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, "a", True), '<<1, "a", TRUE>>'),
        (frozenset({3, 1, 2}), "{1, 2, 3}"),
        (Function((("a", 1), ("b", C1))), "[a |-> 1, b |-> c1]"),
        (Function((("set-up", 1),)), '("set-up" :> 1)'),
        (Function(((C1, 1), (C2, 2))), "(c1 :> 1 @@ c2 :> 2)"),
        (Function(()), "<<>>"),
    ],
)
def test_the_short_form(value: object, text: str) -> None:
    assert format_value(value) == text


ATOMS = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp"))),
    st.sampled_from([C1, C2]),
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.frozensets(inner, max_size=4),
        st.dictionaries(inner, inner, min_size=1, max_size=4).map(lambda d: make_function(list(d.items()))),
    ),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_survives_its_own_text(value: object) -> None:
    assert parse_value(format_value(value)) == value


@given(st.lists(VALUES, max_size=5))
def test_every_two_values_have_an_order(values: list[object]) -> None:
    once = sorted(values, key=sort_key)
    assert sorted(values[1:] + values[:1], key=sort_key) == once
    assert [format_value(value) for value in once] == [format_value(value) for value in sorted(once, key=sort_key)]
