"""Operators that a ``call`` may name beside those of the standard modules; a module defines those that it uses."""

from __future__ import annotations

#: By name: the definition, and what it gives in one line.
HELPERS: dict[str, tuple[str, str]] = {
    "Put": ("Put(d, k, v) == [x \\in DOMAIN d \\cup {k} |-> IF x = k THEN v ELSE d[x]]", "d with d[k] = v"),
    "Without": ("Without(d, k) == [x \\in DOMAIN d \\ {k} |-> d[x]]", "d with no entry for k"),
    "Values": ("Values(d) == {d[x] : x \\in DOMAIN d}", "the values of the dict d"),
    "Last": ("Last(s) == s[Len(s)]", "the last item of s"),
    "Front": ("Front(s) == SubSeq(s, 1, Len(s) - 1)", "s without its last item"),
    "FirstOf": ("FirstOf(s, n) == IF Len(s) > n THEN SubSeq(s, 1, n) ELSE s", "the first n items of s"),
    "LastOf": ("LastOf(s, n) == IF Len(s) > n THEN SubSeq(s, Len(s) - n + 1, Len(s)) ELSE s", "the last n items of s"),
    "Items": ("Items(s) == {s[i] : i \\in DOMAIN s}", "the items of the sequence s"),
    "Index": ("Index(s, i) == IF i < 0 THEN Len(s) + i + 1 ELSE i + 1", "where s holds what Python calls s[i]"),
    "RemoveAt": ("RemoveAt(s, i) == SubSeq(s, 1, i - 1) \\o SubSeq(s, i + 1, Len(s))", "s without its i-th item"),
    "FirstIndex": (
        "FirstIndex(s, x) == CHOOSE i \\in DOMAIN s : s[i] = x /\\ \\A j \\in 1..(i - 1) : s[j] # x",
        "the first index at which s holds x",
    ),
    "Min": ("Min(a, b) == IF a <= b THEN a ELSE b", "the smaller of two numbers"),
    "Max": ("Max(a, b) == IF a >= b THEN a ELSE b", "the larger of two numbers"),
    "MinOf": ("MinOf(S) == CHOOSE x \\in S : \\A y \\in S : x <= y", "the least number of S"),
    "MaxOf": ("MaxOf(S) == CHOOSE x \\in S : \\A y \\in S : x >= y", "the greatest number of S"),
    "Sorted": ("Sorted(s) == SortSeq(s, <)", "the numbers of s, the least first"),
    "Ascending": (
        "Ascending(S) == [i \\in 1..Cardinality(S) |-> CHOOSE x \\in S : Cardinality({y \\in S : y < x}) = i - 1]",
        "the numbers of S, the least first",
    ),
    "SumOver": (
        (
            "RECURSIVE SumOver(_, _)\n"
            "SumOver(f, S) == IF S = {} THEN 0 ELSE LET x == CHOOSE y \\in S : TRUE IN f[x] + SumOver(f, S \\ {x})"
        ),
        "the sum of f[x] over x in S",
    ),
    "SeqOf": (
        (
            "RECURSIVE SeqOf(_)\n"
            "SeqOf(S) == IF S = {} THEN << >> ELSE LET x == CHOOSE y \\in S : TRUE IN <<x>> \\o SeqOf(S \\ {x})"
        ),
        "the elements of S in some fixed order",
    ),
    "Orders": (
        "Orders(S) == {s \\in [1..Cardinality(S) -> S] : \\A i, j \\in DOMAIN s : i # j => s[i] # s[j]}",
        "every order of the elements of S",
    ),
}
